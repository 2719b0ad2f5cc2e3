"""Speed of the generators on this machine: ``make bench``.

The limit is what this machine reaches in multiplying large matrices, measured in the same run. A
network's share of it says how much of the arithmetic that is possible it turns into sound. Other
work on the machine disturbs both, so nothing else should run.
"""

import time

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from tqdm import tqdm

from audiogan_lib.models import specgan, wavegan

BATCH = 16
REPEATS = 7
SECONDS_PER_SOUND = 16384 / 16000

NETWORKS = {
    "WaveGAN, width 64 (paper)": lambda: wavegan.build_generator(),
    "WaveGAN, width 16": lambda: wavegan.build_generator(width=16),
    "WaveGAN, width 16, sub-pixel": lambda: wavegan.build_generator(width=16, form="subpixel"),
    "SpecGAN, width 64 (paper)": lambda: specgan.build_generator(),
    "SpecGAN, width 16": lambda: specgan.build_generator(width=16),
}


def fastest(function) -> float:
    """Return the seconds of the fastest of several calls, after one that does not count."""
    function()
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return min(times)


def matmul_speed(size: int = 2048) -> float:
    """Return the multiply-accumulates per second of a large float32 matrix product."""
    a = tf.random.normal((size, size))
    return size**3 / fastest(lambda: tf.matmul(a, a).numpy())


def multiply_accumulates(model: keras.Model) -> int:
    """Count the multiply-accumulates of one sound as is usual: whole kernels at the borders too."""
    total = 0
    for layer in model.layers:
        if isinstance(layer, (layers.Conv1DTranspose, layers.Conv2DTranspose)):
            total += _per_position(layer, layer.input)
        elif isinstance(layer, (layers.Conv1D, layers.Conv2D)):
            total += _per_position(layer, layer.output)
        elif isinstance(layer, layers.Dense):
            total += int(np.prod(layer.kernel.shape))
    return total


def _per_position(layer, tensor) -> int:
    """Multiply a kernel's size by the positions that it is applied at."""
    return int(np.prod(layer.kernel.shape) * np.prod(tensor.shape[1:-1]))


def measure(model: keras.Model) -> tuple[float, int]:
    """Return the seconds for one sound in a batch, and its multiply-accumulates."""
    latents = tf.random.normal((BATCH, model.input_shape[-1]))
    run = tf.function(lambda x: model(x, training=False))
    return fastest(lambda: run(latents).numpy()) / BATCH, multiply_accumulates(model)


def main():
    """Print the table."""
    limit = matmul_speed()
    rows = []
    for name, build in tqdm(NETWORKS.items(), desc="networks"):
        rows.append((name, *measure(build())))
        limit = max(limit, matmul_speed())
    print(f"\nMatrix product: {limit / 1e9:.1f} GMAC/s (float32, TensorFlow {tf.__version__}).")
    print(f"Batches of {BATCH} sounds of {SECONDS_PER_SOUND:.3f} s, the fastest of {REPEATS}:\n")
    print(f"{'generator':<32}{'MMAC':>8}{'ms':>8}{'x real time':>13}{'of the limit':>14}")
    for name, seconds, macs in rows:
        share = macs / seconds / limit
        times = SECONDS_PER_SOUND / seconds
        print(f"{name:<32}{macs / 1e6:>8.0f}{seconds * 1e3:>8.1f}{times:>13.0f}{share:>13.0%}")


if __name__ == "__main__":
    main()
