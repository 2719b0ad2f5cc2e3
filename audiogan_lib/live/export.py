"""From a trained generator to a script that brings it into a page."""

import base64
import dataclasses
import inspect
import json

import librosa
import numpy as np

from audiogan_lib import files, spectral
from audiogan_lib.live.operations import operations

#: Where the scripts and the kernel are that run in a page.
PAGE = files.LIBRARY / "live" / "page"

#: The scripts that make sounds by a generator, in the order in which a page loads them.
SCRIPTS = (
    *("kernel.js", "kernel_binary.js", "fourier.js", "plain_kernel.js", "pcg64.js"),
    *("decoders.js", "engine.js"),
)

_ENGINE = ("kernel.js", "kernel_binary.js", "pcg64.js", "decoders.js", "engine.js")

#: For each control the scripts that a page loads for it, in this order.
CONTROLS = {
    "latent-player": (
        *(*_ENGINE, "fourier.js", "sound.js", "drawing.js", "links.js", "pad.js"),
        *("quality_knobs.js", "latent_player.js"),
    ),
    "blind-test": ("sound.js", "controls.js", "blind_test.js"),
    "drum-machine": (*_ENGINE, "sound.js", "controls.js", "rhythm.js", "drum_machine.js"),
    "keyboard": (*_ENGINE, "sound.js", "controls.js", "keyboard.js"),
    "loss-playground": ("sound.js", "controls.js", "loss_playground.js"),
    "pitch-duel": ("sound.js", "controls.js", "pitch_game.js", "pitch_duel.js"),
    "training-scrubber": ("sound.js", "controls.js", "training_scrubber.js"),
    "wave-duel": (
        *("sound.js", "controls.js", "intake.js", "wave_networks.js", "wave_game.js"),
        "wave_duel.js",
    ),
    "spoken-number": (*_ENGINE, "sound.js", "controls.js", "spoken_number.js"),
    "spectrogram-explorer": (
        *("fourier.js", "sound.js", "drawing.js", "controls.js", "intake.js", "spectral.js"),
        "spectrogram_explorer.js",
    ),
}

#: Scripts that a page loads only where it comes to need them: transforms for windows of any length,
#: the kernel of a browser without WebAssembly, and what saves a beat.
ON_DEMAND = ("fourier.js", "plain_kernel.js", "kept_beat.js")

_KINDS = {
    spectral.WaveformCodec: "waveform",
    spectral.LogSpectrogram: "log_spectrogram",
    spectral.PitchedSpectrogram: "pitched_spectrogram",
    spectral.InstantaneousFrequency: "instantaneous_frequency",
}


def export(generator, rounded=False):
    """Describe a generator as a page can play it: the same latents give the same sounds there.

    Parameters
    ----------
    generator : pretrained.Generator
        Of any recipe's networks, trained or not.
    rounded : bool
        As for `operations`.

    Returns
    -------
    plan : dict
        What `operations` says of its network, and what is to be known beside it: ``"sample_rate"``,
        ``"samples"``, ``"latent_dim"``, ``"conditions"``, ``"codec"`` and, if it has any,
        ``"knobs"``.
    weights : bytes
        As `operations` returns them.

    Raises
    ------
    ValueError
        As `operations`; or if a label of the pitched codec is no pitch.

    Examples
    --------
    >>> from audiogan_lib import live, pretrained
    >>> plan, weights = live.export(pretrained.load("drums"))
    >>> plan["sample_rate"], plan["codec"]["kind"]
    (16000, 'log_spectrogram')
    """
    recipe = generator.recipe
    network, weights = operations(generator.network, rounded)
    plan = {
        "sample_rate": recipe.sample_rate,
        "samples": recipe.samples,
        "latent_dim": recipe.latent_dim,
        "conditions": conditions_of(generator),
        "codec": _codec(recipe.codec, generator.label_names),
        **network,
    }
    return plan | ({"knobs": _knobs(generator.knobs)} if generator.knobs else {}), weights


def _knobs(knobs):
    """Say what `quality_knobs.js` must know."""
    return {
        "starts": knobs.starts,
        "table": _as_text(knobs.table),
        "layers": [{"kernel": _as_text(k), "bias": _as_text(b)} for k, b in knobs.layers],
        "rounds": knobs.rounds,
        "damping": knobs.damping,
    }


def _as_text(numbers):
    return base64.b64encode(np.asarray(numbers, "<f4").tobytes()).decode()


def conditions_of(generator):
    """List what can be asked for, each by its name, the name that a reader sees, and classes."""
    titles = {"label": generator.recipe.label_means or "label"}
    return [
        {"name": name, "title": titles.get(name, name), "classes": classes}
        for name, classes in generator.conditions.items()
    ]


def as_script(generator, name, rounded=False):
    """Write a generator as a script that a page can load, opened from disk too.

    Parameters
    ----------
    generator : pretrained.Generator
        Of any recipe's networks.
    name : str
        By which the page finds it.
    rounded : bool
        As for `operations`.

    Returns
    -------
    str
        A classic script.

    Raises
    ------
    ValueError
        As `export`.
    """
    plan, weights = export(generator, rounded)
    content = {"plan": plan, "weights": base64.b64encode(weights).decode()}
    return f"audiogan.generators[{json.dumps(name)}] = {json.dumps(content)};\n"


def _codec(codec, labels):
    """Say what `decoders.js` must know."""
    known = {"kind": _KINDS[type(codec)], "samples": codec.samples}
    if isinstance(codec, spectral.WaveformCodec):
        return known
    frames, bins = codec.shape[:2]
    values = {field.name: getattr(codec, field.name) for field in dataclasses.fields(codec)}
    wanted = ("n_fft", "hop_length", "floor_db", "iterations")
    known |= {"frames": frames, "bins": bins, "momentum": _MOMENTUM}
    known |= {name: values[name] for name in wanted if name in values}
    if isinstance(codec, spectral.PitchedSpectrogram):
        known["windows"] = [_window(codec, float(label)) for label in labels]
    return known


def _window(codec, pitch):
    """Return a note's window, the periods in it, and its frequency per sample."""
    return [*codec.window(pitch), float(librosa.midi_to_hz(pitch) / codec.sample_rate)]


_MOMENTUM = inspect.signature(spectral.griffin_lim).parameters["momentum"].default
