"""Files that are whole or not there, cards that vouch for weights, and the commit.

Whatever is written goes to a file beside its place, to the disk, and then takes its name: a reader
sees the older file or the newer one, never half of one. A folder with a *card* (``card.json``)
holds a trained network: the card says how it was made and gives the SHA-256 of the weights.
"""

import difflib
import hashlib
import json
import math
import os
import subprocess
import uuid
from contextlib import contextmanager
from importlib import resources
from pathlib import Path

__all__ = [
    "LIBRARY",
    "WEIGHTS",
    "find_generator",
    "generators",
    "read_card",
    "read_json",
    "replacing",
    "write_card",
    "write_text",
]

#: The library's own folder, where its sounds, weights and results are.
LIBRARY = Path(str(resources.files("audiogan_lib")))

#: Where the shipped networks stand, each in a folder with a card.
WEIGHTS = LIBRARY / "weights"

_BESIDE = ".writing-"


@contextmanager
def replacing(path):
    """Give a path beside ``path`` to write to; once that is on the disk, rename it to ``path``.

    The path beside ends as ``path`` does, since Keras and libsndfile look at endings, and is of
    this writer alone: of two processes that write the same file the last one wins.

    Parameters
    ----------
    path : path-like
        Where the file goes.

    Yields
    ------
    Path
        What to write to; gone afterwards, whatever happens.

    Raises
    ------
    OSError
        With ``path`` in its message, if the disk is full or the folder cannot be written; the older
        file at ``path`` stays.

    Examples
    --------
    >>> import tempfile
    >>> from audiogan_lib import files
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with files.replacing(f"{folder}/list.csv") as beside:
    ...         written = beside.write_text("kick,0.9")
    ...     print([path.name for path in Path(folder).iterdir()])
    ['list.csv']
    """
    path = Path(path)
    # Of the name only the end: with all of it, a long name would be too long here.
    beside = path.with_name(f"{_BESIDE}{uuid.uuid4().hex[:12]}-{path.name[-12:]}")
    try:
        yield beside
        with beside.open("r+b") as file:
            os.fsync(file.fileno())  # a rename may reach the disk before what it renames
        beside.replace(path)
    except OSError as error:
        if error.errno is None or error.filename not in (None, str(beside), beside):
            raise
        raise OSError(error.errno, os.strerror(error.errno), str(path)) from error
    finally:
        beside.unlink(missing_ok=True)


def keep_only(folder, pattern, names):
    """Remove a run's older files, such as ``"step-*.npz"``, and what a killed one left."""
    for path in [*Path(folder).glob(pattern), *Path(folder).glob(f"{_BESIDE}*")]:
        if path.name not in names:
            path.unlink()


def sha256(path):
    """Return the SHA-256 of a file, 64 hexadecimal digits."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def save_weights(model, path):
    """Write weights to a path in ``.weights.h5``, as `replacing`; return their SHA-256."""
    with replacing(path) as beside:
        model.save_weights(beside)
        return sha256(beside)


def write_text(path, text):
    """Write a text file whole or not at all; errors are those of `replacing`.

    Parameters
    ----------
    path : path-like
        Where the file goes.
    text : str
        What it holds, written as UTF-8.
    """
    with replacing(path) as beside:
        beside.write_text(text, encoding="utf-8")


def read_json(path, *keys, kind=dict):
    """Read an object with certain keys, or a list of such objects.

    Parameters
    ----------
    path : path-like
        Of a JSON file.
    *keys : str
        What each object must have.
    kind : type
        ``dict`` or ``list``.

    Raises
    ------
    ValueError
        If the file is damaged, says two things of one key, lacks a key, or has a number that is not
        finite; its path is in the message.
    OSError
        If there is no such file.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
        content = json.loads(
            text, object_pairs_hook=_object, parse_constant=_no_number, parse_float=_finite
        )
    except ValueError as error:
        raise ValueError(f"{path} is damaged: it is not JSON ({error})") from error
    if not isinstance(content, kind):
        raise ValueError(f"{path} is damaged: it holds no {kind.__name__}")
    for row in content if kind is list else [content]:
        missing = set(keys) - (set(row) if isinstance(row, dict) else set())
        if missing:
            raise ValueError(f"{path} is damaged: it lacks {min(missing)!r}")
    return content


def _object(pairs):
    """Make a dict of an object's pairs, which must not say two things of one key."""
    found = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"{key!r} stands in it twice")
        found[key] = value
    return found


def _no_number(text):
    """Refuse NaN and infinities, which only Python takes for JSON."""
    raise ValueError(f"{text} is no number")


def _finite(text):
    """Read a number, which may be written too large for a float."""
    number = float(text)
    return number if math.isfinite(number) else _no_number(text)


def write_card(folder, model, card, weights):
    """Save a network's weights and the card that vouches for them; return the card.

    Parameters
    ----------
    folder : path-like
        Made when missing.
    model : keras.Model
        What to save.
    card : dict
        What else the card says; must fit into JSON.
    weights : str
        Name of the weights, ending in ``.weights.h5``. With a name of their own for each step, the
        card vouches for whole weights at every moment.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    card = {**card, "weights": weights, "sha256": save_weights(model, folder / weights)}
    write_text(folder / "card.json", json.dumps(card, indent=1) + "\n")
    return card


def read_card(folder, *keys, weights=None):
    """Read a card, check the weights that it vouches for, and return it with their path.

    Parameters
    ----------
    folder : path-like
        With ``card.json`` and the weights.
    *keys : str
        What the card must say beside the SHA-256.
    weights : str, optional
        Name of the weights where the card does not give it.

    Raises
    ------
    ValueError
        If the card is missing or damaged, or the weights are missing or have another SHA-256; the
        message names the file.

    Examples
    --------
    >>> from audiogan_lib import files
    >>> card, weights = files.read_card(files.WEIGHTS / "drums", "recipe")
    >>> card["recipe"]["data"], weights.name
    ('drums', 'generator.weights.h5')
    """
    path = Path(folder) / "card.json"
    if not path.is_file():
        raise ValueError(f"there is no {path}")
    card = read_json(path, "sha256", *(["weights"] if weights is None else []), *keys)
    weights = path.with_name(str(card.get("weights", weights)))
    if not is_whole(weights, card["sha256"]):
        raise ValueError(f"{weights} is missing or damaged: its SHA-256 is not that of {path}")
    return card, weights


def is_whole(path, digest):
    """Tell whether a file is there and has a SHA-256."""
    return Path(path).is_file() and sha256(path) == digest


def generators():
    """List the shipped generators: what `find_generator` takes beside folders."""
    return sorted(path.parent.name for path in WEIGHTS.glob("*/generator.weights.h5"))


def is_shipped(name, card):
    """Tell whether a card is that of the shipped generator of a name."""
    return read_json(WEIGHTS / name / "card.json", "sha256")["sha256"] == card.get("sha256")


def find_generator(name_or_path):
    """Return the folder of a shipped generator, or a run's.

    Parameters
    ----------
    name_or_path : str or path-like
        One of `generators` as it is written there. Anything else is a path: ``Path("drums")`` and
        ``"./drums"`` are folders.

    Raises
    ------
    ValueError
        If there is no such generator; the message has the nearest name.
    """
    known = generators()
    if isinstance(name_or_path, str) and name_or_path in known:
        return WEIGHTS / name_or_path
    if not (folder := Path(name_or_path)).joinpath("card.json").is_file():
        raise ValueError(
            f"no generator {str(name_or_path)!r}{nearest(name_or_path, known)}: it must be one of "
            f"{', '.join(known)}, or the folder of a run that has reached its first checkpoint"
        )
    return folder


def nearest(name, known):
    """Propose the known name most like a wrong one, if one is: " (did you mean ...?)"."""
    close = difflib.get_close_matches(str(name), known, 1)
    return f" (did you mean {close[0]!r}?)" if close else ""


def commit():
    """Return the commit that the code stands at, ``-dirty`` if changed; None outside a checkout."""
    commands = (
        ["git", "ls-files", "--error-unmatch", "files.py"],  # or it is somebody else's repository
        ["git", "describe", "--always", "--dirty", "--abbrev=12"],
    )
    try:
        for command in commands:
            done = subprocess.run(  # noqa: S603
                command, cwd=LIBRARY, capture_output=True, text=True, check=True
            )
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()
