"""How latents and conditions enter a network, and how scores are projected."""

import numbers

import keras
from keras import ops

from audiogan_lib.layers.feature_norms import MinibatchStd, PixelNorm
from audiogan_lib.layers.kernel_norms import EqualizedRate, SpectralNorm, WeightNorm
from audiogan_lib.layers.shifts import PhaseShuffle, RandomShift


def condition_sizes(labels):
    """Return the sizes that the ``labels`` argument of a builder means, one a condition.

    Parameters
    ----------
    labels : int or sequence of int
        Number of classes; several numbers for several conditions; 0 or () for none.

    Raises
    ------
    ValueError
        If a size is negative.
    """
    sizes = (labels,) if isinstance(labels, numbers.Integral) else tuple(labels)
    if any(size < 0 for size in sizes):
        raise ValueError(f"labels={labels!r}: the number of classes cannot be negative")
    return tuple(size for size in sizes if size)


@keras.saving.register_keras_serializable("audiogan_lib")
class LabelEmbedding(keras.layers.Layer):
    """One learned vector for each class of each condition, summed.

    Input: labels int ``(batch, conditions)``, the class of each condition. Output: ``(batch,
    dim)``.

    Parameters
    ----------
    sizes : sequence of int > 0
        Classes of each condition.
    dim : int > 0
        Length of the vectors.
    scale : float
        Standard deviation of the initial values.
    **kwargs
        For ``keras.layers.Layer``.
    """

    def __init__(self, sizes, dim, scale=1.0, **kwargs):
        super().__init__(**kwargs)
        self.sizes, self.dim, self.scale = tuple(sizes), dim, scale

    def build(self, input_shape):
        """Make the table of vectors, all conditions one below the other."""
        self.table = self.add_weight(
            name="table",
            shape=(sum(self.sizes), self.dim),
            initializer=keras.initializers.RandomNormal(stddev=self.scale),
        )

    def call(self, labels):
        starts = [sum(self.sizes[:index]) for index in range(len(self.sizes))]
        rows = ops.cast(labels, "int32") + ops.convert_to_tensor(starts, "int32")
        # A product with ones and zeros: the gradient of a lookup costs more than all of it.
        return ops.matmul(ops.sum(ops.one_hot(rows, sum(self.sizes)), axis=1), self.table)

    def get_config(self):
        return super().get_config() | {"sizes": self.sizes, "dim": self.dim, "scale": self.scale}


def generator_inputs(latent_dim, labels=0, embedding_dim=32):
    """Make the inputs of a generator: latents, and beside them the label embedding.

    Returns the inputs (latents ``[batch, latent_dim]``, with ``labels`` also labels int ``[batch,
    conditions]``) and the features that the first layer takes.

    Parameters
    ----------
    latent_dim : int > 0
        Length of a latent.
    labels : int or tuple of int
        Classes of each condition; 0 for none.
    embedding_dim : int > 0
        Length of the label embedding.
    """
    sizes = condition_sizes(labels)
    latent = keras.Input((latent_dim,), name="latent")
    if not sizes:
        return latent, latent
    label = keras.Input((len(sizes),), dtype="int32", name="label")
    embedding = LabelEmbedding(sizes, embedding_dim, dtype="float32", name="label_embedding")
    return [latent, label], keras.layers.Concatenate()([latent, embedding(label)])


def projection_score(example, features, labels=0, spectral_norm=False):
    """Turn the last features of a discriminator into its score.

    With labels, the score gains the inner product of the features and an embedding of the labels
    (Miyato and Koyama 2018, section 3). Returns the inputs, with ``labels`` also labels int
    ``[batch, conditions]``, and the float32 score ``[batch, 1]`` before any sigmoid.

    Parameters
    ----------
    example : keras.KerasTensor
        Input of the discriminator.
    features : keras.KerasTensor [shape=(batch, dim)]
        What its layers made of it.
    labels : int or tuple of int
        Classes of each condition; 0 for none.
    spectral_norm : bool
        Divide the score's kernel, though not the embedding, by its largest singular value.
    """
    dense = keras.layers.Dense(1, dtype="float32", name="score")
    score = (SpectralNorm(dense, name="score") if spectral_norm else dense)(features)
    sizes = condition_sizes(labels)
    if not sizes:
        return example, score
    label = keras.Input((len(sizes),), dtype="int32", name="label")
    dim = features.shape[-1]
    embedding = LabelEmbedding(sizes, dim, scale=0.02, dtype="float32", name="projection")
    product = keras.layers.Multiply(dtype="float32")([features, embedding(label)])
    match = ops.sum(product, axis=1, keepdims=True)  # what layers.Dot computes as tiny matrices
    return [example, label], keras.layers.Add(dtype="float32")([score, match])
