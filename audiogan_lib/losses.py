"""Adversarial losses and gradient penalties, each a small function of scores or of gradients.

Conventions: ``real_scores`` and ``fake_scores`` are what the discriminator answers, before any
sigmoid, float ``[batch]`` or ``[batch, 1]``; a high score means "real". Every loss is a scalar to
be minimised. ``NAMES`` pairs the discriminator's loss with the generator's.
"""

from keras import ops


def non_saturating_discriminator(real_scores, fake_scores):
    """Cross-entropy of telling real from fake (Goodfellow et al. 2014, algorithm 1).

    Parameters
    ----------
    real_scores, fake_scores : tensor [shape=(batch,) or (batch, 1)]
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
    fake_scores : tensor [shape=(batch,) or (batch, 1)]
        Logits of the discriminator for generated sounds.

    Returns
    -------
    tensor [shape=()]
        ``mean softplus(-fake)``: its gradient stays large while the discriminator still wins,
        unlike that of the minimax loss.
    """
    return ops.mean(ops.softplus(-fake_scores))


def hinge_discriminator(real_scores, fake_scores):
    """Push real scores above 1 and fake scores below -1 (Lim and Ye 2017, equation 6).

    Parameters
    ----------
    real_scores, fake_scores : tensor [shape=(batch,) or (batch, 1)]
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
    real_scores, fake_scores : tensor [shape=(batch,) or (batch, 1)]
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
    fake_scores : tensor [shape=(batch,) or (batch, 1)]
        Scores of the discriminator for generated sounds.

    Returns
    -------
    tensor [shape=()]
        ``-mean fake``.
    """
    return -ops.mean(fake_scores)


NAMES = {
    "non_saturating": (non_saturating_discriminator, non_saturating_generator),
    "hinge": (hinge_discriminator, negative_mean_score),
    "wasserstein": (wasserstein_discriminator, negative_mean_score),
}


def _squared_norms(gradients):
    """Sum the squares of everything but the batch axis."""
    return ops.sum(ops.square(gradients), axis=tuple(range(1, len(gradients.shape))))


def r1(gradients):
    """Zero-centred gradient penalty on real sounds.

    Mescheder et al. 2018, equation 9, without its gamma / 2.

    Parameters
    ----------
    gradients : tensor [shape=(batch, ...)]
        Of the summed real scores with respect to the real inputs.

    Returns
    -------
    tensor [shape=()]
        Mean over the batch of the squared norm.
    """
    return ops.mean(_squared_norms(gradients))


def gradient_penalty(gradients, target=1.0):
    """Pull the norm of each example's gradient to ``target``.

    Gulrajani et al. 2017, equation 3, without its lambda.

    Parameters
    ----------
    gradients : tensor [shape=(batch, ...)]
        Of the summed scores with respect to points between real and fake, see :func:`interpolate`.
    target : float
        The wanted norm.

    Returns
    -------
    tensor [shape=()]
        Mean over the batch of ``(norm - target)**2``; one norm an example, not one a batch.
    """
    # The small number keeps the square root differentiable where a gradient is exactly zero.
    return ops.mean(ops.square(ops.sqrt(_squared_norms(gradients) + 1e-12) - target))


def interpolate(real, fake, mix):
    """Mix real and fake: points on the straight lines between them.

    Gulrajani et al. 2017, algorithm 1, line 6.

    Parameters
    ----------
    real, fake : tensor [shape=(batch, ...)]
        Sounds or spectrograms.
    mix : tensor [shape=(batch,)], in [0, 1]
        Share of ``real``, drawn uniformly.

    Returns
    -------
    tensor [shape=(batch, ...)]
        ``mix * real + (1 - mix) * fake``.
    """
    mix = ops.reshape(mix, (-1,) + (1,) * (len(real.shape) - 1))
    return mix * real + (1.0 - mix) * fake
