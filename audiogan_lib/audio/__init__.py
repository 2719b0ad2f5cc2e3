"""Sound in and out of files, and the small operations that every clip goes through.

Conventions: a waveform is float32 in [-1, 1], mono, ``[samples]``; where a function takes
``[..., samples]`` it acts on the last axis, so a whole batch may be given.
"""

from audiogan_lib.audio.clips import as_clips, fit_length, level_db, normalize_peak, resample
from audiogan_lib.audio.reading import AudioError, blocks, facts, read, remarks
from audiogan_lib.audio.writing import to_int16, write

__all__ = [
    "AudioError",
    "as_clips",
    "blocks",
    "facts",
    "fit_length",
    "level_db",
    "normalize_peak",
    "read",
    "remarks",
    "resample",
    "to_int16",
    "write",
]
