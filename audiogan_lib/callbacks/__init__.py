"""Keras callbacks for long runs: time limit, sounds and scores, alarms, checkpoints, best weights.

``TimeLimit`` goes first in the list of callbacks: the others save and read the time that it counts.
``BestWeights`` and ``Patience`` go after ``Watch``, which measures the score.

A run repeats bit by bit, also when it was killed and went on from a ``Checkpoint``, on the same
machine with the same number of threads, if it begins with ``keras.utils.set_random_seed(0)`` and
``tf.config.experimental.enable_op_determinism()``.
"""

from audiogan_lib.callbacks.alarms import Alarms, AlarmWarning
from audiogan_lib.callbacks.checkpoints import (
    BestWeights,
    Checkpoint,
    CheckpointError,
    Patience,
)
from audiogan_lib.callbacks.progress import TimeLimit, Watch
from audiogan_lib.metrics import symptoms, vital_signs

__all__ = [
    "AlarmWarning",
    "Alarms",
    "BestWeights",
    "Checkpoint",
    "CheckpointError",
    "Patience",
    "TimeLimit",
    "Watch",
    "symptoms",
    "vital_signs",
]
