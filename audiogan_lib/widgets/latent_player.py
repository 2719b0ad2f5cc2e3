"""A player with knobs for what one hears of a sound, and for directions in latent space."""

from __future__ import annotations

import numpy as np

from audiogan_lib import display, music
from audiogan_lib.latents import LatentWalk, random_directions
from audiogan_lib.widgets import panel

#: Positions of a knob: standard deviations of a quality, or a latent at most 63 degrees away.
KNOB_RANGE = (-2.0, 2.0)

#: The page's face shows the first knob there, for at most `PAGE_LABELS` labels.
PAGE_POSITIONS = (-1.0, 0.0, 1.0)
PAGE_LABELS = 3


class LatentPlayer(panel.TwoFaces):
    """Turn knobs on a generator's latent and hear what it makes of it.

    Where a generator has knobs that are named after what one hears, they stand first: each asks for
    a change of one quality, in standard deviations among the sounds of the label.

    On a page of the book the knobs of a shipped generator turn, too: the page makes the sounds
    itself (see ``live``), and shows the rendered ones under them.

    ``walk`` is the `LatentWalk` between the latents of the two seeds that are set, ``sound`` what
    the player holds now.

    Parameters
    ----------
    generator : pretrained.Generator
        Or anything with its `sample_rate`, `label_names`, `latents` and `from_latents`. Where it
        has `conditions`, a dict of names to tuples of choices, each gets a menu.
    knobs : int >= 0 or dict of str to np.ndarray [shape=(latent_dim,)], optional
        Knobs along so many random directions, or along these directions by name. By default there
        are three, and none where the generator has knobs of its own. With 0 there is none at all.
    seed : int >= 0
        Seed of the first latent and of random directions; the morph leads to the next seed.
    **choices : str
        What the menus show at first, as ``label="snare"``; by default each one's first entry. Where
        the label means something, as in ``pitch="60"``, it goes by that name; or ``pitch="C4"``.

    Raises
    ------
    ValueError
        When a choice is not among a menu's, or a direction has no length or the wrong shape.

    Examples
    --------
    >>> from audiogan_lib import pretrained
    >>> LatentPlayer(pretrained.load("drums"), label="snare").sound.shape
    (16384,)
    """

    def __init__(self, generator, knobs=None, seed=0, **choices):
        self.generator = generator
        self._qualities = getattr(generator, "knobs", None) if knobs != 0 else None
        if knobs is None:
            knobs = 0 if self._qualities else 3
        self._menus = _menus(generator)
        self._label_means = getattr(getattr(generator, "recipe", None), "label_means", None)
        if self._label_means in choices:
            choices["label"] = str(choices.pop(self._label_means))
        if self._label_means == "pitch" and "label" in choices:
            choices["label"] = str(music.midi_number(choices["label"]))
        first = panel.first_choices(self._menus, choices)
        names, self._directions = _as_directions(knobs, generator, seed)
        self._names = [*(self._qualities.names if self._qualities else ()), *names]
        self._build(seed, first)
        self._walk_anew()

    def page(self):
        """Render, for a page without a kernel, the first knob at three positions, and a morph.

        Where a shipped generator stands behind the player, also what the page's scripts need to
        put living controls before them.
        """
        set_now = self._conditions()
        rows = sorted(self._menus.get("label", ()), key=lambda label: label != set_now["label"])
        sounds, labels = [], []
        if self._names:
            positions = np.zeros((len(PAGE_POSITIONS), len(self._names)))
            positions[:, 0] = PAGE_POSITIONS
            for label in rows[:PAGE_LABELS] or [None]:
                asked = set_now | ({"label": label} if label else {})
                sounds += self._sounds([self._latent(knobs, asked) for knobs in positions], asked)
                knob = f"{label}, {self._names[0]}" if label else self._names[0]
                labels += [f"{knob} at {_signed(position)}" for position in PAGE_POSITIONS]
        sounds += self._sounds([self.walk.latent(morph=share) for share in (0, 0.5, 1)], set_now)
        start, end = f"seed {self._seed.value}", f"seed {self._end_seed.value}"
        for place in (start, f"half-way to {end}", end):
            labels.append(", ".join([*list(set_now.values())[:1], place]))
        fixed = "".join(f", {name} {value}" for name, value in set_now.items() if name != "label")
        name = panel.shipped_name(self.generator)
        where = (
            "In a live notebook and, with scripts, in the book" if name else "In a live notebook"
        )
        caption = (
            f"{where} this is a panel with menus, knobs and a morph from one seed to another. "
            f"These are some of the sounds behind it{fixed}."
        )
        page = display.players(sounds, self.generator.sample_rate, labels, caption, columns=3)
        if name:
            page = panel.alive("latent-player", self._settings(name), page)
        return page

    def _settings(self, name):
        """Say what the living face in a page starts from: ``live/page/latent_player.js``."""
        titles = {"label": self._label_means or "label"}
        return {
            "generator": name,
            "conditions": [
                {"name": condition, "title": titles.get(condition, condition), "classes": menu}
                for condition, menu in self._menus.items()
            ],
            "choices": self._conditions(),
            "qualities": self._names[: -len(self._directions) or None],
            "knobs": self._names[len(self._names) - len(self._directions) :],
            "range": KNOB_RANGE,
            "start": panel.as_text(self.walk.start),
            "end": panel.as_text(self.walk.end),
            "directions": [panel.as_text(direction) for direction in self._directions],
        }

    def _build(self, seed, first):
        import ipywidgets as widgets

        def slider(name, low, high):
            options = {"value": 0.0, "min": low, "max": high, "step": 0.05}
            return panel.control("FloatSlider", name, continuous_update=False, **options)

        def seed_field(name, value):
            limits = {"min": 0, "max": panel.LARGEST_SEED}
            return panel.control("BoundedIntText", name, value=value, **limits)

        self._dropdowns = {}
        for name, menu in self._menus.items():
            title = (self._label_means or name) if name == "label" else name
            self._dropdowns[name] = panel.control(
                "Dropdown", title.replace("_", " "), options=menu, value=first[name]
            )
        self._knobs = [slider(name, *KNOB_RANGE) for name in self._names]
        self._seed, self._end_seed = seed_field("seed", seed), seed_field("morph to seed", seed + 1)
        self._morph = slider("morph", 0.0, 1.0)
        self._random = widgets.Button(description="Random seed")
        self._reset = widgets.Button(description="Reset knobs")
        self._at_once = widgets.Checkbox(True, description="play each change", indent=False)
        self._sound = widgets.HTML()
        save = panel.Save(lambda: (self.sound, self.generator.sample_rate))
        for control in (*self._dropdowns.values(), *self._knobs, self._morph):
            control.observe(self._update, "value")
        for control in (self._seed, self._end_seed):
            control.observe(self._walk_anew, "value")
        self._random.on_click(self._draw_seed)
        self._reset.on_click(self._reset_knobs)
        seeds = panel.row(self._seed, self._random), self._end_seed
        below = self._reset, self._morph, self._at_once, self._sound, *save.widgets
        self.panel = widgets.VBox([*self._dropdowns.values(), *self._knobs, *seeds, *below])

    def _conditions(self):
        return {name: menu.value for name, menu in self._dropdowns.items()}

    def _sounds(self, latents, conditions):
        return list(np.asarray(self.generator.from_latents(np.stack(latents), **conditions)))

    def _latent(self, positions, conditions, morph=0.0):
        """Find where knobs and morph lead: along directions, and from there to other qualities."""
        first = len(self._names) - len(self._directions)
        latent = self.walk.latent(positions[first:], morph)
        if not first:
            return latent
        classes = [self._menus[name].index(choice) for name, choice in conditions.items()]
        return self._qualities.latent(latent, classes, positions[:first])

    def _walk_anew(self, change=None):
        start, end = (
            self.generator.latents(1, seed=s.value)[0] for s in (self._seed, self._end_seed)
        )
        self.walk = LatentWalk(np.asarray(start), np.asarray(end), self._directions)
        self._update(change)

    def _update(self, change=None):
        """Make the sound for the controls as they stand; play it when one of them was touched."""
        positions = [knob.value for knob in self._knobs]
        latent = self._latent(positions, self._conditions(), self._morph.value)
        [self.sound] = self._sounds([latent], self._conditions())
        label = ", ".join(self._conditions().values()) or "sound"
        autoplay = change is not None and self._at_once.value
        grid = display.players(self.sound, self.generator.sample_rate, label, autoplay=autoplay)
        self._sound.value = grid.html

    def _reset_knobs(self, button):
        for knob in self._knobs:
            knob.value = 0.0

    def _draw_seed(self, button):
        self._seed.value = int(np.random.default_rng().integers(panel.LARGEST_SEED))


def _menus(generator):
    labels = {"label": tuple(generator.label_names)} if generator.label_names else {}
    return labels | {
        name: tuple(menu) for name, menu in getattr(generator, "conditions", {}).items()
    }


def _as_directions(knobs, generator, seed):
    """Return the knobs' names and directions of length 1."""
    latent_dim = generator.latents(1, seed=seed).shape[1]
    if not isinstance(knobs, dict):
        return [f"knob {i + 1}" for i in range(knobs)], random_directions(knobs, latent_dim, seed)
    directions = np.array(list(knobs.values()), float).reshape(len(knobs), -1)
    lengths = np.linalg.norm(directions, axis=1, keepdims=True)
    if directions.shape[1] != latent_dim or not lengths.all():
        raise ValueError(f"knobs must be directions of {latent_dim} numbers, not all of them zero")
    return list(knobs), directions / lengths


def _signed(position):
    return f"{position:+.0f}".replace("-", "\N{MINUS SIGN}").replace("+0", "0")
