"""The page at the end of a run on own sounds: real beside generated, scores, copies, a player."""

from __future__ import annotations

import json
from html import escape
from pathlib import Path

import numpy as np

from audiogan_lib import classifiers, datasets, display, files, live, metrics, pretrained
from audiogan_lib.runs.judging import sounds_like

#: Generated sounds that are scored, recordings that they are compared with, and nearest pairs.
_COUNT, _MOST_CLIPS, _PAIRS = 200, 2000, 6

#: On the page: so many classes, and of each so many recordings and generated sounds.
_CLASSES, _EACH = 12, 2

_BODY = """{facts}
<h2>Play it</h2>
{player}
<h2>Scores</h2>
{scores}
<h2>Recordings and generated sounds</h2>
{sounds}
<h2>Nearest to a copy</h2>
{nearest}
<h2>The recordings</h2>
<pre tabindex="0" role="region" aria-label="The recordings">{look}</pre>
{skipped}"""


def write_own_report(folder, heard):
    """Write the page of a run on own sounds, and its scores as JSON beside it.

    Returns the path of the page, ``report.html``. The generator is that of the best look.

    Parameters
    ----------
    folder : path-like
        Of the run.
    heard : datasets.Look
        What ``datasets.look`` heard of the same sounds.
    """
    folder = Path(folder)
    best = folder / "best"
    generator = pretrained.load(best if (best / "card.json").exists() else folder)
    data = generator.recipe.load_data(None)
    train = data.split("train")
    held_out = "test" in data.columns["split"]
    real = data.split("test") if held_out else train
    sounds, asked = sounds_like(generator, real, _COUNT)
    scores = measure(generator, train, real, sounds, asked["label"])
    files.write_text(folder / "report.json", json.dumps(scores, indent=1) + "\n")
    body = _BODY.format(
        facts=_facts(generator, heard, held_out),
        player=_player(folder, generator),
        scores=_table(scores),
        sounds=_sounds(generator, real, train),
        nearest=_nearest(scores["nearest_pairs"], train, sounds, asked["label"]),
        look=escape(repr(heard)),
        skipped=_skipped(folder),
    )
    title = f"{folder.resolve().name}: how it sounds"
    files.write_text(folder / "report.html", display.document(title, body))
    return folder / "report.html"


def measure(generator, train, real, sounds, asked):
    """Score generated sounds, and real ones by the same measures.

    Returns a dict, ready for JSON: for each score real and generated; ``nearest_pairs``.

    Parameters
    ----------
    generator : pretrained.Generator
        Its recipe names the judge, if there is one.
    train, real : datasets.Dataset
        What it learnt from, and recordings to compare with: those of the test where there are any.
    sounds : np.ndarray [shape=(clips, samples)]
        Generated.
    asked : sequence of str
        The label that each was asked for.
    """
    known = _sample(train)
    ear = metrics.ScatteringEar(train.sample_rate)
    scores = {"frechet_distance": _distances(ear, known, sounds)}
    nearest, distance_db = metrics.nearest_clips(sounds, known.waveforms, train.sample_rate)
    heard = real if real is not train else None
    scores["nearest_db"] = {"generated": round(float(np.median(distance_db)), 2)}
    if heard is not None:
        _, beside_db = metrics.nearest_clips(heard.waveforms, known.waveforms, train.sample_rate)
        scores["nearest_db"]["real"] = round(float(np.median(beside_db)), 2)
    if generator.recipe.judge:
        judge = classifiers.load(generator.recipe.judge)
        words = list(judge.heads["label"])
        labels = [words.index(name) for name in asked]
        scores["recognised"] = {
            "generated": _share(judge, sounds, labels),
            "real": _share(judge, np.asarray(real.waveforms), real.labels),
        }
    scores["counts"] = {"generated": len(sounds), "real": len(real), "train": len(known)}
    order = np.argsort(distance_db, kind="stable")[:_PAIRS]
    rows = np.arange(len(train)) if len(known) == len(train) else _rows(train)
    scores["nearest_pairs"] = [
        [int(clip), int(rows[nearest[clip]]), round(float(distance_db[clip]), 2)] for clip in order
    ]
    return scores


def _rows(data):
    return np.sort(np.random.default_rng(0).permutation(np.arange(len(data)))[:_MOST_CLIPS])


def _sample(data):
    return data if len(data) <= _MOST_CLIPS else data.select(_rows(data))


def _share(judge, waveforms, labels):
    return round(metrics.label_accuracy(judge.probabilities(waveforms), labels), 4)


def _distances(ear, known, sounds):
    """Return how far generated sounds are from recordings, and one half of these from the other.

    Sets are equally large, since a distance grows as they get smaller. The latter is what no
    generator can go below; for one recording alone it cannot be told.
    """
    if len(np.unique(known.columns["recording"])) < 4:
        features = ear.features(sounds), ear.features(known.waveforms)
        return {"generated": round(metrics.frechet_distance(*features), 2)}
    values = {"generated": [], "real": []}
    for seed in range(4):
        sets = [*(np.asarray(part.waveforms) for part in known.halves(seed)), sounds]
        count = min(map(len, sets))
        drawn = [clips[np.arange(count) * len(clips) // count] for clips in sets]  # of all classes
        reference, real, generated = map(ear.features, drawn)
        values["generated"].append(metrics.frechet_distance(generated, reference))
        values["real"].append(metrics.frechet_distance(real, reference))
    return {name: round(float(np.mean(found)), 2) for name, found in values.items()}


def _facts(generator, heard, held_out):
    card, recipe = generator.card, generator.recipe
    training = card.get("training", {})
    compared = (
        "Recordings on this page are of the tenth that training never saw"
        if held_out
        else "There is one recording, so that those on this page were learnt from"
    )
    duration_s, clips = recipe.samples / recipe.sample_rate, training.get("clips")
    spent = f"{training.get('minutes')} minutes of training, {training.get('step')} steps"
    return (
        f"<p>{clips} clips of {duration_s:.2f} s at {recipe.sample_rate} Hz; {spent}: "
        f"the look that scored best. {compared}.</p>"
    )


def _player(folder, generator):
    name = folder.resolve().name
    name = f"{name}-run" if name in files.generators() else name
    try:
        page, _ = live.one_file(generator, name)
    except ValueError as error:  # too large for a page
        return f"<p>There is no player: {escape(str(error))}.</p>"
    files.write_text(folder / "player.html", page)
    return (
        '<p>Every sound is new, made in this page: <a href="player.html">alone</a>, a file to '
        'send to anybody.</p><iframe src="player.html" title="Player" loading="lazy"></iframe>'
    )


#: For each score: its name, how it is written, and what it means.
_MEANINGS = {
    "recognised": (
        "recognised as asked",
        "{:.0%}",
        "by a judge that learnt these classes from the recordings; real ones it never heard",
    ),
    "frechet_distance": (
        "distance to the recordings",
        "{:.1f}",
        "to an ear that nobody trained; real: one half from the other, which none goes below",
    ),
    "nearest_db": (
        "distance to the nearest recording",
        "{:.1f} dB",
        "much less than real ones have would be copies",
    ),
}


def _table(scores):
    rows = []
    for key, (name, form, meaning) in _MEANINGS.items():
        if key in scores:
            pair = [
                form.format(scores[key][column]) if column in scores[key] else "not known"
                for column in ("real", "generated")
            ]
            cells = "".join(f"<td>{cell}</td>" for cell in (*pair, escape(meaning)))
            rows.append(f'<tr><th scope="row">{name}</th>{cells}</tr>')
    head = "".join(f'<th scope="col">{cell}</th>' for cell in ("", "real", "generated", ""))
    return f"<table><tr>{head}</tr>{''.join(rows)}</table>"


def _sounds(generator, real, train):
    """Show of each class some recordings, and as many generated sounds."""
    parts = []
    for number, label in enumerate(generator.label_names[:_CLASSES]):
        shown, name = (real, "recording")
        if number not in real.labels:  # the test has none of a small class
            shown, name = (train, "recording, learnt from")
        clips = shown.waveforms[np.flatnonzero(shown.labels == number)[:_EACH]]
        made = generator.sample(_EACH, label=label, seed=0)
        names = [name] * len(clips) + ["generated"] * len(made)
        labels = [f"{label}, {name}" for name in names]
        grid = display.players([*clips, *made], real.sample_rate, labels)
        parts.append(f"<section><h3>{escape(label)}</h3>{grid.html}</section>")
    if (more := len(generator.label_names) - _CLASSES) > 0:
        parts.append(f"<p>And {more} more classes.</p>")
    return "\n".join(parts)


def _nearest(pairs, train, sounds, asked):
    clips, labels = [], []
    for clip, neighbour, distance_db in pairs:
        clips += [sounds[clip], train.waveforms[neighbour]]
        recording = Path(train.columns["file"][neighbour]).name
        labels += [f"{asked[clip]}, generated", f"{recording}: {distance_db:.1f} dB"]
    caption = "Each generated sound is followed by the recording that is most like it."
    return display.players(clips, train.sample_rate, labels, caption=caption).html


def _skipped(folder):
    if not (folder / "skipped.txt").exists():
        return ""
    return '<p><a href="skipped.txt">Files that were not used, or are odd</a></p>'
