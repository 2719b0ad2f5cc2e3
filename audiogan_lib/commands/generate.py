"""``generate``: sounds as WAV files."""

from pathlib import Path

from audiogan_lib.commands import checks
from audiogan_lib.latents import label_indices

SUMMARY = "write sounds as WAV files"

DESCRIPTION = """\
Write sounds of a shipped generator, or of a run of yours, as WAV files that
are called by what was asked for. No file is replaced."""

EXAMPLES = {
    "Four snares, the same ones each time": (
        "audiogan generate drums --label snare --count 4 --seed 0 --out snares"
    ),
    "A flute's C4 (MIDI 60), by the name of the note": (
        "audiogan generate notes --label C4 --condition instrument=flute --out flutes"
    ),
    "What a run of yours has learnt": "audiogan generate runs/mine --out runs/mine/sounds",
}


def add_arguments(parser):
    """Say what the command takes."""
    parser.add_argument(
        "generator", nargs="?", help="a shipped generator's name, or a run's folder"
    )
    parser.add_argument(
        "--link", metavar="URL", help="a link to a sound or a beat that the book gave"
    )
    parser.add_argument(
        "--label",
        help="what to generate, for notes a MIDI number or a name such as C4; all classes in turn "
        "when not given (`audiogan list generators --json` names them)",
    )
    parser.add_argument(
        "--condition",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a further condition, such as speaker=theo; may be repeated "
        "(`audiogan list generators --json` names all)",
    )
    parser.add_argument("--count", type=int, help="number of sounds (default: 8)")
    parser.add_argument("--seed", type=int, help="a number, for the same sounds again")
    parser.add_argument("--out", type=Path, required=True, help="folder for the files")


def run(arguments):
    """Write what was asked for, or what a link stands for."""
    if (arguments.generator is None) == (arguments.link is None):
        raise ValueError("generate needs either a generator or --link with a link to a sound")
    if "#beat=" in (arguments.link or ""):
        _write_beat(arguments)
        return
    if arguments.link is None:
        name, latents, asked = arguments.generator, None, _asked(arguments)
    else:
        name, latents, asked = _linked(arguments)
    asked_for = 8 if arguments.count is None else arguments.count
    count = asked_for if latents is None else len(latents)
    paths = _new_files(arguments.out, checks.card(name, count), count, asked)
    from audiogan_lib import audio, pretrained

    generator = pretrained.load(name)
    if latents is None:
        latents = generator.latents(count, arguments.seed)
    sounds = generator.from_latents(latents, **asked)
    arguments.out.mkdir(parents=True, exist_ok=True)
    for path, sound in zip(paths, sounds, strict=True):
        audio.write(path, sound, generator.sample_rate)
        print(path)


def _asked(arguments):
    """Return the classes that the options ask for."""
    if arguments.seed is not None and arguments.seed < 0:
        raise ValueError(f"--seed {arguments.seed}: must be 0 or more")
    asked = {} if arguments.label is None else {"label": arguments.label}
    for name, equals, value in (text.partition("=") for text in arguments.condition):
        if not equals:
            raise ValueError(f"--condition {name}: must be NAME=VALUE, such as speaker=theo")
        asked[name] = value
    return asked


def _linked(arguments):
    """Return the generator, the latent and the classes that a link names."""
    _alone(arguments)
    from audiogan_lib import live

    name, latent, asked = live.read_link(arguments.link)
    return name, latent[None], asked


def _write_beat(arguments):
    """Write the bars that a link to a beat stands for, as the page saves them."""
    _alone(arguments)
    from audiogan_lib import audio, live, pretrained

    beat = live.read_beat(arguments.link)
    path = arguments.out / f"{beat.generator}-beat.wav"
    _refuse_what_is_there(path)
    generator = pretrained.load(beat.generator)
    loop = beat.loop(generator)
    arguments.out.mkdir(parents=True, exist_ok=True)
    audio.write(path, loop, generator.sample_rate)
    print(path)


def _alone(arguments):
    """See that a link is asked for nothing else."""
    given = arguments.label, arguments.count, arguments.seed
    if arguments.condition or any(option is not None for option in given):
        raise ValueError(
            "--link says what to generate: no --label, --condition, --count or --seed beside it"
        )


def _new_files(folder, card, count, asked):
    """Name the files, none of which may be there, nor lie among the recordings."""
    recipe, known = card["recipe"], card["conditions"]
    data = str(recipe.get("data"))
    if not data.isidentifier():  # as the names of data sets are
        checks.apart(folder, data)
    rows = label_indices(known, count, asked, recipe.get("label_means"))
    paths = []
    for index, row in enumerate(rows):
        classes = [names[number] for names, number in zip(known.values(), row, strict=True)]
        paths.append(folder / _file_name(index, classes))
    for path in paths:
        _refuse_what_is_there(path)
    return paths


def _refuse_what_is_there(path):
    if path.exists():
        raise ValueError(f"{path} is there already; choose another folder with --out")


def _file_name(index, classes):
    """Name a sound by its classes, cut to what file systems take: 255 bytes, with room to spare."""
    text = "-".join(classes).encode()[:200].decode(errors="ignore")
    return f"{text}-{index:03d}.wav" if text else f"{index:03d}.wav"
