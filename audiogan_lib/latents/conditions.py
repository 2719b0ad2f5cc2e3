"""What is asked of a generator, as the numbers of its classes.

A generator's *conditions* are a dict: of each, such as ``"label"`` or ``"speaker"``, the names of
its classes. Keys of an instrument may be asked for by the names of notes, see `music.midi_number`.
"""

import unicodedata

import numpy as np

from audiogan_lib import files, music


def label_indices(conditions, count, asked, label_means=None):
    """Number the classes asked for, and count through the others.

    Parameters
    ----------
    conditions : dict of str to sequence of str
        What can be asked for.
    count : int >= 0
        Number of sounds.
    asked : dict of str to (str, int, sequence of these, or None)
        Of each condition one class for all sounds or one for each: its name, or its number.
        Conditions that are None or left out run through all their classes, so that with each asked
        class every combination is equally frequent.
    label_means : str, optional
        Another name of the label, such as ``"pitch"``. A number given under it is the name of a
        class; and where it is ``"pitch"``, so is a note, ``"C4"`` for ``"60"``.

    Returns
    -------
    ndarray of int [shape=(count, conditions)]
        One row a sound.

    Raises
    ------
    ValueError
        If a condition or a class is unknown, or the number of classes is not ``count``; the message
        has the nearest name.

    Examples
    --------
    >>> from audiogan_lib import latents
    >>> known = {"label": ("60", "62"), "instrument": ("flute", "oboe")}
    >>> latents.label_indices(known, 2, {"label": "D4"}, label_means="pitch").tolist()
    [[1, 0], [1, 1]]
    """
    asked = {name: value for name, value in asked.items() if value is not None}
    if label_means in asked and "label" not in asked:
        asked["label"] = _as_words(asked.pop(label_means))
    if unknown := set(asked) - set(conditions):
        wrong = min(unknown)
        known = ", ".join(conditions) or "none"
        known += f" ({label_means} is the label, to be given once)" if label_means else ""
        proposal = files.nearest(wrong, conditions)
        raise ValueError(f"unknown condition {wrong!r}{proposal}; this generator has: {known}")
    if label_means == "pitch" and "label" in asked:
        asked["label"] = _as_keys(asked["label"], conditions["label"])
    columns = {
        name: _numbers(name, asked[name], classes, count)
        for name, classes in conditions.items()
        if name in asked
    }
    turns = _turns(list(zip(*columns.values(), strict=True)) or [()] * count)
    for name, classes in conditions.items():
        if name not in asked:
            columns[name] = turns % len(classes)
            turns = turns // len(classes)
    table = np.zeros((count, len(conditions)), np.int32)
    for column, name in enumerate(conditions):
        table[:, column] = columns[name]
    return table


def _turns(rows):
    """Number the sounds so that those which ask for the same follow each other.

    As those of the next classes do from there: so what is left out runs evenly through its classes
    within each asked class, and over all.
    """
    first = {row: position for position, row in reversed([*enumerate(rows)])}
    return np.argsort(sorted(range(len(rows)), key=lambda position: first[rows[position]]))


def _is_one(value):
    return isinstance(value, str | int | np.integer)


def _as_words(value):
    """Turn one number or word, or a sequence of these, into words."""
    return str(value) if _is_one(value) else [str(part) for part in value]


def _as_keys(value, classes):
    """Turn names of notes, alone or in a sequence, into those of their keys."""
    if not _is_one(value):
        return [_as_keys(part, classes) for part in value]
    if not isinstance(value, str) or value in classes:
        return value
    try:
        key = str(music.midi_number(value))
    except ValueError:
        return value  # refused with all other classes that there are not
    if key not in classes:
        raise ValueError(
            f"label={value!r}: is MIDI {key}, must be one of {', '.join(classes)} (C4 is 60)"
        )
    return key


def _numbers(name, value, classes, count):
    """Turn one class, or a sequence of classes, into ``count`` numbers."""
    values = [value] * count if _is_one(value) else list(value)
    if len(values) != count:
        raise ValueError(f"{name}: {len(values)} classes for {count} sounds")
    numbers, known = [], [_composed(name) for name in classes]
    for one in values:
        if _composed(one) in known:
            numbers.append(known.index(_composed(one)))
        elif isinstance(one, int | np.integer) and 0 <= one < len(classes):
            numbers.append(int(one))
        else:
            proposal = files.nearest(one, classes)
            raise ValueError(f"{name}={one!r}{proposal}: must be one of {', '.join(classes)}")
    return numbers


def _composed(name):
    """Write accents as keyboards do: file systems may keep them beside their letters."""
    return unicodedata.normalize("NFC", name) if isinstance(name, str) else name
