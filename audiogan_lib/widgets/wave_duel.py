"""The duel of waveforms: a small WaveGAN learns two tones or a sound, seen and heard."""

from __future__ import annotations

import numpy as np
from matplotlib import pyplot

from audiogan_lib import display
from audiogan_lib.widgets import panel
from audiogan_lib.widgets.pitch_game import Draws
from audiogan_lib.widgets.wave_game import SAMPLE_RATE, TONES_HZ, WaveGame

#: What a page shows of the game: moments in steps; and how many clips are heard of each.
PAGE_STEPS, HEARD = (0, 150, 400), 6


class WaveDuel(panel.TwoFaces):
    """Train a small WaveGAN; see its losses and clips; listen; take its penalty away.

    In a built page the page itself trains it, on the two tones or on a reader's own sound.

    Parameters
    ----------
    **options
        For `WaveGame`: what the controls show at first.

    Attributes
    ----------
    panel : ipywidgets.VBox
        The live face.
    game : WaveGame
        As it stands.

    Raises
    ------
    ValueError
        As `WaveGame`.

    Examples
    --------
    >>> duel = WaveDuel(r1=10)
    >>> duel.game.r1
    10.0
    """

    def __init__(self, **options):
        self.game = WaveGame(**options)
        self._options = options
        self._build()
        self._begin(self.game.seed)

    def page(self):
        """Render, for a page without a kernel, moments of the game as set, and of one without R1.

        A page of the book plays the game itself.
        """
        game, rows, losses = WaveGame(**self._options), {}, []
        rows["recorded"] = game.recorded(HEARD, Draws(7))
        for step in PAGE_STEPS:
            losses += _play(game, step - game.step)
            rows[f"generated, step {step}"] = game.made()[:HEARD]
        free = WaveGame(**self._options | {"r1": 0.0})
        free.play(PAGE_STEPS[-1])
        rows[f"generated, step {free.step}, without R1"] = free.made()[:HEARD]
        sounds = [heard(clips) for clips in rows.values()]
        caption = f"{HEARD} clips each, a quarter of a second long."
        grid = display.players(sounds, SAMPLE_RATE, list(rows), caption, columns=3)
        settings = {"r1": game.r1, "rate": game.rate, "seed": game.seed}
        settings["sound"] = None if game.sound is None else game.sound.round(4).tolist()
        return panel.alive("wave-duel", settings, panel.together(draw(rows, losses), grid))

    def _build(self):
        import ipywidgets as widgets

        def button(name, action):
            made = widgets.Button(description=name)
            made.on_click(lambda _: action())
            return made

        limits = {"min": 0.0, "max": max(20.0, self.game.r1), "step": 0.5}
        self._r1 = panel.control("FloatSlider", "R1", value=self.game.r1, **limits)
        self._r1.observe(lambda change: setattr(self.game, "r1", change["new"]), "value")
        buttons = [
            *(button(f"{count} steps", lambda count=count: self._go(count)) for count in (10, 100)),
            button("Begin again", lambda: self._begin(self.game.seed + 1)),
        ]
        self._picture, self._sounds = widgets.HTML(), widgets.HTML()
        self._status = widgets.HTML()
        self.panel = widgets.VBox(
            [self._picture, panel.row(*buttons), self._r1, self._status, self._sounds]
        )

    def _begin(self, seed):
        self.game = WaveGame(**self._options | {"r1": self._r1.value, "seed": seed})
        self._losses = []
        self._go(0)

    def _go(self, steps):
        self._losses += _play(self.game, steps)
        rows = {"recorded": self.game.recorded(HEARD, Draws(7)), "generated": self.game.made()}
        rows = {name: clips[:HEARD] for name, clips in rows.items()}
        self._picture.value = draw(rows, self._losses).html
        self._status.value = panel.status(verdict(self.game))
        sounds = [heard(clips) for clips in rows.values()]
        self._sounds.value = display.players(sounds, SAMPLE_RATE, list(rows)).html


def verdict(game):
    """Say how many generated clips are of each kind of recording."""
    kinds = ["your sound"] if game.sound is not None else [f"{hz:.0f} Hz" for hz in TONES_HZ]
    told = [f"{share:.0%} {kind}" for share, kind in zip(game.shares(), kinds, strict=True)]
    return f"Step {game.step}. Generated: {', '.join(told)}."


def heard(clips):
    """Play clips one after the other, float32."""
    return np.concatenate(clips).astype(np.float32)


def draw(rows, losses):
    """Draw the losses of discriminator and generator by steps, and rows of clips by name."""
    tall = 1.6 * bool(losses)
    drawing, plots = pyplot.subplots(
        len(rows) + bool(losses),
        1,
        figsize=(6, tall + 0.9 * len(rows)),
        squeeze=False,
        height_ratios=[1.6] * bool(losses) + [1.0] * len(rows),
        layout="constrained",
    )
    plots = list(plots[:, 0])
    text = ""
    if losses:
        plot = plots.pop(0)
        for curve, name, (colour, dashes) in zip(
            np.transpose(losses), ("discriminator", "generator"), display.LINES, strict=False
        ):
            plot.plot(curve, color=colour, linestyle=dashes, label=name)
        plot.set(title="losses", xlabel="step")
        plot.legend(fontsize="small")
        last = losses[-1]
        text = f"Losses over {len(losses)} steps, at last {last[0]:.2f} (discriminator) "
        text += f"and {last[1]:.2f} (generator). "
    for plot, (name, clips) in zip(plots, rows.items(), strict=True):
        plot.plot(np.concatenate(clips), color=display.LINES[0][0], linewidth=0.5)
        plot.set(ylim=(-1, 1), title=name, xticks=[], yticks=[])
    return display.figure(drawing, f"{text}Waveforms of {HEARD} clips each: {'; '.join(rows)}.")


def _play(game, steps):
    losses = []
    for _ in range(steps):
        game.play()
        losses.append(game.losses)
    return losses
