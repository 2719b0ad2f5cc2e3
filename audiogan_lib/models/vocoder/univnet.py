"""UnivNet's discriminator, which looks at spectra of several resolutions."""

import keras

from audiogan_lib.models.vocoder.parts import (
    Magnitudes,
    discriminator_layer,
    discriminator_model,
    discriminator_score,
)


def build_spectrogram_discriminator(
    samples=8192,
    resolutions=((1024, 120, 600), (2048, 240, 1200), (512, 50, 240)),
    width=32,
    dtype=None,
):
    """Build the multi-resolution spectrogram discriminator of UnivNet (Jang et al. 2021, 2.2).

    Each sub-discriminator sees STFT magnitudes of one resolution; its kernels are 9 frames by 3
    bins and halve the number of frames three times.

    Departures from the usual code (maum-ai's, not the authors'), which has no window: these are
    magnitudes under a Hann window, with less leakage from loud bins into quiet ones. Padding is
    Keras's ``"same"``, and the last layer's scores are not among the feature maps.

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
            x = discriminator_layer(x, width, kernel, strides=(stride, 1), dtype=dtype)
            maps.append(x)
        scores.append(discriminator_score(x, 3))
    return discriminator_model(waveform, maps, scores, "spectrogram_discriminator")
