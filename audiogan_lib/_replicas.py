"""What is different when several replicas share a batch, and the same when there is but one."""

import keras
import tensorflow as tf


def draw(distribution, batch, size, seed):
    """Draw ``[batch, *size]``: this replica's rows of what one device would draw for all."""
    replica = tf.distribute.get_replica_context()
    count, index = replica.num_replicas_in_sync, replica.replica_id_in_sync_group
    drawn = distribution([count * batch, *size], [tf.cast(part, tf.int64) for part in seed])
    return drawn if count == 1 else drawn[index * batch : (index + 1) * batch]


def apply(optimizer, gradients, variables):
    """Step with the mean of all replicas' gradients; Keras's optimisers sum them."""
    count = tf.distribute.get_replica_context().num_replicas_in_sync
    # Dense, because Keras's Adam treats the sparse gradient of an embedding in a way of its own.
    gradients = [None if g is None else tf.convert_to_tensor(g) for g in gradients]
    if count > 1:
        gradients = [None if g is None else g / count for g in gradients]
    optimizer.apply(gradients, variables)


def follow(averages, variables, rate):
    """Move averages towards variables."""
    for average, variable in zip(averages, variables, strict=True):
        if keras.backend.is_float_dtype(average.dtype):
            average.assign_add(tf.cast(rate, average.dtype) * (variable - average))
