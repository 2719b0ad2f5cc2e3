"""What a judge is trained on: real sounds, varied anew each time, and the right answers."""

import numpy as np
import tensorflow as tf

from audiogan_lib.classifiers.hearing import augment


def stream(waveforms, answers, batch_size, octaves, seed):
    """Return endless batches of (waveforms, answers), in a new order and varied anew each time."""
    data = tf.data.Dataset.from_tensor_slices((waveforms.astype(np.float32), answers))
    data = data.shuffle(len(waveforms), seed=seed).repeat().batch(batch_size)

    def vary(step, batch):
        return augment(batch[0], tf.stack([np.int64(seed), step]), octaves), batch[1]

    return data.enumerate().map(vary, num_parallel_calls=2).prefetch(2)


def answers(dataset, columns):
    """Return for ``"label"`` and each column the class of each clip, and the classes' names."""
    targets = {"label": np.asarray(dataset.labels)}
    heads = {"label": tuple(dataset.label_names)}
    for column in columns:
        if column not in dataset.columns:
            raise ValueError(f"columns must be among {', '.join(dataset.columns)}, got {column!r}")
        classes, targets[column] = np.unique(dataset.columns[column], return_inverse=True)
        heads[column] = tuple(str(name) for name in classes)
    for head, classes in heads.items():
        counts = np.bincount(targets[head], minlength=len(classes))
        if counts.min() < 2:
            raise ValueError(
                f"dataset must have at least 2 clips of each {head}, "
                f"got {counts.min()} of {classes[counts.argmin()]!r}"
            )
    return targets, heads
