"""Normalisation and statistics of features: pixel norm and minibatch deviation."""

import keras
from keras import ops


@keras.saving.register_keras_serializable("audiogan_lib")
class PixelNorm(keras.layers.Layer):
    """Bring the features of each place to mean square 1 (Karras et al. 2018, section 4.2).

    It keeps the two networks from escalating their magnitudes against each other.

    Input: features ``(batch, ..., channels)``. Output: ``features / sqrt(mean of squares over
    channels + 1e-8)``.

    Parameters
    ----------
    **kwargs
        For ``keras.layers.Layer``.
    """

    def call(self, features):
        full = ops.cast(features, "float32")
        squares = ops.mean(ops.square(full), axis=-1, keepdims=True)
        return ops.cast(full * ops.rsqrt(squares + 1e-8), features.dtype)


@keras.saving.register_keras_serializable("audiogan_lib")
class MinibatchStd(keras.layers.Layer):
    """Show the discriminator how much a batch varies (Karras et al. 2018, section 3).

    Each group of examples gets one more channel, constant, with the standard deviation over the
    group, averaged over places and channels. A generator that draws the same for every latent is
    then easy to tell.

    Input: features ``(batch, ..., channels)``. Output: ``(batch, ..., channels + 1)``, the same and
    the deviation.

    If ``batch`` is no multiple of ``group``, the examples left over are measured with those before
    them that fill their group. A batch smaller than ``group`` is one group; in a batch of one
    example nothing varies, and its deviation is 0.0001. With ``training=True`` an incomplete group
    could mix real and generated examples, and is refused if the size of the batch is known.

    Parameters
    ----------
    group : int > 1
        Examples in a group. Groups are of *consecutive* examples, unlike the published code's, so
        that real and generated ones, one half of the batch each, do not mix if ``group`` divides
        both halves.
    **kwargs
        For ``keras.layers.Layer``.

    Raises
    ------
    ValueError
        If ``group`` is less than 2; in training, if the batch is known and no multiple of it.
    """

    def __init__(self, group=4, **kwargs):
        super().__init__(**kwargs)
        if group < 2:
            raise ValueError(f"group={group}: must be 2 or more, one example does not vary")
        self.group = group

    def call(self, features, training=False):
        count = ops.shape(features)[0]
        if training and isinstance(count, int) and count % self.group:
            raise ValueError(f"features: {count} examples, need a multiple of group={self.group}")
        grouped = self._group(ops.cast(features, "float32"), count)
        # The small number is the paper's; it keeps the root differentiable where nothing varies.
        deviations = ops.sqrt(ops.var(grouped, axis=1) + 1e-8)
        means = ops.mean(deviations, axis=tuple(range(1, len(features.shape))))
        each = ops.broadcast_to(means[:, None], ops.shape(grouped)[:2])
        each = ops.reshape(each, (-1,))[:count]
        channel = ops.reshape(each, (-1,) + (1,) * (len(features.shape) - 1))
        channel = ops.broadcast_to(channel, (*ops.shape(features)[:-1], 1))
        return ops.concatenate([features, ops.cast(channel, features.dtype)], axis=-1)

    def _group(self, features, count):
        """Return [groups, examples, ...]; the last may share examples with the one before."""
        if isinstance(count, int) and count % self.group == 0:
            return ops.reshape(features, (-1, self.group, *ops.shape(features)[1:]))
        size = ops.minimum(self.group, count)
        starts = ops.minimum(ops.arange(0, count, size), count - size)
        return ops.take(features, starts[:, None] + ops.arange(size), axis=0)

    def get_config(self):
        return super().get_config() | {"group": self.group}
