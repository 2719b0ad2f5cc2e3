"""Wrappers that rescale the kernel of a linear layer.

``WeightNorm``, ``SpectralNorm`` and ``EqualizedRate`` stand round one layer and let it see a
rescaled kernel; its bias and its activation stay as they are. The kernel is rescaled, not the
output, because it is small beside the feature maps it makes. The rescaling is done in float32 under
a mixed policy too.
"""

import math

import keras
from keras import ops

_LINEAR = (
    keras.layers.Dense,
    keras.layers.Conv1D,
    keras.layers.Conv2D,
    keras.layers.Conv1DTranspose,
    keras.layers.Conv2DTranspose,
)
_TRANSPOSED = (keras.layers.Conv1DTranspose, keras.layers.Conv2DTranspose)


class _RescaledKernel(keras.layers.Wrapper):
    """A linear layer that sees ``rescale(kernel)`` instead of its kernel.

    Input and output are the layer's; with ``training=True`` what training updates is updated.
    """

    def __init__(self, layer, **kwargs):
        if not isinstance(layer, _LINEAR):
            known = ", ".join(kind.__name__ for kind in _LINEAR)
            raise TypeError(f"layer={layer!r}: must be one of {known}")
        # The weights are read in full precision here, whatever the policy; the inner layer brings
        # the inputs and the rescaled kernel to its own.
        super().__init__(layer, autocast=False, **kwargs | {"dtype": "float32"})

    def call(self, inputs, training=False):
        kernel, *others = self.layer.weights
        # Not assigned: the gradient flows through the rescaling to the stored kernel. The other
        # weights are named because a scope hides the values of the one around it.
        seen = [(kernel, self.rescale(ops.cast(kernel, "float32"), training))]
        with keras.StatelessScope(seen + [(weight, weight.value) for weight in others]):
            return self.layer(inputs)

    def compute_output_spec(self, inputs, training=False):
        """Tell the output's shape and precision, which are the layer's, without a trial call."""
        return self.layer.compute_output_spec(inputs)


@keras.saving.register_keras_serializable("audiogan_lib")
class WeightNorm(_RescaledKernel):
    """Weight normalisation: the length of each filter is a weight of its own.

    The kernel is ``g v / ||v||`` (Salimans and Kingma 2016, equation 2). ``g`` starts as ``||v||``,
    so that the layer starts as it would without.

    Lengths are taken over all but the last axis of the kernel, as the published vocoders take
    them: one for each output channel, but for each *input* channel of a transposed convolution.
    HiFi-GAN's published 0.929 million parameters (V2) hold only so.

    Parameters
    ----------
    layer : keras.layers.Dense, Conv1D, Conv2D, Conv1DTranspose or Conv2DTranspose
        Layer to normalise.
    **kwargs
        For ``keras.layers.Layer``.

    Raises
    ------
    TypeError
        If ``layer`` is of another kind.
    """

    def build(self, input_shape):
        """Make the layer's weights and the lengths."""
        super().build(input_shape)
        kernel = self.layer.kernel
        self.g = self.add_weight(
            name="g",
            shape=kernel.shape[-1:],
            initializer=lambda shape, dtype: ops.reshape(_lengths(kernel), shape),
        )

    def rescale(self, kernel, training):
        return kernel * (self.g / _lengths(kernel))


def _lengths(kernel):
    """Norms over all but the last axis, which stays."""
    axes = tuple(range(len(kernel.shape) - 1))
    # The small number keeps a filter of zeros from dividing by zero.
    return ops.sqrt(ops.sum(ops.square(kernel), axis=axes, keepdims=True) + 1e-12)


@keras.saving.register_keras_serializable("audiogan_lib")
class SpectralNorm(_RescaledKernel):
    """Spectral normalisation: no input is stretched by more than 1 (Miyato et al. 2018).

    The kernel, as a matrix of output channels by all else, is divided by an estimate of its
    largest singular value: one step of power iteration for each call in training (algorithm 1),
    none in inference. The direction ``u`` is saved with the weights. A fresh layer needs some
    tens of calls before the estimate is close.

    For a convolution this bounds the matrix, as published, not the operator, whose norm can be
    larger where the windows overlap.

    Parameters
    ----------
    layer : keras.layers.Layer
        One that `WeightNorm` takes, errors too.
    **kwargs
        For ``keras.layers.Layer``.
    """

    # keras.layers.SpectralNormalization assigns the divided kernel to the layer instead. Then no
    # gradient flows through the singular value, and the optimiser's kernel changes under its hand.

    def build(self, input_shape):
        """Make the layer's weights and the direction ``u``."""
        super().build(input_shape)
        self.u = self.add_weight(
            name="u",
            shape=(self._matrix(self.layer.kernel).shape[0],),
            initializer=lambda shape, dtype: _unit(keras.random.normal(shape, dtype=dtype)),
            trainable=False,
            # Every replica of a distributed run computes the same.
            aggregation="only_first_replica",
        )

    def _matrix(self, kernel):
        """Flatten to [output channels, all else]."""
        if isinstance(self.layer, _TRANSPOSED):
            kernel = ops.swapaxes(kernel, -1, -2)
        return ops.transpose(ops.reshape(kernel, (-1, kernel.shape[-1])))

    def rescale(self, kernel, training):
        matrix = self._matrix(kernel)
        constant, u = ops.stop_gradient(matrix), ops.cast(self.u, "float32")
        v = _unit(ops.matmul(u, constant))
        if training:
            u = _unit(ops.matmul(constant, v))
            self.u.assign(u)
        return kernel / ops.sum(u * ops.matmul(matrix, v))


def _unit(vector):
    """Bring a vector to length 1."""
    return vector / (ops.norm(vector) + 1e-12)


@keras.saving.register_keras_serializable("audiogan_lib")
class EqualizedRate(_RescaledKernel):
    """Equalised learning rate (Karras et al. 2018, section 4.1).

    The kernel is stored with standard deviation 1, whatever the layer's initialiser, and
    multiplied in each call by He's ``gain / sqrt(fan_in)``. An optimiser that divides by the
    gradient's size, such as Adam, then changes every layer by the same share of its range.

    Parameters
    ----------
    layer : keras.layers.Layer
        One that `WeightNorm` takes, errors too.
    gain : float > 0
        ``sqrt(2)`` ahead of a (leaky) ReLU; 1 for a layer that nothing follows.
    **kwargs
        For ``keras.layers.Layer``.
    """

    def __init__(self, layer, gain=2**0.5, **kwargs):
        super().__init__(layer, **kwargs)
        layer.kernel_initializer = keras.initializers.RandomNormal(stddev=1.0)
        self.gain = gain

    def rescale(self, kernel, training):
        filters_axis = -2 if isinstance(self.layer, _TRANSPOSED) else -1
        fan_in = math.prod(kernel.shape) // kernel.shape[filters_axis]
        return kernel * (self.gain / math.sqrt(fan_in))

    def get_config(self):
        return super().get_config() | {"gain": self.gain}
