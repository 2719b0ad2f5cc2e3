"""``export``: a generator as one file to take home."""

from pathlib import Path

from audiogan_lib import files
from audiogan_lib.commands import checks

SUMMARY = "take a generator home as one file"

DESCRIPTION = """\
Write a generator, shipped or of a run of yours, as one file: a page that plays
it in any browser, without a network, or its network for a program in Keras."""

EXAMPLES = {
    "A page for a friend": "audiogan export drums --page drums-to-play.html",
    "What your own sounds became, in both forms": (
        "audiogan export runs/mine --page mine.html --keras mine.keras"
    ),
}


def add_arguments(parser):
    """Say what the command takes."""
    parser.add_argument("generator", help="a shipped generator's name, or a run's folder")
    parser.add_argument(
        "--page",
        type=Path,
        metavar="FILE.html",
        help="a page that plays it in any browser, opened from disk, without a network",
    )
    parser.add_argument(
        "--keras", type=Path, metavar="FILE.keras", help="its network, for keras.models.load_model"
    )


def run(arguments):
    """Write the page, the network, or both."""
    wanted = {"--page": (arguments.page, ".html"), "--keras": (arguments.keras, ".keras")}
    if arguments.page is None and arguments.keras is None:
        raise ValueError("export needs --page FILE.html, --keras FILE.keras, or both")
    card = checks.card(arguments.generator)
    for option, (path, ending) in wanted.items():
        if path is not None:
            checks.new_file(option, path, ending)
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


def _name_on_page(folder, card):
    """Name a generator by its folder, but no run as a shipped one: links would mean that one."""
    folder = folder.resolve()
    name = f"{folder.parent.name}-best" if folder.name == "best" else folder.name
    if name in files.generators() and not files.is_shipped(name, card):
        name = f"{name}-run"
    return name
