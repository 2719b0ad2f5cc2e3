"""Quality for minutes: the same data, minutes and measures for several networks.

``make quality`` trains all of them, two hours and a half on two cores that nothing else uses;
``python -m experiments.quality NAMES`` some of them. What was trained before in ``runs/quality``
goes on where it stopped. The results stand in ``audiogan_lib/results/quality.json`` and, to read,
in ``quality.md``; beside them, of each network that was compared, one sound of each drum, from the
look with the least Fréchet distance.
"""

import argparse
import csv
import datetime
import json
from dataclasses import replace
from pathlib import Path

from audiogan_lib import audio, files, recipes, runs
from benchmarks import machine

HERE = Path(__file__).parent
RESULTS = files.LIBRARY / "results"
FOLDER = HERE.parent / "runs" / "quality"

#: Minutes for the networks that are compared on drums.
MINUTES = 15

_SEEDS = (0, 1, 2)
_DRUMS = ("drums", "wavegan-drums", "wavegan-gp-drums", "article")


def trials():
    """List what is trained.

    Returns
    -------
    dict of str to recipes.Recipe
        By name: four networks on drums, the first of them with three seeds, and the quick recipe
        of digits with three seeds in the precision of the recipe and in float32.
    """
    chosen = {name: replace(recipes.NAMES[name], minutes=MINUTES) for name in _DRUMS}
    for seed in _SEEDS[1:]:
        chosen[f"drums-{seed}"] = replace(chosen["drums"], seed=seed)
    for dtype in ("mixed_bfloat16", "float32"):
        for seed in _SEEDS:
            recipe = replace(recipes.NAMES["digits-fast"], seed=seed, dtype=dtype)
            chosen[f"digits-fast-{dtype.removeprefix('mixed_')}-{seed}"] = recipe
    return chosen


def measure(name, recipe, folder):
    """Train, or go on with, one trial, score it, and keep the sounds of its best look.

    Parameters
    ----------
    name : str
        Names the sub-folder; the sounds are ``sounds.flac`` in it.
    recipe : recipes.Recipe
        With a judge.
    folder : path-like
        Of all runs.

    Returns
    -------
    dict
        ``date``, ``machine``, ``minutes``, ``step``, ``commit``, ``curve`` (a list of dicts, one
        for each look) and ``scores`` (see ``metrics.evaluate``).
    """
    place = Path(folder) / name
    run = runs.Run(recipe, place)
    # Every half minute of a short run: the curve then tells when a score was reached.
    generator = run.train(looks=max(12, round(2 * recipe.minutes)))
    with (place / "scores.csv").open(encoding="utf-8") as file:
        curve = [{key: float(value) for key, value in row.items()} for row in csv.DictReader(file)]
    best = min(curve, key=lambda look: look["frechet_distance"])
    waveform, sample_rate = audio.read(place / f"step-{best['step']:08.0f}.wav")
    audio.write(place / "sounds.flac", waveform, sample_rate)
    card = json.loads((place / "card.json").read_text(encoding="utf-8"))
    return {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "machine": machine.describe(),
        **{key: card["training"][key] for key in ("minutes", "step", "commit")},
        "curve": curve,
        "scores": runs.judge_report(generator, run.train_data, recipe.load_data("test")),
    }


def minutes_to(curve, accuracy):
    """Return the minutes at the first look with that share recognised, or None.

    Parameters
    ----------
    curve : list of dict
        Of :func:`measure`.
    accuracy : float in [0, 1]
        Share of sounds recognised as asked.

    Returns
    -------
    float or None
        Training minutes.
    """
    return next((look["minutes"] for look in curve if look["accuracy"] >= accuracy), None)


def page(results):
    """Lay out the results as Markdown.

    Parameters
    ----------
    results : dict of str to dict
        Of :func:`measure`, by trial.

    Returns
    -------
    str
        The page.
    """
    lines = [
        "# Quality for minutes",
        "",
        "Written by `make quality`; the numbers, with intervals and machines, are those of",
        "`quality.json`. Scores by the recipe's judge, a classifier that learnt from real sounds",
        "only; *95 %* is the first look with so many sounds recognised. The first line of a data",
        "set is its test split, the floor is the distance of training clips to training clips.",
        "",
        "| what | minutes | steps | recognised | inception score | Fréchet distance | coverage "
        "| minutes to 95 % |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    shown = set()
    for name, result in results.items():
        scores, data = result["scores"], "digits" if name.startswith("digits") else "drums"
        if data not in shown:
            floor = f"floor {scores['floor']:.2f}"
            lines.append(f"| {data}, test split ({floor}) | | | {_scores(scores['test'])} | |")
            shown.add(data)
        reached = minutes_to(result["curve"], 0.95)
        lines.append(
            f"| {name} | {result['minutes']:.1f} | {result['step']} "
            f"| {_scores(scores['generated'])} | {'-' if reached is None else f'{reached:.1f}'} |"
        )
    return "\n".join([*lines, *_curves(results)]) + "\n"


def _curves(results):
    """The quick recipe over time: a line for each trial, a cell for each look."""
    quick = {n: result["curve"] for n, result in results.items() if n.startswith("digits-fast")}
    if not quick:
        return []
    looks = max(map(len, quick.values()))
    lines = ["", "Share recognised (minutes of training), look by look:", ""]
    lines += ["| what |" + " |" * looks, "| --- |" + " ---: |" * looks]
    for name, curve in quick.items():
        cells = [f"{look['accuracy']:.2f} ({look['minutes']:.1f})" for look in curve]
        lines.append(f"| {name} | {' | '.join(cells + [''] * (looks - len(cells)))} |")
    return lines


def _scores(column):
    """Four cells of a row."""
    return (
        f"{column['accuracy']:.3f} | {column['inception_score']:.2f} "
        f"| {column['frechet_distance']:.2f} | {column['coverage']:.2f}"
    )


def main():
    """Measure what the command line names, all by default."""
    known = trials()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help=f"of {', '.join(known)}")
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder of the runs")
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - set(known):
        parser.error(f"unknown: {', '.join(unknown)}; there are {', '.join(known)}")
    path = RESULTS / "quality.json"
    results = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    for name in arguments.names or known:
        results[name] = measure(name, known[name], arguments.out)
        if name in _DRUMS:
            audio.write(RESULTS / f"{name}.flac", *audio.read(arguments.out / name / "sounds.flac"))
        results = {known_name: results[known_name] for known_name in known if known_name in results}
        files.write_text(path, json.dumps(results, indent=1) + "\n")
        files.write_text(HERE / "quality.md", page(results))
    print(page(results))


if __name__ == "__main__":
    main()
