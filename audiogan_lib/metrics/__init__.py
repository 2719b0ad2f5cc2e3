"""Scores for generated sounds, each with its pitfalls, in NumPy.

Notes
-----
- ``probabilities`` [shape=(clips, classes)]: one row per clip, each row sums to 1.
- ``features`` [shape=(clips, dims)]: one vector per clip, from the same judge for both sets.
- ``labels`` [shape=(clips,)]: integers, indices into ``judge.heads["label"]``.
- A *judge* is anything with ``probabilities(waveforms, head)``, ``features(waveforms)``, ``heads``
  (a dict from a head's name to the names of its classes) and ``sample_rate``, such as
  `audiogan_lib.classifiers.Classifier`. It must never have learnt from a generated sound.

- An *ear* is anything with ``features(waveforms)``: a judge, or `ScatteringEar`, which nobody
  trained.
- A *recording* is one take, a *clip* what is compared. Clips of one recording are no independent
  sounds: what is counted, dealt or left out, is so by recording. A generated clip is one of its
  own.

Scores depend on the ear, on the number of clips and on the mix of labels. A number by itself says
nothing: compare generated clips with as many held-out real ones, asked for in the same mix of
labels, under one ear; and believe no ear alone, since what was trained to please one may please it
and no other. `evaluate` does so:

- Both sets are compared with the whole training split. When they differ in size, the Fréchet
  distance of the larger is averaged over ten random subsets of the smaller's size. The floor is the
  distance of as many training clips to those of other training recordings, averaged likewise.
- Density and coverage are averaged over ten subsets of equal size of the set and of the training
  split. Subsets are drawn evenly over the judge's classes, so that each has the mix of its set.
- Each ear is asked, and of each score the worst answer named. The first is the judge, by whose
  classes subsets are drawn; the test split through the generator's codec tells what the codec alone
  costs.
- Intervals (95 %) say how much a score varies with other recordings of the same source: Wilson's
  for shares, with as many tries as recordings; a jackknife for all else, which leaves out a
  twentieth of the recordings at a time. The choice of the ear and of the training split is not in
  them, nor that another run of the same recipe gives another generator.
- Too good is a fault as well: sounds that begin earlier, last shorter, are surer or more alike than
  recordings are named.

=====================================  ==========================================================
what is asked                          score
=====================================  ==========================================================
is it what was asked for?              `label_accuracy`, `pitch_accuracy`
is it clear and varied?                `inception_score`
is the whole set like recordings?      `frechet_distance`, `frechet_distance_infinity`,
                                       `kernel_distance`, `gaussian_kernel_distance`
does it lack or repeat something?      `density_and_coverage`, `different_bins`, `class_shares`
is it a copy?                          `nearest_clips`, `nearer`, `retuned`
does it rise as quickly?               `attack_times`, `attack_difference`
is it too good?                        `onset_times`, `durations`, `distribution_difference`,
                                       `excesses`
=====================================  ==========================================================
"""

from audiogan_lib.metrics.accuracy import class_shares, label_accuracy, wilson_interval
from audiogan_lib.metrics.acoustics import (
    VitalSigns,
    attack_difference,
    attack_times,
    durations,
    onset_times,
    pitch_accuracy,
    pitch_errors,
    symptoms,
    vital_signs,
)
from audiogan_lib.metrics.coverage import density_and_coverage, different_bins
from audiogan_lib.metrics.distances import (
    frechet_distance,
    frechet_distance_infinity,
    gaussian_kernel_distance,
    kernel_distance,
)
from audiogan_lib.metrics.ears import ScatteringEar
from audiogan_lib.metrics.excess import Difference, distribution_difference, excesses
from audiogan_lib.metrics.inception import inception_score
from audiogan_lib.metrics.memorisation import nearer, nearest_clips, retuned
from audiogan_lib.metrics.report import evaluate
from audiogan_lib.metrics.table import format_table

__all__ = [
    "Difference",
    "ScatteringEar",
    "VitalSigns",
    "attack_difference",
    "attack_times",
    "class_shares",
    "density_and_coverage",
    "different_bins",
    "distribution_difference",
    "durations",
    "evaluate",
    "excesses",
    "format_table",
    "frechet_distance",
    "frechet_distance_infinity",
    "gaussian_kernel_distance",
    "inception_score",
    "kernel_distance",
    "label_accuracy",
    "nearer",
    "nearest_clips",
    "onset_times",
    "pitch_accuracy",
    "pitch_errors",
    "retuned",
    "symptoms",
    "vital_signs",
    "wilson_interval",
]
