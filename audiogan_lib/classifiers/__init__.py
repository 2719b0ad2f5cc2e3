"""Judges: small recognisers of real sounds, by which generated sounds are scored.

A judge is trained on the training split of real sounds and never hears a generated one. The first
of each data set hears mel cepstra and their slopes, a judge of notes also bands of half a semitone;
a judge that heard the log-magnitude spectrograms which the generators draw would reward exactly
what they were trained on. The second, ``<name>-mels``, hears pictures of mel bands with another
network: what pleases both is less likely to do so by accident. The level of a clip tells neither
anything.
"""

from audiogan_lib.classifiers.classifier import build, load, names, save, train

__all__ = ["build", "load", "names", "save", "train"]
