"""The input pipeline: batches a second, and how long a training step waits for one."""

import time

import numpy as np
import tensorflow as tf

from audiogan_lib import datasets, recipes


def tasks(recipe):
    """Return the pipeline's task: the next batch, as fast as they come.

    Parameters
    ----------
    recipe : str
        Name of a recipe with shipped data.

    Returns
    -------
    tasks : dict of str to callable
        ``"batch"``.
    facts : dict
        ``"waiting_share"`` of the time of training steps, and their number.
    """
    recipe = recipes.NAMES[recipe]
    dataset = recipe.load_data()
    names = datasets.condition_labels(dataset, recipe.conditions)[1]
    gan = recipe.build_gan(tuple(len(classes) for classes in names.values()))
    batches = recipe.batches(dataset)
    waiting, total = _wait(gan, iter(batches))
    alone = iter(batches)
    facts = {"steps": len(total), "waiting_share": float(np.sum(waiting) / np.sum(total))}
    return {"batch": lambda: next(alone)}, facts


def _wait(gan, batches, warm_up=5, steps=100):
    """Train; return the seconds that each step waited, and took in all."""
    step = tf.function(gan.train_step, jit_compile=False)
    waiting, total = [], []
    for index in range(warm_up + steps):
        start = time.perf_counter()
        batch = next(batches)
        there = time.perf_counter()
        step(batch)["generator_loss"].numpy()
        if index >= warm_up:
            waiting.append(there - start)
            total.append(time.perf_counter() - start)
    return waiting, total
