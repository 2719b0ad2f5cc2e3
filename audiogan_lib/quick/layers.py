"""Layers in forms that train quicker on a processor; public in ``training.quicken``.

They have Keras's names, so that weights are found under the same ones in a file.
"""

import keras
import tensorflow as tf

from audiogan_lib.quick.convolutions import convolve, fold

_NORM_OPTIONS = ("momentum", "epsilon", "name", "dtype", "trainable")


def quicken(network):
    """Return the same network with its layers in forms that train quicker on a processor.

    Batch normalisation becomes one operation where Keras writes a dozen passes over the features.
    Convolutions with many filters on small maps become plain products, long kernels and small
    bfloat16 maps get another gradient, gradients of biases keep growing in bfloat16, and a leaky
    ReLU joins the convolution before it. With a GPU all layers stay as they are. The weights are
    copied, and files of weights fit both. Layers within a model that is itself a layer stay as they
    are.

    Parameters
    ----------
    network : keras.Model
        A functional model. Layers with options that these forms do not have stay as they are.
    """
    quick = keras.models.clone_model(network, clone_function=_replace)
    quick.set_weights(network.get_weights())
    return quick


def _replace(layer):
    """Make a layer anew, without its weights."""
    kind, config = type(layer), layer.get_config()
    if isinstance(layer, keras.layers.Wrapper):
        config["layer"] = keras.saving.serialize_keras_object(_replace(layer.layer))
    if tf.config.get_visible_devices("GPU"):
        return kind.from_config(config)
    if kind is keras.layers.BatchNormalization and _fits_norm(layer):
        return BatchNormalization(**{key: config[key] for key in _NORM_OPTIONS})
    if kind is keras.layers.LeakyReLU:
        kind = LeakyReLU
    elif kind in _CONVOLUTIONS and _fits_convolution(layer):
        kind = _CONVOLUTIONS[kind]
    return kind.from_config(config)


def _fits_norm(layer):
    """Whether TensorFlow's operation does all that the layer is asked for."""
    last = layer.axis in (-1, layer.input_spec.ndim - 1)
    plain = layer.scale and layer.center and layer.variable_dtype == "float32"
    others = (
        *(layer.gamma_regularizer, layer.beta_regularizer),
        *(layer.gamma_constraint, layer.beta_constraint),
        *(layer.synchronized, getattr(layer, "renorm", False)),
    )
    return last and plain and not any(others)


def _fits_convolution(layer):
    """Whether `convolve` or `fold` does all that the layer is asked for."""
    plain = set(layer.dilation_rate) == {1} and getattr(layer, "groups", 1) == 1
    others = layer.padding, layer.data_format, getattr(layer, "output_padding", None)
    return plain and others == ("same", "channels_last", None)


_register = keras.saving.register_keras_serializable("audiogan_lib")


@_register
class BatchNormalization(keras.layers.BatchNormalization):
    """Keras's batch normalisation of the last axis, in training as one operation.

    With a mask Keras's own form is used.
    """

    def __init__(self, momentum=0.99, epsilon=1e-3, name=None, dtype=None, trainable=True):
        super().__init__(
            momentum=momentum, epsilon=epsilon, name=name, dtype=dtype, trainable=trainable
        )

    def get_config(self):
        config = super().get_config()
        return {key: config[key] for key in _NORM_OPTIONS}

    def call(self, inputs, training=None, mask=None):
        if not (training and self.trainable) or mask is not None:
            return super().call(inputs, training=training, mask=mask)
        rows = tf.reshape(inputs, (-1, 1, 1, inputs.shape[-1]))
        normal, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
            x=rows,
            scale=self.gamma,
            offset=self.beta,
            mean=tf.zeros(0),
            variance=tf.zeros(0),
            epsilon=self.epsilon,
        )
        count = tf.cast(tf.shape(rows)[0], variance.dtype)
        variance *= (count - 1) / count  # the operation's is that of a sample
        for moving, seen in ((self.moving_mean, mean), (self.moving_variance, variance)):
            moving.assign(self.momentum * moving + (1 - self.momentum) * seen)
        return tf.reshape(normal, tf.shape(inputs))


@_register
class LeakyReLU(keras.layers.LeakyReLU):
    """Keras's leaky ReLU, with a gradient that looks at the output.

    What went in is then not needed any more, and TensorFlow joins the convolution before it.
    """

    def call(self, inputs):
        slope = self.negative_slope

        @tf.custom_gradient
        def apply(x):
            y = tf.nn.leaky_relu(x, slope)
            signs = tf.stop_gradient(y)  # those of what went in

            def gradient(upstream):
                return tf.raw_ops.LeakyReluGrad(gradients=upstream, features=signs, alpha=slope)

            return y, gradient

        return apply(inputs)


@tf.custom_gradient
def _add_bias(y, bias):
    """Add, with a gradient that is a product with ones.

    In bfloat16, TensorFlow's own rounds after each part, and a sum of equal parts stops growing at
    the 256th.
    """

    def gradient(upstream):
        rows = tf.reshape(upstream, (-1, upstream.shape[-1]))
        return upstream, tf.squeeze(tf.ones((1, tf.shape(rows)[0]), rows.dtype) @ rows, 0)

    return tf.nn.bias_add(y, bias), gradient


class _Convolution:
    """Keras's layer with another way to multiply; its own where a map's size is not known."""

    def call(self, inputs):
        if None in inputs.shape[1:-1]:
            return super().call(inputs)
        x, kernel, strides = inputs, tf.convert_to_tensor(self.kernel), self.strides
        if self.rank == 1:  # a map of height 1
            x, kernel, strides = tf.expand_dims(x, 1), tf.expand_dims(kernel, 0), (1, *strides)
        y = self._multiply(x, kernel, strides)
        if self.use_bias:
            y = _add_bias(y, tf.convert_to_tensor(self.bias))
        return self.activation(tf.squeeze(y, 1) if self.rank == 1 else y)

    def _multiply(self, x, kernel, strides):
        return convolve(x, kernel, strides)


class _Transposed(_Convolution):
    """The same for transposed convolutions."""

    def _multiply(self, x, kernel, strides):
        size = [side * stride for side, stride in zip(x.shape[1:3], strides, strict=True)]
        return fold(x, kernel, strides, size)


@_register
class Conv1D(_Convolution, keras.layers.Conv1D):
    """Keras's layer, quicker."""


@_register
class Conv2D(_Convolution, keras.layers.Conv2D):
    """Keras's layer, quicker."""


@_register
class Conv1DTranspose(_Transposed, keras.layers.Conv1DTranspose):
    """Keras's layer, quicker."""


@_register
class Conv2DTranspose(_Transposed, keras.layers.Conv2DTranspose):
    """Keras's layer, quicker."""


_QUICK = (Conv1D, Conv2D, Conv1DTranspose, Conv2DTranspose)
_CONVOLUTIONS = {getattr(keras.layers, kind.__name__): kind for kind in _QUICK}
