"""Squares of neighbours as channels of a smaller map (pixel shuffle, Shi et al. 2016)."""

from keras import layers


def to_patches(frames, bins, patch, channels=1):
    """Return layers [frames, bins (, channels)] -> [frames / patch, bins / patch, all channels]."""
    return [
        layers.Reshape((frames // patch, patch, bins // patch, patch * channels), dtype="float32"),
        layers.Permute((1, 3, 2, 4), dtype="float32"),
        layers.Reshape((frames // patch, bins // patch, patch * patch * channels), dtype="float32"),
    ]


def from_patches(patch, shape):
    """Return layers that undo `to_patches`; ``shape`` begins with frames and bins."""
    frames, bins, *channels = shape
    chunk = patch * (channels[0] if channels else 1)
    return [
        layers.Reshape((frames // patch, bins // patch, patch, chunk), dtype="float32"),
        layers.Permute((1, 3, 2, 4), dtype="float32"),
        layers.Reshape(shape, dtype="float32"),
    ]


def chain(steps, x):
    """Apply layers one after the other."""
    for step in steps:
        x = step(x)
    return x
