"""The networks of each family, and what stands between them and sound, at a recipe's sizes."""

from collections.abc import Callable
from typing import NamedTuple

from audiogan_lib import spectral
from audiogan_lib.models import dense_lstm, gansynth, specgan, wavegan


class Family(NamedTuple):
    """How the networks of a family are made of a recipe.

    ``codec(recipe)`` is None for networks of waveforms. ``generator`` and ``discriminator`` take
    the recipe, the classes of each condition and a precision; they name what is the same in all
    recipes of the family.
    """

    codec: Callable
    generator: Callable
    discriminator: Callable


def find(name):
    """Return a family by its name.

    Parameters
    ----------
    name : str
        One of the keys of the table below.

    Returns
    -------
    Family
        Its functions.

    Raises
    ------
    ValueError
        If there is no such family.
    """
    if name not in _FAMILIES:
        raise ValueError(f"network={name!r}: must be one of {', '.join(_FAMILIES)}")
    return _FAMILIES[name]


def _no_codec(recipe):
    return None


def _levels(recipe, kind=spectral.LogSpectrogram):
    return kind(
        recipe.sample_rate,
        recipe.samples,
        recipe.n_fft,
        recipe.hop_length,
        floor_db=recipe.floor_db,
        iterations=recipe.iterations,
    )


def _levels_at_pitch(recipe):
    return _levels(recipe, spectral.PitchedSpectrogram)


def _specgan_generator(recipe, labels, dtype):
    sizes = *recipe.codec.shape, recipe.width, recipe.latent_dim, labels
    return specgan.build_generator(*sizes, kernel=4, patch=2, batch_norm=True, dtype=dtype)


def _specgan_discriminator(recipe, labels, dtype):
    sizes = *recipe.codec.shape, recipe.width, labels
    return specgan.build_discriminator(
        *sizes, kernel=4, patch=2, initializer="he_normal", dtype=dtype
    )


def _levels_and_frequencies(recipe):
    return spectral.InstantaneousFrequency(
        recipe.samples, recipe.n_fft, recipe.hop_length, floor_db=recipe.floor_db
    )


def _gansynth_sizes(recipe, labels, dtype):
    frames, bins, _ = recipe.codec.shape
    return {
        "frames": frames,
        "bins": bins,
        "blocks": 4,
        "base": 16 * recipe.width,
        "limit": 8 * recipe.width,
        "labels": labels,
        "patch": 4,
        "form": "strided",
        "dtype": dtype,
    }


def _gansynth_generator(recipe, labels, dtype):
    sizes = _gansynth_sizes(recipe, labels, dtype)
    return gansynth.build_generator(latent_dim=recipe.latent_dim, **sizes)


def _gansynth_discriminator(recipe, labels, dtype):
    return gansynth.build_discriminator(gate=True, **_gansynth_sizes(recipe, labels, dtype))


def _wavegan_generator(recipe, labels, dtype):
    sizes = recipe.samples, recipe.width, recipe.latent_dim, labels
    return wavegan.build_generator(*sizes, form="subpixel", dtype=dtype)


def _wavegan_discriminator(recipe, labels, dtype):
    return wavegan.build_discriminator(
        recipe.samples,
        recipe.width,
        labels=labels,
        form="subpixel",
        initializer="he_normal",
        dtype=dtype,
    )


def _published_wavegan_generator(recipe, labels, dtype):
    sizes = recipe.samples, recipe.width, recipe.latent_dim, labels
    return wavegan.build_generator(*sizes, dtype=dtype)


def _published_wavegan_discriminator(recipe, labels, dtype):
    return wavegan.build_discriminator(recipe.samples, recipe.width, labels=labels, dtype=dtype)


def _begin_quietly(network, name):
    """Scale down the first weights of one layer, whose noise Adam would follow like a message."""
    kernel, *others = network.get_layer(name).get_weights()
    network.get_layer(name).set_weights([0.1 * kernel, *others])
    return network


def _dense_lstm_generator(recipe, labels, dtype):
    widths = 8 * recipe.width, 16 * recipe.width, 32 * recipe.width
    network = dense_lstm.build_generator(recipe.samples, widths, recipe.latent_dim, labels)
    return _begin_quietly(network, "samples")


def _dense_lstm_discriminator(recipe, labels, dtype):
    # As many steps of the LSTM as the builder's defaults have, in longer frames.
    frame = recipe.samples // 32
    network = dense_lstm.build_discriminator(recipe.samples, frame=frame, labels=labels)
    return _begin_quietly(network, "lstm")


_FAMILIES = {
    "specgan": Family(_levels, _specgan_generator, _specgan_discriminator),
    "pitched_specgan": Family(_levels_at_pitch, _specgan_generator, _specgan_discriminator),
    "gansynth": Family(_levels_and_frequencies, _gansynth_generator, _gansynth_discriminator),
    "wavegan": Family(_no_codec, _wavegan_generator, _wavegan_discriminator),
    "published_wavegan": Family(
        _no_codec, _published_wavegan_generator, _published_wavegan_discriminator
    ),
    "dense_lstm": Family(_no_codec, _dense_lstm_generator, _dense_lstm_discriminator),
}
