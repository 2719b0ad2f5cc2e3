"""Who may import whom in the library, and what an import may cost."""

import ast
import shutil
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

LIBRARY = Path(__file__).resolve().parents[1] / "audiogan_lib"

#: A room may enter those of its row and, in turn, those of their rows.
ROWS = {
    **dict.fromkeys(("files", "layers", "losses", "quick", "spectral"), ()),
    "audio": ("files",),
    "classroom": ("files",),
    "runtime": ("files",),
    "music": ("files",),
    "latents": ("files", "music"),
    "models.dense_lstm": ("layers",),
    "models.gansynth": ("layers",),
    "models.specgan": ("layers",),
    "models.transcriber": ("layers",),
    "models.vocoder": ("layers",),
    "models.wavegan": ("layers",),
    "training": ("losses", "quick"),
    "transcription": ("spectral",),
    "classifiers": ("files", "spectral"),
    "datasets": ("audio", "files"),
    "display": ("audio",),
    "metrics": ("audio", "spectral"),
    "callbacks": ("audio", "files", "metrics"),
    "recipes": (
        *("datasets", "layers", "spectral", "training"),
        *("models.dense_lstm", "models.gansynth", "models.specgan", "models.wavegan"),
    ),
    "vocoding": (
        *("audio", "datasets", "files", "losses", "models.vocoder", "spectral", "training"),
    ),
    "live": ("files", "music", "recipes"),
    "widgets": ("audio", "display", "files", "latents", "music"),
    "pretrained": ("files", "latents", "recipes"),
    "runs": ("callbacks", "classifiers", "display", "live", "metrics", "pretrained"),
    "commands": ("classroom", "runs"),
    "__main__": ("commands",),
}

#: Networks, layers and losses run on any Keras backend; the others need none at all.
WITHOUT_TENSORFLOW = (
    *("audio", "classroom", "commands", "display", "files", "latents", "layers", "losses"),
    *("music", "runtime", "widgets"),
    *(room for room in ROWS if room.startswith("models.")),
)

OUTSIDE = {"benchmarks", "book", "experiments", "tests", "tools"}


def room_of(module: str) -> str | None:
    """Return the room of a module, or of a name in it; None for what stands in no room."""
    parts = module.split(".")
    first, two = parts[0], ".".join(parts[:2])
    return two if two in ROWS else first if first in ROWS else None


def reach(room: str) -> set[str]:
    """Return every room that a room may enter."""
    return set(ROWS[room]).union(*(reach(other) for other in ROWS[room]))


def modules(library: Path) -> dict[str, Path]:
    """Return the library's files by their names within it, faces by those of their rooms."""
    names = {}
    for path in sorted(library.rglob("*.py")):
        parts = path.relative_to(library).with_suffix("").parts
        names[".".join(part for part in parts if part != "__init__")] = path
    return names


def imports(path: Path, module: str) -> set[str]:
    """Return the absolute names that a file imports, at its top or inside functions."""
    package = ["audiogan_lib", *module.split(".")[: None if path.stem == "__init__" else -1]]
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) + 1 - node.level] if node.level else []
            origin = ".".join([*base, *([node.module] if node.module else [])])
            names |= {f"{origin}.{alias.name}" for alias in node.names}
    return names


def within(names: set[str]) -> set[str]:
    """Return those names that are the library's, as they are called within it."""
    return {
        name.removeprefix("audiogan_lib.") for name in names if name.startswith("audiogan_lib.")
    }


def module_of(name: str, known: dict[str, Path]) -> str:
    """Return the module that an imported name is, or that it is defined in."""
    return name if name in known else name.rpartition(".")[0]


def import_faults(module: str, path: Path, known: dict[str, Path]) -> list[str]:
    """Say what a file imports that its room may not."""
    names, room, faults = imports(path, module), room_of(module), []
    for name in sorted(names):
        if name.partition(".")[0] in OUTSIDE:
            faults.append(f"{module} imports {name}: the library never imports what uses it")
        if name.partition(".")[0] == "tensorflow" and room in WITHOUT_TENSORFLOW:
            faults.append(f"{module} imports {name}, but its room needs no TensorFlow")
    for name in sorted(within(names)):
        source, other = module_of(name, known), room_of(name)
        if other == room or source in ("", "models"):
            continue
        if other is None or other not in reach(room):
            faults.append(f"{module} imports {name}: no row allows it")
        elif source != other:
            faults.append(f"{module} imports {name}: enter a room by its face")
    return faults


def face_faults(room: str, path: Path) -> list[str]:
    """Say what a face does beside importing and listing the public names of its room."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imported, listed = set(), set()
    for node in tree.body[1:]:
        if isinstance(node, ast.ImportFrom):
            imported |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.Assign) and node.targets[0].id == "__all__":
            listed = set(ast.literal_eval(node.value))
        else:
            return [f"{room}: line {node.lineno} of its face is neither an import nor __all__"]
    faults = [] if ast.get_docstring(tree) else [f"{room}: its face does not say what it is for"]
    return faults + [f"{room}: {name} is not in __all__" for name in sorted(imported ^ listed)]


def faults_of(library: Path) -> list[str]:
    """Return a sentence for each place where the library is not the house of the table."""
    known, faults = modules(library), []
    circles = {}
    for module, path in known.items():
        if module in ("", "models"):
            continue
        if room_of(module) is None:
            faults.append(f"{module} stands in no room of the table")
            continue
        if path.stem.startswith("_") and path.stem not in ("__init__", "__main__"):
            faults.append(f"{module}: a room has no private files")
        if path.stem == "__init__":
            faults += face_faults(module, path)
        else:
            inner = {module_of(name, known) for name in within(imports(path, module))}
            circles[module] = inner - {module}
        faults += import_faults(module, path, known)
    for graph in (ROWS, circles):
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as error:
            faults.append(f"a circle: {' -> '.join(error.args[1])}")
    return faults


def test_the_library_is_the_house_of_the_table():
    assert faults_of(LIBRARY) == []


def test_the_table_names_only_rooms_that_exist():
    assert {room for room in ROWS if room not in modules(LIBRARY)} == set()


def test_a_stranger_finds_at_most_30_things_at_the_door():
    here = {path.name for path in LIBRARY.iterdir()} - {"__pycache__"}
    assert len(here) <= 30, sorted(here)


@pytest.mark.parametrize(
    "file, line, complaint",
    [
        ("corridor.py", '"""In no room."""', "corridor stands in no room"),
        ("metrics/_tail.py", '"""Private."""', "a room has no private files"),
        ("audio/clips.py", "from audiogan_lib import metrics", "clips imports metrics: no row"),
        ("layers/shifts.py", "def f():\n    import audiogan_lib.datasets", "no row allows it"),
        ("models/specgan.py", "from audiogan_lib.models import wavegan", "no row allows it"),
        (
            "callbacks/progress.py",
            "from audiogan_lib.metrics.report import evaluate",
            "by its face",
        ),
        ("display/html.py", "from audiogan_lib.display.players import players", "a circle"),
        ("losses.py", "import tensorflow as tf", "its room needs no TensorFlow"),
        ("metrics/__init__.py", "def helper():\n    return 1", "neither an import nor __all__"),
        ("quick/__init__.py", "from audiogan_lib.quick.layers import Conv1D", "not in __all__"),
        ("runs/run.py", "from tests import kicks", "never imports what uses it"),
    ],
)
def test_a_planted_fault_is_found(tmp_path, file, line, complaint):
    house = tmp_path / "audiogan_lib"
    only_code = shutil.ignore_patterns("__pycache__", "sounds", "weights", "results")
    shutil.copytree(LIBRARY, house, ignore=only_code)
    with (house / file).open("a", encoding="utf-8") as target:
        target.write(f"\n{line}\n")
    faults = faults_of(house)
    assert any(complaint in fault for fault in faults), faults


def test_importing_the_package_takes_less_than_50_ms_and_loads_no_tensorflow():
    code = (
        "import sys, time; before = time.perf_counter(); import audiogan_lib; "
        "print(time.perf_counter() - before, 'tensorflow' in sys.modules, 'numpy' in sys.modules)"
    )
    runs = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        for _ in range(3)
    ]
    seconds, tensorflow, numpy = zip(*(run.stdout.split() for run in runs), strict=True)
    assert min(map(float, seconds)) < 0.05
    assert {*tensorflow, *numpy} == {"False"}
