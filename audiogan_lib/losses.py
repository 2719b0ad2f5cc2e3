"""Adversarial losses and regularisers, each a small function.

Conventions: ``real_scores`` and ``fake_scores`` are what the discriminator answers, before any
sigmoid, float ``[batch, ...]``; a high score means "real". Every loss is a scalar to be minimised.
``NAMES`` pairs the discriminator's loss with the generator's. In the table r and f are real and
fake scores, s is softplus and m a mean; every term stands for its mean over the scores.

====================  =========================  =========================  ========================
Name                  Discriminator              Generator                  Source
====================  =========================  =========================  ========================
minimax               s(-r) + s(f)               -s(f)                      Goodfellow et al. 2014
non_saturating        s(-r) + s(f)               s(-f)                      Goodfellow et al. 2014
least_squares         (r - 1)^2 + f^2            (f - 1)^2                  Mao et al. 2017
hinge                 relu(1 - r) + relu(1 + f)  -f                         Lim and Ye 2017
wasserstein           f - r                      -f                         Arjovsky et al. 2017
relativistic_average  s(m(f) - r) + s(f - m(r))  s(m(r) - f) + s(r - m(f))  Jolicoeur-Martineau 2019
relativistic_pairing  s(f - r)                   s(r - f)                   Jolicoeur-Martineau 2019
====================  =========================  =========================  ========================

A generator's loss takes ``(fake_scores)``; one that compares with real examples takes
``(fake_scores, real_scores)`` and is marked by :func:`relativistic`.
"""

import itertools

from keras import ops


def non_saturating_discriminator(real_scores, fake_scores):
    """Cross-entropy of telling real from fake (Goodfellow et al. 2014, algorithm 1).

    ``mean softplus(-real) + mean softplus(fake)``; 2 ln 2 where the discriminator cannot tell.

    Parameters
    ----------
    real_scores, fake_scores : tensor [shape=(batch, ...)]
        Logits of the discriminator.
    """
    return ops.mean(ops.softplus(-real_scores)) + ops.mean(ops.softplus(fake_scores))


def non_saturating_generator(fake_scores):
    """Cross-entropy of passing for real (Goodfellow et al. 2014, section 3).

    ``mean softplus(-fake)``: its gradient stays large while the discriminator still wins, unlike
    that of the minimax loss.

    Parameters
    ----------
    fake_scores : tensor [shape=(batch, ...)]
        Logits of the discriminator for generated sounds.
    """
    return ops.mean(ops.softplus(-fake_scores))


def minimax_generator(fake_scores):
    """Probability of being found out, as the game is written (Goodfellow et al. 2014, equation 1).

    ``mean log(1 - sigmoid(fake)) = -mean softplus(fake)``: its gradient vanishes while the
    discriminator wins, whose side is :func:`non_saturating_discriminator`.

    Parameters
    ----------
    fake_scores : tensor [shape=(batch, ...)]
        Logits of the discriminator for generated sounds.
    """
    return -ops.mean(ops.softplus(fake_scores))


def least_squares_discriminator(real_scores, fake_scores):
    """Bring real scores to 1 and fake scores to 0 (Mao et al. 2017, equation 9).

    ``mean (real - 1)^2 + mean fake^2``, without the halves of the paper, as in HiFi-GAN (Kong et
    al. 2020, equation 1); 1/2 where all scores are 1/2.

    Parameters
    ----------
    real_scores, fake_scores : tensor [shape=(batch, ...)]
        Scores of the discriminator.
    """
    return ops.mean(ops.square(real_scores - 1.0)) + ops.mean(ops.square(fake_scores))


def least_squares_generator(fake_scores):
    """Bring the scores of generated sounds to 1 (Mao et al. 2017, equation 9, without its half).

    ``mean (fake - 1)^2``.

    Parameters
    ----------
    fake_scores : tensor [shape=(batch, ...)]
        Scores of the discriminator for generated sounds.
    """
    return ops.mean(ops.square(fake_scores - 1.0))


def hinge_discriminator(real_scores, fake_scores):
    """Push real scores above 1 and fake scores below -1 (Lim and Ye 2017, equation 6).

    ``mean relu(1 - real) + mean relu(1 + fake)``; 2 where all scores are 0.

    Parameters
    ----------
    real_scores, fake_scores : tensor [shape=(batch, ...)]
        Scores of the discriminator.
    """
    return ops.mean(ops.relu(1.0 - real_scores)) + ops.mean(ops.relu(1.0 + fake_scores))


def wasserstein_discriminator(real_scores, fake_scores):
    """Negative estimate of the Wasserstein distance (Arjovsky et al. 2017, algorithm 1).

    ``mean fake - mean real``.

    Parameters
    ----------
    real_scores, fake_scores : tensor [shape=(batch, ...)]
        Scores of the critic, which must be kept 1-Lipschitz, for example with
        :func:`gradient_penalty`.
    """
    return ops.mean(fake_scores) - ops.mean(real_scores)


def negative_mean_score(fake_scores):
    """Raise the mean score of generated sounds: the generator's side of hinge and Wasserstein.

    ``-mean fake``.

    Parameters
    ----------
    fake_scores : tensor [shape=(batch, ...)]
        Scores of the discriminator for generated sounds.
    """
    return -ops.mean(fake_scores)


def relativistic(loss):
    """Mark, and return, a loss that takes ``(fake_scores, real_scores)``, for ``GAN.compile``.

    Parameters
    ----------
    loss : callable
        Of fake and real scores.

    Examples
    --------
    >>> from audiogan_lib import losses
    >>> pair = losses.relativistic_average, losses.relativistic(lambda fake, real: real - fake)
    """
    loss.relativistic = True
    return loss


@relativistic
def relativistic_average(raised_scores, lowered_scores):
    """Raise each score of one kind above the mean of the other kind, and the reverse.

    ``mean softplus(mean lowered - raised) + mean softplus(lowered - mean raised)``; 2 ln 2 where
    all scores are equal. Adding a number to all scores changes nothing. The generator plays the
    same game with the two kinds exchanged, so both sides have this loss: ``(real, fake)`` for the
    discriminator, ``(fake, real)`` for the generator (Jolicoeur-Martineau 2019, RaSGAN).

    Parameters
    ----------
    raised_scores, lowered_scores : tensor [shape=(batch, ...)]
        Scores of the discriminator for the kind that should seem more real, and for the other.
    """
    above = raised_scores - ops.mean(lowered_scores)
    below = lowered_scores - ops.mean(raised_scores)
    return ops.mean(ops.softplus(-above)) + ops.mean(ops.softplus(below))


@relativistic
def relativistic_pairing(raised_scores, lowered_scores):
    """Raise each score of one kind above that of its partner of the other kind.

    Jolicoeur-Martineau 2019, RpGAN; with R1 and R2 the loss of R3GAN (Huang et al. 2024). Scores at
    the same place in the batch are a pair. Both sides have this loss, as with
    :func:`relativistic_average`.

    Parameters
    ----------
    raised_scores, lowered_scores : tensor [shape=(batch, ...)]
        Scores of the discriminator for the kind that should seem more real, and for the other.

    Returns
    -------
    tensor [shape=()]
        ``mean softplus(lowered - raised)``; ln 2 where the scores of each pair are equal. Adding
        a number to all scores changes nothing.

    Raises
    ------
    ValueError
        If there are more scores of one kind than of the other.

    Examples
    --------
    >>> import numpy as np
    >>> from audiogan_lib import losses
    >>> loss = losses.relativistic_pairing(np.array([3.0, 1.0]), np.array([3.0, 1.0]))
    >>> round(float(loss), 4)
    0.6931
    """
    shapes = tuple(raised_scores.shape), tuple(lowered_scores.shape)
    # In a graph the number of examples may be unknown (None) on one side.
    pairs = itertools.zip_longest(*shapes, fillvalue=0)
    if any(None not in pair and pair[0] != pair[1] for pair in pairs):
        raise ValueError(f"scores of shapes {shapes[0]} and {shapes[1]}: must be pairs")
    return ops.mean(ops.softplus(lowered_scores - raised_scores))


NAMES = {
    "minimax": (non_saturating_discriminator, minimax_generator),
    "non_saturating": (non_saturating_discriminator, non_saturating_generator),
    "least_squares": (least_squares_discriminator, least_squares_generator),
    "hinge": (hinge_discriminator, negative_mean_score),
    "wasserstein": (wasserstein_discriminator, negative_mean_score),
    "relativistic_average": (relativistic_average, relativistic_average),
    "relativistic_pairing": (relativistic_pairing, relativistic_pairing),
}


def _squared_norms(gradients):
    """Sum the squares of everything but the batch axis."""
    return ops.sum(ops.square(gradients), axis=tuple(range(1, len(gradients.shape))))


def r1(gradients):
    """Zero-centred gradient penalty: R1 on real sounds, R2 on generated ones.

    Mean over the batch of the squared norm: Mescheder et al. 2018, equations 9 and 10, without
    their gamma / 2.

    Parameters
    ----------
    gradients : tensor [shape=(batch, ...)]
        Of the summed scores with respect to the inputs.
    """
    return ops.mean(_squared_norms(gradients))


def gradient_penalty(gradients, target=1.0):
    """Pull the norm of each example's gradient to ``target``.

    Mean over the batch of ``(norm - target)**2``, one norm an example, not one a batch: Gulrajani
    et al. 2017, equation 3, without its lambda.

    Parameters
    ----------
    gradients : tensor [shape=(batch, ...)]
        Of the summed scores with respect to points between real and fake, see :func:`interpolate`.
    target : float
        The wanted norm.
    """
    # The small number keeps the square root differentiable where a gradient is exactly zero.
    return ops.mean(ops.square(ops.sqrt(_squared_norms(gradients) + 1e-12) - target))


def interpolate(real, fake, mix):
    """Mix real and fake: points on the straight lines between them.

    ``mix * real + (1 - mix) * fake``: Gulrajani et al. 2017, algorithm 1, line 6.

    Parameters
    ----------
    real, fake : tensor [shape=(batch, ...)]
        Sounds or spectrograms.
    mix : tensor [shape=(batch,)], in [0, 1]
        Share of ``real``, drawn uniformly.
    """
    mix = ops.reshape(mix, (-1,) + (1,) * (len(real.shape) - 1))
    return mix * real + (1.0 - mix) * fake


def drift(real_scores):
    """Keep the mean square of the scores small: losses of differences leave their level free.

    Karras et al. 2018, appendix A.1, without its epsilon of 0.001.

    Parameters
    ----------
    real_scores : tensor [shape=(batch, ...)]
        Scores of the discriminator for real sounds.
    """
    return ops.mean(ops.square(real_scores))


def feature_matching(real_maps, fake_maps):
    """Compare what the layers of the discriminator make of two sounds (Larsen et al. 2016).

    Kumar et al. 2019, equation 3, and Kong et al. 2020, equation 4, without their weights. The mean
    absolute differences of the maps are summed.

    Parameters
    ----------
    real_maps, fake_maps : list of tensor [shape=(batch, ...)]
        Feature maps of all layers of all sub-discriminators, in the same order.

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

    Mean absolute difference of natural logarithms: 0.115 is a difference of 1 dB.

    Parameters
    ----------
    real_mels, fake_mels : tensor [shape=(batch, frames, n_mels)], >= 0
        Mel magnitudes.
    floor : float > 0
        Magnitude that counts as silence; that of the published code.
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
