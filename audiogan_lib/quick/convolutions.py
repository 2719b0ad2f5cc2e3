"""Convolutions in the forms that processors multiply quickest.

TensorFlow lays the kernel out anew in every call, which takes longer than the product where many
filters see a small map, and it is slow at the gradient of long kernels and, in bfloat16, at that of
small maps. Padding is ``"same"``. `convolve`, `fold` and `_kernel_gradient` are each other's
gradients, so that all can be differentiated any number of times.
"""

import tensorflow as tf

# Bounds found by trying the layers of the book's networks in batches of 16 to 64.
_DEEP = 64  # filters for each place: up to 64 examples have no more patches than filters
_SMALL = 8  # filters for each place: from here on a map in bfloat16 is small
_LONG = 16  # taps along the last axis


def convolve(x, kernel, strides):
    """Convolve; `fold` applies the same matrix transposed.

    ``x`` [batch, height, width, channels], of known size, and ``kernel`` [height, width, channels,
    filters] are of one type; sides are divided by ``strides`` and rounded up.
    """
    size = x.shape[1:3]

    @tf.custom_gradient
    def apply(x, kernel):
        def gradient(upstream):
            return (
                fold(upstream, kernel, strides, size),
                _kernel_gradient(x, upstream, kernel.shape, strides),
            )

        return _forward(x, kernel, strides), gradient

    return apply(x, kernel)


def fold(y, kernel, strides, size):
    """Apply the transposed matrix of `convolve`: its gradient, and a transposed convolution.

    From ``y`` [batch, height, width, filters] to [batch, *size, channels].
    """

    @tf.custom_gradient
    def apply(y, kernel):
        shape = tf.shape(y)[0], *size, kernel.shape[2]
        x = tf.nn.conv2d_transpose(y, kernel, shape, strides, "SAME")

        def gradient(upstream):
            return (
                convolve(upstream, kernel, strides),
                _kernel_gradient(upstream, y, kernel.shape, strides),
            )

        return x, gradient

    return apply(y, kernel)


def _patches(x, kernel_size, strides):
    """Lay what each place sees side by side: [batch * places, taps * channels]."""
    options = {"sizes": (1, *kernel_size, 1), "strides": (1, *strides, 1), "rates": (1, 1, 1, 1)}
    patches = tf.image.extract_patches(x, padding="SAME", **options)
    return tf.reshape(patches, (-1, patches.shape[-1]))


def _forward(x, kernel, strides):
    """Convolve in one of two forms."""
    *kernel_size, _, filters = kernel.shape
    places = [-(-side // stride) for side, stride in zip(x.shape[1:3], strides, strict=True)]
    if filters < _DEEP * places[0] * places[1]:
        return tf.nn.conv2d(x, kernel, strides, "SAME")
    product = _patches(x, kernel_size, strides) @ tf.reshape(kernel, (-1, filters))
    return tf.reshape(product, (-1, *places, filters))


def _kernel_gradient(x, upstream, shape, strides):
    """What a change of the kernel does."""

    @tf.custom_gradient
    def apply(x, upstream):
        def gradient(change):
            return (
                fold(upstream, change, strides, x.shape[1:3]),
                convolve(x, change, strides),
            )

        return _kernel_products(x, upstream, shape, strides), gradient

    return apply(x, upstream)


def _kernel_products(x, upstream, shape, strides):
    """Compute the gradient of the kernel in one of three forms."""
    *kernel_size, _, filters = shape
    places = upstream.shape[1] * upstream.shape[2]
    if filters >= _DEEP * places:
        rows = tf.reshape(upstream, (-1, filters))
        product = tf.matmul(_patches(x, kernel_size, strides), rows, transpose_a=True)
        return tf.reshape(product, shape)
    small = x.dtype == tf.bfloat16 and filters >= _SMALL * places
    if kernel_size[1] < _LONG and not small:
        return tf.raw_ops.Conv2DBackpropFilter(
            input=x,
            filter_sizes=shape,
            out_backprop=upstream,
            strides=(1, *strides, 1),
            padding="SAME",
        )
    return _examples_as_channels(x, upstream, kernel_size, strides)


def _examples_as_channels(x, upstream, kernel_size, strides):
    """Convolve the maps with the upstream ones, stretched, over the examples as channels."""
    cut, margins = list(x.shape[1:3]), []
    for axis, (taps, stride) in enumerate(zip(kernel_size, strides, strict=True)):
        missing = (upstream.shape[axis + 1] - 1) * stride + taps - x.shape[axis + 1]
        before = max(missing, 0) // 2
        margins.append((before, max(missing, 0) - before))
        cut[axis] += min(missing, 0)  # a stride longer than the kernel leaves a rest
    x = tf.pad(x[:, : cut[0], : cut[1]], ((0, 0), *margins, (0, 0)))
    examples_last = tf.transpose(x, (3, 1, 2, 0))
    weights = tf.transpose(upstream, (1, 2, 0, 3))
    products = tf.nn.conv2d(examples_last, weights, 1, "VALID", dilations=strides)
    return tf.transpose(products, (1, 2, 0, 3))
