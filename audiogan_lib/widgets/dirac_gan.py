"""The smallest GAN there is, whose outcome can be proved."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

#: For each of `losses.NAMES` the score at a draw, and the derivatives of the discriminator's and
#: of the generator's loss by the score of one generated sound, when a recording's is at a draw.
SLOPES = {
    "minimax": (0.0, expit, lambda score: -expit(score)),
    "non_saturating": (0.0, expit, lambda score: -expit(-score)),
    "least_squares": (0.5, lambda score: 2 * score, lambda score: 2 * (score - 1)),
    "hinge": (0.0, lambda score: np.where(score > -1, 1.0, 0.0), lambda score: -1.0),
    "wasserstein": (0.0, lambda score: 1.0, lambda score: -1.0),
    "relativistic_average": (0.0, lambda score: 2 * expit(score), lambda score: -2 * expit(-score)),
    "relativistic_pairing": (0.0, expit, lambda score: -expit(-score)),
}

#: A weight that has left is held there: squares of it would soon be no numbers any more.
FARTHEST = 1e6


@dataclass(frozen=True)
class DiracGAN:
    """One recording, the number 0; a generator that is a number; a discriminator that is a slope.

    The generator makes the number theta, and the discriminator scores x by ``level + phi * x``,
    where the level is its score at a draw: 1/2 for least squares, 0 for all others. Both learn by
    plain gradient descent. The game is won where both weights are 0 (Mescheder et al. 2018,
    definition 2.1).

    Parameters
    ----------
    loss : str
        A name in ``losses.NAMES``.
    r1, gradient_penalty : float >= 0
        Gamma and lambda, as in ``training.GAN.compile``. R2 would be the same as R1, and both
        together are one of their sum: the slope is phi everywhere.
    penalty_every : int > 0
        Steps between two penalties, each then weighted by this number.
    clip_weights : float >= 0
        Largest size of phi; 0 for no limit.
    rate : float > 0
        Learning rate of both.
    alternating : bool
        Whether the generator sees the discriminator after its step, as in ``training.GAN``, or
        before.

    Raises
    ------
    ValueError
        When there is no such loss, or a number is out of range.

    Examples
    --------
    >>> round(DiracGAN("wasserstein", rate=0.1).growth(), 6)
    1.0
    >>> DiracGAN("wasserstein", rate=0.1, alternating=False).growth() > 1
    True
    >>> DiracGAN("wasserstein", rate=0.1, r1=0.5).growth() < 1
    True
    """

    loss: str = "non_saturating"
    r1: float = 0.0
    gradient_penalty: float = 0.0
    penalty_every: int = 1
    clip_weights: float = 0.0
    rate: float = 0.1
    alternating: bool = True

    def __post_init__(self):
        if self.loss not in SLOPES:
            raise ValueError(f"loss must be one of {', '.join(SLOPES)}, received {self.loss!r}")
        for name in ("r1", "gradient_penalty", "clip_weights"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"{name} must be 0 or more, received {getattr(self, name)}")
        if self.penalty_every < 1:
            raise ValueError(f"penalty_every must be 1 or more, received {self.penalty_every}")
        if not self.rate > 0:
            raise ValueError(f"rate must be positive, received {self.rate}")

    def flow(self, theta, phi, weight=1.0):
        """Find where theta and phi go: down the slopes of their losses, minus the derivatives.

        Parameters
        ----------
        theta, phi : float or array_like of equal shapes
            The weights of generator and discriminator.
        weight : float >= 0
            Of the penalties.
        """
        level, fake_slope, generator_slope = SLOPES[self.loss]
        score = level + phi * theta
        push = fake_slope(score) * theta
        push = push + weight * self.r1 * phi
        push = push + weight * 2 * self.gradient_penalty * (np.abs(phi) - 1) * np.sign(phi)
        return -generator_slope(score) * phi, -push

    def trajectory(self, steps=200, start=(1.0, 0.0)):
        """Play.

        Returns theta and phi from the start on, ``[steps + 1, 2]``; a weight that runs away is held
        at a million.

        Parameters
        ----------
        steps : int >= 0
            Steps of each player.
        start : tuple of float
            Theta and phi.
        """
        path = np.empty((steps + 1, 2))
        path[0] = start
        for step in range(steps):
            theta, phi = path[step]
            due = step % self.penalty_every == 0
            next_phi = phi + self.rate * self.flow(theta, phi, self.penalty_every * due)[1]
            if self.clip_weights:
                next_phi = np.clip(next_phi, -self.clip_weights, self.clip_weights)
            seen = next_phi if self.alternating else phi
            next_theta = theta + self.rate * self.flow(theta, seen)[0]
            path[step + 1] = np.clip((next_theta, next_phi), -FARTHEST, FARTHEST)
        return path

    def eigenvalues(self):
        """Find what one period of penalties does to weights near the rest point.

        Near it a step is a matrix. Moduli under 1 mean that the players come to rest, over 1 that
        they leave; where a modulus is 1, the matrix leaves it open. They are those of the product
        of ``penalty_every`` steps.

        Raises
        ------
        ValueError
            With a gradient penalty: it wants a slope of 1 even at the goal, so nothing rests there.
        """
        if self.gradient_penalty:
            raise ValueError(
                "gradient_penalty must be 0, for with it the goal is no rest point, "
                f"received {self.gradient_penalty}"
            )
        between = np.linalg.matrix_power(self._step(0), self.penalty_every - 1)
        return np.linalg.eigvals(between @ self._step(self.penalty_every)).astype(complex)

    def growth(self):
        """Find by how much the distance from the rest point grows in a step, on average.

        It is the largest modulus of the `eigenvalues`, its root when a period has several steps.
        """
        return float(np.abs(self.eigenvalues()).max()) ** (1 / self.penalty_every)

    def _step(self, weight):
        """Return the matrix of one step near the rest point, acting on (theta, phi)."""
        level, fake_slope, generator_slope = SLOPES[self.loss]
        discriminator = np.array(
            [[1.0, 0.0], [-self.rate * fake_slope(level), 1.0 - self.rate * weight * self.r1]]
        )
        generator = np.array([[1.0, -self.rate * generator_slope(level)], [0.0, 1.0]])
        if self.alternating:
            return generator @ discriminator
        return generator + discriminator - np.eye(2)
