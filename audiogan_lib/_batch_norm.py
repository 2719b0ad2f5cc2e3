"""Batch normalisation as one operation; public in ``training``."""

import keras
import tensorflow as tf


def fuse_batch_norm(network):
    """Return the same network with its batch normalisations in a form that trains quicker.

    Keras writes one as a dozen passes over the features, in float32; TensorFlow has one operation
    for all of them, which reads bfloat16 as it is.

    Parameters
    ----------
    network : keras.Model
        A functional model. Layers whose options the operation does not have stay as they are.

    Returns
    -------
    keras.Model
        With layers of the same names and a copy of the weights; files of weights fit both. Layers
        within a model that is itself a layer stay as they are.
    """

    def replace(layer):
        if type(layer) is not keras.layers.BatchNormalization or not _fits(layer):
            return type(layer).from_config(layer.get_config())
        config = layer.get_config()
        return BatchNormalization(**{key: config[key] for key in _OPTIONS})

    fused = keras.models.clone_model(network, clone_function=replace)
    fused.set_weights(network.get_weights())
    return fused


_OPTIONS = ("momentum", "epsilon", "name", "dtype", "trainable")


def _fits(layer):
    """Whether TensorFlow's operation does all that the layer is asked for."""
    last = layer.axis in (-1, layer.input_spec.ndim - 1)
    plain = layer.scale and layer.center and layer.variable_dtype == "float32"
    others = (
        *(layer.gamma_regularizer, layer.beta_regularizer),
        *(layer.gamma_constraint, layer.beta_constraint),
        *(layer.synchronized, getattr(layer, "renorm", False)),
    )
    return last and plain and not any(others)


# It has Keras's name, so that weights are found under the same one in a file.
@keras.saving.register_keras_serializable("audiogan_lib")
class BatchNormalization(keras.layers.BatchNormalization):
    """Keras's batch normalisation of the last axis, in training as one operation.

    Parameters
    ----------
    momentum, epsilon, name, dtype, trainable
        As in ``keras.layers.BatchNormalization``.
    """

    def __init__(self, momentum=0.99, epsilon=1e-3, name=None, dtype=None, trainable=True):
        super().__init__(
            momentum=momentum, epsilon=epsilon, name=name, dtype=dtype, trainable=trainable
        )

    def get_config(self):
        """Return the constructor's arguments."""
        config = super().get_config()
        return {key: config[key] for key in _OPTIONS}

    def call(self, features, training=None, mask=None):
        """Normalise.

        Parameters
        ----------
        features : tensor [shape=(batch, ..., channels)]
            Feature maps.
        training : bool, optional
            Whether to take mean and variance of this batch, and let the moving ones follow.
        mask : tensor, optional
            Which places count; with one, Keras's own form is used.

        Returns
        -------
        tensor [shape=(batch, ..., channels)]
            With mean ``beta`` and deviation ``gamma`` in each channel.
        """
        if not (training and self.trainable) or mask is not None:
            return super().call(features, training=training, mask=mask)
        rows = tf.reshape(features, (-1, 1, 1, features.shape[-1]))
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
        for moving, found in ((self.moving_mean, mean), (self.moving_variance, variance)):
            moving.assign(self.momentum * moving + (1 - self.momentum) * found)
        return tf.reshape(normal, tf.shape(features))
