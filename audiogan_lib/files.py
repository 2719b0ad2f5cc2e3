"""Files that are whole or not there: written beside, then renamed."""

import os
from contextlib import contextmanager
from importlib import resources
from pathlib import Path

import pooch

#: The library's own folder, where its sounds, weights and results are.
LIBRARY = Path(str(resources.files("audiogan_lib")))


@contextmanager
def replacing(path):
    """Give a path beside ``path`` to write to; once that is on the disk, rename it to ``path``."""
    path = Path(path)
    beside = path.with_name(f".writing-{path.name}")
    try:
        yield beside
        with beside.open("r+b") as file:
            os.fsync(file.fileno())  # a rename may reach the disk before what it renames
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def save_weights(model, path):
    """Write weights beside ``path``, then rename, so that ``path`` is never half a file.

    Parameters
    ----------
    model : keras.Model
        What to save.
    path : path-like
        Ends in ``.weights.h5``.

    Returns
    -------
    str
        SHA-256 of the file.

    Raises
    ------
    OSError
        If the disk is full or the folder cannot be written; the older file at ``path`` stays.
    """
    with replacing(path) as beside:
        model.save_weights(beside)
        return pooch.file_hash(str(beside))


def write_text(path, text):
    """Write a text file beside ``path``, then rename.

    Parameters
    ----------
    path : path-like
        Where the file goes.
    text : str
        What it holds, written as UTF-8.
    """
    with replacing(path) as beside:
        beside.write_text(text, encoding="utf-8")
