"""Around the transcriber's networks: segments of speech, texts, and how good a transcript is.

Conventions: a text is a sequence of int, positions in a tuple of phoneme names; an utterance is a
float32 array ``[segments, dim]``. The networks take both as arrays of one length, see :func:`pack`
and :func:`one_hot`.
"""

from audiogan_lib.transcription.number_plan import NumberPlan, decipher
from audiogan_lib.transcription.texts import (
    DIGITS,
    LanguageModel,
    edit_distance,
    one_hot,
    pack,
    phoneme_error_rate,
    read,
    weighted_perplexity,
)
from audiogan_lib.transcription.words import (
    Segmenter,
    describe_words,
    dictate,
    find_words,
    fit_segmenter,
    merge_pairs,
    merge_runs,
    speak,
    speech_frames,
)

__all__ = [
    "DIGITS",
    "LanguageModel",
    "NumberPlan",
    "Segmenter",
    "decipher",
    "describe_words",
    "dictate",
    "edit_distance",
    "find_words",
    "fit_segmenter",
    "merge_pairs",
    "merge_runs",
    "one_hot",
    "pack",
    "phoneme_error_rate",
    "read",
    "speak",
    "speech_frames",
    "weighted_perplexity",
]
