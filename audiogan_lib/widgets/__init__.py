"""Controls for a live notebook (ipywidgets 7 and 8) that leave players, not dead knobs, on a page.

Each control has two faces: its ``panel`` of widgets where a kernel runs, and rendered sounds and
pictures where none does; many have a third, which a page of the book brings to life (`live`). What
a control computes knows nothing of any: `LatentWalk` and `QualityKnobs` stand behind
`LatentPlayer`, `History` behind `TrainingScrubber`, `BlindTest` behind `ListeningTest`, `Beat`
behind `DrumMachine`, `DiracGAN` behind `LossPlayground`, `PitchGame` behind `PitchDuel`. `Keyboard`
and `SpokenNumber` play a generator as it is.
"""

from audiogan_lib.latents import LatentWalk, QualityKnobs, random_directions
from audiogan_lib.widgets.dirac_gan import DiracGAN
from audiogan_lib.widgets.drum_machine import Beat, DrumMachine
from audiogan_lib.widgets.keyboard import Keyboard
from audiogan_lib.widgets.latent_player import LatentPlayer
from audiogan_lib.widgets.listening_test import BlindTest, Comparison, ListeningTest
from audiogan_lib.widgets.loss_playground import LossPlayground, phase_portraits
from audiogan_lib.widgets.pitch_duel import PitchDuel
from audiogan_lib.widgets.pitch_game import PitchGame
from audiogan_lib.widgets.spectrogram_explorer import SpectrogramExplorer
from audiogan_lib.widgets.spoken_number import SpokenNumber
from audiogan_lib.widgets.training_scrubber import History, TrainingScrubber
from audiogan_lib.widgets.wave_duel import WaveDuel
from audiogan_lib.widgets.wave_game import WaveGame

__all__ = [
    "Beat",
    "BlindTest",
    "Comparison",
    "DiracGAN",
    "DrumMachine",
    "History",
    "Keyboard",
    "LatentPlayer",
    "LatentWalk",
    "ListeningTest",
    "LossPlayground",
    "PitchDuel",
    "PitchGame",
    "QualityKnobs",
    "SpectrogramExplorer",
    "SpokenNumber",
    "TrainingScrubber",
    "WaveDuel",
    "WaveGame",
    "phase_portraits",
    "random_directions",
]
