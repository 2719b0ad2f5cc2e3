"""The networks of each family, and what stands between them and sound, at a recipe's sizes."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from audiogan_lib import spectral
from audiogan_lib.models import dense_lstm, gansynth, specgan, wavegan


class Family(NamedTuple):
    """How the networks of a family are made of a recipe.

    ``codec`` takes the recipe. ``generator`` and ``discriminator`` take the recipe and, by name,
    what differs from call to call: ``labels`` and ``dtype``, and the former ``latent_dim``.
    """

    codec: Callable
    generator: Callable
    discriminator: Callable


def find(name):
    """Return the `Family` of a name, or say which there are."""
    if name not in _FAMILIES:
        raise ValueError(f"network={name!r}: must be one of {', '.join(_FAMILIES)}")
    return _FAMILIES[name]


def _of_waveforms(recipe):
    return spectral.WaveformCodec(recipe.samples)


def _of_spectrograms(kind, recipe):
    frames = recipe.n_fft, recipe.hop_length
    options = {"floor_db": recipe.floor_db, "iterations": recipe.iterations}
    return kind(recipe.sample_rate, recipe.samples, *frames, **options)


def _of_phases(recipe):
    frames = recipe.n_fft, recipe.hop_length
    return spectral.InstantaneousFrequency(recipe.samples, *frames, floor_db=recipe.floor_db)


def _wavegan(build, form, recipe, **options):
    return build(recipe.samples, recipe.width, form=form, **options)


def _specgan(build, recipe, **options):
    frames, bins = recipe.codec.shape
    return build(frames, bins, recipe.width, kernel=4, patch=2, **options)


def _gansynth(build, recipe, **options):
    frames, bins, _ = recipe.codec.shape
    sizes = {"blocks": 4, "base": 16 * recipe.width, "limit": 8 * recipe.width, "patch": 4}
    return build(frames, bins, form="strided", **sizes, **options)


def _begin_quietly(network, name):
    """Scale down the first weights of one layer, whose noise Adam would follow like a message."""
    kernel, *others = network.get_layer(name).get_weights()
    network.get_layer(name).set_weights([0.1 * kernel, *others])
    return network


def _dense_lstm_generator(recipe, latent_dim, labels, dtype):
    widths = 8 * recipe.width, 16 * recipe.width, 32 * recipe.width
    network = dense_lstm.build_generator(recipe.samples, widths, latent_dim, labels)
    return _begin_quietly(network, "samples")


def _dense_lstm_discriminator(recipe, labels, dtype):
    # As many steps of the LSTM as the builder's defaults have, in longer frames.
    frame = recipe.samples // 32
    network = dense_lstm.build_discriminator(recipe.samples, frame=frame, labels=labels)
    return _begin_quietly(network, "lstm")


_SPECGAN = (
    partial(_specgan, specgan.build_generator, batch_norm=True),
    partial(_specgan, specgan.build_discriminator, initializer="he_normal"),
)
_FAMILIES = {
    "specgan": Family(partial(_of_spectrograms, spectral.LogSpectrogram), *_SPECGAN),
    "pitched_specgan": Family(partial(_of_spectrograms, spectral.PitchedSpectrogram), *_SPECGAN),
    "gansynth": Family(
        _of_phases,
        partial(_gansynth, gansynth.build_generator),
        partial(_gansynth, gansynth.build_discriminator, gate=True),
    ),
    "wavegan": Family(
        _of_waveforms,
        partial(_wavegan, wavegan.build_generator, "subpixel"),
        partial(_wavegan, wavegan.build_discriminator, "subpixel", initializer="he_normal"),
    ),
    "published_wavegan": Family(
        _of_waveforms,
        partial(_wavegan, wavegan.build_generator, "transposed"),
        partial(_wavegan, wavegan.build_discriminator, "transposed"),
    ),
    "dense_lstm": Family(_of_waveforms, _dense_lstm_generator, _dense_lstm_discriminator),
}
