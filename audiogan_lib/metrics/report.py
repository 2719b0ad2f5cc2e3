"""Generated clips beside held-out ones; `audiogan_lib.metrics` states the conventions."""

from dataclasses import replace

import numpy as np

from audiogan_lib import audio
from audiogan_lib.metrics.accuracy import class_shares, label_accuracy, wilson_interval
from audiogan_lib.metrics.acoustics import (
    attack_difference,
    durations,
    onset_times,
    symptoms,
    vital_signs,
)
from audiogan_lib.metrics.copies import add_copies
from audiogan_lib.metrics.distances import frechet_distance
from audiogan_lib.metrics.excess import distribution_difference, excesses
from audiogan_lib.metrics.sampling import draw_apart, even_draw, stream
from audiogan_lib.metrics.scores import Clips, measure

#: Clips in which signs of trouble are looked for.
_SIGNS = 100
#: Clips at either end of a ranking to keep.
_ENDS = 8


def evaluate(
    judge,
    train,
    test,
    test_labels,
    generated,
    generated_labels,
    seed=0,
    pitches=None,
    brief=False,
    *,
    train_labels=None,
    recordings=None,
    kits=None,
    ears=None,
    codec=None,
):
    """Score generated clips beside the held-out real ones, as the notes of this package say.

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
        moves inception score and Fréchet distance by itself.
    seed : int >= 0
        Of all random draws.
    pitches : array_like of float [shape=(classes,)], optional
        MIDI pitch that each class of ``"label"`` stands for; then tuning is measured too.
    brief : bool
        Only accuracy, inception score, Fréchet distance and shares.
    train_labels : array_like of int [shape=(clips,)], optional
        What each clip of ``train`` is; by default what the judge takes it for.
    recordings : tuple of two array_like, optional
        Of each clip of ``train`` and of ``test`` its recording; by default each is one of its own.
    kits : array_like [shape=(clips,)], optional
        Of each clip of ``train`` the kit, or the instrument, that was recorded.
    ears : dict of str to object, optional
        Further ears by their names: whatever has ``features(waveforms)``, and where it is a judge
        also ``heads``, as the first, and ``probabilities``.
    codec : callable, optional
        From real waveforms and their labels, as positions of classes, to what the generator's codec
        leaves of them.

    Returns
    -------
    report : dict
        ``"test"`` and ``"generated"``, each a dict of ``clips``, ``recordings``, ``accuracy``,
        ``interval`` (95 %), ``accuracies`` (of other heads), ``inception_score``,
        ``frechet_distance`` and ``shares`` (head -> class name -> share), and unless brief all
        other scores by the names of their functions, with ``intervals``, and clips to hear:
        ``worst``, ``best`` (clip, probability of the label asked for, most probable label) and
        ``nearest_pairs`` (clip, training clip, distance); ``"floor"``, of training recordings, with
        their own mix of labels, and ``"equal_count"``; unless brief also ``"ears"`` (by name, for
        each set what it measures), ``"worst_ear"`` (by score, the name and the value),
        ``"yardsticks"`` (in dB) and ``"differences"`` with ``"excesses"``. Ready for JSON: what
        cannot be measured, such as the attack of silence, is left out.

    Raises
    ------
    ValueError
        If a set is too small or its labels do not fit.
    """
    for name, waveforms in (("train", train), ("test", test), ("generated", generated)):
        audio.as_clips(waveforms, name)
    count = min(len(test), len(generated))
    if len(train) < count + 2:
        raise ValueError(f"train must have at least {count + 2} clips, got {len(train)}")
    known, heard = recordings or (np.arange(len(train)), np.arange(len(test)))
    reference = _clips(judge, train, train_labels, known)
    shared = {"pitches": pitches, "train": reference, "count": count, "seed": seed}
    sets = {
        "test": _clips(judge, test, test_labels, heard, **shared),
        "generated": _clips(
            judge, generated, generated_labels, np.arange(len(generated)), **shared
        ),
    }
    report = {}
    for name, clips in sets.items():
        values, intervals = measure(clips, brief)
        report[name] = _column(judge, clips) | values
        if not brief:
            report[name]["intervals"] = intervals
    report |= {"floor": _floor(reference, count, stream(seed, "floor")), "equal_count": count}
    if not brief:
        _add_ears(report, judge, ears or {}, sets, codec)
        add_copies(report, **sets, kits=kits, codec=codec)
        _add_signs(report, sets, seed)
        _add_ends(report["generated"], sets["generated"], judge.heads["label"])
        known, made = ((clips.attack_ms, clips.labels["label"]) for clips in sets.values())
        report["generated"]["attack_difference_ms"] = attack_difference(*made, *known)
        _add_excesses(report, **sets)
    return _measured(report)


def _measured(report):
    """Leave out numbers and intervals that are not finite."""
    kept = {}
    for key, value in report.items():
        numbers = value if isinstance(value, list | tuple) else [value]
        if all(np.isfinite(number) for number in numbers if isinstance(number, float)):
            kept[key] = _measured(value) if isinstance(value, dict) else value
    return kept


def _clips(judge, waveforms, labels, recordings, pitches=None, train=None, count=0, seed=0):
    probabilities = {head: judge.probabilities(waveforms, head=head) for head in judge.heads}
    if labels is None:
        labels = probabilities["label"].argmax(axis=1)
    labels = labels if isinstance(labels, dict) else {"label": labels}
    groups = np.zeros(len(waveforms), np.int64)
    for rows in reversed(probabilities.values()):
        groups = groups * rows.shape[1] + rows.argmax(axis=1)
    recordings = np.asarray(recordings)
    if recordings.shape != (len(waveforms),):
        raise ValueError(
            f"recordings must name one for each of {len(waveforms)} clips, "
            f"received the shape {recordings.shape}"
        )
    return Clips(
        waveforms=waveforms,
        sample_rate=judge.sample_rate,
        features=judge.features(waveforms),
        probabilities=probabilities,
        groups=groups,
        recordings=recordings,
        labels=labels,
        midi=None
        if pitches is None or train is None
        else np.asarray(pitches, np.float64)[np.asarray(labels["label"])],
        train=train,
        count=count,
        seed=seed,
    )


def _column(judge, clips):
    """Return what the judge's classes say of a set."""
    accuracies = _accuracies(clips)
    accuracy = accuracies.pop("label")
    shares = {head: class_shares(rows) for head, rows in clips.probabilities.items()}
    recordings = len(np.unique(clips.recordings))
    return {
        "clips": len(clips),
        "recordings": recordings,
        "accuracy": accuracy,
        "interval": wilson_interval(accuracy, recordings),
        "accuracies": accuracies,
        "shares": {
            head: dict(zip(judge.heads[head], values.tolist(), strict=True))
            for head, values in shares.items()
        },
    }


def _accuracies(clips):
    return {
        head: label_accuracy(clips.probabilities[head], labels)
        for head, labels in clips.labels.items()
    }


def _floor(train, count, rng):
    """Fréchet distance of training recordings to the other training recordings."""
    draws = (draw_apart(train.recordings, train.groups, count, rng) for _ in range(10))
    features = train.features
    return float(np.mean([frechet_distance(features[one], features[rest]) for one, rest in draws]))


def _add_ears(report, judge, ears, sets, codec):
    """Add what each ear measures of each set, and for each score the worst of them."""
    if codec is not None:
        test = sets["test"]
        left = np.asarray(codec(test.waveforms, np.asarray(test.labels["label"])))
        sets = sets | {"codec": _heard_by(judge, replace(test, waveforms=left), test.train)}
    panel = {getattr(judge, "hears", "judge"): None} | ears
    report["ears"] = {}
    for name, ear in panel.items():
        train, columns = sets["test"].train, sets
        if ear is not None:
            train = _heard_by(ear, train, None)
            columns = {key: _heard_by(ear, clips, train) for key, clips in sets.items()}
        report["ears"][name] = {key: _of_ear(clips) for key, clips in columns.items()}
    report["worst_ear"] = _worst(report["ears"])


def _heard_by(ear, clips, train):
    """Return the same clips to another ear; their groups stay those of the judge."""
    heads = getattr(ear, "heads", {})
    probabilities = {head: ear.probabilities(clips.waveforms, head) for head in heads}
    features = np.asarray(ear.features(clips.waveforms))
    return replace(clips, features=features, probabilities=probabilities, train=train)


def _of_ear(clips):
    values, intervals = measure(clips, heard=True)
    if clips.probabilities:
        accuracies = _accuracies(clips)
        values = {"accuracy": accuracies.pop("label"), "accuracies": accuracies} | values
        recordings = len(np.unique(clips.recordings))
        intervals = {"accuracy": wilson_interval(values["accuracy"], recordings)} | intervals
    return values | {"intervals": intervals}


def _worst(ears):
    """Return for each of three scores the ear to which the generated sounds are worst."""

    def shortfall(name, score):
        made, real = (ears[name][column][score] for column in ("generated", "test"))
        return {"accuracy": -made, "coverage": real - made}.get(score, made / max(real, 1e-12))

    worst = {}
    for score in ("accuracy", "coverage", "frechet_distance"):
        able = [name for name, columns in ears.items() if score in columns["generated"]]
        if not able:
            continue
        name = max(able, key=lambda name: shortfall(name, score))
        worst[score] = [name, ears[name]["generated"][score]]
    return worst


def _add_signs(report, sets, seed):
    """Add level, flatness and likeness of the clips, and what would ring an alarm."""
    count, signs = min(_SIGNS, report["equal_count"]), {}
    for name, clips in sets.items():
        drawn = even_draw(clips.groups, count, stream(seed, "signs"))
        signs[name] = vital_signs(clips.waveforms[drawn], clips.sample_rate)
        kept = ("level_db", "flatness", "apart_db")
        report[name] |= {key: getattr(signs[name], key) for key in kept}
    ringing = symptoms(signs["generated"], signs["test"])
    report["generated"]["alarms"] = {name: seen for name, seen in ringing.items() if seen}


def _add_ends(column, clips, names):
    """Add the clips that the judge takes least and most for what was asked."""
    sure = _confidence(clips)
    order = np.argsort(sure, kind="stable")
    for key, ranked in (("worst", order[:_ENDS]), ("best", order[::-1][:_ENDS])):
        column[key] = [
            [int(clip), float(sure[clip]), names[clips.probabilities["label"][clip].argmax()]]
            for clip in ranked
        ]


def _confidence(clips):
    labels = np.asarray(clips.labels["label"])
    return clips.probabilities["label"][np.arange(len(labels)), labels]


def _add_excesses(report, test, generated):
    """Add in what the generated sounds are unlike recordings though scores may like it."""
    measures = {
        "onset_ms": lambda clips: onset_times(clips.waveforms, clips.sample_rate),
        "duration_ms": lambda clips: durations(clips.waveforms, clips.sample_rate),
        "level_db": lambda clips: audio.level_db(clips.waveforms),
        "confidence": _confidence,
    }
    report["differences"] = {}
    for name, of in measures.items():
        made, real = (np.asarray(of(clips), np.float64) for clips in (generated, test))
        made[np.isinf(made)] = real[np.isinf(real)] = np.nan
        if np.isnan(made).all() or np.isnan(real).all():  # silence has an alarm of its own
            continue
        report["differences"][name] = list(distribution_difference(made, real, test.recordings))
    spreads = {
        name: ear["generated"]["spread"]
        for name, ear in report["ears"].items()
        if "spread" in ear["generated"]
    }
    report["excesses"] = excesses(report["differences"], spreads)
