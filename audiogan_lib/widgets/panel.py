"""What all controls share: two faces, sounds at one level, a file to save, the look of a panel."""

from __future__ import annotations

from html import escape
from pathlib import Path

import numpy as np

from audiogan_lib import audio, display


class TwoFaces:
    """Something with a `panel` for a kernel and a `page()` for where there is none."""

    def _repr_mimebundle_(self, include=None, exclude=None):
        """Offer both faces: a live front end prefers the widgets, a page is told to prefer HTML."""
        page = self.page()
        view = {"version_major": 2, "version_minor": 0, "model_id": self.panel.model_id}
        return {
            "application/vnd.jupyter.widget-view+json": view,
            "text/html": page.html,
            "text/plain": page.text,
        }


class Save:
    """A file's name, a button and what became of it.

    Parameters
    ----------
    sound : callable
        Returns the waveform and its rate when the button is pressed.
    name : str
        Proposed for the file.
    """

    def __init__(self, sound, name="sound.wav"):
        import ipywidgets as widgets

        self._sound = sound
        self._file = widgets.Text(name, description="file name", **look())
        save = widgets.Button(description="Save")
        save.on_click(self._write)
        self._status = widgets.HTML()
        self.widgets = [row(self._file, save), self._status]

    def _write(self, button):
        path = Path(self._file.value)
        try:
            audio.write(path, *self._sound())
        except (OSError, ValueError) as error:
            message = f"Not saved: {error}"
        else:
            message = f"Saved {path}"
        self._status.value = status(message)


def look():
    """Return how wide a control and its name are."""
    import ipywidgets as widgets

    return {
        "style": {"description_width": "100px"},
        "layout": widgets.Layout(width="min(380px, 98%)"),
    }


def row(*children):
    """Put widgets side by side where there is room."""
    import ipywidgets as widgets

    return widgets.HBox(children, layout=widgets.Layout(flex_flow="wrap"))


def status(text):
    """Return a message that screen readers speak when it changes."""
    return f'<span role="status">{escape(text)}</span>'


def together(*parts):
    """Join things shown, one under the other."""
    return display.Html(
        "".join(part.html for part in parts), "\n".join(part.text for part in parts)
    )


def equal_levels(sounds):
    """Turn sounds down to the level of the quietest that is not silent.

    Parameters
    ----------
    sounds : sequence of array_like [shape=(samples,)]
        The sounds.

    Returns
    -------
    sounds : list of np.ndarray [shape=(samples,), float32]
        With one root-mean-square level; silent ones stay silent.

    Raises
    ------
    ValueError
        When one is no row of samples.
    """
    sounds = [np.asarray(sound, np.float32) for sound in sounds]
    if shapes := [sound.shape for sound in sounds if sound.ndim != 1]:
        raise ValueError(f"sounds must be rows of samples each, received the shape {shapes[0]}")
    levels_db = np.array([audio.level_db(sound) for sound in sounds])
    lowest_db = levels_db[np.isfinite(levels_db)].min(initial=np.inf)
    return [
        sound * np.float32(10 ** ((lowest_db - level_db) / 20)) if np.isfinite(level_db) else sound
        for sound, level_db in zip(sounds, levels_db, strict=True)
    ]
