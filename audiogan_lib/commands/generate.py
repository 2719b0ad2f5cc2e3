"""``generate``: sounds as WAV files."""

from pathlib import Path

from audiogan_lib.commands import checks

SUMMARY = "write sounds as WAV files"


def add_arguments(parser):
    """Say what the command takes."""
    parser.add_argument(
        "generator", nargs="?", help="a shipped generator's name, or a run's folder"
    )
    parser.add_argument("--link", metavar="URL", help="a link to a sound that the book gave")
    parser.add_argument("--label", help="what to generate; all classes in turn when not given")
    parser.add_argument(
        "--condition",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a further condition, such as speaker=theo; may be repeated",
    )
    parser.add_argument("--count", type=int, default=8, help="number of sounds")
    parser.add_argument("--seed", type=int, help="for the same sounds again")
    parser.add_argument("--out", type=Path, required=True, help="folder for the files")


def run(arguments):
    """Write what was asked for, or what a link stands for."""
    if (arguments.generator is None) == (arguments.link is None):
        raise ValueError("generate needs either a generator or --link with a link to a sound")
    if arguments.link is not None:
        _write_link(arguments)
        return
    card = checks.card(arguments.generator, arguments.count)
    if arguments.seed is not None and arguments.seed < 0:
        raise ValueError(f"--seed {arguments.seed}: must be 0 or more")
    pairs = [text.partition("=") for text in arguments.condition]
    for name, equals, _ in pairs:
        if not equals:
            raise ValueError(f"--condition {name}: must be NAME=VALUE, such as speaker=theo")
    data = str(card["recipe"].get("data"))
    if not data.isidentifier():  # as the names of data sets are
        checks.apart(arguments.out, data)
    from audiogan_lib import pretrained

    generator = pretrained.load(arguments.generator)
    asked = {"label": arguments.label} | {name: value for name, _, value in pairs}
    asked = {name: value for name, value in asked.items() if value is not None}
    latents = generator.latents(arguments.count, arguments.seed)
    _write_sounds(arguments.out, generator, latents, asked)


def _write_link(arguments):
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
