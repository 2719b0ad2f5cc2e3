"""Networks drawn to scale; public in `display`."""

import math

from matplotlib import patches, pyplot

from audiogan_lib.display.plots import figure

_GAP = 1.2
_MOST = 18


def architecture(network, title=""):
    """Draw what the layers of a network hand on, to scale.

    Each box is the output of a layer with weights that changes the size: its height stands for the
    number of places (samples, or frames times bins), its width for the channels, both by powers of
    two, so that a doubling adds the same length everywhere.

    Parameters
    ----------
    network : keras.Model
        Its layers in the order of their making; those within others are not opened.
    title : str
        What stands above.

    Returns
    -------
    picture : Picture
        The drawing, its numbers in the alternative text.

    Raises
    ------
    ValueError
        When no layer has weights.
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
        left += width + _GAP
    panel.set(xlim=(-0.5, left), ylim=(-4.0, tallest + 0.5), title=title)
    panel.axis("off")
    told = ", ".join("x".join(map(str, size)) for size in sizes)
    count = network.count_params()
    return figure(drawing, f"{title or network.name}: {told}; {count:,} weights.")


def _sizes(network):
    """Sizes of what layers with weights hand on, places first, channels last, without repeats."""
    found = []
    for layer in network.layers:
        shape = getattr(layer, "output", None)
        shape = getattr(shape, "shape", None)
        if not layer.weights or shape is None or None in shape[1:] or len(shape) < 2:
            continue
        size = tuple(shape[1:]) if len(shape) > 2 else (1, shape[1])
        if not found or found[-1] != size:
            found.append(size)
    step = math.ceil(len(found) / _MOST) if found else 1
    return found[:-1:step] + found[-1:] if step > 1 else found
