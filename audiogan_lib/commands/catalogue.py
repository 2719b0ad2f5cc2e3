"""``list``: the generators, recipes and data sets that there are."""

import csv

from audiogan_lib import files, music
from audiogan_lib.commands import printing

SUMMARY = "what there is: generators, recipes, data sets"

DESCRIPTION = """\
List the generators that `generate` takes, the recipes that `train` takes, and
the data sets that recipes learn from; one line each. Minutes are those of
training, on two processor cores."""

EXAMPLES = {
    "All there is": "audiogan list",
    "Only the recipes": "audiogan list recipes",
    "For another program, with the classes of each generator": "audiogan list generators --json",
}

#: Name, what, Hz, samples, how it comes and licence.
_DATASETS = (
    (
        "drums",
        "single strokes of acoustic and electronic kits",
        16000,
        16384,
        "shipped",
        "MIT and CC, by kit",
    ),
    (
        "notes",
        "single notes of instruments",
        16000,
        16384,
        "shipped",
        "MIT, CC0, public domain",
    ),
    ("robot_digits", "digits by speech synthesisers", 8000, 8192, "shipped", "CC BY 4.0"),
    ("fsdd", "digits by six people", 8000, 8192, "download, 15 MB", "CC BY-SA 4.0"),
    (
        "speech_commands",
        "digits spoken by many people",
        16000,
        16384,
        "download, 2.4 GB",
        "CC BY 4.0",
    ),
    ("nsynth", "single notes of 1006 instruments", 16000, 16384, "download, 25 GB", "CC BY 4.0"),
    ("open_source_drumkit", "strokes of one real kit", 16000, 16384, "download", "free to use"),
    ("drum_machines", "strokes of drum machines", 16000, 16384, "download", "public domain"),
)

#: Name, what, data set and minutes, as in ``recipes.NAMES``, which to import would load TensorFlow.
_RECIPES = (
    ("digits", "digits by speaker: SpecGAN", "fsdd", 40),
    ("digits-fast", "the same for a first try", "fsdd", 4),
    ("robot-digits", "digits by synthetic voice: SpecGAN", "robot_digits", 14),
    ("drums", "drums by label: SpecGAN", "drums", 40),
    ("wavegan-drums", "drums by label: WaveGAN, its quicker form", "drums", 29),
    ("wavegan-gp-drums", "drums by label: WaveGAN as published, narrower", "drums", 29),
    ("article", "drums by label: dense layers and an LSTM", "drums", 6),
    ("notes", "notes by key and instrument: SpecGAN along pitch", "notes", 45),
    ("gansynth-notes", "notes by key and instrument: GANSynth", "notes", 60),
)


def recipes():
    """Return a row for each recipe."""
    form = {row["name"]: row for row in datasets()}
    return [
        {"name": name, "what": what, "data": data}
        | {key: form[data][key] for key in ("sample_rate", "samples", "licence")}
        | {"minutes": minutes}
        for name, what, data, minutes in _RECIPES
    ]


def datasets():
    """Return a row for each data set."""
    keys = "name", "what", "sample_rate", "samples", "from", "licence"
    return [dict(zip(keys, row, strict=True)) | {"clips": _clips(row[0])} for row in _DATASETS]


def _clips(name):
    """Count the clips of what is shipped."""
    index = files.LIBRARY / "sounds" / name / "index.csv"
    if not index.exists():
        return None
    with index.open(newline="", encoding="utf-8") as file:
        return sum(1 for _ in csv.DictReader(file))


def generators():
    """Return a row for each generator, from its card."""
    rows = []
    for name in files.generators():
        card = files.read_json(files.WEIGHTS / name / "card.json", "recipe", "conditions")
        recipe, conditions = card["recipe"], card["conditions"]
        counts = [
            _keys(classes)
            if name == "label" and recipe.get("label_means") == "pitch"
            else f"{len(classes)} {name}s"
            for name, classes in conditions.items()
        ]
        rows.append(
            {"name": name, "what": f"{recipe['data']} by {recipe['network']}: {', '.join(counts)}"}
            | {key: recipe[key] for key in ("sample_rate", "samples")}
            | {"minutes": card["training"]["minutes"], "licence": "CC BY 4.0"}
            | {"conditions": conditions}
        )
    return rows


def _keys(numbers):
    lowest, highest = (music.note_name(number) for number in (numbers[0], numbers[-1]))
    return f"{len(numbers)} keys from {lowest} to {highest}"


KINDS = {"generators": generators, "recipes": recipes, "datasets": datasets}


def add_arguments(parser):
    """Say what the command takes."""
    parser.add_argument("kind", nargs="?", help=f"only {', '.join(KINDS)}; all when not given")
    printing.add_json(parser)


def run(arguments):
    """Print what there is."""
    kind = arguments.kind
    if kind is not None and kind not in KINDS:
        raise ValueError(
            f"no kind {kind!r}{files.nearest(kind, KINDS)}: it must be one of {', '.join(KINDS)}"
        )
    found = {name: rows() for name, rows in KINDS.items() if kind in (None, name)}
    if arguments.json:
        printing.print_json(found)
        return
    print("\n\n".join(_table(name, rows) for name, rows in found.items()))


#: Heading of each column that is printed, and how a row's value is.
_COLUMNS = {
    "what": lambda row: row["what"],
    "data": lambda row: row["data"],
    "kHz": lambda row: f"{row['sample_rate'] / 1000:g}",
    "seconds": lambda row: f"{row['samples'] / row['sample_rate']:.2f}",
    "minutes": lambda row: f"{row['minutes']:.0f}",
    "clips": lambda row: str(row["clips"] or ""),
    "from": lambda row: row["from"],
    "licence": lambda row: row["licence"],
}


def _table(title, rows):
    """Lay rows out, each on one line under the title and the headings of what they have."""
    has = rows[0].keys() | {"kHz", "seconds"}
    headings = [heading for heading in _COLUMNS if heading in has]
    lines = [[title, *headings]]
    lines += [[row["name"], *(_COLUMNS[heading](row) for heading in headings)] for row in rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )
