"""What is different when several replicas share a batch, and the same when there is but one."""

import contextlib
import json
import os
from pathlib import Path

import keras
import tensorflow as tf


def strategy(devices=None):
    """Choose how a training is spread, before TensorFlow has started its devices.

    Make and compile the GAN in the strategy's scope; ``fit`` splits every batch evenly. The losses
    are those of one device with the same batch, as far as no layer uses statistics of the batch.
    Returns a ``MultiWorkerMirroredStrategy``, a ``MirroredStrategy`` or the default.

    Parameters
    ----------
    devices : int > 0, optional
        Devices of this machine: GPUs if there are so many, else parts of the processor, which
        is for trying things out, not faster. By default the machines that the environment variable
        ``TF_CONFIG`` names; without it one device.

    Raises
    ------
    ValueError
        If ``devices`` is not positive or is given beside ``TF_CONFIG``, if that is malformed, or if
        TensorFlow is already running with fewer devices.
    """
    if "TF_CONFIG" in os.environ:
        if devices is not None:
            raise ValueError(f"{devices=}: give either devices or TF_CONFIG, not both")
        try:
            machines = json.loads(os.environ["TF_CONFIG"])
            task = machines["task"]
            machines["cluster"][task["type"]][int(task["index"])]
        except (ValueError, LookupError, TypeError) as error:
            raise ValueError(
                "the environment variable TF_CONFIG must be JSON with a cluster and this machine's "
                f"task, received {os.environ['TF_CONFIG']!r} ({error!r})"
            ) from error
        return tf.distribute.MultiWorkerMirroredStrategy()
    if devices is None or devices == 1:
        return tf.distribute.get_strategy()
    if devices < 1:
        raise ValueError(f"{devices=}: must be 1 or more")
    kind = "GPU" if len(tf.config.list_physical_devices("GPU")) >= devices else "CPU"
    if kind == "CPU":
        parts = [tf.config.LogicalDeviceConfiguration()] * devices
        try:
            tf.config.set_logical_device_configuration(
                tf.config.list_physical_devices("CPU")[0], parts
            )
        except RuntimeError:
            running = len(tf.config.list_logical_devices("CPU"))
            if running < devices:
                raise ValueError(
                    f"{devices=}: TensorFlow already runs with {running}; choose devices first"
                ) from None
    return tf.distribute.MirroredStrategy([f"{kind}:{index}" for index in range(devices)])


def is_chief(spread):
    """Tell whether this process writes the files of a run: one of all machines does.

    It is the task of the job ``chief`` where the cluster has that job, else the first ``worker``. A
    process without a cluster is chief.

    Parameters
    ----------
    spread : tf.distribute.Strategy
        Of :func:`strategy`.
    """
    resolver = spread.cluster_resolver
    jobs = resolver.cluster_spec().jobs if resolver else []
    job = "chief" if "chief" in jobs else "worker"
    return not jobs or (resolver.task_type, resolver.task_id) == (job, 0)


def draw(distribution, batch, size, seed):
    """Draw ``[batch, *size]``: this replica's rows of what one device would draw for all."""
    replica = tf.distribute.get_replica_context()
    count, index = replica.num_replicas_in_sync, replica.replica_id_in_sync_group
    drawn = distribution([count * batch, *size], [tf.cast(part, tf.int64) for part in seed])
    return drawn if count == 1 else drawn[index * batch : (index + 1) * batch]


def apply(optimizer, gradients, variables, after):
    """Step with the mean of all replicas' gradients, ``after`` a tensor that used the variables.

    Keras's optimisers sum the gradients of replicas.
    """
    count = tf.distribute.get_replica_context().num_replicas_in_sync
    # Dense, because Keras's Adam treats the sparse gradient of an embedding in a way of its own.
    gradients = [None if g is None else tf.convert_to_tensor(g) for g in gradients]
    if count > 1:
        gradients = [None if g is None else g / count for g in gradients]
    # TensorFlow's optimiser of graphs can lose the order of a read and a later write where the
    # gradient of a weight does not depend on the weight, as in a critic's last layer.
    with tf.control_dependencies([after]):
        optimizer.apply(gradients, variables)


def follow(averages, variables, rate):
    """Move averages towards variables.

    Keras's optimisers average trainable weights only, not the statistics of normalisation.
    """
    for average, variable in zip(averages, variables, strict=True):
        if keras.backend.is_float_dtype(average.dtype):
            average.assign_add(tf.cast(rate, average.dtype) * (variable - average))


def shown(value):
    """Give a metric's value the axis that Keras averages over when there are several machines."""
    several = isinstance(tf.distribute.get_strategy(), tf.distribute.MultiWorkerMirroredStrategy)
    return value[None] if several else value


@contextlib.contextmanager
def policy(dtype):
    """Build layers that are told nothing of their precision in this one, whatever the global one.

    Parameters
    ----------
    dtype : str
        Name of a Keras policy.

    Yields
    ------
    None
        The global policy comes back in the end.

    Examples
    --------
    >>> from audiogan_lib import training
    >>> with training.policy("mixed_bfloat16"):
    ...     layer = keras.layers.Dense(1)
    >>> layer.compute_dtype, keras.config.dtype_policy().name
    ('bfloat16', 'float32')
    """
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(dtype)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def supported_precision(dtype):
    """Return a precision, or float32 where bfloat16 would be emulated, slower than float32.

    Parameters
    ----------
    dtype : str
        Name of a Keras policy; only ``"mixed_bfloat16"`` may be replaced.
    """
    if dtype != "mixed_bfloat16":
        return dtype
    gpus = tf.config.list_physical_devices("GPU")
    if gpus:
        details = tf.config.experimental.get_device_details(gpus[0])
        return dtype if details.get("compute_capability", (0, 0)) >= (8, 0) else "float32"
    cpu = Path("/proc/cpuinfo")
    flags = cpu.read_text(encoding="utf-8").split() if cpu.exists() else []
    return dtype if {"avx512_bf16", "amx_bf16"} & set(flags) else "float32"
