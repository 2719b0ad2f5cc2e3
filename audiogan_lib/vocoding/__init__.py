"""The shipped vocoder: from mel spectrograms to speech, and how it is trained.

A network after Vocos (Siuzdak 2024) draws magnitudes and phases in one pass; a few rounds of
``spectral.impose_mel`` then mend what of the mel it missed. ``load()`` returns the vocoder that
ships with the library; ``python tools/train_vocoder.py`` makes it again.
"""

from audiogan_lib.vocoding.recipe import VocoderRecipe
from audiogan_lib.vocoding.scores import distances, periodicity, pesq_of_tens
from audiogan_lib.vocoding.vocoder import FOLDER, RECIPE, Vocoder, load

__all__ = [
    "FOLDER",
    "RECIPE",
    "Vocoder",
    "VocoderRecipe",
    "distances",
    "load",
    "periodicity",
    "pesq_of_tens",
]
