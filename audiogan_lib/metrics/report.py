"""Generated clips beside held-out ones; `audiogan_lib.metrics` states the conventions."""

from typing import NamedTuple

import numpy as np

from audiogan_lib.metrics.accuracy import class_shares, label_accuracy, wilson_interval
from audiogan_lib.metrics.acoustics import (
    attack_difference,
    attack_times,
    pitch_accuracy,
    pitch_errors,
    symptoms,
    vital_signs,
)
from audiogan_lib.metrics.coverage import density_and_coverage, different_bins
from audiogan_lib.metrics.distances import (
    discrepancy,
    frechet_distance,
    frechet_distance_infinity,
    gaussian_kernel,
    polynomial_kernel,
)
from audiogan_lib.metrics.inception import am_score, inception_score, modified_inception_score
from audiogan_lib.metrics.memorisation import memorisation, nearest_clips
from audiogan_lib.metrics.sampling import even_draw, half_interval


class _Heard(NamedTuple):
    """What the judge makes of a set; a clip's group is its combination of verdicts."""

    waveforms: np.ndarray
    features: np.ndarray
    probabilities: dict
    groups: np.ndarray


def evaluate(
    judge, train, test, test_labels, generated, generated_labels, seed=0, pitches=None, brief=False
):
    """Score generated clips beside the held-out real ones, as the notes of this module say.

    Parameters
    ----------
    judge : object
        See the notes.
    train, test : np.ndarray [shape=(clips, samples)]
        Waveforms: the split the generator learnt from, the held-out split.
    test_labels : array_like of int [shape=(clips,)] or dict of str to such
        What each clip of ``test`` is; or that for ``"label"`` and other heads of the judge.
    generated : np.ndarray [shape=(clips, samples)]
        The generator's waveforms.
    generated_labels : array_like of int [shape=(clips,)] or dict of str to such
        What each was asked to be. Ask for the labels of the test split: another mix of labels
        moves inception score and Frechet distance by itself.
    seed : int
        Of all random draws.
    pitches : array_like of float [shape=(classes,)], optional
        MIDI pitch that each class of ``"label"`` stands for; then tuning is measured too.
    brief : bool
        Only accuracy, inception score, Frechet distance and shares, such as along a run.

    Returns
    -------
    report : dict
        ``"test"`` and ``"generated"``, each a dict of ``clips``, ``accuracy``, ``interval`` (95 %),
        ``accuracies`` (of other heads), ``inception_score``, ``frechet_distance`` and ``shares``
        (head -> class name -> share), and unless brief all other scores by the names of their
        functions, with ``intervals``, and clips to hear: ``worst``, ``best`` (clip, probability of
        the label asked for, label heard) and ``nearest_pairs`` (clip, training clip, distance);
        ``"floor"`` and ``"equal_count"``. Ready for JSON.

    Raises
    ------
    ValueError
        If a set is too small or its labels do not fit.
    """
    count = min(len(test), len(generated))
    if len(train) < count + 2:
        raise ValueError(f"train must have at least {count + 2} clips, got {len(train)}")
    rng = np.random.default_rng(seed)
    labels = {"test": _by_head(test_labels), "generated": _by_head(generated_labels)}
    reference = _hear(judge, train)
    heard = {"test": _hear(judge, test), "generated": _hear(judge, generated)}
    report = {
        name: _judged(judge, heard[name], labels[name], reference, count, rng) for name in heard
    }
    report |= {"floor": _floor(reference, count, rng), "equal_count": count}
    if not brief:
        _complete(report, judge, heard, labels, reference, pitches, rng)
    return report


def _complete(report, judge, heard, labels, reference, pitches, rng):
    """Add all further scores to a brief report."""
    for name, clips in heard.items():
        column = report[name]
        column |= compared(clips, reference, report["equal_count"], rng)
        column["intervals"] = intervals(column, clips, reference, report["equal_count"], rng)
        if pitches is not None:
            midi = np.asarray(pitches, np.float64)[np.asarray(labels[name]["label"])]
            add_tuning(column, clips, midi, judge.sample_rate)
    asked = np.asarray(labels["generated"]["label"])
    add_ends(report["generated"], heard["generated"], asked, judge.heads["label"])
    add_copies(report, heard, reference, judge.sample_rate, rng)
    add_signs(report, heard, judge.sample_rate, rng)
    add_attacks(report, heard, labels, judge.sample_rate, rng)


def _by_head(labels):
    return labels if isinstance(labels, dict) else {"label": labels}


def _hear(judge, waveforms):
    probabilities = {head: judge.probabilities(waveforms, head=head) for head in judge.heads}
    groups = np.zeros(len(waveforms), np.int64)
    for rows in reversed(probabilities.values()):
        groups = groups * rows.shape[1] + rows.argmax(axis=1)
    return _Heard(waveforms, judge.features(waveforms), probabilities, groups)


def _judged(judge, heard, labels, reference, count, rng):
    """The scores of every report."""
    clips = len(heard.waveforms)
    accuracies = {head: label_accuracy(heard.probabilities[head], labels[head]) for head in labels}
    accuracy = accuracies.pop("label")
    distances = [
        frechet_distance(heard.features[drawn], reference.features)
        for drawn in _even_draws(heard, count, rng)
    ]
    shares = {head: class_shares(rows) for head, rows in heard.probabilities.items()}
    return {
        "clips": clips,
        "accuracy": accuracy,
        "interval": wilson_interval(accuracy, clips),
        "accuracies": accuracies,
        "inception_score": inception_score(heard.probabilities["label"]),
        "frechet_distance": float(np.mean(distances)),
        "shares": {
            head: dict(zip(judge.heads[head], values.tolist(), strict=True))
            for head, values in shares.items()
        },
    }


def _floor(reference, count, rng):
    """Frechet distance of training clips to the other training clips."""
    features = reference.features
    return float(
        np.mean(
            [
                frechet_distance(features[drawn], np.delete(features, drawn, axis=0))
                for drawn in _even_draws(reference, count, rng)
            ]
        )
    )


def _even_draws(heard, count, rng):
    """Return ten random subsets, each with the set's mix of the judge's verdicts, as positions."""
    if count == len(heard.groups):
        return [np.arange(count)]
    return [even_draw(heard.groups, count, rng) for _ in range(10)]


#: Clips in which signs of trouble are looked for; training clips that give a baseline.
_LISTENED, _BASELINE = 100, 300
#: Clips at either end of a ranking to keep.
_ENDS = 8


def compared(heard, reference, count, rng):
    """All further scores by the judge."""
    probabilities = heard.probabilities["label"]
    features, known = heard.features, reference.features
    balls = [
        density_and_coverage(
            features[even_draw(heard.groups, count, rng)],
            known[even_draw(reference.groups, count, rng)],
        )
        for _ in range(10)
    ]
    density, coverage = np.mean(balls, axis=0)
    drawn = even_draw(heard.groups, count, rng)
    bins = different_bins(features[drawn], known)
    return {
        "modified_inception_score": modified_inception_score(probabilities),
        "am_score": am_score(probabilities, reference.probabilities["label"]),
        "density": float(density),
        "coverage": float(coverage),
        "different_bins": int(bins.different.sum()),
        "bins": len(bins.different),
        "kernel_distance": discrepancy(features, known, polynomial_kernel)(slice(None)),
        "gaussian_kernel_distance": discrepancy(features, known, gaussian_kernel(known))(
            slice(None)
        ),
        "frechet_distance_infinity": frechet_distance_infinity(
            features, known, heard.groups, reference.groups
        ),
    }


def intervals(values, heard, reference, count, rng):
    """Intervals of the scores of a set, by name."""
    probabilities, groups = heard.probabilities["label"], heard.groups
    features, known = heard.features, reference.features
    wanted = reference.probabilities["label"]
    scores = {
        "inception_score": lambda half: inception_score(probabilities[half]),
        "modified_inception_score": lambda half: modified_inception_score(probabilities[half]),
        "am_score": lambda half: am_score(probabilities[half], wanted),
        "kernel_distance": discrepancy(features, known, polynomial_kernel),
        "gaussian_kernel_distance": discrepancy(features, known, gaussian_kernel(known)),
        "frechet_distance": lambda half: frechet_distance(features[half], known),
    }
    limits = {
        "inception_score": (1.0, probabilities.shape[1]),
        "modified_inception_score": (1.0, np.inf),
        "am_score": (0.0, np.inf),
        "frechet_distance": (0.0, np.inf),
    }
    found = {
        name: half_interval(
            score, values[name], groups, rng, limits=limits.get(name, (-np.inf, np.inf))
        )
        for name, score in scores.items()
    }

    def extrapolated(half):
        thinned = features[half], known, groups[half], reference.groups
        return frechet_distance_infinity(*thinned, draws=2)

    found["frechet_distance_infinity"] = half_interval(
        extrapolated, values["frechet_distance_infinity"], groups, rng, draws=20
    )
    whole = even_draw(groups, count, rng)
    for name, greatest in (("density", np.inf), ("coverage", 1.0)):

        def near(half, name=name):
            others = known[even_draw(reference.groups, len(half), rng)]
            return getattr(density_and_coverage(features[whole[half]], others), name)

        found[name] = half_interval(near, values[name], groups[whole], rng, limits=(0.0, greatest))
    return found


def add_tuning(column, heard, midi, sample_rate):
    """Add to a column how well notes are in tune."""
    errors_cents = pitch_errors(heard.waveforms, sample_rate, midi)
    accuracy = pitch_accuracy(errors_cents)
    column["pitch_accuracy"] = accuracy
    column["intervals"]["pitch_accuracy"] = wilson_interval(accuracy, len(midi))
    column["pitch_error_cents"] = float(np.median(np.nan_to_num(np.abs(errors_cents), nan=1200.0)))


def add_copies(report, heard, reference, sample_rate, rng):
    """Add distances to the nearest training clips, and the nearest pairs."""
    train = reference.waveforms
    found = memorisation(heard["generated"].waveforms, heard["test"].waveforms, train, sample_rate)
    drawn = even_draw(reference.groups, min(_BASELINE, len(train) // 2), rng)
    _, among = nearest_clips(train[drawn], np.delete(train, drawn, axis=0), sample_rate)
    report["train_distance_db"] = float(np.median(among))
    for name, distances in (("test", found.test_distance_db), ("generated", found.distance_db)):
        report[name]["train_distance_db"] = float(np.median(distances))
        report[name]["intervals"]["train_distance_db"] = half_interval(
            lambda half, distances=distances: np.median(distances[half]),
            report[name]["train_distance_db"],
            heard[name].groups,
            rng,
            limits=(0.0, np.inf),
        )
    report["generated"]["nearer"] = found.nearer
    closest = np.argsort(found.distance_db, kind="stable")[:_ENDS]
    report["generated"]["nearest_pairs"] = [
        [int(clip), int(found.nearest[clip]), float(found.distance_db[clip])] for clip in closest
    ]


def add_ends(column, heard, labels, names):
    """Add the clips in which the judge hears least and most of what was asked for."""
    probabilities = heard.probabilities["label"]
    sure = probabilities[np.arange(len(labels)), labels]
    order = np.argsort(sure, kind="stable")
    for key, clips in (("worst", order[:_ENDS]), ("best", order[::-1][:_ENDS])):
        column[key] = [
            [int(clip), float(sure[clip]), names[probabilities[clip].argmax()]] for clip in clips
        ]


def add_attacks(report, heard, labels, sample_rate, rng):
    """Add how quickly the clips rise, and how far that is from the test split's, label by label."""
    times = {name: attack_times(clips.waveforms, sample_rate) for name, clips in heard.items()}
    for name, attack_ms in times.items():
        report[name]["attack_ms"] = float(np.nanmedian(attack_ms))
        report[name]["intervals"]["attack_ms"] = half_interval(
            lambda half, attack_ms=attack_ms: np.nanmedian(attack_ms[half]),
            report[name]["attack_ms"],
            heard[name].groups,
            rng,
            limits=(0.0, np.inf),
        )
    pairs = [(times[name], labels[name]["label"]) for name in ("generated", "test")]
    report["generated"]["attack_difference_ms"] = attack_difference(*pairs[0], *pairs[1])


def add_signs(report, heard, sample_rate, rng):
    """Add level, flatness and likeness of the clips, and what would ring an alarm."""
    count = min(_LISTENED, report["equal_count"])
    signs = {
        name: vital_signs(clips.waveforms[even_draw(clips.groups, count, rng)], sample_rate)
        for name, clips in heard.items()
    }
    for name, found in signs.items():
        report[name] |= {
            "level_db": found.level_db,
            "flatness": found.flatness,
            "apart_db": found.apart_db,
        }
    ringing = symptoms(signs["generated"], signs["test"])
    report["generated"]["alarms"] = {name: seen for name, seen in ringing.items() if seen}
