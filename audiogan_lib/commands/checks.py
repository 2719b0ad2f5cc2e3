"""What is refused before anything is loaded, in one sentence."""

import math
import sys
from pathlib import Path

from audiogan_lib import files


def more_than_nothing(**options):
    """Refuse numbers that are not more than 0 and finite; None is not given."""
    for name, value in options.items():
        if value is not None and not 0 < value < math.inf:
            raise ValueError(
                f"--{name.replace('_', '-')} {value:g}: must be more than 0 and finite"
            )


def apart(out, data):
    """Refuse to write sounds where a run looks for recordings: they would be trained on."""
    if Path(out).resolve().is_relative_to(Path(data).resolve()):
        raise ValueError(
            f"--out {out}: lies in {data}, the folder of the recordings, where generated sounds "
            "would become recordings; choose a folder outside"
        )


def new_file(option, path, ending):
    """Refuse a file of another ending, in no folder, or that is there."""
    if path.suffix != ending:
        raise ValueError(f"{option} {path}: its name must end in {ending}")
    if not path.parent.is_dir():
        raise ValueError(f"{option} {path}: there is no folder {path.parent}")
    if path.exists():
        raise ValueError(f"{option} {path} is there already; choose another name")


def card(generator, count=1):
    """Read what a generator says of itself; its weights are looked at later."""
    folder = files.find_generator(generator)
    if folder.parent == files.WEIGHTS and Path(generator, "card.json").exists():
        print(
            f"audiogan: {generator} is the shipped generator; for the run in the "
            f"folder of that name write ./{generator}",
            file=sys.stderr,
        )
    if count < 1:
        raise ValueError(f"--count {count}: must be 1 or more")
    return files.read_json(folder / "card.json", "recipe", "conditions")
