"""Load a data set by its name or by a folder's path."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np

from audiogan_lib.datasets import drum_sets, folders, public, shipped
from audiogan_lib.datasets.dataset import collect, listed
from audiogan_lib.files import nearest

#: What `load` takes beside a name and a split;
_OPTIONS = {
    **dict.fromkeys(shipped.SHIPPED, ()),
    "fsdd": ("source",),
    "speech_commands": ("source",),
    "nsynth": ("limit", "source"),
    "open_source_drumkit": ("source",),
    "drum_machines": ("source",),
}

#: What is read as a stream and has nothing to be chosen: stream, source, rate, length, labels.
_STREAMS = {
    "fsdd": (public.fsdd, public.FSDD, 8000, 8192, None),
    "speech_commands": (
        *(public.speech_commands, public.SPEECH_COMMANDS, 16000, 16384),
        public.DIGIT_WORDS,
    ),
    "open_source_drumkit": (
        *(drum_sets.open_source_drumkit, drum_sets.OPEN_SOURCE_DRUMKIT, 16000, 16384),
        None,
    ),
    "drum_machines": (drum_sets.drum_machines, drum_sets.DRUM_MACHINES, 16000, 16384, None),
}
_FOLDER_OPTIONS = "sample_rate", "samples", "seed"


class FolderWarning(UserWarning):
    """Some files of a folder are not used, or odd: said once, with a count."""


def is_known(name):
    """Tell whether a name is that of a data set, so that it is not taken for a folder.

    Parameters
    ----------
    name : str or Path
        What would be given to `load`; a ``Path`` is a folder always.
    """
    return isinstance(name, str) and name in _OPTIONS


def load(name, split=None, *, sample_rate=None, samples=None, seed=None, limit=None, source=None):
    """Load a data set by its name, or a folder of audio by its path, as a `Dataset`.

    =======================  =====================  =======================================
    name                     clips                  label; columns beside ``split`` and
                                                    ``recording``
    =======================  =====================  =======================================
    ``drums``                16 kHz, 16384 samples  instrument; kit, ...
    ``notes``                16 kHz, 16384 samples  MIDI pitch; instrument, ...
    ``robot_digits``         8 kHz, 8192 samples    digit, by speech synthesis; voice, ...
    ``fsdd``                 8 kHz, 8192 samples    digit, by people; speaker, take
    ``speech_commands``      16 kHz, 16384 samples  ``zero`` to ``nine``; speaker, take
    ``nsynth``               16 kHz, 16384 samples  MIDI pitch; instrument, family, ...
    ``open_source_drumkit``  16 kHz, 16384 samples  instrument; kit, file
    ``drum_machines``        16 kHz, 16384 samples  instrument; kit
    a folder's path          as asked for           sub-folder; file
    =======================  =====================  =======================================

    Parameters
    ----------
    name : str or Path
        A name of the table, or a folder. One that is called as a data set is, is ``"./drums"`` or
        ``Path("drums")``. A zip counts as the folder that was packed, any other file as a folder
        with one recording.
    split : str, optional
        Only this split: ``"train"``, ``"test"``, and for Speech Commands and NSynth
        ``"validation"``. Everything by default.
    sample_rate, samples : int > 0, optional
        For a folder: rate in Hz and length of the clips; 16000 and 16384 by default.
    seed : int >= 0, optional
        For a folder: what draws the test split; 0 by default.
    limit : int > 0, optional
        For ``nsynth``: notes of each split, from the beginning of its archive; all by default,
        which take 19 GB of memory for ``train``.
    source : Source, optional
        For a downloaded set on a mirror: a changed copy of what ``audiogan_lib.datasets.public``
        names; for ``nsynth`` a dictionary with one for each split.

    Raises
    ------
    ValueError
        When there is no such data set, folder or split, or nothing usable in the folder.
    TypeError
        When an option is given that is not for this name.
    OSError
        When an archive cannot be downloaded or is damaged, or a disk is full, with what to do.

    Examples
    --------
    >>> from audiogan_lib import datasets
    >>> drums = datasets.load("drums", split="test")
    >>> drums.waveforms.shape[1], drums.sample_rate
    (16384, 16000)
    """
    known = is_known(name)
    if not known and not Path(name).exists():
        raise ValueError(
            f"name must be a folder or one of {listed(_OPTIONS)}, received {name!r}"
            f"{nearest(name, _OPTIONS)}"
        )
    options = {"sample_rate": sample_rate, "samples": samples, "seed": seed}
    options |= {"limit": limit, "source": source}
    options = {option: value for option, value in options.items() if value is not None}
    takes = _OPTIONS[name] if known else _FOLDER_OPTIONS
    if unknown := [option for option in options if option not in takes]:
        raise TypeError(f"the options of {name!r} are {listed(takes)}, received {listed(unknown)}")
    dataset = _named(name, split, **options) if known else _folder(Path(name), **options)
    return dataset if split is None else dataset.split(split)


def _named(name, split, limit=None, source=None):
    if name in shipped.SHIPPED:
        return shipped.load(name)
    if name in _STREAMS:
        read, known, sample_rate, samples, label_names = _STREAMS[name]
        return collect(name, read(source or known), sample_rate, samples, label_names)
    sources = source or public.NSYNTH
    if limit is not None and limit < 1:
        raise ValueError(f"limit must be at least 1, received {limit}")
    if split is not None:
        if split not in sources:
            raise ValueError(f"split must be one of {listed(sources)}, received {split!r}")
        sources = {split: sources[split]}
    return collect(name, public.nsynth(sources, limit), 16000, 16384)


def _folder(folder, sample_rate=16000, samples=16384, seed=0):
    for option, value in {"sample_rate": sample_rate, "samples": samples}.items():
        if value < 1:
            raise ValueError(f"{option} must be at least 1, received {value}")
    dataset = folders.load(folder, sample_rate, samples, seed)
    skipped = f"not used: {_some(dataset.skipped)}"
    if not len(dataset):
        raise ValueError(
            f"the folder {str(folder)!r} holds no usable sound; {skipped}"
            if dataset.skipped
            else f"the folder {str(folder)!r} holds no sound files"
        )
    if dataset.skipped:
        warnings.warn(f"{folder}: {skipped}", FolderWarning, stacklevel=3)
    if dataset.remarks:
        text = f"{folder}: used, but odd: {_some(dataset.remarks)}"
        warnings.warn(text, FolderWarning, stacklevel=3)
    _, first = np.unique(dataset.columns["file"], return_index=True)
    files = np.bincount(dataset.labels[first], minlength=len(dataset.label_names))
    if len(files) > 1 and 1 in files:
        small = np.array(dataset.label_names)[files == 1]
        warnings.warn(
            f"{folder}: labels with a single file have none for the test: {listed(small)}",
            FolderWarning,
            stacklevel=3,
        )
    return dataset


def _some(pairs, most=3):
    """Count files, and name a few with what is wrong with them."""
    named = [f"{Path(path).name} ({reason})" for path, reason in pairs[:most]]
    rest = len(pairs) - len(named)
    count = f"{len(pairs)} file{'s' if len(pairs) > 1 else ''}"
    return f"{count}, {', '.join(named)}" + (f" and {rest} more" if rest else "")
