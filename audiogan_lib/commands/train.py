"""``train``: a generator from a recipe or from a folder of sounds, or a run that goes on."""

import os
import shlex
from dataclasses import replace
from pathlib import Path

from audiogan_lib import files
from audiogan_lib.commands import checks

SUMMARY = "train a generator, or go on with a run"

#: The keys of ``recipes.NAMES``, which to import would load TensorFlow.
RECIPES = (
    *("digits", "digits-fast", "robot-digits", "drums", "wavegan-drums", "wavegan-gp-drums"),
    *("article", "notes", "gansynth-notes"),
)


def add_arguments(parser):
    """Say what the command takes."""
    parser.add_argument("recipe", nargs="?", help=f"one of {', '.join(RECIPES)}")
    parser.add_argument("--data", metavar="FOLDER", help="sounds of your own, instead of a recipe")
    parser.add_argument("--minutes", type=float, help="training time; the recipe's when not given")
    parser.add_argument("--out", type=Path, required=True, help="the run's folder")
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
    from audiogan_lib import recipes, runs, training

    strategy = training.strategy(arguments.devices)
    if (data := arguments.data) is None:
        recipe = recipes.NAMES[arguments.recipe]
    else:
        recipe = recipes.for_folder(data)
    if arguments.minutes is not None:
        recipe = replace(recipe, minutes=arguments.minutes)
    run = runs.Run(recipe, arguments.out)
    print(f"{len(run.train_data)} clips; {', '.join(run.conditions)} can be asked for")
    try:
        run.train(checkpoint_every_s=arguments.checkpoint_every, strategy=strategy)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(
            "what was learnt is saved, and the same command goes on from there"
        ) from None
    print(f"Done. Hear it: {_command_to_hear(arguments.out)}")
    if (best := arguments.out / "best").exists():
        print(f"At its best by the judge: {_command_to_hear(best)}")


def _check(arguments):
    """Refuse what cannot be trained."""
    if (backend := os.environ.get("KERAS_BACKEND") or "tensorflow") != "tensorflow":
        raise ValueError(f"KERAS_BACKEND={backend}: training needs tensorflow; unset it")
    if (arguments.recipe is None) == (arguments.data is None):
        raise ValueError("train needs either a recipe's name or --data with a folder of audio")
    if arguments.data is None and (name := arguments.recipe) not in RECIPES:
        proposal = files.nearest(name, RECIPES)
        raise ValueError(f"no recipe {name!r}{proposal}: it must be one of {', '.join(RECIPES)}")
    if arguments.data is not None:
        if not Path(arguments.data).is_dir():
            raise ValueError(f"--data {arguments.data}: there is no such folder")
        checks.apart(arguments.out, arguments.data)
    checks.more_than_nothing(
        minutes=arguments.minutes,
        checkpoint_every=arguments.checkpoint_every,
        devices=arguments.devices,
    )


def _command_to_hear(folder):
    """Return the command that plays a run, as one pastes it."""
    name = f"./{folder}" if str(folder) in files.generators() else str(folder)
    out = shlex.quote(str(folder / "sounds"))
    return f"python -m audiogan_lib generate {shlex.quote(name)} --out {out}"
