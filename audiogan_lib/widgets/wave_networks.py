"""The two networks of a small WaveGAN, forward and backward, number for number as in a page."""

from __future__ import annotations

import numpy as np

SAMPLES, LATENT_DIM = 1_024, 8

#: Of each joint from the waveform inward: places, step and taps in outer places, outer and inner
#: channels.
SHAPES = ((128, 8, 32, 1, 8), (32, 4, 8, 8, 16), (8, 4, 8, 16, 32))

#: Of the rectifiers below zero.
SLOPE = 0.2

#: Adam's.
BETAS, EPSILON = (0.5, 0.99), 1e-8


class Joint:
    """Weights between an outer signal, long and of few channels, and an inner one, short.

    Inward they are a convolution with a stride, outward the transposed one. A signal is
    ``[batch, places * channels]``.

    Parameters
    ----------
    shape : tuple of int
        As in `SHAPES`.
    draws : Draws
        Where first weights come from.
    outward : bool
        Which way sound goes, and with it which side has the biases.
    """

    def __init__(self, shape, draws, outward):
        self.places, step, taps, outer, self.inner = shape
        self.step, self.taps = step * outer, taps * outer
        self.margin = (self.taps - self.step) // 2
        reach = np.sqrt(2 / (self.inner * taps / step if outward else self.taps))
        kernel = reach * draws.normal(self.inner * self.taps).reshape(self.inner, self.taps)
        self.weights = [kernel, np.zeros(outer if outward else self.inner)]
        self.moments = [(np.zeros_like(weight), np.zeros_like(weight)) for weight in self.weights]

    def gather(self, outside, biased=False):
        """Sum each window outside to a place inside."""
        inside = self._windows(outside) @ self.weights[0].T
        return (inside + self.weights[1] if biased else inside).reshape(len(outside), -1)

    def scatter(self, inside, biased=False):
        """Send each place inside to its window outside, where windows add up."""
        batch, parts = len(inside), self.taps // self.step
        sent = inside.reshape(batch, self.places, self.inner) @ self.weights[0]
        sent = sent.reshape(batch, self.places, parts, self.step)
        outside = np.zeros((batch, self.places + parts - 1, self.step))
        for part in range(parts):
            outside[:, part : part + self.places] += sent[:, :, part]
        outside = outside.reshape(batch, -1)
        outside = outside[:, self.margin : outside.shape[1] - self.margin]
        if biased:
            outside = outside.reshape(batch, -1, len(self.weights[1])) + self.weights[1]
        return outside.reshape(batch, -1)

    def gradients(self, outside, inside, side):
        """Return derivatives by kernel and biases: products of both signals, and sums of a side."""
        kernel = inside.reshape(-1, self.inner).T @ self._windows(outside).reshape(-1, self.taps)
        return [kernel, side.reshape(-1, len(self.weights[1])).sum(axis=0)]

    def learn(self, gradients, rate, steps):
        """Take one step of Adam, the ``steps``-th."""
        first, second = (1 - beta**steps for beta in BETAS)
        for weight, moments, slope in zip(self.weights, self.moments, gradients, strict=True):
            mean, square = moments
            mean += (1 - BETAS[0]) * (slope - mean)
            square += (1 - BETAS[1]) * (slope**2 - square)
            weight -= rate * mean / first / (np.sqrt(square / second) + EPSILON)

    def _windows(self, outside):
        padded = np.pad(outside, ((0, 0), (self.margin, self.margin)))
        return np.lib.stride_tricks.as_strided(
            padded,
            (len(padded), self.places, self.taps),
            (padded.strides[0], self.step * padded.itemsize, padded.itemsize),
        )


class Generator:
    """From latents to waveforms."""

    def __init__(self, draws):
        self.joints = _joints(LATENT_DIM, draws, outward=True)

    def __call__(self, latents):
        """Return the signals at all joints, the waveforms ``[batch, samples]`` first."""
        kept = [np.asarray(latents)]
        for joint in self.joints[:0:-1]:
            outside = joint.scatter(kept[0], biased=True)
            kept.insert(0, _bent(outside, outside))
        return [np.tanh(self.joints[0].scatter(kept[0], biased=True)), *kept]

    def gradients(self, kept, by_samples):
        """Return derivatives by all weights, given those by the samples that were made."""
        back = by_samples * (1 - kept[0] ** 2)
        found = []
        for joint, inside in zip(self.joints, kept[1:], strict=True):
            found.append(joint.gradients(back, inside, back))
            back = _bent(joint.gather(back), inside)
        return found


class Discriminator:
    """From waveforms to scores."""

    def __init__(self, draws):
        self.joints = _joints(1, draws, outward=False)

    def __call__(self, waveforms):
        """Return scores ``[batch]``, their slopes by each sample, and what `gradients` needs."""
        kept = [np.asarray(waveforms)]
        for joint in self.joints[:-1]:
            inside = joint.gather(kept[-1], biased=True)
            kept.append(_bent(inside, inside))
        scores = self.joints[-1].gather(kept[-1], biased=True)
        back = [np.ones_like(scores)]
        for joint, outside in zip(self.joints[:0:-1], kept[:0:-1], strict=True):
            back.insert(0, _bent(joint.scatter(back[0]), outside))
        back.insert(0, self.joints[0].scatter(back[0]))
        return scores[:, 0], back[0], (kept, back)

    def gradients(self, known, by_scores, r1=0.0):
        """Return derivatives by all weights of weighted scores, and ``r1`` of half squared slopes.

        While its rectifiers bend where they bend, the slope is a product of the weights of all
        layers. So the derivative of half its square by one layer is that of the score along the
        slope: the slope is sent inward like a sound, past the same bends, without biases. This is
        exact, and needs no second derivative.
        """
        (kept, back), weights = known, by_scores[:, np.newaxis]
        found, along = [], back[0]
        for i, joint in enumerate(self.joints):
            mixed = weights * kept[i] + (r1 * along if r1 else 0)
            found.append(joint.gradients(mixed, back[i + 1], weights * back[i + 1]))
            if r1 and i < len(self.joints) - 1:
                along = _bent(joint.gather(along), kept[i + 1])
        return found


def _joints(inner, draws, outward):
    places, *_, channels = SHAPES[-1]
    shapes = *SHAPES, (1, places, places, channels, inner)
    return [Joint(shape, draws, outward) for shape in shapes]


def _bent(signal, by):
    return np.where(by < 0, SLOPE * signal, signal)
