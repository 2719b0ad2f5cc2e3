"""Kicks made by a formula, for a network to learn in seconds."""

import numpy as np

RATE = 4000
SAMPLES = 1024


def draw(count, seed):
    """Return sines that fall by an octave and a half to a random pitch and die away."""
    rng = np.random.default_rng(seed)
    time_s = np.arange(SAMPLES) / RATE
    pitch_hz, decay_s = rng.uniform(50, 90, (count, 1)), rng.uniform(0.04, 0.06, (count, 1))
    turns = pitch_hz * time_s + 2 * (1 - np.exp(-time_s / 0.02))
    return (0.9 * np.sin(2 * np.pi * turns) * np.exp(-time_s / decay_s)).astype(np.float32)


def envelopes(sounds):
    """Return root mean squares of frames of 16 ms [clips, frames]."""
    return np.sqrt(np.mean(sounds.reshape(len(sounds), -1, 64) ** 2, axis=2))


def likeness(sounds, others):
    """Return for each sound the highest correlation with any of the others."""
    units = [each / np.linalg.norm(each, axis=1, keepdims=True) for each in (sounds, others)]
    return (units[0] @ units[1].T).max(axis=1)
