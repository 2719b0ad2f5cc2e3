"""The duel of pitches: two networks learn against each other, seen and heard."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
from matplotlib import pyplot
from scipy.special import expit

from audiogan_lib import display
from audiogan_lib.widgets import panel
from audiogan_lib.widgets.pitch_game import KINDS, MIDDLE_HZ, Draws, PitchGame

SAMPLE_RATE = 8_000
_TONE_SAMPLES = 1_600
_FARTHEST = 3.0
_HEARD = (3, 40, 77, 114, 151, 188)

#: What a page shows of the game: moments in steps, and settings under which it goes wrong.
PAGE_STEPS = (0, 50, 600)
BROKEN = {"generator_rate": 0.01, "discriminator_rate": 0.001, "r1": 0.0, "noise": 0.0}


class PitchDuel(panel.TwoFaces):
    """Train a GAN of tones step by step; see pitches and the discriminator's belief; listen.

    In a built page the same game is played by the page itself.

    Parameters
    ----------
    **options
        For `PitchGame`: what the controls show at first.

    Attributes
    ----------
    panel : ipywidgets.VBox
        The live face.
    game : PitchGame
        As it stands.

    Raises
    ------
    ValueError
        As `PitchGame`.

    Examples
    --------
    >>> PitchDuel(kinds=1).page().text.splitlines()[-1][:37]
    'generated, step 600, set to collapse:'
    """

    def __init__(self, **options):
        self.game = PitchGame(**options)
        self._build()
        self._update()

    def page(self):
        """Render, for a page without a kernel, moments of the game as set, and of one that fails.

        A page of the book plays the game itself.
        """
        options = asdict(self.game)
        game, moments = PitchGame(**options), {}
        for step in PAGE_STEPS:
            game.play(step - game.step)
            moments[f"step {step}"] = picture_of(game)
        broken = PitchGame(**options | BROKEN)
        broken.play(PAGE_STEPS[-1])
        moments[f"step {PAGE_STEPS[-1]}, set to collapse"] = picture_of(broken)
        sounds = [tones(game.recorded(6, Draws(7)))]
        sounds += [tones(made[list(_HEARD)]) for _, made, _ in moments.values()]
        labels = ["recorded", *(f"generated, {name}" for name in moments)]
        grid = display.players(sounds, SAMPLE_RATE, labels, "Six tones each.", columns=5)
        return panel.alive("pitch-duel", options, panel.together(draw(moments), grid))

    def _build(self):
        import ipywidgets as widgets

        def slider(name, value, high, step):
            options = {"value": value, "min": 0.0, "max": max(high, value), "step": step}
            return panel.control("FloatSlider", name, readout_format=".3f", **options)

        def button(name, action):
            made = widgets.Button(description=name)
            made.on_click(lambda _: action())
            return made

        game = self.game
        self._controls = {
            "kinds": panel.control("Dropdown", "pitches", options=list(KINDS), value=game.kinds),
            "generator_rate": slider("G's rate", game.generator_rate, 0.02, 0.001),
            "discriminator_rate": slider("D's rate", game.discriminator_rate, 0.02, 0.001),
            "r1": slider("R1", game.r1, 2.0, 0.1),
            "noise": slider("noise", game.noise, 0.5, 0.05),
        }
        for name, control in self._controls.items():
            control.observe(
                lambda change, name=name: setattr(self.game, name, change["new"]), "value"
            )
        buttons = [
            *(
                button(f"{count} steps", lambda count=count: self._play(count))
                for count in (10, 300)
            ),
            button("Begin again", self._begin),
            button("Make it collapse", self._collapse),
        ]
        self._picture, self._sounds = widgets.HTML(), widgets.HTML()
        self.panel = widgets.VBox(
            [self._picture, panel.row(*buttons), *self._controls.values(), self._sounds]
        )

    def _play(self, steps):
        self.game.play(steps)
        self._update()

    def _begin(self):
        self.game = PitchGame(**asdict(self.game) | {"seed": self.game.seed + 1})
        self._update()

    def _collapse(self):
        for name, value in BROKEN.items():
            self._controls[name].value = value
        self._begin()
        self._play(PAGE_STEPS[-1])

    def _update(self):
        name = f"step {self.game.step}"
        look = picture_of(self.game)
        self._picture.value = draw({name: look}).html
        sounds = [tones(look[0][:6]), tones(look[1][list(_HEARD)])]
        self._sounds.value = display.players(
            sounds, SAMPLE_RATE, ["recorded", f"generated, {name}"]
        ).html


def picture_of(game):
    """Return recorded pitches, generated ones, and the discriminator's scores along `LINE`."""
    return game.recorded(2000, Draws(5)), game.made(), game.discriminator(LINE)[0]


#: Where the belief is drawn, in octaves above `MIDDLE_HZ`.
LINE = np.linspace(-2.5, 2.5, 126)


def tones(pitches):
    """Play pitches one after the other, a fifth of a second each: float32 in [-0.5, 0.5]."""
    place = np.arange(_TONE_SAMPLES)
    fade = np.minimum(1, np.minimum(place / 80, (_TONE_SAMPLES - place) / 200))
    heights_hz = MIDDLE_HZ * 2.0 ** np.clip(np.asarray(pitches), -_FARTHEST, _FARTHEST)
    waves = np.sin(2 * np.pi * heights_hz[:, np.newaxis] / SAMPLE_RATE * place)
    return (0.5 * fade * waves).ravel().astype(np.float32)


def draw(moments):
    """Draw, for each moment by name, what `picture_of` returned."""
    drawing, axes = pyplot.subplots(
        len(moments),
        1,
        figsize=(6, 0.6 + 1.3 * len(moments)),
        squeeze=False,
        sharex=True,
        layout="constrained",
    )
    blue, orange, green = (colour for colour, _ in display.LINES[:3])
    bins = np.linspace(-2.5, 2.5, 51)
    texts = []
    for (name, (real, made, scores)), plot in zip(moments.items(), axes[:, 0], strict=True):
        shares = [np.histogram(pitches, bins)[0] / len(pitches) for pitches in (real, made)]
        plot.stairs(2.5 * shares[0], bins, fill=True, color=blue, alpha=0.45, label="recorded")
        plot.stairs(2.5 * shares[1], bins, color=orange, linewidth=1.8, label="generated")
        plot.plot(LINE, expit(scores), ":", color=green, label="belief")
        plot.set(ylim=(0, 1.05), title=name)
        low_hz, high_hz = MIDDLE_HZ * 2 ** np.quantile(made, (0.1, 0.9))
        texts.append(f"{name}: eight in ten of the generated from {low_hz:.0f} to {high_hz:.0f} Hz")
    axes[0, 0].legend(fontsize="small")
    axes[-1, 0].set_xlabel(f"octaves above {MIDDLE_HZ:.0f} Hz")
    return display.figure(drawing, f"Histograms of pitch. {'; '.join(texts)}.")
