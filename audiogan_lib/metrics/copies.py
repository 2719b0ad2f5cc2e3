"""What a report says of copies; `audiogan_lib.metrics` states the conventions."""

import numpy as np

from audiogan_lib.metrics.memorisation import (
    nearer,
    pair_distances,
    pictures,
    retuned,
    search,
)
from audiogan_lib.metrics.sampling import even_draw, stream

#: Training clips from which yardsticks are measured, and pairs to hear.
_YARDSTICKS, _PAIRS = 200, 8

#: A copy may be tuned higher or lower by so many semitones.
_SEMITONES = -2, -1, 1, 2


def add_copies(report, test, generated, kits, codec):
    """Add how near the sets lie to the training clips, and how near real clips lie to each other.

    ``report["yardsticks"]`` holds medians, in dB, of the distances of training clips to what is
    left of them by the codec; to themselves at other tunings; to the nearest clip of another
    recording and of another kit, each of the same label.
    """
    train = generated.train
    nearest, distance_db = generated.nearest
    column = report["generated"]
    column["nearer"] = nearer(distance_db, test.nearest[1])
    column["nearest_pairs"] = [
        [int(clip), int(nearest[clip]), float(distance_db[clip])]
        for clip in np.argsort(distance_db, kind="stable")[:_PAIRS]
    ]
    for name, clips in (("test", test), ("generated", generated)):
        report[name]["copy_distance_db"] = float(np.median(copy_distances(clips, codec)))
    drawn = even_draw(
        train.groups, min(_YARDSTICKS, len(train)), stream(generated.seed, "yardsticks")
    )
    report["yardsticks"] = _yardsticks(train, drawn, kits, codec)


def copy_distances(clips, codec):
    """Return the distance in dB of each clip to the training clip of which it could be a copy.

    That is the nearest at whichever tuning, after the codec, if there is one: a generator's copy
    has been through it.
    """
    train, rate = clips.train, clips.sample_rate
    images = pictures(clips.waveforms, rate)
    smallest, copied = clips.nearest[1].copy(), train.waveforms[clips.nearest[0]]
    labels = np.asarray(train.labels["label"])[clips.nearest[0]]
    for semitones in _SEMITONES:
        tuned = retuned(train.waveforms, semitones)
        nearest, distance_db = search(images, pictures(tuned, rate))
        closer = distance_db < smallest
        smallest[closer], copied[closer] = distance_db[closer], tuned[nearest[closer]]
        labels[closer] = np.asarray(train.labels["label"])[nearest[closer]]
    if codec is None:
        return smallest
    return np.minimum(smallest, pair_distances(clips.waveforms, codec(copied, labels), rate))


def _yardsticks(train, drawn, kits, codec):
    waveforms, labels = train.waveforms[drawn], np.asarray(train.labels["label"])
    rate, found = train.sample_rate, {}
    if codec is not None:
        found["codec"] = pair_distances(waveforms, codec(waveforms, labels[drawn]), rate)
    tuned = [
        pair_distances(waveforms, retuned(waveforms, semitones), rate) for semitones in _SEMITONES
    ]
    found["retuned"] = np.concatenate(tuned)
    images, others = pictures(waveforms, rate), pictures(train.waveforms, rate)
    same = labels[drawn][:, np.newaxis] == labels
    for name, units in (("recording", train.recordings), ("kit", kits)):
        if units is not None:
            units = np.asarray(units)
            distance_db = search(images, others, same & (units[drawn][:, np.newaxis] != units))[1]
            found[name] = distance_db[np.isfinite(distance_db)]
    return {name: float(np.median(values)) for name, values in found.items() if len(values)}
