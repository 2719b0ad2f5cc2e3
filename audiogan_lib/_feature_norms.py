"""Normalisation and statistics of features: pixel norm and minibatch deviation."""

import keras
from keras import ops


@keras.saving.register_keras_serializable("audiogan_lib")
class PixelNorm(keras.layers.Layer):
    """Bring the features of each place to mean square 1 (Karras et al. 2018, section 4.2).

    It keeps the two networks from escalating their magnitudes against each other.

    Parameters
    ----------
    **kwargs
        For ``keras.layers.Layer``.
    """

    def call(self, features):
        """Normalise.

        Parameters
        ----------
        features : tensor [shape=(batch, ..., channels)]
            Feature maps, or latents.

        Returns
        -------
        tensor [shape=(batch, ..., channels)]
            ``features / sqrt(mean of squares over channels + 1e-8)``.
        """
        full = ops.cast(features, "float32")
        squares = ops.mean(ops.square(full), axis=-1, keepdims=True)
        return ops.cast(full * ops.rsqrt(squares + 1e-8), features.dtype)


@keras.saving.register_keras_serializable("audiogan_lib")
class MinibatchStd(keras.layers.Layer):
    """Show the discriminator how much a batch varies (Karras et al. 2018, section 3).

    Each group of examples gets one more channel, constant, with the standard deviation over the
    group, averaged over places and channels. A generator that draws the same for every latent is
    then easy to tell.

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
        If ``group`` is less than 2.
    """

    def __init__(self, group=4, **kwargs):
        super().__init__(**kwargs)
        if group < 2:
            raise ValueError(f"group={group}: must be 2 or more, one example does not vary")
        self.group = group

    def call(self, features):
        """Append the channel.

        Parameters
        ----------
        features : tensor [shape=(batch, ..., channels)]
            Feature maps; ``batch`` must be a multiple of ``group``.

        Returns
        -------
        tensor [shape=(batch, ..., channels + 1)]
            The same, and the deviation.

        Raises
        ------
        ValueError
            If ``batch`` is known and no multiple of ``group``; with a batch size known only at run
            time it is the backend's error of reshaping.
        """
        if features.shape[0] is not None and features.shape[0] % self.group:
            raise ValueError(
                f"features: {features.shape[0]} examples, need a multiple of group={self.group}"
            )
        rest = ops.shape(features)[1:]
        grouped = ops.reshape(ops.cast(features, "float32"), (-1, self.group, *rest))
        # The small number is the paper's; it keeps the root differentiable where nothing varies.
        deviations = ops.sqrt(ops.var(grouped, axis=1) + 1e-8)
        means = ops.mean(deviations, axis=tuple(range(1, len(rest) + 1)))
        channel = ops.reshape(ops.repeat(means, self.group), (-1,) + (1,) * len(rest))
        channel = ops.broadcast_to(channel, (*ops.shape(features)[:-1], 1))
        return ops.concatenate([features, ops.cast(channel, features.dtype)], axis=-1)

    def get_config(self):
        """Return the constructor's arguments."""
        return super().get_config() | {"group": self.group}
