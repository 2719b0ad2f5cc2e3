"""A GAN of tones that differ in pitch alone: small enough to be trained while one watches."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

#: Hidden units in each of the two layers of both networks, and examples in a step.
UNITS, BATCH = 16, 32

#: Of a network, as they lie one after the other: the shapes, and how far first values reach.
SHAPES = ((1, UNITS), (UNITS,), (UNITS, UNITS), (UNITS,), (UNITS, 1), (1,))
REACHES = (2.0, 2.0, 0.4, 0.0, 0.4, 0.0)

#: Where the recorded tones lie, in octaves above `MIDDLE_HZ`, for one, two and three kinds.
KINDS = {1: (0.5,), 2: (-1.0, 1.0), 3: (-1.2, 0.0, 1.2)}
SPREAD = 0.12
MIDDLE_HZ = 440.0

#: Adam's.
BETAS, EPSILON = (0.5, 0.99), 1e-8


class Draws:
    """Random numbers that are the same in Python and in a page.

    Parameters
    ----------
    seed : int >= 0
        Where they begin.

    References
    ----------
    S. K. Park, K. W. Miller, "Random number generators: good ones are hard to find",
    Communications of the ACM 31(10), 1988; the multiplier is that of their later remark.
    """

    def __init__(self, seed):
        self.state = 1 + seed % 2147483646

    def uniform(self, count):
        """Return so many numbers in (0, 1)."""
        values = np.empty(count)
        for i in range(count):
            self.state = 48271 * self.state % 2147483647
            values[i] = self.state / 2147483647
        return values

    def normal(self, count):
        """Return so many numbers of a normal distribution, by Box and Muller's formula."""
        radius, turn = self.uniform(2 * count).reshape(-1, 2).T
        return np.sqrt(-2 * np.log(radius)) * np.cos(2 * np.pi * turn)


class Network:
    """A function from a number to a number, with two hidden layers, that learns by Adam."""

    def __init__(self, draws):
        self.weights = [
            (reach * (2 * draws.uniform(int(np.prod(shape))) - 1)).reshape(shape)
            for shape, reach in zip(SHAPES, REACHES, strict=True)
        ]
        self.moments = [(np.zeros(shape), np.zeros(shape)) for shape in SHAPES]
        self.steps = 0

    def __call__(self, x):
        """Return values and slopes at some places, and what `gradients` needs of them."""
        w1, b1, w2, b2, w3, b3 = self.weights
        x = np.asarray(x)[:, np.newaxis]
        h1 = np.tanh(x @ w1 + b1)
        d1 = (1 - h1**2) * w1
        h2 = np.tanh(h1 @ w2 + b2)
        a2 = d1 @ w2
        d2 = (1 - h2**2) * a2
        return (h2 @ w3 + b3)[:, 0], (d2 @ w3)[:, 0], (x, h1, d1, h2, a2, d2)

    def gradients(self, kept, by_value, by_slope):
        """Return derivatives by the weights, given those by values and by slopes."""
        w1, _, w2, _, w3, _ = self.weights
        x, h1, d1, h2, a2, d2 = kept
        value, slope = by_value[:, np.newaxis], by_slope[:, np.newaxis]
        to_d2 = slope @ w3.T
        to_a2 = to_d2 * (1 - h2**2)
        to_2 = (value @ w3.T - 2 * to_d2 * h2 * a2) * (1 - h2**2)
        to_d1 = to_a2 @ w2.T
        to_1 = (to_2 @ w2.T - 2 * to_d1 * h1 * w1) * (1 - h1**2)
        return [
            x.T @ to_1 + (to_d1 * (1 - h1**2)).sum(0),
            to_1.sum(0),
            h1.T @ to_2 + d1.T @ to_a2,
            to_2.sum(0),
            h2.T @ value + d2.T @ slope,
            value.sum(0),
        ]

    def learn(self, gradients, rate):
        """Take one step of Adam."""
        self.steps += 1
        first, second = (1 - beta**self.steps for beta in BETAS)
        for weight, (mean, square), slope in zip(
            self.weights, self.moments, gradients, strict=True
        ):
            mean += (1 - BETAS[0]) * (slope - mean)
            square += (1 - BETAS[1]) * (slope**2 - square)
            weight -= rate * mean / first / (np.sqrt(square / second) + EPSILON)


@dataclass
class PitchGame:
    """Two small networks: one makes pitches, the other tells them from recorded ones.

    Both are of the non-saturating loss. What is recorded are tones around one, two or three
    pitches; what is made are 200 tones of fixed latents.

    Parameters
    ----------
    kinds : {1, 2, 3}
        Pitches around which recorded tones lie.
    generator_rate, discriminator_rate : float > 0
        Learning rates.
    r1 : float >= 0
        Gamma, as in ``training.GAN.compile``.
    noise : float >= 0
        Of the instances, in octaves: what is added to every pitch before the discriminator sees it.
    seed : int >= 0
        Of first weights and all draws.

    Raises
    ------
    ValueError
        When there are no such kinds, or a number is out of range.

    Examples
    --------
    >>> game = PitchGame(kinds=1)
    >>> game.play(300)
    >>> bool(abs(np.median(game.made()) - 0.5) < 0.2)
    True
    """

    kinds: int = 2
    generator_rate: float = 0.002
    discriminator_rate: float = 0.004
    r1: float = 0.3
    noise: float = 0.1
    seed: int = 0

    def __post_init__(self):
        if self.kinds not in KINDS:
            raise ValueError(f"kinds must be one of {tuple(KINDS)}, received {self.kinds!r}")
        for name in ("generator_rate", "discriminator_rate", "r1", "noise"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"{name} must be 0 or more, received {getattr(self, name)}")
        self._draws = Draws(self.seed)
        self.generator, self.discriminator = Network(self._draws), Network(self._draws)
        self.latents = Draws(1).normal(200)
        self.step = 0

    def recorded(self, count, draws=None):
        """Draw recorded pitches.

        Parameters
        ----------
        count : int > 0
            How many.
        draws : Draws, optional
            Where chance comes from; the game's own if not given.

        Returns
        -------
        pitches : np.ndarray [shape=(count,)]
            In octaves above `MIDDLE_HZ`.
        """
        draws = draws or self._draws
        places = np.array(KINDS[self.kinds])
        which = (draws.uniform(count) * self.kinds).astype(int)
        return places[which] + SPREAD * draws.normal(count)

    def made(self):
        """Generate pitches, always of the same latents.

        Returns
        -------
        pitches : np.ndarray [shape=(200,)]
            In octaves above `MIDDLE_HZ`.
        """
        return self.generator(self.latents)[0]

    def play(self, steps=1):
        """Let both learn.

        Parameters
        ----------
        steps : int >= 0
            Of each player, the discriminator first.
        """
        for _ in range(steps):
            self._teach_discriminator()
            self._teach_generator()
            self.step += 1

    def _seen(self, pitches):
        return pitches + self.noise * self._draws.normal(BATCH)

    def _teach_discriminator(self):
        real = self._seen(self.recorded(BATCH))
        fake = self._seen(self.generator(self._draws.normal(BATCH))[0])
        scores, slopes, kept = self.discriminator(real)
        by_real = self.discriminator.gradients(
            kept, -expit(-scores) / BATCH, self.r1 * slopes / BATCH
        )
        scores, _, kept = self.discriminator(fake)
        by_fake = self.discriminator.gradients(kept, expit(scores) / BATCH, np.zeros(BATCH))
        sums = [one + other for one, other in zip(by_real, by_fake, strict=True)]
        self.discriminator.learn(sums, self.discriminator_rate)

    def _teach_generator(self):
        pitches, _, kept = self.generator(self._draws.normal(BATCH))
        scores, slopes, _ = self.discriminator(self._seen(pitches))
        by_pitch = -expit(-scores) * slopes / BATCH
        self.generator.learn(
            self.generator.gradients(kept, by_pitch, np.zeros(BATCH)), self.generator_rate
        )
