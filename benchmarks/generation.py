"""Sounds from generators, decoded to waveforms, as multiples of real time."""

import numpy as np
import tensorflow as tf

from audiogan_lib import pretrained
from audiogan_lib.models import vocoder

CLIPS = 32


def tasks():
    """Return one task for each generator, and the seconds of sound that it makes."""
    found, seconds = {}, {}
    for name in ("digits", "drums"):
        generator = pretrained.load(name)
        found[name] = lambda generator=generator: generator.sample(CLIPS, seed=0)
        seconds[name] = found[name]().size / generator.sample_rate
    sizes = vocoder.SMALL["generator"]
    network = vocoder.build_vocos_generator(frames=128, **sizes)
    mels = np.random.default_rng(0).normal(size=(CLIPS, 128, sizes["n_mels"])).astype(np.float32)
    run = tf.function(lambda: network(mels, training=False))
    found["vocoder"] = lambda: run().numpy()
    seconds["vocoder"] = found["vocoder"]().size / 8000
    return found, {"seconds": seconds}
