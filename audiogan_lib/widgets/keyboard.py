"""A keyboard: an octave of keys for a generator of notes."""

from __future__ import annotations

import numpy as np

from audiogan_lib import audio, display, music
from audiogan_lib.widgets import panel

#: Keys of the panel, and those that a page plays one after the other: a major chord, broken.
_KEYS = 13
_CHORD = (0, 4, 7, 12)


class Keyboard(panel.TwoFaces):
    """Play a generator of notes by keys.

    On a page of the book the keys of a shipped generator sound, too: the page makes the notes
    itself (see ``live``), and is played by mouse, finger, computer keyboard or MIDI keyboard.

    ``sound`` is the note that was struck last, or None.

    Parameters
    ----------
    generator : pretrained.Generator
        Or anything with its `sample_rate`, `label_names`, `latents` and `from_latents`; its labels
        are pitches, as MIDI numbers. Where it has `conditions`, a dict of names to tuples of
        choices, each gets a menu.
    lowest : int in [0, 127] or str
        Pitch of the first key, 60 or ``"C4"``; one of the generator's.
    seed : int >= 0
        Of the latent that all notes are made of.
    **choices : str
        What the menus show at first, as ``instrument="flute"``; by default their first entries.

    Raises
    ------
    ValueError
        When a label is no pitch, the lowest key is no label, or a choice is not among a menu's.

    Examples
    --------
    >>> from audiogan_lib import pretrained
    >>> keys = Keyboard(pretrained.load("notes"), instrument="flute")
    >>> keys.strike(69).shape
    (16384,)
    """

    def __init__(self, generator, lowest=60, seed=0, **choices):
        wrong = [name for name in generator.label_names if not name.isdecimal()]
        if wrong or not generator.label_names:
            raise ValueError(f"generator must have pitches for labels, received {wrong or 'none'}")
        lowest = music.midi_number(lowest)
        if str(lowest) not in generator.label_names:
            known = ", ".join(generator.label_names)
            raise ValueError(f"lowest must be one of {known}, received {lowest}")
        conditions = getattr(generator, "conditions", {})
        self._menus = {name: tuple(menu) for name, menu in conditions.items() if name != "label"}
        first = panel.first_choices(self._menus, choices)
        self.generator, self.sound = generator, None
        self._lowest = lowest
        self._build(seed, first)

    def strike(self, pitch):
        """Make and play the note of a key, ``[samples]``, as the menus and the seed are set.

        Parameters
        ----------
        pitch : int or str
            Among the generator's labels: 60 or ``"C4"``.
        """
        pitch = music.midi_number(pitch)
        latents = self.generator.latents(1, seed=self._seed.value)
        asked = {"label": str(pitch), **self._choices()}
        self.sound = np.asarray(self.generator.from_latents(latents, **asked))[0]
        rate = self.generator.sample_rate
        self._player.value = display.players(self.sound, rate, _name(pitch), autoplay=True).html
        return self.sound

    def page(self):
        """Render, for a page without a kernel, a broken chord from the lowest key on."""
        rate, known = self.generator.sample_rate, self.generator.label_names
        pitches = [p for p in np.add(_CHORD, self._lowest).tolist() if str(p) in known]
        latents = np.repeat(self.generator.latents(1, seed=self._seed.value), len(pitches), axis=0)
        asked = {"label": list(map(str, pitches)), **self._choices()}
        notes = self.generator.from_latents(latents, **asked)
        chord = np.concatenate(audio.fit_length(notes, rate // 4))
        names = ", ".join([*map(_name, pitches), *self._choices().values()])
        name = panel.shipped_name(self.generator)
        where = "and, with scripts, in the book " if name else ""
        caption = f"In a live notebook {where}this is a keyboard of such notes."
        page = display.players(chord, rate, names.replace("_", " "), caption)
        return panel.alive("keyboard", self._settings(name), page) if name else page

    def _settings(self, name):
        """Say what the living face in a page starts from: ``live/page/keyboard.js``."""
        return {
            "generator": name,
            "rate": self.generator.sample_rate,
            "conditions": panel.classes_of(self.generator),
            "choices": self._choices(),
            "start": panel.as_text(self.generator.latents(1, seed=self._seed.value), "<f4"),
            "lowest": self._lowest,
        }

    def _choices(self):
        return {name: menu.value for name, menu in self._dropdowns.items()}

    def _build(self, seed, first):
        import ipywidgets as widgets

        self._dropdowns = panel.choice_menus(self._menus, first)
        limits = {"min": 0, "max": panel.LARGEST_SEED}
        self._seed = panel.control("BoundedIntText", "seed", value=seed, **limits)
        keys = []
        for pitch in range(self._lowest, self._lowest + _KEYS):
            if str(pitch) in self.generator.label_names:
                layout = widgets.Layout(width="48px")
                keys.append(widgets.Button(description=_name(pitch), layout=layout))
                keys[-1].on_click(lambda button, pitch=pitch: self.strike(pitch))
        self._player = widgets.HTML()
        self.panel = widgets.VBox(
            [*self._dropdowns.values(), self._seed, panel.row(*keys), self._player]
        )


def _name(pitch):
    """Name a MIDI pitch as musicians write it: 61 is C♯4."""
    return music.note_name(pitch).replace("#", "♯")
