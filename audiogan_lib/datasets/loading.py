"""Load a data set by its name or by a folder's path."""

from __future__ import annotations

import inspect
import warnings
from pathlib import Path

from audiogan_lib import audio
from audiogan_lib.datasets import folders, public, shipped, streaming
from audiogan_lib.datasets.dataset import Dataset, collect, condition_labels, listed

#: A folder is read at once only if its clips take no more than this.
IN_MEMORY_BYTES = 1 << 30


def is_known(name):
    """Tell whether a name is that of a data set, so that it is not taken for a folder.

    Parameters
    ----------
    name : str or Path
        What would be given to `load`.

    Returns
    -------
    bool
        True for the names in the table of `load`.
    """
    return str(name) in _LOADERS


def load(name, split=None, **options):
    """Load a data set by its name, or a folder of audio by its path.

    ===================  =====================  =======================================
    name                 clips                  label; columns beside ``split``
    ===================  =====================  =======================================
    ``drums``            16 kHz, 16384 samples  instrument; kit, key, velocity, ...
    ``notes``            16 kHz, 16384 samples  MIDI pitch; instrument, ...
    ``robot_digits``     8 kHz, 8192 samples    digit, by speech synthesis; voice, ...
    ``fsdd``             8 kHz, 8192 samples    digit, by people; speaker, take
    ``speech_commands``  16 kHz, 16384 samples  ``zero`` to ``nine``; speaker, take
    ``nsynth``           16 kHz, 16384 samples  MIDI pitch; instrument, family, ...
    a folder's path      as asked for           sub-folder; file
    ===================  =====================  =======================================

    Parameters
    ----------
    name : str or Path
        A name of the table, or a folder. To load a folder that is called as a data set is, write
        ``"./drums"``.
    split : str, optional
        Only this split: ``"train"``, ``"test"``, and for Speech Commands and NSynth
        ``"validation"``. Everything by default.
    **options
        For a folder: ``sample_rate=16000`` (Hz), ``samples=16384`` (of each clip), ``seed=0`` (of
        the split) and ``stream``: True leaves the clips in their files, False reads them all now;
        by default, they are read now if they take at most 1 GiB. For ``nsynth``: ``limit``, the
        number of notes of each split, taken from the beginning of its archive (all by default:
        19 GB of memory for ``train``). For a mirror of a downloaded set: ``source`` (``nsynth``:
        ``sources``), a changed copy of what stands in ``audiogan_lib._archives``.

    Returns
    -------
    Dataset
        The clips.

    Raises
    ------
    ValueError
        When there is no such data set, folder or split, or nothing usable in the folder.
    OSError
        When an archive cannot be downloaded or is damaged; the message says what can be done.

    Examples
    --------
    >>> drums = load("drums", split="test")
    >>> drums.waveforms.shape[1], drums.sample_rate
    (16384, 16000)
    """
    if str(name) in _LOADERS:
        loader = _LOADERS[name := str(name)]
    elif Path(name).is_dir():
        loader = _folder
    else:
        raise ValueError(f"name must be a folder or one of {listed(_LOADERS)}, received {name!r}")
    takes = list(inspect.signature(loader).parameters)[2:]
    if not set(options) <= set(takes):
        raise TypeError(f"the options of {name!r} are {listed(takes)}, received {listed(options)}")
    dataset = loader(name, split, **options)
    return dataset if split is None else dataset.split(split)


def _fsdd(name, split, source=public.FSDD):
    return collect(name, public.fsdd(source), 8000, 8192)


def _speech_commands(name, split, source=public.SPEECH_COMMANDS):
    clips = public.speech_commands(source)
    return collect(name, clips, 16000, 16384, label_names=public.DIGIT_WORDS)


def _nsynth(name, split, limit=None, sources=public.NSYNTH):
    if limit is not None and limit < 1:
        raise ValueError(f"limit must be at least 1, received {limit}")
    if split is not None:
        if split not in sources:
            raise ValueError(f"split must be one of {listed(sources)}, received {split!r}")
        sources = {split: sources[split]}
    return collect(name, public.nsynth(sources, limit), 16000, 16384)


def _folder(name, split, sample_rate=16000, samples=16384, seed=0, stream=None):
    for option, value in {"sample_rate": sample_rate, "samples": samples}.items():
        if value < 1:
            raise ValueError(f"{option} must be at least 1, received {value}")
    folder = Path(name)
    if stream is not False:
        dataset = streaming.dataset(folder, sample_rate, samples, seed)
        if stream is None:
            stream = 4 * samples * len(dataset) > IN_MEMORY_BYTES
    if stream:
        clips, skipped = dataset.waveforms, dataset.skipped
    else:
        clips, skipped = folders.read(folder, sample_rate, samples, seed)
    for path, reason in skipped:
        warnings.warn(f"{path}: {reason}", stacklevel=3)
    if not len(clips):
        raise ValueError(
            f"the folder {str(name)!r} holds no usable sound: "
            f"{len(skipped)} files were skipped, for the reasons given above"
            if skipped
            else f"the folder {str(name)!r} holds no sound files"
        )
    if stream:
        return dataset
    return collect(folder.resolve().name, clips, sample_rate, samples, skipped=skipped)


_LOADERS = {
    **dict.fromkeys(shipped.SHIPPED, shipped.load),
    "fsdd": _fsdd,
    "speech_commands": _speech_commands,
    "nsynth": _nsynth,
}
