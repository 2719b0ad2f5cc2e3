"""Ways through latent space: arithmetic only, for a control in a notebook or a page to follow."""

from __future__ import annotations

from dataclasses import dataclass

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


def fit_directions(latents, qualities, groups, least=0.2):
    """Find ways in latent space along which one quality grows and the others stay.

    A straight line is fitted to each quality by least squares, over three quarters of the latents;
    how well it does, the other quarter tells. Of the slopes of those that a line explains, each
    keeps what is at right angles to all others.

    Parameters
    ----------
    latents : array_like [shape=(count, latent_dim)]
        Of what was measured.
    qualities : dict of str to array_like [shape=(count,)]
        What was measured, NaN where it cannot be.
    groups : array_like [shape=(count,)]
        What was asked for, as numbers: latents are compared within their group only.
    least : float
        Share of the variance, of latents that were not fitted, that a line must explain.

    Returns
    -------
    directions : dict of str to np.ndarray [shape=(latent_dim,)]
        Of length 1, of those qualities that a line explains well enough, in the order given.

    Examples
    --------
    >>> latents = np.random.default_rng(0).standard_normal((400, 3))
    >>> warmth, noise = latents @ [1, 1, 0], np.random.default_rng(1).standard_normal(400)
    >>> found = fit_directions(latents, {"warmth": warmth, "noise": noise}, np.zeros(400))
    >>> {name: direction.round(1).tolist() for name, direction in found.items()}
    {'warmth': [0.7, 0.7, 0.0]}
    """
    latents, groups = np.asarray(latents, float), np.asarray(groups)
    slopes = {}
    for name, values in qualities.items():
        known = np.isfinite(values)
        if known.sum() < 8 * latents.shape[1]:
            continue
        values = _within(np.asarray(values, float)[known], groups[known])
        places = _within(latents[known], groups[known])
        fitted = 3 * len(values) // 4
        slopes[name] = np.linalg.lstsq(places[:fitted], values[:fitted])[0]
        misses = values[fitted:] - places[fitted:] @ slopes[name]
        if 1 - misses.var() / max(values[fitted:].var(), 1e-12) < least:
            del slopes[name]
    directions = {}
    for name, slope in slopes.items():
        others = [slopes[other] for other in slopes if other != name]
        plane = np.linalg.qr(np.array(others).reshape(-1, len(slope)).T)[0]
        rest = slope - plane @ (plane.T @ slope)
        directions[name] = rest / np.linalg.norm(rest)
    return directions


def _within(values, groups):
    """Take from each row the mean of its group."""
    values = values.copy()
    for group in np.unique(groups):
        values[groups == group] -= values[groups == group].mean(axis=0)
    return values


def _spherical(start, end, share):
    """Interpolate on the arc from start to end: White 2016, section 2 (slerp)."""
    cosine = start @ end / (np.linalg.norm(start) * np.linalg.norm(end))
    angle = np.arccos(np.clip(cosine, -1, 1))
    if np.sin(angle) < 1e-6:
        return (1 - share) * start + share * end
    return (np.sin((1 - share) * angle) * start + np.sin(share * angle) * end) / np.sin(angle)
