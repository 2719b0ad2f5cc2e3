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
====================  =========================  =========================  ========================

The relativistic generator's loss takes two arguments, ``(fake_scores, real_scores)``; all others
take ``(fake_scores)``.
"""

from keras import ops

from audiogan_lib._penalties import drift, gradient_penalty, interpolate, r1
from audiogan_lib._reconstruction import feature_matching, log_mel, multi_resolution_stft

__all__ = [
    "NAMES",
    "drift",
    "feature_matching",
    "gradient_penalty",
    "hinge_discriminator",
    "interpolate",
    "least_squares_discriminator",
    "least_squares_generator",
    "log_mel",
    "minimax_generator",
    "multi_resolution_stft",
    "negative_mean_score",
    "non_saturating_discriminator",
    "non_saturating_generator",
    "r1",
    "relativistic_average",
    "wasserstein_discriminator",
]


def non_saturating_discriminator(real_scores, fake_scores):
    """Cross-entropy of telling real from fake (Goodfellow et al. 2014, algorithm 1).

    Parameters
    ----------
    real_scores, fake_scores : tensor [shape=(batch, ...)]
        Logits of the discriminator.

    Returns
    -------
    tensor [shape=()]
        ``mean softplus(-real) + mean softplus(fake)``; 2 ln 2 where the discriminator cannot tell.
    """
    return ops.mean(ops.softplus(-real_scores)) + ops.mean(ops.softplus(fake_scores))


def non_saturating_generator(fake_scores):
    """Cross-entropy of passing for real (Goodfellow et al. 2014, section 3).

    Parameters
    ----------
    fake_scores : tensor [shape=(batch, ...)]
        Logits of the discriminator for generated sounds.

    Returns
    -------
    tensor [shape=()]
        ``mean softplus(-fake)``: its gradient stays large while the discriminator still wins,
        unlike that of the minimax loss.
    """
    return ops.mean(ops.softplus(-fake_scores))


def minimax_generator(fake_scores):
    """Probability of being found out, as the game is written (Goodfellow et al. 2014, equation 1).

    The discriminator's side is :func:`non_saturating_discriminator`.

    Parameters
    ----------
    fake_scores : tensor [shape=(batch, ...)]
        Logits of the discriminator for generated sounds.

    Returns
    -------
    tensor [shape=()]
        ``mean log(1 - sigmoid(fake)) = -mean softplus(fake)``: its gradient vanishes while the
        discriminator wins.
    """
    return -ops.mean(ops.softplus(fake_scores))


def least_squares_discriminator(real_scores, fake_scores):
    """Bring real scores to 1 and fake scores to 0 (Mao et al. 2017, equation 9).

    Without the halves of the paper, as in HiFi-GAN (Kong et al. 2020, equation 1).

    Parameters
    ----------
    real_scores, fake_scores : tensor [shape=(batch, ...)]
        Scores of the discriminator.

    Returns
    -------
    tensor [shape=()]
        ``mean (real - 1)^2 + mean fake^2``; 1/2 where all scores are 1/2.
    """
    return ops.mean(ops.square(real_scores - 1.0)) + ops.mean(ops.square(fake_scores))


def least_squares_generator(fake_scores):
    """Bring the scores of generated sounds to 1 (Mao et al. 2017, equation 9, without its half).

    Parameters
    ----------
    fake_scores : tensor [shape=(batch, ...)]
        Scores of the discriminator for generated sounds.

    Returns
    -------
    tensor [shape=()]
        ``mean (fake - 1)^2``.
    """
    return ops.mean(ops.square(fake_scores - 1.0))


def hinge_discriminator(real_scores, fake_scores):
    """Push real scores above 1 and fake scores below -1 (Lim and Ye 2017, equation 6).

    Parameters
    ----------
    real_scores, fake_scores : tensor [shape=(batch, ...)]
        Scores of the discriminator.

    Returns
    -------
    tensor [shape=()]
        ``mean relu(1 - real) + mean relu(1 + fake)``; 2 where all scores are 0.
    """
    return ops.mean(ops.relu(1.0 - real_scores)) + ops.mean(ops.relu(1.0 + fake_scores))


def wasserstein_discriminator(real_scores, fake_scores):
    """Negative estimate of the Wasserstein distance (Arjovsky et al. 2017, algorithm 1).

    Parameters
    ----------
    real_scores, fake_scores : tensor [shape=(batch, ...)]
        Scores of the critic, which must be kept 1-Lipschitz, for example with
        :func:`gradient_penalty`.

    Returns
    -------
    tensor [shape=()]
        ``mean fake - mean real``.
    """
    return ops.mean(fake_scores) - ops.mean(real_scores)


def negative_mean_score(fake_scores):
    """Raise the mean score of generated sounds: the generator's side of hinge and Wasserstein.

    Parameters
    ----------
    fake_scores : tensor [shape=(batch, ...)]
        Scores of the discriminator for generated sounds.

    Returns
    -------
    tensor [shape=()]
        ``-mean fake``.
    """
    return -ops.mean(fake_scores)


def relativistic_average(raised_scores, lowered_scores):
    """Raise each score of one kind above the mean of the other kind, and the reverse.

    Jolicoeur-Martineau 2019, RaSGAN. The generator plays the same game with the two
    kinds exchanged, so both sides have this loss: ``(real, fake)`` for the discriminator, ``(fake,
    real)`` for the generator.

    Parameters
    ----------
    raised_scores, lowered_scores : tensor [shape=(batch, ...)]
        Scores of the discriminator for the kind that should seem more real, and for the other.

    Returns
    -------
    tensor [shape=()]
        ``mean softplus(mean lowered - raised) + mean softplus(lowered - mean raised)``; 2 ln 2
        where all scores are equal. Adding a number to all scores changes nothing.
    """
    above = raised_scores - ops.mean(lowered_scores)
    below = lowered_scores - ops.mean(raised_scores)
    return ops.mean(ops.softplus(-above)) + ops.mean(ops.softplus(below))


NAMES = {
    "minimax": (non_saturating_discriminator, minimax_generator),
    "non_saturating": (non_saturating_discriminator, non_saturating_generator),
    "least_squares": (least_squares_discriminator, least_squares_generator),
    "hinge": (hinge_discriminator, negative_mean_score),
    "wasserstein": (wasserstein_discriminator, negative_mean_score),
    "relativistic_average": (relativistic_average, relativistic_average),
}
