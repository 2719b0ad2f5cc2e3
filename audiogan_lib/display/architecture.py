"""Networks drawn to scale."""

import math

from matplotlib import patches, pyplot

from audiogan_lib.display.plots import figure

#: Between two boxes, and what words need below one, in the units of their widths.
_GAP, _NARROWEST = 1.2, 1.4

#: Boxes of one drawing; of more sizes only each second, third, ... is drawn.
_MOST = 18


def architecture(network, title=""):
    """Draw what the layers of a network hand on, to scale; the alternative text has the numbers.

    Each box is the output of a layer with weights that changes the size: its height stands for the
    number of places (samples, or frames times bins), its width for the channels, both by powers of
    two, so that a doubling adds the same length everywhere.

    Parameters
    ----------
    network : keras.Model
        Its layers in the order of their making; those within others are not opened.
    title : str
        What stands above.

    Raises
    ------
    ValueError
        When no layer has weights.

    Examples
    --------
    >>> architecture(keras.Sequential([keras.Input((4,)), keras.layers.Dense(8)]), "one layer")
    one layer: 1x8; 40 weights.
    """
    sizes = _sizes(network)
    if not sizes:
        raise ValueError(f"network: {network.name!r} has no layer with weights")
    tallest = max(math.log2(math.prod(size[:-1])) for size in sizes) + 1
    drawing, panel = pyplot.subplots(figsize=(7, 2.6), layout="constrained")
    left = 0.0
    for size in sizes:
        height = math.log2(math.prod(size[:-1])) + 1
        width = (math.log2(size[-1]) + 1) / 3
        corner = (left, (tallest - height) / 2)
        panel.add_patch(patches.Rectangle(corner, width, height, color="C0", alpha=0.6))
        name = "x".join(map(str, size[:-1])) + f"\n{size[-1]} ch"
        panel.text(left + width / 2, -0.4, name, ha="center", va="top", fontsize=7)
        left += max(width, _NARROWEST) + _GAP
    panel.set(xlim=(-0.5, left), ylim=(-4.0, tallest + 0.5), title=title)
    panel.axis("off")
    texts = ", ".join("x".join(map(str, size)) for size in sizes)
    count = network.count_params()
    return figure(drawing, f"{title or network.name}: {texts}; {count:,} weights.")


def _sizes(network):
    """Sizes of what layers with weights hand on, places first, channels last, without repeats."""
    sizes = []
    for layer in network.layers:
        shape = getattr(getattr(layer, "output", None), "shape", None)
        if not layer.weights or shape is None or None in shape[1:] or len(shape) < 2:
            continue
        size = tuple(shape[1:]) if len(shape) > 2 else (1, shape[1])
        if not sizes or sizes[-1] != size:
            sizes.append(size)
    step = math.ceil(len(sizes) / _MOST) if sizes else 1
    return sizes[:-1:step] + sizes[-1:] if step > 1 else sizes
