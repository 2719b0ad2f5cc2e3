"""A process that holds one framework and times what it is told to, in short bursts.

Frameworks in one process fight over its threads; each is therefore alone in a process of its own,
and works only while the others wait. ``python -m benchmarks.worker`` reads one JSON object a line:
first what to build, then ``{"task": name, "seconds": budget}``. It answers with one object a line.
"""

import json
import resource
import sys
import time

import numpy as np

PRODUCT = 2048  # side of the matrices whose product sets the limit


def ours(case, dtype):
    """Build one of our networks; return its tasks and what is known of it."""
    import tensorflow as tf

    from benchmarks import ours

    step, parameters, arithmetic = ours.step_function(case, dtype)
    tasks = {"step": step}
    for kind in ("float32", "bfloat16"):
        matrix = tf.cast(tf.random.normal((PRODUCT, PRODUCT)), kind)
        product = tf.function(lambda matrix=matrix: tf.matmul(matrix, matrix)[0, 0])
        tasks[f"product {kind}"] = lambda product=product: product().numpy()
    return tasks, {"parameters": parameters, "arithmetic": arithmetic}


def pytorch(case, dtype, form, vocoder_sizes):
    """Build a network of PyTorch's; return its tasks and what is known of it."""
    import torch

    from benchmarks import torch_training

    step, parameters = torch_training.step_function(case, form, dtype != "float32", vocoder_sizes)
    tasks = {"step": step}
    for kind in (torch.float32, torch.bfloat16):
        matrix = torch.randn(PRODUCT, PRODUCT, dtype=kind)
        tasks[f"product {str(kind).removeprefix('torch.')}"] = lambda m=matrix: m @ m
    return tasks, {"parameters": parameters}


def transforms(library):
    """Return the spectral transforms of one library, each on a batch of clips."""
    from benchmarks import transforms

    return getattr(transforms, library)(), {}


def generation():
    """Return one task for each generator that makes sounds."""
    from benchmarks import generation

    return generation.tasks()


def loading(recipe):
    """Return the tasks of the input pipeline."""
    from benchmarks import loading

    return loading.tasks(recipe)


_BUILDERS = {f.__name__: f for f in (ours, pytorch, transforms, generation, loading)}


def burst(task, seconds, least=3):
    """Call a task for some seconds, and at least a few times.

    Parameters
    ----------
    task : callable
        Returns when its work is done.
    seconds : float >= 0
        Budget.
    least : int > 0
        Calls in any case.

    Returns
    -------
    list of float
        Seconds of each call.
    """
    times, end = [], time.perf_counter() + seconds
    while len(times) < least or time.perf_counter() < end:
        start = time.perf_counter()
        task()
        times.append(time.perf_counter() - start)
    return times


def main():
    """Build, then obey until the input ends."""
    from benchmarks.cases import CASES

    answer = sys.stdout
    sys.stdout = sys.stderr  # libraries may print
    order = json.loads(sys.stdin.readline())
    if "case" in order:
        order["case"] = CASES[order["case"]]
    tasks, facts = _BUILDERS[order.pop("build")](**order)
    for task in tasks.values():
        task()  # what is made on the first call does not count
    print(json.dumps(facts), file=answer, flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        times = burst(tasks[order["task"]], order["seconds"])
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        reply = {"median": float(np.median(times)), "times": times, "peak_mb": round(peak)}
        print(json.dumps(reply), file=answer, flush=True)


if __name__ == "__main__":
    main()
