"""Squares of neighbours as channels of a smaller map (pixel shuffle, Shi et al. 2016)."""

from keras import layers


def to_patches(frames, bins, patch, channels=1):
    """Return layers that put squares of neighbours into the channels of a smaller map.

    From ``[frames, bins]`` or ``[frames, bins, channels]`` to ``[frames / patch, bins / patch,
    patch * patch * channels]``; see :func:`chain`.

    Parameters
    ----------
    frames, bins : int > 0
        Size of the map, multiples of ``patch``.
    patch, channels : int > 0
        Side of a square, and channels of the map.
    """
    return [
        layers.Reshape((frames // patch, patch, bins // patch, patch * channels), dtype="float32"),
        layers.Permute((1, 3, 2, 4), dtype="float32"),
        layers.Reshape((frames // patch, bins // patch, patch * patch * channels), dtype="float32"),
    ]


def from_patches(patch, shape):
    """Return layers that undo `to_patches`, for :func:`chain`.

    Parameters
    ----------
    patch : int > 0
        Side of a square.
    shape : tuple of int
        What comes out: frames and bins, and channels if there is an axis for them.
    """
    frames, bins, *channels = shape
    chunk = patch * (channels[0] if channels else 1)
    return [
        layers.Reshape((frames // patch, bins // patch, patch, chunk), dtype="float32"),
        layers.Permute((1, 3, 2, 4), dtype="float32"),
        layers.Reshape(shape, dtype="float32"),
    ]


def chain(steps, x):
    """Apply layers one after the other.

    Parameters
    ----------
    steps : iterable of callable
        The layers.
    x : tensor
        What the first takes.
    """
    for step in steps:
        x = step(x)
    return x
