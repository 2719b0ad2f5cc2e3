"""What all controls share: two faces, sounds at one level, a file to save, the look of a panel."""

from __future__ import annotations

import base64
import json
from html import escape
from pathlib import Path

import numpy as np
from IPython import get_ipython

from audiogan_lib import audio, display, files

#: Seeds that a control takes and draws.
LARGEST_SEED = 2**31 - 1


class TwoFaces:
    """Something with a `panel` for a kernel and a `page()`, of `display.Html`, without one."""

    def _repr_mimebundle_(self, include=None, exclude=None):
        """Offer both faces; a live front end prefers the panel; a program gets the page."""
        page = self.page()
        faces = {"text/html": page.html, "text/plain": page.text}
        if run_by_a_person():
            view = {"version_major": 2, "version_minor": 0, "model_id": self.panel.model_id}
            faces["application/vnd.jupyter.widget-view+json"] = view
        return faces


def run_by_a_person():
    """Tell whether whoever runs the cell would answer a question, such as that of ``input``.

    A program does not, and says so: what ``jupyter nbconvert --execute`` makes has no kernel, and
    would yet show the panel, were it offered.
    """
    kernel = getattr(get_ipython(), "kernel", None)
    request = kernel.get_parent() if kernel else {}
    return request.get("content", {}).get("allow_stdin", True)


class Save:
    """A file's proposed name, a button, and what became of the sound and rate it asked for."""

    def __init__(self, sound, name="sound.wav"):
        import ipywidgets as widgets

        self._sound = sound
        self._file = control("Text", "file name", value=name)
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


def control(kind, name, **options):
    """Make a widget of a kind of ipywidgets, with its name before it, as wide as all others."""
    import ipywidgets as widgets

    layout, style = widgets.Layout(width="min(380px, 98%)"), {"description_width": "100px"}
    return getattr(widgets, kind)(description=name, layout=layout, style=style, **options)


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


def alive(name, settings, face):
    """Let the page's script of this name take over from what is rendered, where a page has it.

    Parameters
    ----------
    name : str
        Of a control in `live.CONTROLS`.
    settings : dict
        For the control; what JSON can say.
    face : display.Html
        What a page shows without the script.
    """
    attributes = f'data-control="{name}" data-settings="{escape(json.dumps(settings))}"'
    return display.Html(f"<div {attributes}>{face.html}</div>", face.text)


def shipped_name(generator):
    """Return the name by which a generator ships, and a page finds it, if it does."""
    card = getattr(generator, "card", {})
    return next((name for name in files.generators() if files.is_shipped(name, card)), None)


def first_choices(menus, choices):
    """Return what menus show at first: their first entries, or what is chosen, if they have it."""
    for name, choice in choices.items():
        if choice not in menus.get(name, ()):
            raise ValueError(f"{name} must be one of {menus.get(name)}, received {choice!r}")
    return {name: choices.get(name, menu[0]) for name, menu in menus.items()}


def choice_menus(menus, first):
    """Make the menus, each with what it shows at first."""
    return {
        name: control("Dropdown", name.replace("_", " "), options=menu, value=first[name])
        for name, menu in menus.items()
    }


def classes_of(generator):
    """List a generator's conditions with their classes, in their order, as a page's script does."""
    return [{"name": name, "classes": menu} for name, menu in generator.conditions.items()]


def as_text(numbers, kind="<f8"):
    """Write numbers of a kind so that a page's ``audiogan.fromBase64`` reads them."""
    return base64.b64encode(np.asarray(numbers, kind).tobytes()).decode()


def check_arrays(sources):
    """See that arrays among these, by name, hold rows of samples and not frames of channels."""
    for name, sounds in sources.items():
        if hasattr(sounds, "shape"):
            audio.as_clips(sounds, name)


def as_rows(sounds):
    """Return sounds as a list of float32 arrays, or say which is no row of samples."""
    sounds = [np.asarray(sound, np.float32) for sound in sounds]
    if shapes := [sound.shape for sound in sounds if sound.ndim != 1]:
        raise ValueError(f"sounds must be rows of samples each, received the shape {shapes[0]}")
    return sounds


def equal_levels(sounds):
    """Turn rows of samples down to the root mean square of the quietest that is not silent."""
    sounds = as_rows(sounds)
    levels_db = np.array([audio.level_db(sound) for sound in sounds])
    lowest_db = levels_db[np.isfinite(levels_db)].min(initial=np.inf)
    return [
        sound * np.float32(10 ** ((lowest_db - level_db) / 20)) if np.isfinite(level_db) else sound
        for sound, level_db in zip(sounds, levels_db, strict=True)
    ]
