"""What each generator is trained with: data, representation, networks, loss and schedule.

A recipe is the whole description, a frozen dataclass: ``python -m audiogan_lib train NAME`` runs
it, and ``pretrained.load(NAME)`` rebuilds its generator from it. To try something else, use
``dataclasses.replace``.

====================  ===================================================================
name                  what is trained
====================  ===================================================================
``digits``            spectrograms of FSDD's digits, by speaker
``digits-fast``       much the same for a tenth of the time
``robot-digits``      the same of the shipped ``robot_digits``, by voice
``drums``             spectrograms of the shipped drums
``wavegan-drums``     their waveforms, by WaveGAN's networks in a form for two cores
``wavegan-gp-drums``  the same by WaveGAN's networks, loss and steps as published, but narrower
``article``           the same by the mended network of dense layers and an LSTM
``notes``             spectrograms of the shipped notes, by pitch and instrument, in windows that
                      follow the pitch
``gansynth-notes``    their magnitudes and instantaneous frequencies, by GANSynth's networks
====================  ===================================================================

The weights of ``digits``, ``robot-digits``, ``drums``, ``wavegan-drums``, ``article`` and ``notes``
ship, with cards that say how they score. What the four networks of drums reach in the same minutes
stands in ``results/quality.json``.
"""

from audiogan_lib.recipes.recipe import Recipe
from audiogan_lib.recipes.shipped import NAMES, for_folder

__all__ = ["NAMES", "Recipe", "for_folder"]
