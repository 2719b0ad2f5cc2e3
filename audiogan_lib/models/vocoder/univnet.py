"""The discriminators of vocoders: sound by its periods, by its scales and by its spectra."""

import keras
from keras import layers

from audiogan_lib.layers import SpectralNorm, WeightNorm
from audiogan_lib.models._vocoder_layers import FoldPeriod, Magnitudes

_SCALE_LAYERS = {  # channels in multiples of the width, kernel, stride, groups
    "hifigan": (
        (1, 15, 1, 1),
        (1, 41, 2, 4),
        (2, 41, 2, 16),
        (4, 41, 4, 16),
        (8, 41, 4, 16),
        (8, 41, 1, 16),
        (8, 5, 1, 1),
    ),
    "melgan": (
        (1, 15, 1, 1),
        (4, 41, 4, 4),
        (16, 41, 4, 16),
        (64, 41, 4, 64),
        (64, 41, 4, 256),
        (64, 5, 1, 1),
    ),
}


def _layer(x, kind, channels, kernel, norm=WeightNorm, slope=0.2, **options):
    """Apply a normalised convolution and a leaky ReLU."""
    x = norm(kind(channels, kernel, padding="same", **options))(x)
    return layers.LeakyReLU(slope, dtype=options["dtype"])(x)


def _score(x, kind, kernel, norm=WeightNorm):
    """Apply the last convolution: a score for each place, in one row."""
    x = norm(kind(1, kernel, padding="same", dtype="float32"))(x)
    return layers.Reshape((-1,), dtype="float32")(x)


def _model(waveform, maps, scores, name):
    """Gather the sub-discriminators."""
    return keras.Model(waveform, {"scores": scores, "feature_maps": maps}, name=name)


def build_period_discriminator(samples=8192, periods=(2, 3, 5, 7, 11), width=32, dtype=None):
    """Build the multi-period discriminator of HiFi-GAN (Kong et al. 2020, section 2.3).

    Each sub-discriminator sees the waveform in as many lines as its period has samples and
    convolves along them, so that it compares samples one period apart.

    Parameters
    ----------
    samples : int > 0
        Length of a waveform.
    periods : tuple of int > 0
        In samples, one for each sub-discriminator.
    width : int > 0
        Channels of the first layer; the others have 4, 16, 32 and 32 times as many. 32 as
        published; 4 is for two cores.
    dtype : str or keras.DTypePolicy, optional
        For example ``"mixed_bfloat16"``; scores are float32 always.

    Returns
    -------
    keras.Model
        From waveforms ``[batch, samples]`` to a dict: ``"scores"``, a list with a float32 tensor
        ``[batch, places]`` for each sub-discriminator, and ``"feature_maps"``, a flat list of the
        outputs of all hidden layers.
    """
    waveform = keras.Input((samples,), name="waveform")
    maps, scores = [], []
    for period in periods:
        # (samples,) -> (period, samples / period, 1) -> ... (period, samples / period / 81, 1024)
        x = FoldPeriod(period, dtype="float32", name=f"period_{period}")(waveform)
        for times, stride in ((1, 3), (4, 3), (16, 3), (32, 3), (32, 1)):
            options = {"strides": (1, stride), "slope": 0.1, "dtype": dtype}
            x = _layer(x, layers.Conv2D, times * width, (1, 5), **options)
            maps.append(x)
        scores.append(_score(x, layers.Conv2D, (1, 3)))
    return _model(waveform, maps, scores, "period_discriminator")


def build_scale_discriminator(
    samples=8192, version="hifigan", scales=3, width=None, grouped=True, dtype=None
):
    """Build the multi-scale discriminator of MelGAN or of HiFi-GAN.

    Kumar et al. 2019, section 2.2, and Kong et al. 2020, section 2.3: the same layers look at the
    waveform and at means of it over 4 samples, every 2, again and again. HiFi-GAN's first scale
    has spectral normalisation; all else is weight-normalised. Means at the ends leave out what
    would lie outside, as in MelGAN.

    Parameters
    ----------
    samples : int > 0
        Length of a waveform.
    version : {"hifigan", "melgan"}
        Whose layers.
    scales : int > 0
        Sub-discriminators, 3 as published.
    width : int, optional
        Channels of the first layer, 128 in HiFi-GAN and 16 in MelGAN when not given; with
        ``grouped`` a multiple of 16, or 4 for MelGAN.
    grouped : bool
        Group the channels of the long kernels as published. TensorFlow's gradient of a grouped
        convolution is very slow on a processor: there, leave the groups out and take a
        width of 8 or less.
    dtype : str or keras.DTypePolicy, optional
        For example ``"mixed_bfloat16"``; scores are float32 always.

    Returns
    -------
    keras.Model
        As :func:`build_period_discriminator`.

    Raises
    ------
    ValueError
        If there is no such version, or the channels do not fit the groups.
    """
    if version not in _SCALE_LAYERS:
        raise ValueError(f"version={version!r}: must be one of {', '.join(_SCALE_LAYERS)}")
    hifigan = version == "hifigan"
    width, least = (width or 128, 16) if hifigan else (width or 16, 4)
    if grouped and width % least:
        raise ValueError(f"width={width}: must be a multiple of {least}, or grouped False")
    x = waveform = keras.Input((samples,), name="waveform")
    x = scaled = layers.Reshape((samples, 1), dtype="float32")(x)
    maps, scores = [], []
    for scale in range(scales):
        norm = SpectralNorm if hifigan and scale == 0 else WeightNorm
        if scale:
            x = scaled = layers.AveragePooling1D(4, 2, "same", dtype="float32")(scaled)
        for times, kernel, stride, groups in _SCALE_LAYERS[version]:
            options = {"norm": norm, "slope": 0.1 if hifigan else 0.2, "dtype": dtype}
            options |= {"strides": stride, "groups": groups if grouped else 1}
            x = _layer(x, layers.Conv1D, times * width, kernel, **options)
            maps.append(x)
        scores.append(_score(x, layers.Conv1D, 3, norm))
    return _model(waveform, maps, scores, "scale_discriminator")


def build_spectrogram_discriminator(
    samples=8192,
    resolutions=((1024, 120, 600), (2048, 240, 1200), (512, 50, 240)),
    width=32,
    dtype=None,
):
    """Build the multi-resolution spectrogram discriminator of UnivNet (Jang et al. 2021, 2.2).

    Each sub-discriminator sees STFT magnitudes, with a Hann window, of one resolution; its kernels
    are 9 frames by 3 bins and halve the number of frames three times.

    Parameters
    ----------
    samples : int > 0
        Length of a waveform.
    resolutions : tuple of (n_fft, hop_length, win_length)
        In samples, one for each sub-discriminator.
    width : int > 0
        Channels of all layers. 32 as published; 8 is for two cores.
    dtype : str or keras.DTypePolicy, optional
        For example ``"mixed_bfloat16"``; spectra and scores are float32 always.

    Returns
    -------
    keras.Model
        As :func:`build_period_discriminator`.
    """
    waveform = keras.Input((samples,), name="waveform")
    maps, scores = [], []
    for n_fft, hop_length, win_length in resolutions:
        x = Magnitudes(n_fft, hop_length, win_length, name=f"spectrum_{n_fft}")(waveform)
        for kernel, stride in (((9, 3), 1), *[((9, 3), 2)] * 3, ((3, 3), 1)):
            x = _layer(x, layers.Conv2D, width, kernel, strides=(stride, 1), dtype=dtype)
            maps.append(x)
        scores.append(_score(x, layers.Conv2D, 3))
    return _model(waveform, maps, scores, "spectrogram_discriminator")
