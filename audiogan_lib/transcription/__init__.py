"""Around the transcriber's networks: dictated words, texts, and how good a transcript is.

Conventions: a text is a sequence of int, positions in a tuple of phoneme names; an utterance is a
float32 array ``[segments, dim]``, for instance one row a word. The networks take both as arrays of
one length, see `pack` and `one_hot`.
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
from audiogan_lib.transcription.words import describe_words, dictate, find_words, speak

__all__ = [
    "DIGITS",
    "LanguageModel",
    "NumberPlan",
    "decipher",
    "describe_words",
    "dictate",
    "edit_distance",
    "find_words",
    "one_hot",
    "pack",
    "phoneme_error_rate",
    "read",
    "speak",
    "weighted_perplexity",
]
