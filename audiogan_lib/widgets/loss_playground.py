"""The loss playground: two weights chase each other, seen and heard."""

from __future__ import annotations

from dataclasses import asdict, replace

import numpy as np
from matplotlib import pyplot

from audiogan_lib import display
from audiogan_lib.widgets import panel
from audiogan_lib.widgets.dirac_gan import SLOPES, DiracGAN

#: Of the picture, in either direction; a path may leave it.
REACH = 2.2

SAMPLE_RATE = 8_000
_SAMPLES = 10_000
_RECORDING_HZ = 220.0

#: What the page shows of each loss beside the game as it is set.
_REMEDIES = ({}, {"r1": 0.5}, {"clip_weights": 0.5}, {"gradient_penalty": 0.5})


class LossPlayground(panel.TwoFaces):
    """Choose a loss, its regulariser and the size of the steps; see and hear whether it settles.

    The game is that of `DiracGAN`. For the ear the recording is a steady tone, A3, and the
    generated tone lies theta octaves above it: where both are one, the beating stops. ``game`` is
    what is set now, ``path`` its theta and phi ``[steps + 1, 2]``.

    Parameters
    ----------
    steps : int > 0
        Steps of each player.
    theta : float
        Where the generator starts; the discriminator starts at 0.
    **options
        For `DiracGAN`, errors too: what the controls show at first.

    Examples
    --------
    >>> bool(np.abs(LossPlayground(loss="hinge", r1=0.5).path[-1]).max() < 0.01)
    True
    """

    def __init__(self, steps=200, theta=1.0, **options):
        self.steps = steps
        self.game = DiracGAN(**options)
        self._build(theta)
        self._update()

    def page(self):
        """Render, for a page without a kernel, the game as set and the usual remedies."""
        plain = replace(self.game, r1=0.0, gradient_penalty=0.0, clip_weights=0.0, penalty_every=1)
        games = [self.game]
        for remedy in _REMEDIES:
            game = replace(plain, **remedy)
            if game not in games:
                games.append(game)
        names = [describe(game) for game in games]
        paths = [game.trajectory(self.steps, self._start()) for game in games]
        caption = (
            f"In a live notebook this is a panel with {len(self._controls) + 1} controls. "
            "These are some of the games behind it."
        )
        grid = display.players(
            [tones(path) for path in paths], SAMPLE_RATE, names, caption, columns=2
        )
        face = panel.together(phase_portraits(games, self.steps, self._start()), grid)
        options = asdict(self.game) | {"steps": self.steps, "theta": self._theta.value}
        return panel.alive("loss-playground", options, face)

    def _build(self, theta):
        import ipywidgets as widgets

        def slider(name, value, low, high, step=0.05, kind="FloatSlider"):
            options = {"value": value, "min": min(low, value), "max": max(high, value)}
            return panel.control(kind, name, step=step, continuous_update=False, **options)

        def menu(name, value, options):
            return panel.control("Dropdown", name, options=options, value=value)

        game = self.game
        names = {name.replace("_", " "): name for name in SLOPES}
        orders = {"discriminator first": True, "simultaneously": False}
        self._controls = {
            "loss": menu("loss", game.loss, names),
            "alternating": menu("order", game.alternating, orders),
            "rate": slider("learning rate", game.rate, 0.01, 1.0, 0.01),
            "r1": slider("R1", game.r1, 0.0, 4.0),
            "penalty_every": slider("penalty every", game.penalty_every, 1, 64, 1, "IntSlider"),
            "gradient_penalty": slider("grad. penalty", game.gradient_penalty, 0.0, 4.0),
            "clip_weights": slider("clip weights", game.clip_weights, 0.0, 2.0),
        }
        self._theta = slider("start at theta", theta, -2.0, 2.0)
        self._picture, self._status, self._sound = (widgets.HTML() for _ in range(3))
        for control in (*self._controls.values(), self._theta):
            control.observe(self._update, "value")
        controls = widgets.VBox([*self._controls.values(), self._theta, self._status])
        self.panel = widgets.VBox([panel.row(controls, self._picture), self._sound])

    def _start(self):
        return self._theta.value, 0.0

    def _update(self, change=None):
        """Play the game that the controls say."""
        set_now = {name: control.value for name, control in self._controls.items()}
        self.game = DiracGAN(**set_now)
        self.path = self.game.trajectory(self.steps, self._start())
        self._picture.value = phase_portraits([self.game], self.steps, self._start()).html
        self._status.value = panel.status(verdict(self.game, self.path))
        name = describe(self.game)
        self._sound.value = display.players(tones(self.path), SAMPLE_RATE, name).html


def describe(game):
    """Name a game by its loss and its regularisers, as ``"hinge, R1 0.5"``."""
    parts = [game.loss.replace("_", " ")]
    if game.r1:
        parts.append(f"R1 {game.r1:g}")
    if game.gradient_penalty:
        parts.append(f"gradient penalty {game.gradient_penalty:g}")
    if game.clip_weights:
        parts.append(f"weights clipped at {game.clip_weights:g}")
    if game.penalty_every > 1 and (game.r1 or game.gradient_penalty):
        parts.append(f"every {game.penalty_every} steps")
    if not game.alternating:
        parts.append("simultaneous")
    return ", ".join(parts)


def verdict(game, path):
    """Say what the eigenvalues of a game promise and what its path did."""
    distances = np.hypot(*path.T)
    path = f"Distance from the goal {distances[0]:.2f} at first, {distances[-1]:.3g} at last."
    if game.gradient_penalty:
        return f"With a gradient penalty the goal is no rest point. {path}"
    growth = game.growth()
    fate = "it leaves" if growth > 1 + 1e-9 else "it comes to rest"
    if abs(growth - 1) <= 1e-9:
        fate = "the matrix leaves it open"
    return f"Near the goal times {growth:.4f} a step: {fate}. {path}"


def tones(path):
    """Make a path audible: a steady tone and one theta octaves above it, 2 at most.

    1.25 s at `SAMPLE_RATE`, float32 in [-0.6, 0.6].
    """
    time = np.linspace(0, len(path) - 1, _SAMPLES)
    octaves = np.interp(time, np.arange(len(path)), np.clip(path[:, 0], -2, 2))
    turns = np.cumsum(np.stack([np.ones(_SAMPLES), 2.0**octaves]), axis=1)
    pair = np.sin(2 * np.pi * _RECORDING_HZ / SAMPLE_RATE * turns).sum(axis=0)
    fade = np.minimum(1, np.minimum(np.arange(_SAMPLES), np.arange(_SAMPLES)[::-1]) / 80)
    return (0.3 * fade * pair).astype(np.float32)


def phase_portraits(games, steps=200, start=(1.0, 0.0)):
    """Draw where each game leads from everywhere, and its path from one place.

    Parameters
    ----------
    games : list of DiracGAN
        Drawn at most three side by side, one picture each.
    steps : int > 0
        Of each path.
    start : tuple of float
        Theta and phi, marked by a disc; the goal by a cross.
    """
    columns = 2 if len(games) == 4 else min(3, len(games))
    rows = -(-len(games) // columns)
    size = (1.2 + 2.4 * columns, 0.4 + 2.4 * rows)
    drawing, axes = pyplot.subplots(
        rows, columns, figsize=size, squeeze=False, sharex=True, sharey=True, layout="constrained"
    )
    texts = []
    for plot in axes.flat[len(games) :]:
        plot.set_visible(False)
    for game, plot in zip(games, axes.flat, strict=False):
        path = game.trajectory(steps, start)
        _draw(plot, game, path)
        texts.append(f"{describe(game)}: {_fate(path)}")
    for plot in axes[-1]:
        plot.set_xlabel("theta")
    for plot in axes[:, 0]:
        plot.set_ylabel("phi")
    return display.figure(drawing, f"Phase portraits. {'; '.join(texts)}.")


def _draw(plot, game, path):
    ticks = np.linspace(-1.96, 1.96, 8)
    theta, phi = np.meshgrid(ticks, ticks)
    arrows = np.stack(game.flow(theta, phi))
    if game.clip_weights:
        arrows = np.where(np.abs(phi) <= game.clip_weights, arrows, np.nan)
    # Directions alone: lengths differ by too much to be drawn.
    arrows = arrows / np.maximum(np.hypot(*arrows), 1e-9)
    plot.quiver(theta, phi, *arrows, color=display.INK, alpha=0.6, scale=18, width=0.006)
    inside = np.where(np.abs(path) <= 2 * REACH, path, np.nan)
    plot.plot(*inside.T, ".-", color=display.LINES[0][0], linewidth=0.8, markersize=2.5)
    plot.plot(*path[0], "o", color=display.LINES[1][0])
    plot.plot(0, 0, "+", color=display.LINES[2][0], markersize=10, markeredgewidth=2)
    plot.set(xlim=(-REACH, REACH), ylim=(-REACH, REACH), aspect="equal")
    plot.set_title(describe(game).replace(", ", "\n", 1), fontsize="small")


def _fate(path):
    """Put a path into words: how far from the goal its last tenth stays, beside its start."""
    distances = np.hypot(*path.T)
    late = distances[-max(2, len(path) // 10) :]
    if late.max() < 0.05 * max(distances[0], 1e-9):
        return "comes to rest at the goal"
    if late.max() > 10:
        return "leaves the picture"
    return f"ends between {late.min():.2f} and {late.max():.2f} from the goal"
