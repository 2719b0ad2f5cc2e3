"""Random shifts in time.

They draw from a ``keras.random.SeedGenerator``, whose state is saved with the weights, so a resumed
run draws what an unbroken one would have drawn.
"""

import keras
from keras import ops


def _take_steps(inputs, source):
    """Take steps ``source`` int [batch or 1, steps] of ``inputs`` [batch, steps, channels].

    A lookup of rows in a flat table is about six times as fast as ``take_along_axis``.
    """
    batch, steps, channels = ops.shape(inputs)
    rows = source + steps * ops.expand_dims(ops.arange(batch, dtype="int32"), 1)
    return ops.take(ops.reshape(inputs, (-1, channels)), rows, axis=0)


class _RandomLayer(keras.layers.Layer):
    """A layer whose random state is saved with its weights, which Keras by itself leaves out."""

    def __init__(self, radius, seed=0, **kwargs):
        # What is only moved keeps its precision, whatever the policy.
        super().__init__(autocast=False, **kwargs)
        if radius < 0:
            raise ValueError(f"radius={radius}: must be 0 or more")
        self.radius, self.seed = radius, seed
        self.random = keras.random.SeedGenerator(seed)
        self.built = True

    def save_own_variables(self, store):
        """Write the random state."""
        store["random_state"] = ops.convert_to_numpy(self.random.state)

    def load_own_variables(self, store):
        """Read the random state."""
        self.random.state.assign(store["random_state"])

    def get_config(self):
        return super().get_config() | {"radius": self.radius, "seed": self.seed}


@keras.saving.register_keras_serializable("audiogan_lib")
class PhaseShuffle(_RandomLayer):
    """Shift feature maps in time by a random few steps (Donahue et al. 2019, section 3.3).

    It keeps a discriminator of waveforms from recognising generated sound by the phase of its
    upsampling artefacts. The gap is filled by reflection.

    Input: feature maps ``(batch, steps, channels)``, with more steps than ``radius``. Output: the
    same, shifted.

    Parameters
    ----------
    radius : int >= 0
        Largest shift, in steps of the feature map; 0 does nothing.
    per_example : bool
        A shift of its own for each example. The published code draws one for the whole batch, the
        default here.
    seed : int
        Of the shifts.
    **kwargs
        For ``keras.layers.Layer``.

    Raises
    ------
    ValueError
        If ``radius`` is negative; when called, if there are not more steps than that.
    """

    def __init__(self, radius, per_example=False, seed=0, **kwargs):
        super().__init__(radius, seed, **kwargs)
        self.per_example = per_example

    def call(self, features):
        if not self.radius:
            return features
        batch, steps = ops.shape(features)[0], features.shape[1]
        if steps <= self.radius:
            raise ValueError(f"features: {steps} steps, need more than radius={self.radius}")
        shape = (batch, 1) if self.per_example else ()
        shift = keras.random.randint(
            shape, -self.radius, self.radius + 1, dtype="int32", seed=self.random
        )
        if not self.per_example:  # a slice, whose gradient needs no scatter
            sides = ((0, 0), (self.radius, self.radius), (0, 0))
            padded = ops.pad(features, sides, mode="reflect")
            shifted = ops.slice(padded, (0, self.radius + shift, 0), ops.shape(features))
            return ops.reshape(shifted, (-1, steps, features.shape[2]))
        source = ops.expand_dims(ops.arange(steps, dtype="int32"), 0) + shift
        last = steps - 1
        return _take_steps(features, last - ops.abs(last - ops.abs(source)))

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return super().get_config() | {"per_example": self.per_example}


@keras.saving.register_keras_serializable("audiogan_lib")
class RandomShift(_RandomLayer):
    """Shift each example in time by a random few frames and fill the gap.

    Used as differentiable augmentation (Zhao et al. 2020): the discriminator sees real and
    generated sounds only through it.

    Input: spectrograms, or waveforms with one channel, ``(batch, steps, bins)``. Output: the same,
    each example moved by its own shift in [-radius, radius].

    Parameters
    ----------
    radius : int >= 0
        Largest shift, in steps along axis 1.
    fill : float
        Value of what moves in: -1 is silence in a log-spectrogram, 0 in a waveform.
    seed : int
        Of the shifts.
    **kwargs
        For ``keras.layers.Layer``.

    Raises
    ------
    ValueError
        If ``radius`` is negative.
    """

    def __init__(self, radius, fill=-1.0, seed=0, **kwargs):
        super().__init__(radius, seed, **kwargs)
        self.fill = fill

    def call(self, inputs):
        if not self.radius:
            return inputs
        batch, steps = ops.shape(inputs)[0], inputs.shape[1]
        shift = keras.random.randint(
            (batch, 1), -self.radius, self.radius + 1, dtype="int32", seed=self.random
        )
        source = ops.expand_dims(ops.arange(steps, dtype="int32"), 0) - shift
        inside = ops.expand_dims(ops.logical_and(source >= 0, source < steps), -1)
        moved = _take_steps(inputs, ops.clip(source, 0, steps - 1))
        return ops.where(inside, moved, self.fill)

    def get_config(self):
        return super().get_config() | {"fill": self.fill}
