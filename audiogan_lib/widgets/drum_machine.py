"""The drum machine: sixteen steps, generated voices."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from audiogan_lib import display, music
from audiogan_lib.widgets import panel

#: Steps of a bar: sixteenths of four beats.
STEPS = 16

TEMPO_RANGE = (40, 240)
MOST_BARS = 8

_STARTER = {
    "kick": "x...x...x...x...",
    "snare": "....x.......x...",
    "closed_hat": "x.x.x.x.x.x.x...",
    "open_hat": "..............x.",
}


@dataclass(frozen=True, eq=False)
class Beat:
    """A bar of drums that repeats.

    Parameters
    ----------
    voices : dict of str to array_like [shape=(samples,)]
        One hit of each drum, of any lengths.
    pattern : dict of str to str
        For each of these drums sixteen steps, ``x`` where it is struck and ``.`` where not.
    tempo_bpm, sample_rate : float > 0
        Beats in a minute, each of four steps, and rate in Hz.

    Raises
    ------
    ValueError
        When there is no pattern, or one has other than 16 steps or other signs, or is of a drum
        without a voice.

    Examples
    --------
    >>> click = np.ones(1)
    >>> Beat({"tick": click}, {"tick": "x...x...x...x..."}, 120, 8000).starts()["tick"]
    array([    0,  4000,  8000, 12000])
    """

    voices: dict
    pattern: dict
    tempo_bpm: float
    sample_rate: int

    def __post_init__(self):
        if not self.pattern:
            raise ValueError("pattern must have steps for at least one drum, received none")
        for name, steps in self.pattern.items():
            if name not in self.voices:
                raise ValueError(f"pattern names {name!r}, must be one of {', '.join(self.voices)}")
            if len(steps) != STEPS or set(steps) - set("x."):
                raise ValueError(
                    f"pattern[{name!r}] must be {STEPS} signs 'x' or '.', received {steps!r}"
                )

    def starts(self, bars=1):
        """Find the samples at which each drum is struck, in order, as integers.

        Parameters
        ----------
        bars : int > 0
            How often the pattern is played.
        """
        return {
            name: music.starts(
                [(STEPS * bar + i) / 4 for bar in range(bars) for i in _struck(steps)],
                self.tempo_bpm,
                self.sample_rate,
            )
            for name, steps in self.pattern.items()
        }

    def loop(self, bars=1):
        """Play it, what rings at the end going on at the start: copies follow without a seam.

        Exactly so many bars, float32, turned down as a whole where the sum exceeds full scale.

        Parameters
        ----------
        bars : int > 0
            How often the pattern is played.
        """
        samples = int(music.starts(STEPS * bars / 4, self.tempo_bpm, self.sample_rate))
        starts = self.starts(bars)
        hits = [self.voices[name] for name, places in starts.items() for _ in places]
        mixed = music.mix(hits, np.concatenate(list(starts.values())), samples, loop=True)
        return mixed / max(1, np.abs(mixed).max())

    def picture(self):
        """Draw the pattern: a row for each drum, a column for each step."""
        from matplotlib import pyplot

        drawing, axes = pyplot.subplots(
            figsize=(6, 0.7 + 0.3 * len(self.pattern)), layout="constrained"
        )
        for line, steps in enumerate(self.pattern.values()):
            places = np.arange(STEPS)
            axes.scatter(places, np.full(STEPS, line), s=6, color=display.INK)
            axes.scatter(
                _struck(steps),
                [line] * steps.count("x"),
                s=110,
                marker="s",
                color=display.LINES[0][0],
            )
        names = [name.replace("_", " ") for name in self.pattern]
        axes.set_yticks(range(len(names)), names)
        axes.set_xticks(range(0, STEPS, 4), ["1", "2", "3", "4"])
        axes.set(xlabel="beat", xlim=(-0.6, STEPS - 0.4), ylim=(len(names) - 0.4, -0.6))
        rows = "; ".join(f"{name} {steps}" for name, steps in self.pattern.items())
        return display.figure(drawing, f"A bar of 16 steps at {self.tempo_bpm:g} bpm: {rows}.")


class DrumMachine(panel.TwoFaces):
    """Sixteen steps for generated drums, played as a loop.

    On a page of the book the drums of a shipped generator are struck, too, all that it has: the
    page makes them itself (see ``live``), and plays on while steps, swing, tempo and knobs change.

    ``beat`` is the `Beat` as it is set now, ``sound`` the loop that plays, and that is saved.

    Parameters
    ----------
    generator : pretrained.Generator
        Or anything with its `sample_rate`, `label_names`, `latents` and `from_latents`.
    pattern : dict of str to str, optional
        As in `Beat`, of the generator's labels; by default a plain beat.
    tempo_bpm : int in [40, 240]
        Beats in a minute.
    seed : int >= 0
        Of the latents of the drums.

    Raises
    ------
    ValueError
        When a drum is no label of the generator, the tempo is out of its range, or as `Beat`.

    Examples
    --------
    >>> from audiogan_lib import pretrained
    >>> DrumMachine(pretrained.load("drums"), tempo_bpm=96).sound.shape
    (40000,)
    """

    def __init__(self, generator, pattern=None, tempo_bpm=110, seed=0):
        pattern = dict(_STARTER if pattern is None else pattern)
        if not pattern or set(pattern) - set(generator.label_names):
            raise ValueError(
                f"pattern must name some of {', '.join(generator.label_names)}, "
                f"received {', '.join(pattern) or 'none'}"
            )
        if not TEMPO_RANGE[0] <= tempo_bpm <= TEMPO_RANGE[1]:
            raise ValueError(f"tempo_bpm must lie in {list(TEMPO_RANGE)}, received {tempo_bpm}")
        self.generator = generator
        names = [*pattern, *(name for name in generator.label_names if name not in pattern)]
        self._seeds = {name: seed + i for i, name in enumerate(names)}
        self._latents = {name: generator.latents(1, seed=s) for name, s in self._seeds.items()}
        voices = {name: self._hit(name) for name in pattern}
        self.beat = Beat(voices, pattern, tempo_bpm, generator.sample_rate)
        self._build()
        self._update()

    def page(self):
        """Render, for a page without a kernel, the pattern, the loop and its drums as set now."""
        names = [name.replace("_", " ") for name in self.beat.pattern]
        drums = [np.asarray(self.beat.voices[name]) for name in self.beat.pattern]
        generator = panel.shipped_name(self.generator)
        where = "and, with scripts, in the book " if generator else ""
        caption = (
            f"In a live notebook {where}this is a drum machine: its steps, its tempo and its drums "
            "can be changed, and the loop be saved."
        )
        each = display.players(drums, self.beat.sample_rate, names)
        page = panel.together(self.beat.picture(), self._looped(caption=caption), each)
        return panel.alive("drum-machine", self._settings(generator), page) if generator else page

    def _settings(self, generator):
        """Say what the living face in a page starts from: ``live/page/drum_machine.js``."""
        keys = _midi_keys(self._latents)
        return {
            "generator": generator,
            "rate": self.beat.sample_rate,
            "tempo": self.beat.tempo_bpm,
            "drums": [
                {
                    "label": name,
                    "key": keys[name],
                    "start": panel.as_text(latents, "<f4"),
                    "own": self._seeds[name],
                    "steps": self.beat.pattern.get(name, ""),
                }
                for name, latents in self._latents.items()
            ],
        }

    def _hit(self, name):
        return np.asarray(self.generator.from_latents(self._latents[name], label=name))[0]

    def _build(self):
        import ipywidgets as widgets

        self._steps, rows = {}, []
        for name, steps in self.beat.pattern.items():
            keys = [
                widgets.ToggleButton(
                    sign == "x",
                    tooltip=f"{name}, step {i + 1}",
                    layout=widgets.Layout(
                        width="24px", padding="0", margin=f"2px {6 if i % 4 == 3 else 1}px 2px 1px"
                    ),
                )
                for i, sign in enumerate(steps)
            ]
            other = widgets.Button(
                description="other", tooltip=f"another {name}", layout=widgets.Layout(width="64px")
            )
            other.on_click(lambda button, name=name: self._draw(name))
            title = widgets.Label(name.replace("_", " "), layout=widgets.Layout(width="84px"))
            for key in keys:
                key.observe(self._read, "value")
            self._steps[name] = keys
            rows.append(widgets.HBox([title, *keys, other]))
        self._tempo, self._bars = (
            panel.control(
                "IntSlider", name, value=value, min=low, max=high, continuous_update=False
            )
            for name, value, low, high in (
                ("tempo (bpm)", int(self.beat.tempo_bpm), *TEMPO_RANGE),
                ("bars", 1, 1, MOST_BARS),
            )
        )
        for slider in (self._tempo, self._bars):
            slider.observe(self._read, "value")
        self._player = widgets.HTML()
        save = panel.Save(lambda: (self.sound, self.beat.sample_rate), "beat.wav")
        grid = widgets.VBox(rows, layout=widgets.Layout(overflow="auto", width="100%"))
        parts = [grid, self._tempo, self._bars, self._player, *save.widgets]
        self.panel = widgets.VBox(parts)

    def _draw(self, name):
        """Give a drum the sound of another latent."""
        self._seeds[name] = int(np.random.default_rng().integers(panel.LARGEST_SEED))
        self._latents[name] = self.generator.latents(1, seed=self._seeds[name])
        voices = self.beat.voices | {name: self._hit(name)}
        self.beat = replace(self.beat, voices=voices)
        self._update(autoplay=True)

    def _read(self, change):
        pattern = {
            name: "".join("x" if key.value else "." for key in keys)
            for name, keys in self._steps.items()
        }
        self.beat = replace(self.beat, pattern=pattern, tempo_bpm=self._tempo.value)
        self._update(autoplay=True)

    def _update(self, autoplay=False):
        self.sound = self.beat.loop(self._bars.value)
        self._player.value = self._looped(autoplay=autoplay).html

    def _looped(self, **options):
        """Show a player that begins again at its end."""
        grid = display.players(self.sound, self.beat.sample_rate, "the loop", **options)
        return replace(grid, html=grid.html.replace("<audio ", "<audio loop ", 1))


def _struck(steps):
    return [i for i, sign in enumerate(steps) if sign == "x"]


def _midi_keys(names):
    """Give each sound a key of MIDI: the one of General MIDI or, if it has none, a free one."""
    free = iter(sorted(set(range(128)) - set(music.DRUM_KEYS.values())))
    return {name: music.DRUM_KEYS.get(name) or next(free) for name in names}
