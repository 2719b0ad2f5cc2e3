"""A number, typed and spoken: one generated word a digit, joined."""

from __future__ import annotations

import numpy as np

from audiogan_lib import display
from audiogan_lib.widgets import panel

#: Frames in which a word's loudness is followed, and how far below its loudest it still sounds.
_FRAME_S = 0.01
_QUIET = 10 ** (-35 / 20)

#: The loudest frame of each word, root mean square; silence after a word and after a group.
_LEVEL = 0.2
_PAUSES_S = (0.06, 0.25)


def groups_of(text, labels="0123456789"):
    """Return the groups of words in which a telephone number is spoken.

    Parameters
    ----------
    text : str
        A sign that is a label is a word; any other ends a group.
    labels : sequence of str
        The words, of one sign each.

    Examples
    --------
    >>> groups_of("555-01")
    [['5', '5', '5'], ['0', '1']]
    """
    groups = [[]]
    for sign in text:
        if sign in labels:
            groups[-1].append(sign)
        elif groups[-1]:
            groups.append([])
    return [group for group in groups if group]


def trimmed(word, sample_rate):
    """Return a word without the silence around it, at the level of all others.

    Parameters
    ----------
    word : array_like [shape=(samples,)]
        Of silence nothing is left.
    sample_rate : int > 0
        In Hz.

    Examples
    --------
    >>> word = np.concatenate([np.zeros(800), 0.1 * np.ones(160), np.zeros(800)])
    >>> trimmed(word, 8000).shape
    (480,)
    """
    frame = round(_FRAME_S * sample_rate)
    frames = np.reshape(word[: len(word) // frame * frame], (-1, frame)).astype(float)
    loudness = np.sqrt(np.mean(frames**2, axis=1))
    heard = np.flatnonzero(loudness > _QUIET * loudness.max())
    if not len(heard):
        return np.zeros(0)
    first, last = max(heard[0] - 2, 0), min(heard[-1] + 3, len(frames))
    return frames[first:last].ravel() * _LEVEL / loudness.max()


def utterance(words, groups, sample_rate):
    """Join words, with a short pause between them and a longer one between groups.

    Parameters
    ----------
    words : sequence of array_like [shape=(samples,)]
        One for each word of the groups, in order; silence around them is cut.
    groups : sequence of sequence of str
        As `groups_of` returns them.
    sample_rate : int > 0
        In Hz.

    Returns
    -------
    ndarray [shape=(samples,)], float32
        Turned down to a peak of 1 where it would exceed it.

    Examples
    --------
    >>> tone = np.sin(np.arange(800))
    >>> utterance([tone, tone], [["1"], ["2"]], 8000).shape
    (5600,)
    """
    words, pieces = iter(words), []
    for group in groups:
        for place, _ in enumerate(group):
            pause = _PAUSES_S[place == len(group) - 1]
            pieces += [trimmed(next(words), sample_rate), np.zeros(round(pause * sample_rate))]
    joined = np.concatenate(pieces)
    return (joined / max(1, np.abs(joined).max())).astype(np.float32)


class SpokenNumber(panel.TwoFaces):
    """Type a number and hear a generator of digits speak it.

    On a page of the book a shipped generator speaks, too: the page makes the words itself (see
    ``live``), and joins them as `utterance` does.

    ``sound`` is the number as it is spoken now.

    Parameters
    ----------
    generator : pretrained.Generator
        Or anything with its `sample_rate`, `label_names`, `latents` and `from_latents`; its labels
        are signs, one each. Where it has `conditions`, a dict of names to tuples of choices, each
        gets a menu.
    text : str
        What is said at first, as in `groups_of`.
    seed : int >= 0
        Of the latents, one a word.
    **choices : str
        What the menus show at first, as ``speaker="theo"``; by default their first entries.

    Raises
    ------
    ValueError
        When a label is not one sign, the text has no word, or a choice is not among a menu's.

    Examples
    --------
    >>> from audiogan_lib import pretrained
    >>> SpokenNumber(pretrained.load("digits"), "42", speaker="theo").sound.dtype
    dtype('float32')
    """

    def __init__(self, generator, text="555-0142", seed=0, **choices):
        if any(len(name) != 1 for name in generator.label_names) or not generator.label_names:
            raise ValueError(
                f"generator must have labels of one sign, received {generator.label_names}"
            )
        if not groups_of(text, generator.label_names):
            known = ", ".join(generator.label_names)
            raise ValueError(f"text must have some of {known}, received {text!r}")
        conditions = getattr(generator, "conditions", {})
        self._menus = {name: tuple(menu) for name, menu in conditions.items() if name != "label"}
        self.generator = generator
        first = panel.first_choices(self._menus, choices)
        self._build(text, seed, first)
        self._update()

    def page(self):
        """Render, for a page without a kernel, the number as it is set."""
        rate, name = self.generator.sample_rate, panel.shipped_name(self.generator)
        where = "and, with scripts, in the book " if name else ""
        caption = f"In a live notebook {where}any number can be typed."
        page = display.players(self.sound, rate, self._title(), caption)
        return panel.alive("spoken-number", self._settings(name), page) if name else page

    def _settings(self, name):
        """Say what the living face in a page starts from: ``live/page/spoken_number.js``."""
        return {
            "generator": name,
            "rate": self.generator.sample_rate,
            "conditions": panel.classes_of(self.generator),
            "choices": self._choices(),
            "text": self._text.value,
            "latents": [panel.as_text(latent, "<f4") for latent in self._latents()],
        }

    def _words(self):
        return groups_of(self._text.value, self.generator.label_names)

    def _latents(self):
        return self.generator.latents(sum(map(len, self._words())), seed=self._seed.value)

    def _choices(self):
        return {name: menu.value for name, menu in self._dropdowns.items()}

    def _title(self):
        return ", ".join([self._text.value, *self._choices().values()])

    def _build(self, text, seed, first):
        import ipywidgets as widgets

        self._text = panel.control("Text", "number", value=text, continuous_update=False)
        self._dropdowns = panel.choice_menus(self._menus, first)
        limits = {"min": 0, "max": panel.LARGEST_SEED}
        self._seed = panel.control("BoundedIntText", "seed", value=seed, **limits)
        self._player = widgets.HTML()
        controls = [self._text, *self._dropdowns.values(), self._seed]
        for control in controls:
            control.observe(self._update, "value")
        save = panel.Save(lambda: (self.sound, self.generator.sample_rate), "number.wav")
        self.panel = widgets.VBox([*controls, self._player, *save.widgets])

    def _update(self, change=None):
        groups = self._words()
        if not groups:
            self._player.value = panel.status("No digit to say.")
            return
        asked = {"label": [word for group in groups for word in group], **self._choices()}
        words = self.generator.from_latents(self._latents(), **asked)
        self.sound = utterance(np.asarray(words), groups, self.generator.sample_rate)
        rate, autoplay = self.generator.sample_rate, change is not None
        self._player.value = display.players(
            self.sound, rate, self._title(), autoplay=autoplay
        ).html
