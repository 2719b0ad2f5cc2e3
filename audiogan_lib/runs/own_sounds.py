"""One run on somebody's own sounds, from the first look to the page at its end."""

from __future__ import annotations

import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np

from audiogan_lib import classifiers, datasets, files, metrics, recipes, training
from audiogan_lib.runs.own_report import write_own_report
from audiogan_lib.runs.progress import Diary, Pace
from audiogan_lib.runs.run import Run

#: A judge learns from at least so many recordings of each class, and from so many clips at most.
_FEWEST_RECORDINGS, _MOST_CLIPS = 4, 4000

#: Steps that a judge needs, and the passes over the clips that they may take.
_JUDGE_STEPS, _JUDGE_EPOCHS, _JUDGE_BATCH = 400, (15, 120), 64


def train_own_sounds(
    heard,
    folder,
    *,
    sample_rate=None,
    duration_s=None,
    minutes=None,
    patience=5,
    checkpoint_every_s=60.0,
    strategy=None,
    verbose=True,
):
    """Train a generator on somebody's own sounds, and write the page to hear it.

    A run that is in the folder goes on. Returns the path of the page; where several machines train,
    the first writes it, and the others return None.

    Parameters
    ----------
    heard : datasets.Look
        What ``datasets.look`` heard of the sounds.
    folder : path-like
        Of the run; made when missing.
    sample_rate, duration_s : int, float, optional
        Rate in Hz and length of the clips; chosen by the sounds when not given.
    minutes : float > 0, optional
        Training time; by default 15 for clips of 16384 samples, in proportion, and at least 10.
    patience : int > 0
        So many looks without a better score, of twelve in all, end the run sooner.
    checkpoint_every_s : float > 0
        Seconds between two checkpoints.
    strategy : tf.distribute.Strategy, optional
        As for ``runs.Run.train``.
    verbose : bool
        Show a progress bar.

    Raises
    ------
    ValueError
        As ``datasets.Look.choose`` and ``runs.Run``.
    """
    folder = Path(folder)
    chief = strategy is None or training.is_chief(strategy)
    choice = heard.choose(sample_rate, duration_s)
    print(f"Training makes {choice.reason}.")
    recipe = recipes.for_folder(heard.place, choice.sample_rate, choice.samples)
    recipe = recipe if minutes is None else replace(recipe, minutes=minutes)
    if (folder / "judge" / "card.json").is_file():
        recipe = replace(recipe, judge=str(folder / "judge"))
    with warnings.catch_warnings():  # the look has said it, and the list is in the folder
        warnings.simplefilter("ignore", datasets.FolderWarning)
        run = Run(recipe, folder, metrics.ScatteringEar(choice.sample_rate))
        if chief:
            _prepare(run, heard)
        run.train(
            checkpoint_every_s=checkpoint_every_s,
            verbose=verbose,
            strategy=strategy,
            patience=patience,
            watchers=[Pace(run.recipe, len(run.train_data)), Diary(folder)],
        )
        return write_own_report(folder, heard) if chief else None


def _prepare(run, heard):
    """Write down what is not used, train a judge where there can be one, say what is learnt."""
    _list_skipped(heard, run.folder)
    if run.recipe.judge is None and _can_be_told_apart(run.train_data):
        run.recipe = replace(run.recipe, judge=str(train_judge(run, run.folder / "judge")))
    names = ", ".join(run.train_data.label_names)
    page = run.folder / "sounds.html"
    print(f"{len(run.train_data)} clips of {names}; listen meanwhile: {page}")


def _list_skipped(heard, folder):
    """Write the list of files that were not used or are odd, where there are any."""
    pairs = [*heard.skipped, *((name, f"used, but {why}") for name, why in heard.remarks)]
    pairs += [(", ".join(names), "the same sound twice") for names in heard.duplicates]
    if pairs:
        files.write_text(folder / "skipped.txt", "".join(f"{a}: {why}\n" for a, why in pairs))
        print(f"{len(pairs)} remarks on files: {folder / 'skipped.txt'}")


def _can_be_told_apart(data):
    """Tell whether there are classes, each of enough recordings."""
    pairs = {*zip(data.labels.tolist(), data.columns["recording"].tolist(), strict=True)}
    recordings = np.bincount([label for label, _ in pairs], minlength=len(data.label_names))
    return len(recordings) > 1 and recordings.min() >= _FEWEST_RECORDINGS


def train_judge(run, folder):
    """Train a judge on a run's recordings, and say how many of those held back it recognises.

    Returns the folder that it is saved in.

    Parameters
    ----------
    run : runs.Run
        Its training clips are learnt from, and those held back are not.
    folder : path-like
        For the judge.
    """
    data, held = run.train_data, run.held_back
    rows = np.random.default_rng(0).permutation(np.arange(len(data)))[:_MOST_CLIPS]
    data = data.select(np.sort(rows))
    data = replace(data, waveforms=np.asarray(data.waveforms))
    steps = -(-len(data) // _JUDGE_BATCH)
    epochs = int(np.clip(-(-_JUDGE_STEPS // steps), *_JUDGE_EPOCHS))
    print(f"A judge learns to tell {', '.join(data.label_names)} apart ...", flush=True)
    judge = classifiers.train(data, epochs=epochs, batch_size=_JUDGE_BATCH, verbose=0)
    heard = judge.probabilities(np.asarray(held.waveforms))
    accuracy = metrics.label_accuracy(heard, held.labels)
    print(f"It recognises {accuracy:.0%} of {len(held)} clips that were held back from it.")
    classifiers.save(judge, folder, held_back={"clips": len(held), "accuracy": round(accuracy, 4)})
    return folder
