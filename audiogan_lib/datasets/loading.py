"""Clips to learn from: shipped sounds, public data sets on request, or any folder of audio.

``load`` returns a `Dataset` of float32 clips of one length with integer labels; ``batches`` turns
arrays into an endless, reproducible stream for training.

``drums``, ``notes`` and ``robot_digits`` are shipped. ``fsdd`` (15 MB), ``speech_commands``
(2.4 GB) and ``nsynth`` (25 GB over its three splits) are downloaded when first asked for,
checked against their SHA-256 at every load, and kept in the user's cache; a broken download
goes on where it stopped. ``AUDIOGAN_DATA`` may name a folder with copies of the archives.
Shorter clips are padded with zeros, longer ones fade out and are cut: 17 of FSDD's 3000, all of
NSynth's. FSDD is known by a digest over its recordings, since its host may compress them anew;
NSynth's digests were never published, so an archive is held to that of its first download.

A folder may hold sub-folders, each a label; without them its own name is the one label. WAV,
FLAC, OGG, MP3 and whatever else libsndfile decodes is mixed to one channel, resampled, and cut
into consecutive clips that each begin with sound (above -60 dB of full scale). A file that
cannot be used (damaged, silent, shorter than 20 ms) is warned of and listed in
``Dataset.skipped``. One file in ten, drawn at random, is the test split, with all its clips.

A folder of more than 1 GiB of clips is not read but indexed: only headers are looked at, and what
was learnt of a thousand files or more is kept in the user's cache for the next time. A batch then
reads, mixes and resamples its own clips. Since nobody has listened to the files beforehand, a clip
begins with the first sound after a fixed place, every clip's length in a file; in the place of
silence stands another clip of the same label. So does one for a file that turns out damaged, or
is changed or removed meanwhile, and a warning names that file. MP3 files of several clips are
decoded once, to FLAC files in the user's cache: one cannot read them from the middle.
"""

from __future__ import annotations

import csv
import inspect
import warnings
from pathlib import Path

import numpy as np
import tensorflow as tf

from . import _archives, _folders, _streaming, audio
from ._dataset import Dataset, collect, condition_labels, listed

__all__ = ["Dataset", "batches", "condition_labels", "is_known", "load"]

SOUNDS = Path(__file__).parent / "sounds"

#: Sample rate (Hz) and clip length (samples) of the shipped data sets.
SHIPPED = {"drums": (16000, 16384), "notes": (16000, 16384), "robot_digits": (8000, 8192)}

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


def batches(arrays, batch_size, seed=0, first_step=0):
    """Return an endless stream of shuffled batches.

    Each epoch visits every clip once, in an order of its own; a batch that an epoch cannot fill is
    completed from the next one. Batch i depends on `seed` and i alone, so a run that is resumed
    sees what it would have seen.

    Parameters
    ----------
    arrays : sequence of np.ndarray [shape=(clips, ...)]
        Arrays of equal first dimension, such as waveforms and labels. Waveforms that stay in their
        files are read batch by batch, several batches at a time and ahead of their use.
    batch_size : int > 0
        Clips in each batch.
    seed : int, of 32 bits
        Chooses the orders.
    first_step : int >= 0
        Number of the batch to begin with.

    Returns
    -------
    tf.data.Dataset
        Of tuples with one tensor [shape=(batch_size, ...)] for each array.

    Raises
    ------
    ValueError
        When the arrays are empty or of unequal length, or a number is out of range.

    Examples
    --------
    >>> stream = batches([np.arange(10), np.arange(10) ** 2], batch_size=4)
    >>> numbers, squares = next(iter(stream))
    >>> numbers.shape
    TensorShape([4])
    """
    arrays = _checked(arrays, batch_size, seed, first_step)
    clips = len(arrays[0])
    sources = [_source(array) for array in arrays]
    last = tf.constant(clips - 1, tf.int64)

    def index(position):
        return tf.random.experimental.index_shuffle(
            position % clips, [tf.constant(seed, tf.int64), position // clips], last
        )

    def gather(indices):
        return tuple(source(indices) for source in sources)

    positions = tf.data.Dataset.range(first_step * batch_size, np.iinfo(np.int64).max)
    indices = positions.map(index).batch(batch_size, drop_remainder=True)
    return indices.map(gather, tf.data.AUTOTUNE).prefetch(tf.data.AUTOTUNE)


def _source(array):
    """Return the function that takes rows, by their indices, from an array or from files."""
    if isinstance(array, _streaming.Clips):
        return array.gather
    with tf.device("CPU"):  # whole data sets do not belong into a GPU's memory
        tensor = tf.constant(array)
    return lambda indices: tf.gather(tensor, indices)


def _checked(arrays, batch_size, seed, first_step):
    """Return the arguments of `batches` as arrays, or say what is wrong with them."""
    arrays = tuple(a if isinstance(a, _streaming.Clips) else np.asarray(a) for a in arrays)
    lengths = {len(array) for array in arrays}
    if len(lengths) != 1 or 0 in lengths:
        raise ValueError(
            "arrays must have one first dimension in common, of at least 1, "
            f"received shapes {[array.shape for array in arrays]}"
        )
    if batch_size < 1 or first_step < 0:
        raise ValueError(
            "batch_size must be at least 1 and first_step at least 0, "
            f"received {batch_size} and {first_step}"
        )
    if not -(2**31) <= seed < 2**31:  # the shuffle would take it modulo 2**32
        raise ValueError(f"seed must be an integer of 32 bits, received {seed}")
    return arrays


def _shipped(name, split):
    """Read packed clips: one FLAC file per group, and an index of where each clip lies."""
    folder = SOUNDS / name
    sample_rate, samples = SHIPPED[name]
    with (folder / "index.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    packs = {pack: audio.read(folder / pack)[0] for pack in {row["file"] for row in rows}}

    def clips():
        for row in rows:
            pack, start, length = row.pop("file"), int(row.pop("start")), int(row.pop("samples"))
            numbers = {key: _number(text) for key, text in row.items() if key != "label"}
            yield packs[pack][start : start + length], row | numbers

    return collect(name, clips(), sample_rate, samples)


def _number(text):
    """Turn text into the number it stands for, if it does."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _fsdd(name, split, source=_archives.FSDD):
    return collect(name, _archives.fsdd(source), 8000, 8192)


def _speech_commands(name, split, source=_archives.SPEECH_COMMANDS):
    clips = _archives.speech_commands(source)
    return collect(name, clips, 16000, 16384, label_names=_archives.DIGIT_WORDS)


def _nsynth(name, split, limit=None, sources=_archives.NSYNTH):
    if limit is not None and limit < 1:
        raise ValueError(f"limit must be at least 1, received {limit}")
    if split is not None:
        if split not in sources:
            raise ValueError(f"split must be one of {listed(sources)}, received {split!r}")
        sources = {split: sources[split]}
    return collect(name, _archives.nsynth(sources, limit), 16000, 16384)


def _folder(name, split, sample_rate=16000, samples=16384, seed=0, stream=None):
    for option, value in {"sample_rate": sample_rate, "samples": samples}.items():
        if value < 1:
            raise ValueError(f"{option} must be at least 1, received {value}")
    folder = Path(name)
    if stream is not False:
        dataset = _streaming.dataset(folder, sample_rate, samples, seed)
        if stream is None:
            stream = 4 * samples * len(dataset) > IN_MEMORY_BYTES
    if stream:
        clips, skipped = dataset.waveforms, dataset.skipped
    else:
        clips, skipped = _folders.read(folder, sample_rate, samples, seed)
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
    **dict.fromkeys(SHIPPED, _shipped),
    "fsdd": _fsdd,
    "speech_commands": _speech_commands,
    "nsynth": _nsynth,
}
