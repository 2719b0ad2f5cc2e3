"""Judges: small recognisers of real sounds, by which generated sounds are scored.

A judge is trained on the training split of real sounds and never hears a generated one. It hears
mel cepstra and their slopes, a judge of notes also bands of half a semitone; a judge that heard the
log-magnitude spectrograms which the generators draw would reward exactly what they were trained on.
The level of a clip tells it nothing.
"""

from audiogan_lib.classifiers.classifier import build, load, save, train

__all__ = ["build", "load", "save", "train"]
