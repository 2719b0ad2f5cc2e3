"""``train``: a generator from a recipe or from a folder of sounds, or a run that goes on."""

import os
import shlex
import sys
from dataclasses import replace
from pathlib import Path

from audiogan_lib import files
from audiogan_lib.commands import catalogue, checks

SUMMARY = "train a generator, or go on with a run"

DESCRIPTION = """\
Train a generator by a recipe, or on a folder of your own sounds whose
sub-folders are the labels. What is learnt stands in the run's folder at every
moment; the same command goes on where a run has stopped."""

EXAMPLES = {
    "The drums of the book, 40 minutes on two cores": "audiogan train drums --out runs/drums",
    "Your own sounds": "audiogan train --data my_sounds --out runs/mine",
    "The same run, to 40 minutes in all": (
        "audiogan train --data my_sounds --minutes 40 --out runs/mine"
    ),
}


def add_arguments(parser):
    """Say what the command takes."""
    parser.add_argument("recipe", nargs="?", help="a name that `audiogan list recipes` shows")
    parser.add_argument(
        "--data",
        metavar="FOLDER",
        help="sounds of your own, instead of a recipe: a folder, a zip, or one long recording",
    )
    parser.add_argument(
        "--minutes", type=float, help="training time in all; the recipe's when not given"
    )
    parser.add_argument("--out", type=Path, required=True, help="the run's folder")
    own = parser.add_argument_group("for sounds of your own")
    own.add_argument(
        "--rate",
        type=int,
        metavar="HERTZ",
        help="sample rate: 8000, 16000, 32000 or 44100; chosen by the sounds when not given",
    )
    own.add_argument(
        "--seconds", type=float, help="length of a sound; chosen by the sounds when not given"
    )
    own.add_argument(
        "--patience",
        type=int,
        metavar="LOOKS",
        help="a run is scored twelve times, at looks; end it after so many without a better score "
        "(default: 5)",
    )
    parser.add_argument(
        "--checkpoint-every",
        type=float,
        default=60.0,
        metavar="SECONDS",
        help="time between two checkpoints (default: %(default)g)",
    )
    parser.add_argument(
        "--devices",
        type=int,
        metavar="COUNT",
        help="GPUs (or parts of the processor) of this machine that share each batch; several "
        "machines are named by the environment variable TF_CONFIG instead",
    )


def run(arguments):
    """Train until the minutes are spent."""
    _check(arguments)
    try:
        if arguments.data is None:
            _train_recipe(arguments)
        else:
            _train_own(arguments)
    except KeyboardInterrupt:
        if not (arguments.out / "card.json").exists():
            raise
        raise KeyboardInterrupt(
            "what was learnt is saved, and the same command goes on from there"
        ) from None
    if (best := arguments.out / "best").exists():
        print(f"At its best: {_command_to_hear(best)}")
    print(f"Done. Hear it: {_command_to_hear(arguments.out)}")


def _train_recipe(arguments):
    from audiogan_lib import recipes, runs, training

    strategy = training.strategy(arguments.devices)
    recipe = recipes.NAMES[arguments.recipe]
    if arguments.minutes is not None:
        recipe = replace(recipe, minutes=arguments.minutes)
    run = runs.Run(recipe, arguments.out)
    print(f"{len(run.train_data)} clips; {', '.join(run.conditions)} can be asked for")
    run.train(checkpoint_every_s=arguments.checkpoint_every, strategy=strategy)


def _train_own(arguments):
    """Look first, which needs no TensorFlow and may find that there is nothing to learn from."""
    from audiogan_lib import datasets

    heard = datasets.look(arguments.data)
    heard.choose(arguments.rate, arguments.seconds)
    print(f"{heard}\n", flush=True)
    from audiogan_lib import runs, training

    page = runs.train_own_sounds(
        heard,
        arguments.out,
        sample_rate=arguments.rate,
        duration_s=arguments.seconds,
        minutes=arguments.minutes,
        patience=arguments.patience or 5,
        checkpoint_every_s=arguments.checkpoint_every,
        strategy=training.strategy(arguments.devices),
    )
    if page:
        print(f"Recordings and generated sounds, scores, a player: {page}")


def _check(arguments):
    """Refuse what cannot be trained."""
    if (backend := os.environ.get("KERAS_BACKEND") or "tensorflow") != "tensorflow":
        raise ValueError(f"KERAS_BACKEND={backend}: training needs tensorflow; unset it")
    if (arguments.recipe is None) == (arguments.data is None):
        raise ValueError("train needs either a recipe's name or --data with a folder of audio")
    known = {row["name"]: row["data"] for row in catalogue.recipes()}
    if (data := arguments.data) is None:
        if (name := arguments.recipe) not in known:
            proposal = files.nearest(name, known)
            if Path(name).is_dir():
                proposal = f" (for the sounds of that folder write --data {shlex.quote(name)})"
            raise ValueError(f"no recipe {name!r}{proposal}: it must be one of {', '.join(known)}")
    else:
        if not Path(data).exists():
            named = [name for name, learnt in known.items() if learnt == data]
            proposal = files.nearest(data, set(known.values()))
            if named:
                proposal = f"; recipes for the data set of that name: {', '.join(named)}"
            raise ValueError(f"--data {data}: there is no such folder or file{proposal}")
        checks.apart(arguments.out, data)
    checks.more_than_nothing(
        minutes=arguments.minutes,
        checkpoint_every=arguments.checkpoint_every,
        devices=arguments.devices,
        rate=arguments.rate,
        seconds=arguments.seconds,
        patience=arguments.patience,
    )
    if arguments.data is None and (arguments.rate or arguments.seconds):
        raise ValueError("--rate and --seconds are for --data: a recipe has its own")
    if arguments.data is None and arguments.patience:
        raise ValueError("--patience is for --data: a recipe has its minutes")


def _command_to_hear(folder):
    """Return the command that plays a run, as one pastes it."""
    name = f"./{folder}" if str(folder) in files.generators() else str(folder)
    out = shlex.quote(str(folder / "sounds"))
    program = "audiogan" if Path(sys.argv[0]).stem == "audiogan" else "python -m audiogan_lib"
    return f"{program} generate {shlex.quote(name)} --out {out}"
