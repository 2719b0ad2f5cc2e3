"""The scores of a report, listed once: how each is measured, how sure it is, how it is written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from audiogan_lib.metrics.accuracy import wilson_interval
from audiogan_lib.metrics.acoustics import attack_times, pitch_accuracy, pitch_errors
from audiogan_lib.metrics.coverage import density_and_coverage, different_bins
from audiogan_lib.metrics.distances import (
    discrepancy,
    frechet_distance,
    frechet_distance_infinity,
    gaussian_kernel,
    polynomial_kernel,
)
from audiogan_lib.metrics.inception import inception_score
from audiogan_lib.metrics.memorisation import nearest_clips
from audiogan_lib.metrics.sampling import even_draw, half_interval, stream

#: Stands for the positions of all clips.
ALL = slice(None)


@dataclass(frozen=True, eq=False)
class Clips:
    """A set of clips and what the judge says of it; a clip's group is its mix of classes.

    What takes long is worked out when first asked for, and kept.
    """

    waveforms: np.ndarray
    sample_rate: int
    features: np.ndarray
    probabilities: dict
    groups: np.ndarray
    labels: dict | None = None
    midi: np.ndarray | None = None
    train: Clips | None = None

    def __len__(self):
        return len(self.waveforms)

    @cached_property
    def errors_cents(self):
        """By how much each note is out of tune."""
        return pitch_errors(self.waveforms, self.sample_rate, self.midi)

    @cached_property
    def attack_ms(self):
        """How long each clip takes to rise."""
        return attack_times(self.waveforms, self.sample_rate)

    @cached_property
    def nearest(self):
        """The nearest training clip of each clip, and its distance in dB."""
        return nearest_clips(self.waveforms, self.train.waveforms, self.sample_rate)

    @cached_property
    def cubic(self):
        """From positions to a kernel distance, see `discrepancy`."""
        return discrepancy(self.features, self.train.features, polynomial_kernel)

    @cached_property
    def gaussian(self):
        """The same with the other kernel."""
        known = self.train.features
        return discrepancy(self.features, known, gaussian_kernel(known))


_ANY, _NOT_NEGATIVE = (-np.inf, np.inf), (0.0, np.inf)


class Score(NamedTuple):
    """How one score is written in a table of text, and how it is measured.

    ``of``: from clips, positions of some of them, and a generator of random numbers, to the score
    of these; none where two sets are compared, which is up to `report.evaluate`. The value of a set
    is the score of all its clips, or where ``draws`` is not 0 the mean over so many subsets of the
    smaller set's size. ``redraws``: each measurement draws as many training clips; then halves are
    those of such a subset, too. ``interval``: by "halves", by "wilson" or none. ``limits``: the
    least and greatest score, None standing for the number of classes. ``brief``: measured along a
    run. ``pitched``: of notes only. ``times``: what is too small to be read is written so many
    times as large.
    """

    title: str
    form: str
    of: Callable | None = None
    limits: tuple = _ANY
    interval: str = "halves"
    halves: int = 100
    draws: int = 0
    redraws: bool = False
    brief: bool = False
    pitched: bool = False
    times: int = 1


def measure(clips, count, seed, brief=False):
    """Return values and intervals (dicts by the names of `SCORES`) of what applies to a set.

    ``count`` is the size of the smaller of the sets that are compared. Each score has a stream of
    random numbers of its own: none moves another, and equal sets score alike.
    """
    values, intervals = {}, {}
    for name, score in SCORES.items():
        if not score.of or (brief and not score.brief) or (score.pitched and clips.midi is None):
            continue
        rng = stream(seed, name)
        values[name] = _value(score, clips, count, rng)
        if score.interval and not brief:
            intervals[name] = _interval(score, values[name], clips, count, rng)
    return values, intervals


def _value(score, clips, count, rng):
    if not score.draws or (count == len(clips) and not score.redraws):
        return score.of(clips, ALL, rng)
    draws = (even_draw(clips.groups, count, rng) for _ in range(score.draws))
    values = [score.of(clips, drawn, rng) for drawn in draws]
    return values[0] if score.draws == 1 else float(np.mean(values))


def _interval(score, value, clips, count, rng):
    if score.interval == "wilson":
        return wilson_interval(value, len(clips))
    chosen = even_draw(clips.groups, count, rng) if score.redraws else np.arange(len(clips))
    groups, low, high = clips.groups[chosen], *score.limits
    high = clips.probabilities["label"].shape[1] if high is None else high

    def of_half(half):
        return score.of(clips, chosen[half], rng)

    return half_interval(of_half, value, groups, rng, score.halves, (low, high))


def _in_tune(clips, chosen, rng):
    return pitch_accuracy(clips.errors_cents[chosen])


def _out_of_tune(clips, chosen, rng):
    return float(np.median(np.nan_to_num(np.abs(clips.errors_cents[chosen]), nan=1200.0)))


def _inception(clips, chosen, rng):
    return inception_score(clips.probabilities["label"][chosen])


def _balls(clips, chosen, rng):
    among = even_draw(clips.train.groups, len(chosen), rng)
    return density_and_coverage(clips.features[chosen], clips.train.features[among])


def _density(clips, chosen, rng):
    return _balls(clips, chosen, rng).density


def _coverage(clips, chosen, rng):
    return _balls(clips, chosen, rng).coverage


def _bins(clips, chosen, rng):
    return int(different_bins(clips.features[chosen], clips.train.features).different.sum())


def _cubic(clips, chosen, rng):
    return clips.cubic(chosen)


def _gaussian(clips, chosen, rng):
    return clips.gaussian(chosen)


def _train_distance(clips, chosen, rng):
    return float(np.median(clips.nearest[1][chosen]))


def _attack(clips, chosen, rng):
    return float(np.nanmedian(clips.attack_ms[chosen]))


def _frechet(clips, chosen, rng):
    return frechet_distance(clips.features[chosen], clips.train.features)


def _frechet_infinity(clips, chosen, rng):
    sets = clips.features[chosen], clips.train.features, clips.groups[chosen], clips.train.groups
    # Of halves only the spread counts, and they are many: fewer draws of each.
    return frechet_distance_infinity(*sets, **({} if chosen is ALL else {"draws": 2}))


#: Of a report's columns, in the order of a table.
SCORES = {
    "pitch_accuracy": Score("within 20 cents", "{:.3f}", _in_tune, interval="wilson", pitched=True),
    "pitch_error_cents": Score(
        "  out of tune (cents)", "{:.1f}", _out_of_tune, interval="", pitched=True
    ),
    "inception_score": Score("inception score", "{:.2f}", _inception, (1.0, None), brief=True),
    "density": Score("density", "{:.2f}", _density, _NOT_NEGATIVE, draws=10, redraws=True),
    "coverage": Score("coverage", "{:.2f}", _coverage, (0.0, 1.0), draws=10, redraws=True),
    "different_bins": Score("different bins of 20", "{}", _bins, interval="", draws=1),
    "kernel_distance": Score("kernel distance x 100, cubic", "{:.3g}", _cubic, times=100),
    "gaussian_kernel_distance": Score("  Gaussian", "{:.3g}", _gaussian, times=100),
    "train_distance_db": Score(
        "nearest training clip (dB)", "{:.1f}", _train_distance, _NOT_NEGATIVE
    ),
    "nearer": Score("  nearer than a test clip's", "{:.2f}"),
    "apart_db": Score("nearest other clip (dB)", "{:.1f}"),
    "level_db": Score("level (dB)", "{:.1f}"),
    "flatness": Score("flatness", "{:.3f}"),
    "attack_ms": Score("attack (ms)", "{:.1f}", _attack, _NOT_NEGATIVE),
    "attack_difference_ms": Score("  difference, label by label", "{:.1f}"),
    "frechet_distance_infinity": Score(
        "Frechet distance, no end", "{:.2f}", _frechet_infinity, halves=20
    ),
    "frechet_distance": Score(
        "Frechet distance", "{:.2f}", _frechet, _NOT_NEGATIVE, draws=10, brief=True
    ),
}
