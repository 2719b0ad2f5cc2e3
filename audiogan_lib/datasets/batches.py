"""An endless, reproducible stream of shuffled batches."""

from __future__ import annotations

import numpy as np

from audiogan_lib.datasets.dataset import Clips


def batches(arrays, batch_size, seed=0, first_step=0):
    """Return an endless stream of shuffled batches.

    Each epoch visits every clip once, in an order of its own; a batch that an epoch cannot fill is
    completed from the next one. Batch i depends on `seed` and i alone, so a run that is resumed
    sees what it would have seen. A batch has one tensor ``[batch_size, ...]`` for each array.

    Parameters
    ----------
    arrays : sequence of np.ndarray or Clips [shape=(clips, ...)]
        Arrays of equal first dimension, such as waveforms and labels. `Clips` are read batch by
        batch, several batches at a time and ahead of their use.
    batch_size : int > 0
        Clips in each batch.
    seed : int, of 32 bits
        Chooses the orders; no two seeds and no two epochs have one in common, but by chance.
    first_step : int >= 0
        Number of the batch to begin with.

    Raises
    ------
    ValueError
        When the arrays are empty or of unequal length, or a number is out of range.

    Examples
    --------
    >>> stream = batches([np.arange(10), np.arange(10) ** 2], batch_size=4)
    >>> numbers, squares = next(iter(stream))
    >>> numbers.shape
    TensorShape([4])
    """
    arrays = _checked(arrays, batch_size, seed, first_step)
    import tensorflow as tf  # takes seconds, which who only looks at sounds need not wait

    clips, first = len(arrays[0]), first_step * batch_size
    sources = [_source(array) for array in arrays]

    def order(epoch):
        # Not `index_shuffle`, which keeps few bits of its seed: it has 256 orders in all.
        keys = tf.random.stateless_uniform(
            [clips], [seed, epoch], minval=None, maxval=None, dtype=tf.int64, alg="philox"
        )
        return tf.data.Dataset.from_tensor_slices(tf.argsort(keys, stable=True))

    def gather(indices):
        return tuple(source(indices) for source in sources)

    epochs = tf.data.Dataset.range(first // clips, np.iinfo(np.int64).max)
    indices = epochs.flat_map(order).skip(first % clips).batch(batch_size, drop_remainder=True)
    return indices.map(gather, tf.data.AUTOTUNE).prefetch(tf.data.AUTOTUNE)


def _source(array):
    """Return the function that takes rows, by their indices, from an array or from the disk."""
    import tensorflow as tf

    if not isinstance(array, Clips):
        with tf.device("CPU"):  # whole data sets do not belong into a GPU's memory
            tensor = tf.constant(array)
        return lambda indices: tf.gather(tensor, indices)
    dtype, shape = tf.as_dtype(array.dtype), array.shape[1:]

    def read(indices):
        with tf.device("CPU"):
            return array[indices]

    def source(indices):
        rows = tf.numpy_function(read, [indices], dtype)
        return tf.ensure_shape(rows, (*indices.shape, *shape))

    return source


def _checked(arrays, batch_size, seed, first_step):
    """Return the arguments of `batches` as arrays, or say what is wrong with them."""
    arrays = tuple(a if isinstance(a, Clips) else np.asarray(a) for a in arrays)
    lengths = {len(array) for array in arrays}
    if len(lengths) != 1 or 0 in lengths:
        raise ValueError(
            "arrays must have one first dimension in common, of at least 1, "
            f"received shapes {[array.shape for array in arrays]}"
        )
    if batch_size < 1 or first_step < 0:
        raise ValueError(
            "batch_size must be at least 1 and first_step at least 0, "
            f"received {batch_size} and {first_step}"
        )
    if not -(2**31) <= seed < 2**31:
        raise ValueError(f"seed must be an integer of 32 bits, received {seed}")
    return arrays
