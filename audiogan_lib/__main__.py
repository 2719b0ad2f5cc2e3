"""The command line: ``python -m audiogan_lib train | generate | evaluate``."""

import argparse
import sys
from dataclasses import replace
from pathlib import Path


def _parser():
    parser = argparse.ArgumentParser(prog="python -m audiogan_lib", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)

    train = commands.add_parser("train", help="train a generator, or go on with a run")
    train.add_argument("recipe", nargs="?", help="a recipe's name, such as drums")
    train.add_argument("--data", type=Path, help="a folder of audio, instead of a recipe")
    train.add_argument("--minutes", type=float, help="training time; the recipe's when not given")
    train.add_argument("--out", type=Path, required=True, help="the run's folder")
    train.add_argument(
        "--checkpoint-every",
        type=float,
        default=60.0,
        metavar="SECONDS",
        help="time between two checkpoints (default: %(default)g)",
    )

    train.add_argument(
        "--devices",
        type=int,
        metavar="COUNT",
        help="GPUs (or parts of the processor) of this machine that share each batch; several "
        "machines are named by the environment variable TF_CONFIG instead",
    )

    generate = commands.add_parser("generate", help="write sounds as WAV files")
    generate.add_argument("generator", help="a shipped generator's name, or a run's folder")
    generate.add_argument("--label", help="what to generate; all classes in turn when not given")
    generate.add_argument(
        "--condition",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a further condition, such as speaker=theo; may be repeated",
    )
    generate.add_argument("--count", type=int, default=8, help="number of sounds")
    generate.add_argument("--seed", type=int, help="for the same sounds again")
    generate.add_argument("--out", type=Path, required=True, help="folder for the files")

    evaluate = commands.add_parser("evaluate", help="score generated sounds beside real ones")
    evaluate.add_argument("generator", help="a shipped generator's name, or a run's folder")
    evaluate.add_argument("--count", type=int, default=300, help="number of generated sounds")
    evaluate.add_argument(
        "--page", type=Path, metavar="FILE.html", help="save a page with sounds to hear"
    )
    return parser


def _train(arguments):
    from audiogan_lib import recipes, runs, training

    strategy = training.strategy(arguments.devices)
    if (arguments.recipe is None) == (arguments.data is None):
        raise ValueError("train needs either a recipe's name or --data with a folder of audio")
    if arguments.data is not None:
        recipe = recipes.for_folder(arguments.data)
    elif arguments.recipe in recipes.NAMES:
        recipe = recipes.NAMES[arguments.recipe]
    else:
        known = ", ".join(recipes.NAMES)
        raise ValueError(f"no recipe {arguments.recipe!r}: it must be one of {known}")
    if arguments.minutes is not None:
        if arguments.minutes <= 0:
            raise ValueError(f"--minutes {arguments.minutes:g}: must be more than 0")
        recipe = replace(recipe, minutes=arguments.minutes)
    run = runs.Run(recipe, arguments.out)
    where = "" if run.train_data.in_memory else ", read from their files as they are needed"
    print(f"{len(run.train_data)} clips{where}; {', '.join(run.conditions)} can be asked for")
    run.train(checkpoint_every_s=arguments.checkpoint_every, strategy=strategy)
    print(f"Done. Hear it: python -m audiogan_lib generate {arguments.out} --out sounds/")


def _generate(arguments):
    from audiogan_lib import audio, pretrained

    generator = pretrained.load(arguments.generator)
    pairs = [text.partition("=")[::2] for text in arguments.condition]
    asked = {"label": arguments.label} | dict(pairs)
    asked = {name: value for name, value in asked.items() if value is not None}
    sounds = generator.sample(arguments.count, seed=arguments.seed, **asked)
    labels = generator.label_indices(arguments.count, **asked)
    arguments.out.mkdir(parents=True, exist_ok=True)
    for index, (sound, row) in enumerate(zip(sounds, labels, strict=True)):
        classes = [names[i] for names, i in zip(generator.conditions.values(), row, strict=True)]
        path = arguments.out / f"{'-'.join([*classes, f'{index:03d}'])}.wav"
        audio.write(path, sound, generator.sample_rate)
        print(path)


def _evaluate(arguments):
    from audiogan_lib import metrics, pretrained, runs

    generator = pretrained.load(arguments.generator)
    recipe = generator.recipe
    if recipe.judge is None:
        raise ValueError(
            f"{arguments.generator} was trained on {recipe.data}; no shipped classifier knows its "
            "labels, so generate sounds and listen instead"
        )
    train, test = recipe.load_data("train"), recipe.load_data("test")
    sounds, asked = runs.sounds_like(generator, test, arguments.count)
    report = runs.judge_report(generator, train, test, sounds=(sounds, asked))
    print(metrics.format_table(report))
    if arguments.page is not None:
        runs.write_page(arguments.page, recipe.name, report, train, sounds, asked["label"])
        print(f"Hear it: {arguments.page}")


def main(arguments=None):
    """Run one command.

    Parameters
    ----------
    arguments : list of str, optional
        Instead of those of the process.

    Returns
    -------
    int
        0, or 2 after one sentence on standard error that says what was wrong.
    """
    parsed = _parser().parse_args(arguments)
    commands = {"train": _train, "generate": _generate, "evaluate": _evaluate}
    try:
        commands[parsed.command](parsed)
    except (ValueError, OSError, RuntimeError) as error:
        print(f"audiogan_lib: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
