"""``export``: a generator as one file to take home."""

import importlib.util
import warnings
from pathlib import Path

from audiogan_lib import files
from audiogan_lib.commands import checks

SUMMARY = "take a generator home as one file"

DESCRIPTION = """\
Write a generator, shipped or of a run of yours, as one file: a page that plays
it in any browser, without a network, or its network for Keras or ONNX."""

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
    parser.add_argument(
        "--onnx",
        type=Path,
        metavar="FILE.onnx",
        help="its network, for ONNX Runtime; needs tf2onnx",
    )


def run(arguments):
    """Write the page, the network, or both."""
    wanted = {
        "--page": (arguments.page, ".html"),
        "--keras": (arguments.keras, ".keras"),
        "--onnx": (arguments.onnx, ".onnx"),
    }
    if not any(path for path, _ in wanted.values()):
        raise ValueError("export needs --page FILE.html, --keras FILE.keras or --onnx FILE.onnx")
    card = checks.card(arguments.generator)
    for option, (path, ending) in wanted.items():
        if path is not None:
            checks.new_file(option, path, ending)
    if arguments.onnx is not None and importlib.util.find_spec("tf2onnx") is None:
        raise ValueError("--onnx needs the package tf2onnx: pip install tf2onnx")
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
    if arguments.onnx is not None:
        _write_onnx(generator, arguments.onnx)


def _write_onnx(generator, path):
    """Write the network of a generator, and say what goes in and comes out."""
    generator.sample(1, seed=0)  # Keras exports what has been called
    with files.replacing(path) as beside, warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # Keras looks for names that NumPy dropped
        generator.network.export(beside, format="onnx", verbose=False)
    given = " and ".join(f"{each.name} {each.shape[1:]}" for each in generator.network.inputs)
    print(f"{path}: takes {given}, draws {generator.network.output_shape[1:]}")


def _name_on_page(folder, card):
    """Name a generator by its folder, but no run as a shipped one: links would mean that one."""
    folder = folder.resolve()
    name = f"{folder.parent.name}-best" if folder.name == "best" else folder.name
    if name in files.generators() and not files.is_shipped(name, card):
        name = f"{name}-run"
    return name
