"""The command line: ``python -m audiogan_lib train | generate | evaluate | export``.

What a command is asked to do is checked before TensorFlow is loaded, which takes seconds: so each
command imports what it works with after its checks.
"""

import argparse
import math
import os
import shlex
import sys
from dataclasses import replace
from pathlib import Path

from audiogan_lib import files

#: The keys of ``recipes.NAMES``, which to import would load TensorFlow.
RECIPES = (
    *("digits", "digits-fast", "robot-digits", "drums", "wavegan-drums", "wavegan-gp-drums"),
    *("article", "notes", "gansynth-notes"),
)


def _parser():
    parser = argparse.ArgumentParser(prog="python -m audiogan_lib", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)

    train = commands.add_parser("train", help="train a generator, or go on with a run")
    train.add_argument("recipe", nargs="?", help=f"one of {', '.join(RECIPES)}")
    train.add_argument("--data", metavar="FOLDER", help="sounds of your own, instead of a recipe")
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
    generate.add_argument(
        "generator", nargs="?", help="a shipped generator's name, or a run's folder"
    )
    generate.add_argument("--link", metavar="URL", help="a link to a sound that the book gave")
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
    _add_export(commands)
    return parser


def _add_export(commands):
    export = commands.add_parser(
        "export",
        help="take a generator home as one file",
        epilog="example: python -m audiogan_lib export runs/mine --page mine.html",
    )
    export.add_argument("generator", help="a shipped generator's name, or a run's folder")
    export.add_argument(
        "--page",
        type=Path,
        metavar="FILE.html",
        help="a page that plays it in any browser, opened from disk, without a network",
    )
    export.add_argument(
        "--keras", type=Path, metavar="FILE.keras", help="its network, for keras.models.load_model"
    )


def _train(arguments):
    _check_training(arguments)
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


def _check_training(arguments):
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
        _check_apart(arguments.out, arguments.data)
    for option, value in (
        ("--minutes", arguments.minutes),
        ("--checkpoint-every", arguments.checkpoint_every),
        ("--devices", arguments.devices),
    ):
        if value is not None and not 0 < value < math.inf:
            raise ValueError(f"{option} {value:g}: must be more than 0")


def _check_apart(out, data):
    """Refuse to write sounds where a run looks for recordings: they would be trained on."""
    if Path(out).resolve().is_relative_to(Path(data).resolve()):
        raise ValueError(
            f"--out {out}: lies in {data}, the folder of the recordings, where generated sounds "
            "would become recordings; choose a folder outside"
        )


def _command_to_hear(folder):
    """Return the command that plays a run, as one pastes it."""
    name = f"./{folder}" if str(folder) in files.generators() else str(folder)
    out = shlex.quote(str(folder / "sounds"))
    return f"python -m audiogan_lib generate {shlex.quote(name)} --out {out}"


def _card(generator, count=1):
    """Read what a generator says of itself; its weights are looked at later."""
    folder = files.find_generator(generator)
    if folder.parent == files.WEIGHTS and Path(generator, "card.json").exists():
        print(
            f"audiogan_lib: {generator} is the shipped generator; for the run in the "
            f"folder of that name write ./{generator}",
            file=sys.stderr,
        )
    if count < 1:
        raise ValueError(f"--count {count}: must be 1 or more")
    return files.read_json(folder / "card.json", "recipe", "conditions")


def _generate(arguments):
    if (arguments.generator is None) == (arguments.link is None):
        raise ValueError("generate needs either a generator or --link with a link to a sound")
    if arguments.link is not None:
        _generate_link(arguments)
        return
    card = _card(arguments.generator, arguments.count)
    if arguments.seed is not None and arguments.seed < 0:
        raise ValueError(f"--seed {arguments.seed}: must be 0 or more")
    pairs = [text.partition("=") for text in arguments.condition]
    for name, equals, _ in pairs:
        if not equals:
            raise ValueError(f"--condition {name}: must be NAME=VALUE, such as speaker=theo")
    data = str(card["recipe"].get("data"))
    if not data.isidentifier():  # as the names of data sets are
        _check_apart(arguments.out, data)
    from audiogan_lib import pretrained

    generator = pretrained.load(arguments.generator)
    asked = {"label": arguments.label} | {name: value for name, _, value in pairs}
    asked = {name: value for name, value in asked.items() if value is not None}
    latents = generator.latents(arguments.count, arguments.seed)
    _write_sounds(arguments.out, generator, latents, asked)


def _generate_link(arguments):
    if arguments.label is not None or arguments.condition or arguments.seed is not None:
        raise ValueError(
            "--link says what to generate: no --label, --condition or --seed beside it"
        )
    from audiogan_lib import live, pretrained

    name, latent, asked = live.read_link(arguments.link)
    _write_sounds(arguments.out, pretrained.load(name), latent[None], asked)


def _write_sounds(folder, generator, latents, asked):
    """Make the sounds, once it is sure that no file is in their way."""
    from audiogan_lib import audio

    rows = generator.label_indices(len(latents), **asked)
    names = [
        [classes[i] for classes, i in zip(generator.conditions.values(), row, strict=True)]
        for row in rows
    ]
    paths = [folder / _file_name(*pair) for pair in enumerate(names)]
    for path in paths:
        if path.exists():
            raise ValueError(f"{path} is there already; choose another folder with --out")
    sounds = generator.from_latents(latents, **asked)
    folder.mkdir(parents=True, exist_ok=True)
    for path, sound in zip(paths, sounds, strict=True):
        audio.write(path, sound, generator.sample_rate)
        print(path)


def _file_name(index, classes):
    """Name a sound by its classes, cut to what file systems take: 255 bytes, with room to spare."""
    text = "-".join(classes).encode()[:200].decode(errors="ignore")
    return f"{text}-{index:03d}.wav" if text else f"{index:03d}.wav"


def _evaluate(arguments):
    recipe = _card(arguments.generator, arguments.count)["recipe"]
    if recipe.get("judge") is None:
        raise ValueError(
            f"{arguments.generator} was trained on {recipe.get('data')}; no shipped classifier "
            "knows its labels, so generate sounds and listen instead"
        )
    if arguments.page is not None and not arguments.page.parent.is_dir():
        raise ValueError(f"--page {arguments.page}: there is no folder {arguments.page.parent}")
    from audiogan_lib import metrics, pretrained, runs

    generator = pretrained.load(arguments.generator)
    recipe = generator.recipe
    train, test = recipe.load_data("train"), recipe.load_data("test")
    sounds, asked = runs.sounds_like(generator, test, arguments.count)
    report = runs.judge_report(generator, train, test, sounds=(sounds, asked))
    print(metrics.format_table(report))
    if arguments.page is not None:
        runs.write_page(arguments.page, recipe.name, report, train, sounds, asked["label"])
        print(f"Hear it: {arguments.page}")


def _export(arguments):
    wanted = {"--page": (arguments.page, ".html"), "--keras": (arguments.keras, ".keras")}
    if arguments.page is None and arguments.keras is None:
        raise ValueError("export needs --page FILE.html, --keras FILE.keras, or both")
    card = _card(arguments.generator)
    for option, (path, ending) in wanted.items():
        if path is not None:
            _check_new_file(option, path, ending)
    from audiogan_lib import live, pretrained

    generator = pretrained.load(arguments.generator)
    if arguments.page is not None:
        name = _name_on_page(files.find_generator(arguments.generator), card)
        page, rounded = live.one_file(generator, name)
        files.write_text(arguments.page, page)
        note = "; its weights are rounded to 16 bits" if rounded else ""
        print(f"{arguments.page}: {len(page.encode()) / 1e6:.1f} MB{note}")
    if arguments.keras is not None:
        with files.replacing(arguments.keras) as beside:
            generator.network.save(beside)
        print(f"{arguments.keras}: import audiogan_lib.layers before keras.models.load_model")


def _check_new_file(option, path, ending):
    """Refuse a file of another ending, in no folder, or that is there."""
    if path.suffix != ending:
        raise ValueError(f"{option} {path}: its name must end in {ending}")
    if not path.parent.is_dir():
        raise ValueError(f"{option} {path}: there is no folder {path.parent}")
    if path.exists():
        raise ValueError(f"{option} {path} is there already; choose another name")


def _name_on_page(folder, card):
    """Name a generator by its folder, but no run as a shipped one: links would mean that one."""
    folder = folder.resolve()
    name = f"{folder.parent.name}-best" if folder.name == "best" else folder.name
    if name in files.generators() and not files.is_shipped(name, card):
        name = f"{name}-run"
    return name


def main(arguments=None):
    """Run one command.

    Parameters
    ----------
    arguments : list of str, optional
        Instead of those of the process.

    Returns
    -------
    int
        0; 2 after one sentence on standard error that says what was wrong; 130 after one when the
        command was interrupted from the keyboard.
    """
    parsed = _parser().parse_args(arguments)
    if hasattr(sys.stdout, "reconfigure"):  # a console or a pipe may lack a label's letters
        sys.stdout.reconfigure(errors="backslashreplace")
    commands = {"train": _train, "generate": _generate, "evaluate": _evaluate, "export": _export}
    try:
        commands[parsed.command](parsed)
    except KeyboardInterrupt as stop:
        print(": ".join(["audiogan_lib: stopped", *map(str, stop.args)]), file=sys.stderr)
        return 130
    except (ValueError, OSError, RuntimeError, FloatingPointError) as error:
        print(f"audiogan_lib: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
