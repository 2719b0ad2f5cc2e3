"""Generated clips beside held-out ones; `audiogan_lib.metrics` states the conventions."""

import numpy as np

from audiogan_lib import audio
from audiogan_lib.metrics.accuracy import class_shares, label_accuracy, wilson_interval
from audiogan_lib.metrics.acoustics import attack_difference, symptoms, vital_signs
from audiogan_lib.metrics.distances import frechet_distance
from audiogan_lib.metrics.memorisation import nearer, nearest_clips
from audiogan_lib.metrics.sampling import even_draw, stream
from audiogan_lib.metrics.scores import Clips, measure

#: Clips in which signs of trouble are looked for; training clips that give a baseline.
_SIGNS, _BASELINE = 100, 300
#: Clips at either end of a ranking to keep.
_ENDS = 8


def evaluate(
    judge, train, test, test_labels, generated, generated_labels, seed=0, pitches=None, brief=False
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
        moves inception score and Frechet distance by itself.
    seed : int >= 0
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
        the label asked for, most probable label) and ``nearest_pairs`` (clip, training clip,
        distance); ``"floor"`` and ``"equal_count"``. Ready for JSON.

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
    reference = _clips(judge, train)
    sets = {
        "test": _clips(judge, test, test_labels, pitches, reference),
        "generated": _clips(judge, generated, generated_labels, pitches, reference),
    }
    report = {}
    for name, clips in sets.items():
        values, intervals = measure(clips, count, seed, brief)
        report[name] = _column(judge, clips) | values
        if not brief:
            report[name]["intervals"] = intervals
    report |= {"floor": _floor(reference, count, stream(seed, "floor")), "equal_count": count}
    if not brief:
        _add_details(report, sets, judge, seed)
    return report


def _clips(judge, waveforms, labels=None, pitches=None, train=None):
    labels = labels if isinstance(labels, dict) else {"label": labels}
    probabilities = {head: judge.probabilities(waveforms, head=head) for head in judge.heads}
    groups = np.zeros(len(waveforms), np.int64)
    for rows in reversed(probabilities.values()):
        groups = groups * rows.shape[1] + rows.argmax(axis=1)
    midi = None
    if pitches is not None and train is not None:
        midi = np.asarray(pitches, np.float64)[np.asarray(labels["label"])]
    features = judge.features(waveforms)
    return Clips(waveforms, judge.sample_rate, features, probabilities, groups, labels, midi, train)


def _column(judge, clips):
    """Return what the judge's classes say of a set."""
    accuracies = {
        head: label_accuracy(clips.probabilities[head], labels)
        for head, labels in clips.labels.items()
    }
    accuracy = accuracies.pop("label")
    shares = {head: class_shares(rows) for head, rows in clips.probabilities.items()}
    return {
        "clips": len(clips),
        "accuracy": accuracy,
        "interval": wilson_interval(accuracy, len(clips)),
        "accuracies": accuracies,
        "shares": {
            head: dict(zip(judge.heads[head], values.tolist(), strict=True))
            for head, values in shares.items()
        },
    }


def _floor(train, count, rng):
    """Frechet distance of training clips to the other training clips."""
    draws = [even_draw(train.groups, count, rng) for _ in range(10)]
    rest = (np.delete(train.features, drawn, axis=0) for drawn in draws)
    pairs = zip(draws, rest, strict=True)
    return float(np.mean([frechet_distance(train.features[drawn], rest) for drawn, rest in pairs]))


def _add_details(report, sets, judge, seed):
    """Add what is of the report, but no score of one set."""
    _add_copies(report, **sets, rng=stream(seed, "train_distance_db of train"))
    _add_signs(report, sets, seed)
    _add_ends(report["generated"], sets["generated"], judge.heads["label"])
    known, made = ((clips.attack_ms, clips.labels["label"]) for clips in sets.values())
    report["generated"]["attack_difference_ms"] = attack_difference(*made, *known)


def _add_copies(report, test, generated, rng):
    """Add how near training clips are to each other and to generated ones, and the nearest."""
    train = generated.train
    drawn = even_draw(train.groups, min(_BASELINE, len(train) // 2), rng)
    others = np.delete(train.waveforms, drawn, axis=0)
    _, among_db = nearest_clips(train.waveforms[drawn], others, train.sample_rate)
    report["train_distance_db"] = float(np.median(among_db))
    nearest, distance_db = generated.nearest
    report["generated"]["nearer"] = nearer(distance_db, test.nearest[1])
    report["generated"]["nearest_pairs"] = [
        [int(clip), int(nearest[clip]), float(distance_db[clip])]
        for clip in np.argsort(distance_db, kind="stable")[:_ENDS]
    ]


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
    probabilities, labels = clips.probabilities["label"], np.asarray(clips.labels["label"])
    sure = probabilities[np.arange(len(labels)), labels]
    order = np.argsort(sure, kind="stable")
    for key, ranked in (("worst", order[:_ENDS]), ("best", order[::-1][:_ENDS])):
        column[key] = [
            [int(clip), float(sure[clip]), names[probabilities[clip].argmax()]] for clip in ranked
        ]
