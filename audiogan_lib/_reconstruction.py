"""Losses that compare a generated sound with the real one it should have been.

They are for generators that are told what to make, such as a vocoder.
"""

from keras import ops


def feature_matching(real_maps, fake_maps):
    """Compare what the layers of the discriminator make of two sounds (Larsen et al. 2016).

    Kumar et al. 2019, equation 3, and Kong et al. 2020, equation 4, without their weights.

    Parameters
    ----------
    real_maps, fake_maps : list of tensor [shape=(batch, ...)]
        Feature maps of all layers of all sub-discriminators, in the same order.

    Returns
    -------
    tensor [shape=()], float32
        Mean absolute difference of each map, summed over the maps.

    Raises
    ------
    ValueError
        If there are more maps of one kind than of the other, or none.
    """
    if not len(real_maps) == len(fake_maps) > 0:
        raise ValueError(
            f"{len(real_maps)} real_maps, {len(fake_maps)} fake_maps: must be as many, and not none"
        )
    # The mean is taken in float32: under a mixed policy the maps are too coarse to sum.
    distances = [
        ops.mean(ops.cast(ops.abs(real - fake), "float32"))
        for real, fake in zip(real_maps, fake_maps, strict=True)
    ]
    return sum(distances)


def log_mel(real_mels, fake_mels, floor=1e-5):
    """Compare mel spectrograms on a logarithmic scale (Kong et al. 2020, equation 3).

    Parameters
    ----------
    real_mels, fake_mels : tensor [shape=(batch, frames, n_mels)], >= 0
        Mel magnitudes.
    floor : float > 0
        Magnitude that counts as silence; that of the published code.

    Returns
    -------
    tensor [shape=()]
        Mean absolute difference of natural logarithms: 0.115 is a difference of 1 dB.
    """
    real, fake = (ops.log(ops.maximum(mels, floor)) for mels in (real_mels, fake_mels))
    return ops.mean(ops.abs(real - fake))


#: n_fft, hop_length and win_length in samples, at 24 kHz (Yamamoto et al. 2020, table 1).
RESOLUTIONS = ((1024, 120, 600), (2048, 240, 1200), (512, 50, 240))


def multi_resolution_stft(real_waveforms, fake_waveforms, resolutions=RESOLUTIONS):
    """Compare magnitudes over short and long windows (Yamamoto et al. 2020, equations 3 to 6).

    Each resolution adds its spectral convergence, ``||R - F|| / ||R||``, which hears the loud
    parts, and its mean of ``|ln R - ln F|``, which hears the quiet ones. The norms are over the
    whole batch, as in the usual implementation: a silent clip by itself would divide by nothing.

    Parameters
    ----------
    real_waveforms, fake_waveforms : tensor [shape=(batch, samples)], in [-1, 1]
        Sounds at least as long as the longest frame.
    resolutions : sequence of (n_fft, hop_length, win_length)
        In samples; Hann windows, no padding, as in ``spectral``.

    Returns
    -------
    tensor [shape=()]
        Mean over the resolutions.

    Raises
    ------
    ValueError
        If the sounds are shorter than a frame.
    """
    total = 0.0
    for resolution in resolutions:
        real = _magnitudes(real_waveforms, *resolution)
        fake = _magnitudes(fake_waveforms, *resolution)
        # The small number keeps the root differentiable where both are equal.
        convergence = ops.sqrt(
            (ops.sum(ops.square(real - fake)) + 1e-12) / ops.sum(ops.square(real))
        )
        total += convergence + ops.mean(ops.abs(ops.log(real) - ops.log(fake)))
    return total / len(resolutions)


def _magnitudes(waveforms, n_fft, hop_length, win_length):
    """Magnitudes of an STFT, never quite zero, so that they have a logarithm and a gradient."""
    samples = waveforms.shape[-1]
    if samples is not None and samples < n_fft:
        raise ValueError(f"waveforms: {samples} samples, need at least n_fft={n_fft}")
    real, imaginary = ops.stft(waveforms, win_length, hop_length, n_fft, center=False)
    return ops.sqrt(ops.maximum(ops.square(real) + ops.square(imaginary), 1e-7))
