"""Train the judges that ship with the library again: ``python tools/train_classifiers.py``.

Writes audiogan_lib/weights/judge-<name>/classifier.weights.h5, card.json and card.md. Takes about
two minutes each on two cores; "digits" downloads FSDD (15 MB) unless it is there already.
"""

import argparse
import dataclasses
import os
import textwrap
import time

import keras
import numpy as np
import tensorflow as tf

from audiogan_lib import classifiers, datasets, files, metrics

_MELS = {"hears": "log_mels"}
RECIPES = {
    "digits": {"dataset": "fsdd", "columns": ["speaker"], "octaves": 0.0, "epochs": 60, "seed": 0},
    "drums": {
        "dataset": "drums",
        "columns": [],
        "octaves": 0.25,
        "epochs": 12,
        "seed": 0,
        "also": ("open_source_drumkit", "drum_machines"),
    },
    "robot-digits": {
        "dataset": "robot_digits",
        "columns": [],
        "octaves": 0.2,
        "epochs": 120,
        "seed": 0,
    },
    "notes": {
        "dataset": "notes",
        "columns": ["instrument"],
        "octaves": 0.0,
        "epochs": 32,
        "seed": 0,
        "hears": "keys",
        "evenly_by": "instrument",
    },
}
#: A second judge of each: other features, another network.
RECIPES |= {
    f"{name}-mels": recipe
    | ({"hears": "fine_mels", "width": 32, "epochs": 60} if name == "notes" else _MELS)
    for name, recipe in list(RECIPES.items())
}
#: Machines that are not learnt from, since the shipped test split has one of them.
WITHOUT = "TR-808", "808-mini"
#: Variants of each clip in an epoch, where other data sets are learnt from too.
VARIANTS = 6
#: Copies of each clip in an epoch, where classes are drawn evenly and clips are filtered.
COPIES = 3
DATA = {
    "digits": """Free Spoken Digit Dataset (Zohar Jackson and contributors, CC BY-SA 4.0), 8 kHz,
8192 samples. Recordings 0 to 4 of each speaker and digit are the test, as its authors say, so the
same six voices are in both splits.""",
    "robot-digits": """The shipped digits of speech synthesisers (origin, licence and split:
`audiogan_lib/sounds/robot_digits/LICENSE.md`), 8 kHz, 8192 samples. The test split holds two voices
that are not in the training split.""",
    "notes": """The shipped notes (origin, licence and split:
`audiogan_lib/sounds/notes/LICENSE.md`), 16 kHz, 16384 samples. For five instruments the test split
is another source than training had (another piano, another cello, other strings, the alto of the
saxophones); for the other eight it holds recorded keys that training never heard.""",
    "drums": """The shipped drum one-shots (origin, licence and split:
`audiogan_lib/sounds/drums/LICENSE.md`), 16 kHz, 16384 samples, each clip another recording. The
split is by kit: no drum, cymbal or machine of the test split is in the training split. Training
heard the hits of `open_source_drumkit` and `drum_machines` too, as far as they are of these
classes, but for the TR-808, which is a kit of the test. Kits are balanced: each counts by the root
of its number of clips. Five of six variants have another spectrum (4 dB of standard deviation at
seven frequencies from 60 Hz to 8 kHz) and ring shorter.""",
}
EVENLY = """
Before that {1} times as many clips as there are were drawn, as many of each {0}, and each was sent
through a smooth filter of its own (5 dB at each octave) and given a slope of level (10 dB a
second): a source has one microphone and one room, by which it should not be known."""
CARD = """# Judge of {name}

Tells which of {classes} it hears{also}; scores the sounds of the generator `{generator}`.

**Data.** {data}
{train_clips} clips for training, {test_clips} for the test. Real sounds only: it never heard a
generated one. The test split had no part in training.

**What it hears.** {hearing}

**Network.** {network},
a layer of 64 (the features of the Fréchet distance), a softmax per head{keys}:
{parameters:,} parameters.

**Recipe.** `python tools/train_classifiers.py {name}`: {epochs} epochs, batches of 64, AdamW with
a peak rate of 0.002 and cosine decay, seed {seed}. Variations of the real sounds: shift in time, a
random three-tap filter, a hole of up to 5 % of the clip, white noise 20 to 60 dB under the
peak{detuned}.{evenly}
{minutes} minutes on {cores} cores; commit {commit}; {versions}.

**Measured on the test split.**

{accuracies}
{elsewhere}
{confusions}

With white noise at 30 / 20 / 14 dB under each clip's peak: {noisy}.

Inception score of the test split {inception_score:.2f}; its Fréchet distance to the training
split {frechet_distance:.2f}. As many training clips, drawn evenly, are {floor:.2f} from the others.
"""
CEPSTRA = """Mel cepstra (25 ms windows every 10 ms, 40 bands, 20 coefficients and their
slopes), the same at every level. The generators draw linear log-magnitude spectrograms on another
time grid; a judge that heard those would flatter them. The cosine transform keeps the envelope
of the spectrum and drops its fine structure, so much that a listener minds, such as a wrong phase,
hardly changes this judge's mind: its approval is not a listener's."""
MELS = """Pictures of {bands} mel bands in decibels ({window} ms windows every {hop} ms), the same
at every level. It shares neither features nor network with the judge `{{generator}}`: what pleases
both is less likely to please by accident. It was trained on the same sounds."""
HEARING = {
    "cepstra": CEPSTRA,
    "keys": f"""{CEPSTRA}

Beside them bands of half a semitone from 55 Hz to 7 kHz (256 ms windows every 20 ms), which tell
the pitch. The generator's windows are a quarter as long and its bins all of one width. Whether a
note is in tune, `metrics.pitch_errors` tells better.""",
    "log_mels": MELS.format(bands=40, window=32, hop=16),
    "fine_mels": MELS.format(bands=160, window=256, hop=128),
}
NETWORKS = {
    "time": "Five convolutions over time, mean and maximum over the clip",
    "picture": "Four convolutions over time and frequency, the mean over time",
}


def main():
    """Train the judges named on the command line, or all of them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", choices=[*RECIPES, []], help="default: all")
    for name in parser.parse_args().names or RECIPES:
        make(name, **RECIPES[name])


def make(
    name,
    dataset,
    columns,
    octaves,
    epochs,
    seed,
    width=64,
    hears="cepstra",
    also=(),
    evenly_by=None,
):
    """Train one judge, measure it on the test split, and write its folder."""
    data = datasets.load(dataset)
    train, test = data.split("train"), data.split("test")
    lesson = train
    if also:
        lesson = varied(widened(train, also), seed)
    elif evenly_by:
        lesson = coloured(train, evenly_by, seed)
    start = time.perf_counter()
    judge = classifiers.train(lesson, columns, octaves, epochs, width=width, hears=hears, seed=seed)
    minutes = round((time.perf_counter() - start) / 60, 1)
    facts = {
        "name": name,
        "dataset": dataset,
        "train_clips": len(train),
        "test_clips": len(test),
        "octaves": octaves,
        "epochs": epochs,
        "seed": seed,
        "evenly_by": evenly_by,
        "minutes": minutes,
        "cores": os.cpu_count(),
        "commit": files.commit(),
        "versions": f"TensorFlow {tf.__version__}, Keras {keras.__version__}",
        **measure(judge, train, test),
    }
    folder = files.WEIGHTS / f"judge-{name}"
    classifiers.save(judge, folder, **facts)
    files.write_text(folder / "card.md", describe(judge, facts))
    print(describe(judge, facts))


def widened(train, also):
    """Return training clips and those of other data sets that are of the same labels."""
    parts = [(train.waveforms, train.labels, train.columns["kit"])]
    for name in also:
        other = datasets.load(name)
        known = np.isin(other.label_names, train.label_names)[other.labels]
        other = other.select(known & ~np.isin(other.columns["kit"], WITHOUT))
        labels = [train.label_names.index(other.label_names[label]) for label in other.labels]
        parts.append((other.waveforms, labels, other.columns["kit"]))
    waveforms, labels, kits = (np.concatenate(part) for part in zip(*parts, strict=True))
    return dataclasses.replace(train, waveforms=waveforms, labels=labels, columns={"kit": kits})


def varied(dataset, seed):
    """Return as many clips of each label, kits by the root of their clips, in several variants."""
    rng = np.random.default_rng(seed)
    rows = []
    for label in np.unique(dataset.labels):
        of_label = dataset.labels == label
        kits, counts = np.unique(dataset.columns["kit"][of_label], return_counts=True)
        shares = np.sqrt(counts) / np.sqrt(counts).sum()
        wanted = VARIANTS * len(dataset) / len(dataset.label_names)
        for kit, share in zip(kits, shares, strict=True):
            clips = np.flatnonzero(of_label & (dataset.columns["kit"] == kit))
            rows.append(np.resize(rng.permutation(clips), max(1, round(share * wanted))))
    rows = rng.permutation(np.concatenate(rows))
    lesson = dataset.select(rows)
    other = rng.uniform(size=len(rows)) > 1 / VARIANTS
    lesson.waveforms[other] = [recoloured(clip, rng) for clip in lesson.waveforms[other]]
    return lesson


def recoloured(clip, rng):
    """Return a clip as another microphone may have heard it, on a drum that is damped more."""
    octaves = np.log2([60, 150, 400, 1000, 2500, 5000, 8000])
    frequencies_hz = np.fft.rfftfreq(len(clip), 1 / 16000)
    at = np.log2(np.maximum(frequencies_hz, 30))
    gains_db = np.interp(at, octaves, rng.normal(scale=4.0, size=len(octaves)))
    coloured = np.fft.irfft(np.fft.rfft(clip) * 10 ** (gains_db / 20), len(clip))
    coloured *= np.exp(-np.arange(len(clip)) / 16000 * max(0.0, rng.normal(scale=4.0)))
    return 0.9 * coloured / np.abs(coloured).max()


def coloured(train, column, seed):
    """Draw clips evenly from the classes of a column, each through a filter of its own.

    A source has one microphone, one room and one way of letting go, by which a judge would know an
    instrument. The filter is smooth (5 dB at each octave), the level bends by 10 dB a second.
    """
    rng = np.random.default_rng(seed)
    classes = [
        np.flatnonzero(train.columns[column] == name) for name in np.unique(train.columns[column])
    ]
    chosen = np.concatenate(
        [
            np.resize(rng.permutation(which), COPIES * len(train) // len(classes))
            for which in classes
        ]
    )
    heard = train.select(chosen)
    clips = np.asarray(heard.waveforms, np.float32)
    frequencies = np.fft.rfftfreq(clips.shape[1], 1 / train.sample_rate)
    octaves = np.log2(np.maximum(frequencies, 20) / 20)
    time_s = np.arange(clips.shape[1]) / train.sample_rate
    for index, clip in enumerate(clips):
        gain_db = np.interp(octaves, np.arange(11), rng.normal(scale=5, size=11))
        clip = np.fft.irfft(np.fft.rfft(clip) * 10 ** (gain_db / 20), len(clip))
        clip *= 10 ** (rng.normal(scale=10) * time_s / 20)
        clips[index] = clip * (0.9 / np.abs(clip).max())
    return dataclasses.replace(heard, waveforms=clips)


def measure(judge, train, test):
    """Return what the card says about the test split."""
    report = metrics.evaluate(
        judge,
        train.waveforms,
        test.waveforms,
        test.labels,
        test.waveforms,
        test.labels,
        brief=True,
        recordings=(train.columns["recording"], test.columns["recording"]),
    )
    accuracy, interval, confusions = {}, {}, {}
    for head, names in judge.heads.items():
        known, wanted = _targets(test, head, names)
        probabilities = judge.probabilities(test.waveforms[known], head)
        accuracy[head] = metrics.label_accuracy(probabilities, wanted)
        recordings = len(np.unique(test.columns["recording"][known]))
        interval[head] = metrics.wilson_interval(accuracy[head], recordings)
        answers = probabilities.argmax(axis=1)
        pairs, counts = np.unique(
            np.stack([wanted, answers])[:, wanted != answers], axis=1, return_counts=True
        )
        confusions[head] = [
            [names[real], names[taken], int(count)]
            for (real, taken), count in zip(pairs.T, counts, strict=True)
        ]
    elsewhere = {}
    if "source" in test.columns:
        other = test.select(~np.isin(test.columns["source"], train.columns["source"]))
        elsewhere = {head: accuracy_of(judge, other, head) for head in judge.heads if len(other)}
    noise = np.random.default_rng(0).normal(size=test.waveforms.shape)
    noise *= np.abs(test.waveforms).max(axis=1, keepdims=True)
    noisy = {
        level_db: metrics.label_accuracy(
            judge.probabilities(test.waveforms + 10 ** (-level_db / 20) * noise), test.labels
        )
        for level_db in (30, 20, 14)
    }
    return {
        "accuracy": accuracy,
        "interval": interval,
        "confusions": confusions,
        "accuracy_elsewhere": elsewhere,
        "accuracy_in_noise": noisy,
        "inception_score": report["test"]["inception_score"],
        "frechet_distance": report["test"]["frechet_distance"],
        "floor": report["floor"],
    }


def accuracy_of(judge, dataset, head):
    """Return the share of clips of which a judge names the class."""
    known, wanted = _targets(dataset, head, judge.heads[head])
    return metrics.label_accuracy(judge.probabilities(dataset.waveforms[known], head), wanted)


def describe(judge, facts):
    """Return the model card as Markdown."""
    lines, mistakes = [], []
    for head, names in judge.heads.items():
        low, high = facts["interval"][head]
        lines.append(
            f"- {head}: {facts['accuracy'][head]:.1%} right "
            f"(95 % interval {low:.1%} to {high:.1%}); {len(names)} classes:\n  {', '.join(names)}"
        )
        mistakes += [
            f"`{real}` taken for `{taken}` ({count})"
            for real, taken, count in sorted(facts["confusions"][head], key=lambda row: -row[2])
        ]
    elsewhere = ", ".join(
        f"{head} {share:.1%}" for head, share in facts["accuracy_elsewhere"].items()
    )
    octaves = facts["octaves"]
    others = [head for head in judge.heads if head != "label"]
    generator = facts["name"].removesuffix("-mels")
    picture = judge.hears in ("log_mels", "fine_mels")
    return CARD.format(
        **{name: fact for name, fact in facts.items() if name != "confusions"},
        classes=f"{len(judge.heads['label'])} {generator}",
        generator=generator,
        hearing=HEARING[judge.hears].format(generator=generator),
        network=NETWORKS["picture" if picture else "time"],
        keys=",\nand one pattern of harmonics that moves along the keys"
        if judge.hears == "keys"
        else "",
        also=f", and which {others[0]}" if others else "",
        data=DATA[generator],
        detuned=f", a change of pitch by up to {octaves:g} octaves" if octaves else "",
        parameters=judge.network.count_params(),
        evenly=EVENLY.format(facts["evenly_by"], COPIES) if facts.get("evenly_by") else "",
        accuracies="\n".join(lines),
        elsewhere=f"\nOf sources that training has nothing of: {elsewhere}.\n" if elsewhere else "",
        confusions=textwrap.fill(
            f"Mistakes, with their number: {', '.join(mistakes) or 'none'}.", 100
        ),
        noisy=" / ".join(f"{value:.1%}" for value in facts["accuracy_in_noise"].values()),
    )


def _targets(dataset, head, names):
    """Return which clips are of a class that the judge knows, and their positions in ``names``."""
    if head == "label":
        return np.full(len(dataset), True), dataset.labels
    known = np.isin(dataset.columns[head], names)
    return known, np.array([names.index(value) for value in dataset.columns[head][known]])


if __name__ == "__main__":
    main()
