"""Ways through latent space: by knobs and a morph, or by what one hears."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np


@dataclass(frozen=True, eq=False)
class LatentWalk:
    """Where knobs and a morph lead in latent space.

    All latents on the way keep the length that the two ends have, since in many dimensions nearly
    all latents that a generator was trained on have about that length (White 2016, section 2).

    Parameters
    ----------
    start, end : np.ndarray [shape=(latent_dim,)]
        The latents to morph between.
    directions : np.ndarray [shape=(knobs, latent_dim)]
        Where each knob leads, as orthogonal vectors of length 1.
    """

    start: np.ndarray
    end: np.ndarray
    directions: np.ndarray

    def latent(self, positions=None, morph=0.0):
        """Find the latent for a position of the knobs and the morph.

        At morph 0 and 1 with all knobs at 0 it is exactly the start and the end, float32.

        Parameters
        ----------
        positions : array_like [shape=(knobs,)], optional
            The knobs; at k, a latent z turns towards its direction by the angle arctan(k), if the
            two are orthogonal. By default all are 0.
        morph : float in [0, 1]
            From the start to the end on the arc between them (spherical interpolation).

        Raises
        ------
        ValueError
            When the positions are not as many as the knobs, or the morph lies outside [0, 1].
        """
        positions = np.zeros(len(self.directions)) if positions is None else np.asarray(positions)
        if positions.shape != (len(self.directions),):
            raise ValueError(
                f"positions must be {len(self.directions)}, one a knob, received {positions.shape}"
            )
        if not 0 <= morph <= 1:
            raise ValueError(f"morph must lie in [0, 1], received {morph}")
        latent = _spherical(self.start.astype(float), self.end.astype(float), morph)
        if positions.any():
            length = np.linalg.norm(latent)
            latent = latent + length * positions @ self.directions
            latent *= length / np.linalg.norm(latent)
        return latent.astype(np.float32)


@dataclass(frozen=True, eq=False)
class QualityKnobs:
    """Knobs that are named after what one hears: they move the latent so that one quality changes.

    A small network, fitted to measured sounds of one generator by ``tools/find_knobs.py``, predicts
    the qualities of the sound that a latent makes. A knob then asks for another value of one
    quality and for the same of all others, and the latent follows the network's slopes there.

    Parameters
    ----------
    names : tuple of str
        What each knob changes, such as ``"brightness"``.
    table : np.ndarray [shape=(classes, hidden)]
        What each class adds to the first layer; the classes of all conditions, one after another.
    starts : tuple of int
        At which row of the table each condition's classes begin.
    layers : sequence of pairs of np.ndarray
        Kernel and bias of each layer, with a hyperbolic tangent between them.

    Examples
    --------
    >>> from audiogan_lib import pretrained
    >>> drums = pretrained.load("drums")
    >>> drums.knobs.names
    ('brightness', 'length', 'noise')
    >>> latent, kick = drums.latents(1, seed=0)[0], drums.label_indices(1, label="kick")[0]
    >>> brighter = drums.knobs.latent(latent, kick, positions=(1, 0, 0))
    >>> drums.from_latents(brighter[None], label="kick").shape
    (1, 16384)
    """

    #: Steps towards a wanted sound, and what keeps them small where the slopes are.
    rounds: ClassVar[int] = 8
    damping: ClassVar[float] = 0.5
    names: tuple
    table: np.ndarray
    starts: tuple
    layers: tuple

    def predict(self, latent, classes):
        """Predict the qualities of a sound, and how they change with the latent.

        Parameters
        ----------
        latent : array_like [shape=(latent_dim,)]
            What the sound is made of.
        classes : sequence of int
            What is asked for, a class for each condition.

        Returns
        -------
        qualities : np.ndarray [shape=(knobs,)]
            In standard deviations among the sounds of the label, from their mean.
        slopes : np.ndarray [shape=(knobs, latent_dim)]
            Their derivatives.
        """
        values, slopes = np.asarray(latent, float), np.eye(len(latent))
        for layer, (kernel, bias) in enumerate(self.layers):
            if layer:
                values = np.tanh(values)
                slopes = slopes * (1 - values**2)
            values, slopes = values @ kernel + bias, slopes @ kernel
            if layer == 0:
                values = values + self.table[np.add(self.starts, classes)].sum(axis=0)
        return values, slopes.T

    def latent(self, latent, classes, positions):
        """Find a latent near another, of its length, whose sound has other qualities.

        A few steps of Gauss and Newton's method, damped as by Levenberg (1944): where the slopes
        are small, steps stay small.

        Parameters
        ----------
        latent, classes
            As for :meth:`predict`.
        positions : array_like [shape=(knobs,)]
            By how many standard deviations each quality is to change. All 0 leave the latent alone.

        Returns
        -------
        np.ndarray [shape=(latent_dim,)], float32
            The latent.

        Raises
        ------
        ValueError
            If there is not one position for each knob.
        """
        positions = np.asarray(positions, float)
        if positions.shape != (len(self.names),):
            raise ValueError(
                f"positions must be {len(self.names)}, one a knob, received {positions.shape}"
            )
        latent = np.asarray(latent, float)
        if not positions.any():
            return latent.astype(np.float32)
        length = np.linalg.norm(latent)
        wanted = self.predict(latent, classes)[0] + positions
        for _ in range(self.rounds):
            qualities, slopes = self.predict(latent, classes)
            damped = slopes @ slopes.T + self.damping * np.eye(len(positions))
            latent = latent + slopes.T @ np.linalg.solve(damped, wanted - qualities)
            latent *= length / np.linalg.norm(latent)
        return latent.astype(np.float32)


def random_directions(count, latent_dim, seed):
    """Draw directions ``[count, latent_dim]`` at random, orthogonal and each of length 1.

    Parameters
    ----------
    count, latent_dim : int
        How many, at most as many as their dimensions.
    seed : int >= 0
        The same seed gives the same directions.

    Raises
    ------
    ValueError
        When more are wanted than there are dimensions.

    Examples
    --------
    >>> directions = random_directions(2, 50, seed=0)
    >>> np.allclose(directions @ directions.T, np.eye(2))
    True
    """
    if not 0 <= count <= latent_dim:
        raise ValueError(f"count must lie in [0, {latent_dim}], received {count}")
    draws = np.random.default_rng(seed).standard_normal((latent_dim, count))
    return np.linalg.qr(draws)[0].T


def _spherical(start, end, share):
    """Interpolate on the arc from start to end: White 2016, section 2 (slerp)."""
    cosine = start @ end / (np.linalg.norm(start) * np.linalg.norm(end))
    angle = np.arccos(np.clip(cosine, -1, 1))
    if np.sin(angle) < 1e-6:
        return (1 - share) * start + share * end
    return (np.sin((1 - share) * angle) * start + np.sin(share * angle) * end) / np.sin(angle)
