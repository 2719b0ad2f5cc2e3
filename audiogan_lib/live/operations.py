"""A network as a list of operations on numbers, and its weights in bytes."""

import math

import keras
import numpy as np

from audiogan_lib import layers


class Operations:
    """The list, and the bytes of the weights that it names."""

    def __init__(self, rounded):
        self.rounded = rounded
        self.operations, self.weights, self.content = [], [], bytearray()

    def add(self, op, **sizes):
        """Append an operation."""
        self.operations.append({"op": op, **sizes})

    def keep(self, numbers):
        """Store numbers; return their place in the list of weights."""
        floats = np.ascontiguousarray(numbers, np.float32).reshape(-1)
        words = floats.view(np.uint32)
        kind, stored = "float32", words.astype("<u4")
        if not (words & 0xFFFF).any():  # the lower halves say nothing
            kind, stored = "bfloat16", (words >> 16).astype("<u2")
        place = {"at": len(self.content), "count": words.size, "type": kind}
        self.weights.append(place)
        self.content += stored.tobytes()
        self.content += bytes(-len(self.content) % 4)
        return len(self.weights) - 1

    def multiply(self, kernel, rows, step, reach=(0, 0)):
        """Append a product of rows, each ``step`` numbers after the last, and a matrix.

        ``reach`` says by how many numbers the rows reach over the beginning and the end.
        """
        depth, columns = kernel.shape
        kernel = _to_16_bits(kernel) if self.rounded else kernel
        sizes = {"rows": rows, "step": step, "depth": depth, "columns": columns, "reach": reach}
        self.add("multiply", kernel=self.keep(kernel), **sizes)

    def rectify(self, shape, factors=None, shifts=None, slope=1.0):
        """Append a scale, shift and rectifier of each channel, the last axis of a shape."""
        last = self.operations[-1]
        if factors is None and shifts is None and last["op"] == "rectify" and last["slope"] == 1:
            last["slope"] = slope  # a rectifier after a shift is one operation with it
            return
        kept = [None if numbers is None else self.keep(numbers) for numbers in (factors, shifts)]
        sizes = {"places": math.prod(shape[:-1]), "channels": shape[-1], "slope": slope}
        self.add("rectify", factors=kept[0], shifts=kept[1], **sizes)


def operations(network, rounded=False):
    """Describe a generator's network as a list of operations on numbers.

    Parameters
    ----------
    network : keras.Model
        From a latent, or a latent and labels, to one drawn example: a chain of layers, as the
        generators of all recipes are.
    rounded : bool
        Round kernels to the nearest bfloat16, as those of shipped generators are: half the bytes,
        and a sound that differs.

    Returns
    -------
    dict
        ``"operations"``, a list of dicts, each an ``"op"`` and its sizes, which the page's
        ``engine.js`` runs one after the other. ``"table"``, which of the weights holds, for each
        class of each condition in turn, the row of numbers that stand behind the latent; None
        without labels. ``"weights"``, a list of dicts, of each array of weights the offset
        ``"at"`` in bytes, ``"count"``, and ``"type"``: ``"bfloat16"`` where the lower halves of all
        its numbers are zero, otherwise ``"float32"``.
    bytes
        The weights.

    Raises
    ------
    ValueError
        If a layer cannot be exported, or takes what another than the one before it makes; the
        message names the layer.

    Examples
    --------
    >>> from audiogan_lib import live
    >>> from audiogan_lib.models import dense_lstm
    >>> network = dense_lstm.build_generator(samples=64, widths=(8,), latent_dim=4)
    >>> plan, weights = live.operations(network)
    >>> [step["op"] for step in plan["operations"]]
    ['multiply', 'rectify', 'multiply', 'rectify', 'tanh']
    """
    made = Operations(rounded)
    table, chain = _entrance(network, made)
    for before, layer in zip([None, *chain], chain, strict=False):
        if before is not None and layer.input is not before.output:
            raise ValueError(f"layer {layer.name!r} takes more than the layer before it makes")
        _export(layer, made)
    plan = {"table": table, "operations": made.operations, "weights": made.weights}
    return plan, bytes(made.content)


def _to_16_bits(numbers):
    """Round to the nearest float32 whose lower half is zero, half-way to an even one."""
    words = np.ascontiguousarray(numbers, np.float32).view(np.uint32)
    return ((words + 0x7FFF + (words >> 16 & 1)) & 0xFFFF0000).view(np.float32)


def _entrance(network, made):
    """Store the rows that labels put behind the latent; return their place, and what follows."""
    found = [o for o in network.operations if not isinstance(o, keras.layers.InputLayer)]
    if len(network.inputs) == 1:
        return None, found
    rows, classes = None, 0
    for place, layer in enumerate(found):
        if isinstance(layer, keras.layers.Concatenate):
            # One-hot labels side by side are the sum of rows of the identity.
            return made.keep(np.eye(classes) if rows is None else rows), found[place + 1 :]
        if isinstance(layer, layers.LabelEmbedding):
            rows = layer.table
        elif type(layer).__name__ == "OneHot":
            classes += layer.num_classes
        elif type(layer).__name__ != "GetItem":
            break
    raise ValueError(f"layer {layer.name!r} cannot be exported: labels enter by it")


def _export(layer, made):
    """Append what a layer does."""
    inner, kernel = layer, getattr(layer, "kernel", None)
    if isinstance(layer, layers.EqualizedRate):
        inner = layer.layer
        kernel = layer.rescale(inner.kernel, False)
    shapes = tuple(layer.input.shape[1:]), tuple(layer.output.shape[1:])
    try:
        if type(inner) not in _EXPORTERS:
            raise ValueError(f"it is a {type(inner).__name__}")
        exporter = _EXPORTERS[type(inner)]
        exporter(inner, made, shapes, None if kernel is None else np.asarray(kernel))
        if getattr(inner, "bias", None) is not None:
            made.rectify(shapes[1], shifts=np.asarray(inner.bias))
        _activate(inner, made, shapes)
    except ValueError as error:
        raise ValueError(f"layer {layer.name!r} cannot be exported: {error}") from None


def _activate(layer, made, shapes):
    activation = getattr(layer, "activation", keras.activations.linear)
    if activation is keras.activations.tanh:
        made.add("tanh", count=math.prod(shapes[1]))
    elif activation is not keras.activations.linear:
        raise ValueError(f"its activation is {activation.__name__}")


def _nothing(layer, made, shapes, kernel):
    """Leave the numbers as they lie."""


def _dense(layer, made, shapes, kernel):
    made.multiply(kernel, rows=math.prod(shapes[0][:-1]), step=shapes[0][-1])


def _convolution(layer, made, shapes, kernel):
    *sides, before, after = kernel.shape
    places, taps = shapes[0][:-1], sides[-1]
    if {*layer.strides, *layer.dilation_rate, layer.groups} != {1}:
        raise ValueError("strides, dilation_rate and groups must be 1")
    if {*sides} != {1} and (len(places) > 1 or layer.padding != "same"):
        raise ValueError("a kernel > 1 needs one axis and padding 'same'")
    reach = (taps - 1) // 2 * before, taps // 2 * before
    matrix = kernel.reshape(-1, after)
    made.multiply(matrix, math.prod(places), before, reach)


def _transposed(layer, made, shapes, kernel):
    *sides, after, before = kernel.shape
    *places, _ = shapes[0]
    *to, _ = shapes[1]
    if {*layer.dilation_rate} != {1} or layer.output_padding is not None:
        raise ValueError("dilation_rate must be 1, and output_padding not given")
    over = [max(side - stride, 0) for side, stride in zip(sides, layer.strides, strict=True)]
    crop = [cut // 2 if layer.padding == "same" else 0 for cut in over]
    matrix = np.moveaxis(kernel, -1, 0).reshape(before, -1)
    made.multiply(matrix, rows=math.prod(places), step=before)
    sizes = {"map": places, "kernel": sides, "strides": layer.strides, "crop": crop, "to": to}
    # One axis is two, of which the first has one place.
    fill = {"map": 1, "kernel": 1, "strides": 1, "crop": 0, "to": 1}
    sizes = {name: [*[fill[name]] * (2 - len(size)), *size] for name, size in sizes.items()}
    made.add("spread", channels=after, **sizes)


def _batch_norm(layer, made, shapes, kernel):
    mean = np.float64(layer.moving_mean)
    variance = np.float64(layer.moving_variance)
    factors = np.float64(layer.gamma) / np.sqrt(variance + layer.epsilon)
    shifts = np.float64(layer.beta) - mean * factors
    made.rectify(shapes[1], factors, shifts)


def _relu(layer, made, shapes, kernel):
    if layer.max_value is not None or layer.threshold:
        raise ValueError("max_value must not be given, and threshold be 0")
    made.rectify(shapes[1], slope=float(layer.negative_slope))


def _leaky_relu(layer, made, shapes, kernel):
    made.rectify(shapes[1], slope=float(layer.negative_slope))


def _pixel_norm(layer, made, shapes, kernel):
    made.add("pixel_norm", places=math.prod(shapes[1][:-1]), channels=shapes[1][-1])


def _permute(layer, made, shapes, kernel):
    if layer.dims != (1, 3, 2, 4):
        raise ValueError(f"it exchanges other axes than 2 and 3: {layer.dims}")
    made.add("swap", shape=shapes[0])


_EXPORTERS = {
    keras.layers.Activation: _nothing,  # but its activation
    keras.layers.Reshape: _nothing,
    keras.layers.Dense: _dense,
    keras.layers.Conv1D: _convolution,
    keras.layers.Conv2D: _convolution,
    keras.layers.Conv1DTranspose: _transposed,
    keras.layers.Conv2DTranspose: _transposed,
    keras.layers.BatchNormalization: _batch_norm,
    keras.layers.ReLU: _relu,
    keras.layers.LeakyReLU: _leaky_relu,
    keras.layers.Permute: _permute,
    layers.PixelNorm: _pixel_norm,
}
