"""Penalties on a discriminator: on its gradients and on the level of its scores."""

from keras import ops


def _squared_norms(gradients):
    """Sum the squares of everything but the batch axis."""
    return ops.sum(ops.square(gradients), axis=tuple(range(1, len(gradients.shape))))


def r1(gradients):
    """Zero-centred gradient penalty: R1 on real sounds, R2 on generated ones.

    Mescheder et al. 2018, equations 9 and 10, without their gamma / 2.

    Parameters
    ----------
    gradients : tensor [shape=(batch, ...)]
        Of the summed scores with respect to the inputs.

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


def drift(real_scores):
    """Keep the scores near zero, where losses of differences leave their level free.

    Karras et al. 2018, appendix A.1, without its epsilon of 0.001.

    Parameters
    ----------
    real_scores : tensor [shape=(batch, ...)]
        Scores of the discriminator for real sounds.

    Returns
    -------
    tensor [shape=()]
        Mean of the squares.
    """
    return ops.mean(ops.square(real_scores))
