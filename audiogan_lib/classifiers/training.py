"""What a judge is trained on: real sounds, varied anew each time, and the right answers."""

import numpy as np
import tensorflow as tf

from audiogan_lib.classifiers.hearing import augment


def stream(waveforms, answers, batch_size, octaves, seed):
    """Return endless batches of varied sounds and their answers.

    Parameters
    ----------
    waveforms : np.ndarray [shape=(clips, samples)]
        Real sounds.
    answers : dict of str to np.ndarray [shape=(clips,)]
        Right answers of each head.
    batch_size : int > 0
        Clips in a batch.
    octaves : float >= 0
        See ``hearing.augment``.
    seed : int
        Of order and variations.

    Returns
    -------
    tf.data.Dataset
        Of (waveforms, answers).
    """
    data = tf.data.Dataset.from_tensor_slices((waveforms.astype(np.float32), answers))
    data = data.shuffle(len(waveforms), seed=seed).repeat().batch(batch_size)

    def vary(step, batch):
        return augment(batch[0], tf.stack([np.int64(seed), step]), octaves), batch[1]

    return data.enumerate().map(vary, num_parallel_calls=2).prefetch(2)


def answers(dataset, columns):
    """Return each head's integer targets and the names they stand for.

    Parameters
    ----------
    dataset : audiogan_lib.datasets.Dataset
        Labelled clips.
    columns : tuple of str
        What becomes a head beside ``"label"``.

    Returns
    -------
    targets : dict of str to np.ndarray [shape=(clips,)]
        Class of each clip.
    heads : dict of str to tuple of str
        Names of the classes.

    Raises
    ------
    ValueError
        If a column is missing or a class has fewer than two clips.
    """
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
