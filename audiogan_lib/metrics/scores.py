"""The scores of a report, listed once: how each is measured, how sure it is, how it is written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from audiogan_lib.metrics.accuracy import wilson_interval
from audiogan_lib.metrics.acoustics import attack_times, pitch_accuracy, pitch_errors
from audiogan_lib.metrics.coverage import NEIGHBOURS, different_bins, inside_balls
from audiogan_lib.metrics.distances import (
    discrepancy,
    frechet_distance,
    frechet_distance_infinity,
    gaussian_kernel,
    polynomial_kernel,
)
from audiogan_lib.metrics.inception import inception_score
from audiogan_lib.metrics.memorisation import nearest_clips
from audiogan_lib.metrics.sampling import (
    even_draw,
    jackknife_interval,
    stream,
)

#: Stands for the positions of all clips.
ALL = slice(None)


#: Draws of equal counts over which a score is averaged.
DRAWS = 10


@dataclass(frozen=True, eq=False)
class Clips:
    """A set of clips and what an ear says of it; a clip's group is its mix of classes.

    ``count`` is the size of the smaller of the sets that are compared, ``train`` what they are
    compared with, ``seed`` that of draws from it. What takes long is worked out when first asked
    for, and kept.
    """

    waveforms: np.ndarray
    sample_rate: int
    features: np.ndarray
    probabilities: dict
    groups: np.ndarray
    recordings: np.ndarray
    labels: dict
    midi: np.ndarray | None = None
    train: Clips | None = None
    count: int = 0
    seed: int = 0

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

    @cached_property
    def balls(self):
        """Equal counts of this set and of the training split: pairs of positions and balls."""
        rng, draws = stream(self.seed, "balls"), []
        for _ in range(DRAWS):
            mine = everything(self) if len(self) == self.count else self._draw(rng)
            among = even_draw(self.train.groups, self.count, rng)
            draws.append((mine, inside_balls(self.features[mine], self.train.features[among])))
        return draws

    def _draw(self, rng):
        return even_draw(self.groups, self.count, rng)

    @cached_property
    def spread(self):
        """How far apart the clips of one label lie."""
        return spread_within(self.features, self.labels["label"], everything(self))


def everything(clips):
    """Return the positions of all clips."""
    return np.arange(len(clips))


def spread_within(features, labels, chosen):
    """Return the trace of the covariance within a label, the mean over labels of two or more."""
    labels, chosen = np.asarray(labels), everything(labels) if chosen is ALL else chosen
    parts = [features[chosen[labels[chosen] == label]] for label in np.unique(labels[chosen])]
    traces = [np.var(part, axis=0, ddof=1).sum() for part in parts if len(part) > 1]
    return float(np.mean(traces)) if traces else float("nan")


_ANY, _NOT_NEGATIVE = (-np.inf, np.inf), (0.0, np.inf)


class Score(NamedTuple):
    """How one score is written in a table of text, and how it is measured.

    ``of``: from clips and positions of some of them to the score of these; none where two sets are
    compared, which is up to `report.evaluate`. The value of a set is the score of all its clips, or
    with ``draws`` the mean over subsets of the smaller set's size. ``interval``: by "jackknife",
    by "wilson" or none. ``limits``: the least and greatest score, None standing for the number of
    classes. ``heard``: measured by every ear. ``brief``: measured along a run. ``pitched``: of
    notes only. ``times``: what is too small to be read is written so many times as large.
    """

    title: str
    form: str
    of: Callable | None = None
    limits: tuple = _ANY
    interval: str = "jackknife"
    draws: bool = False
    heard: bool = False
    brief: bool = False
    pitched: bool = False
    times: int = 1


def measure(clips, brief=False, heard=False):
    """Return values and intervals (dicts by the names of `SCORES`) of what applies to a set.

    ``heard``: only what every ear measures. Each score has a stream of random numbers of its own:
    none moves another, and equal sets score alike.
    """
    values, intervals = {}, {}
    for name, score in SCORES.items():
        if not score.of or (brief and not score.brief) or (score.pitched and clips.midi is None):
            continue
        if heard and not score.heard:
            continue
        rng = stream(clips.seed, name)
        values[name] = _value(score, clips, rng)
        if score.interval and not brief:
            intervals[name] = _interval(score, values[name], clips, rng)
    return values, intervals


def _value(score, clips, rng):
    if not score.draws or clips.count == len(clips):
        return score.of(clips, ALL)
    draws = (even_draw(clips.groups, clips.count, rng) for _ in range(DRAWS))
    return float(np.mean([score.of(clips, drawn) for drawn in draws]))


def _interval(score, value, clips, rng):
    if score.interval == "wilson":
        return wilson_interval(value, len(np.unique(clips.recordings)))
    low, high = score.limits
    high = clips.probabilities["label"].shape[1] if high is None else high
    return jackknife_interval(
        lambda kept: score.of(clips, kept), value, clips.recordings, clips.groups, rng, (low, high)
    )


def _in_tune(clips, chosen):
    return pitch_accuracy(clips.errors_cents[chosen])


def _out_of_tune(clips, chosen):
    return float(np.median(np.nan_to_num(np.abs(clips.errors_cents[chosen]), nan=1200.0)))


def _inception(clips, chosen):
    return inception_score(clips.probabilities["label"][chosen])


def _of_balls(count):
    """Return the score that counts something of the clips inside each ball."""

    def score(clips, chosen):
        kept = np.zeros(len(clips), bool)
        kept[chosen] = True
        return float(np.mean([count(inside[:, kept[mine]]) for mine, inside in clips.balls]))

    return score


def _bins(clips, chosen):
    equal = even_draw(clips.groups, clips.count, stream(clips.seed, "bins"))
    return int(different_bins(clips.features[equal], clips.train.features).different.sum())


def _cubic(clips, chosen):
    return clips.cubic(chosen)


def _gaussian(clips, chosen):
    return clips.gaussian(chosen)


def _train_distance(clips, chosen):
    return float(np.median(clips.nearest[1][chosen]))


def _attack(clips, chosen):
    return float(np.nanmedian(clips.attack_ms[chosen]))


def _frechet(clips, chosen):
    return frechet_distance(clips.features[chosen], clips.train.features)


def _frechet_infinity(clips, chosen):
    sets = clips.features[chosen], clips.train.features, clips.groups[chosen], clips.train.groups
    return frechet_distance_infinity(*sets)


def _spread(clips, chosen):
    return spread_within(clips.features, clips.labels["label"], chosen) / clips.train.spread


#: Of a report's columns, in the order of a table.
SCORES = {
    "pitch_accuracy": Score("within 20 cents", "{:.3f}", _in_tune, interval="wilson", pitched=True),
    "pitch_error_cents": Score(
        "  out of tune (cents)", "{:.1f}", _out_of_tune, interval="", pitched=True
    ),
    "inception_score": Score("inception score", "{:.2f}", _inception, (1.0, None), brief=True),
    "density": Score(
        *("density", "{:.2f}", _of_balls(lambda inside: inside.sum(axis=0).mean() / NEIGHBOURS)),
        _NOT_NEGATIVE,
        heard=True,
    ),
    "coverage": Score(
        *("coverage", "{:.2f}", _of_balls(lambda inside: inside.any(axis=1).mean())),
        (0.0, 1.0),
        heard=True,
    ),
    "different_bins": Score("different bins of 20", "{}", _bins, interval=""),
    "spread": Score("spread within a label", "{:.2f}", _spread, _NOT_NEGATIVE, heard=True),
    "kernel_distance": Score("kernel distance x 100, cubic", "{:.3g}", _cubic, times=100),
    "gaussian_kernel_distance": Score("  Gaussian", "{:.2f}", _gaussian, heard=True, times=100),
    "train_distance_db": Score(
        "nearest training clip (dB)", "{:.1f}", _train_distance, _NOT_NEGATIVE
    ),
    "nearer": Score("  nearer than a test clip's", "{:.2f}"),
    "copy_distance_db": Score("  at any tuning, by the codec", "{:.1f}"),
    "apart_db": Score("nearest other clip (dB)", "{:.1f}"),
    "level_db": Score("level (dB)", "{:.1f}"),
    "flatness": Score("flatness", "{:.3f}"),
    "attack_ms": Score("attack (ms)", "{:.1f}", _attack, _NOT_NEGATIVE),
    "attack_difference_ms": Score("  difference, label by label", "{:.1f}"),
    "frechet_distance_infinity": Score(
        "Fréchet distance, no end", "{:.2f}", _frechet_infinity, interval="", heard=True
    ),
    "frechet_distance": Score(
        *("Fréchet distance", "{:.2f}", _frechet),
        _NOT_NEGATIVE,
        draws=True,
        heard=True,
        brief=True,
    ),
}
