"""Who may import whom in the library, and what an import may cost."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

LIBRARY = Path(__file__).resolve().parents[1] / "audiogan_lib"

#: A module may import what stands in its row and, in turn, what stands in the rows of those.
ROWS = {
    "": set(),
    "audio": set(),
    "layers": set(),
    "losses": set(),
    "music": set(),
    "spectral": set(),
    "datasets": {"audio", "spectral"},
    "display": {"audio", "spectral"},
    "models": set(),
    "models.dense_lstm": {"layers", "spectral"},
    "models.wavegan": {"layers", "spectral"},
    "models.specgan": {"layers", "spectral"},
    "models.gansynth": {"layers", "spectral"},
    "models.vocoder": {"layers", "spectral"},
    "models.transcriber": {"layers", "spectral"},
    "training": {"audio", "losses"},
    "callbacks": {"audio", "spectral"},
    "classifiers": {"spectral"},
    "metrics": {"audio", "spectral"},
    "transcription": {"spectral"},
    "recipes": {
        *("datasets", "losses", "training"),
        *("models.dense_lstm", "models.gansynth", "models.specgan", "models.wavegan"),
    },
    "pretrained": {"recipes"},
    "widgets": {"audio", "spectral", "display", "music"},
    "runs": {"callbacks", "classifiers", "metrics", "pretrained", "recipes"},
    "vocoding": {"audio", "datasets", "losses", "models.vocoder", "spectral", "training"},
    "__main__": {"datasets", "display", "metrics", "pretrained", "recipes", "runs", "training"},
}

#: Networks, layers and losses run on any Keras backend; the others need none at all.
WITHOUT_TENSORFLOW = (
    *("audio", "display", "layers", "losses", "music", "widgets"),
    *("models.dense_lstm", "models.wavegan", "models.specgan", "models.gansynth", "models.vocoder"),
    "models.transcriber",
)


def dotted(path: Path) -> str:
    """Return a file's module name within the library."""
    parts = path.relative_to(LIBRARY).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


FILES = {dotted(path): path for path in sorted(LIBRARY.rglob("*.py"))}


def imported_names(path: Path) -> set[str]:
    """Return the absolute names that a file imports, at its top or inside functions."""
    package = ["audiogan_lib", *path.relative_to(LIBRARY).parent.parts]
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) + 1 - node.level] if node.level else []
            origin = ".".join([*base, *([node.module] if node.module else [])])
            names |= {origin} | {f"{origin}.{alias.name}" for alias in node.names}
    return names


def ours(path: Path) -> set[str]:
    """Return the modules of the library that a file imports, packages themselves aside."""
    names = {name.removeprefix("audiogan_lib.") for name in imported_names(path)}
    return {name for name in names if name in FILES and name not in ("", "models")}


def is_private(module: str) -> bool:
    """Tell whether a module belongs to those that import it: the table has no row for it."""
    return module.rpartition(".")[2].startswith("_") and module != "__main__"


def seen_by(module: str) -> set[str]:
    """Return the modules that a module imports, itself or by way of private ones."""
    found, todo = set(), [module]
    while todo:
        for name in ours(FILES[todo.pop()]) - found:
            found.add(name)
            if is_private(name):
                todo.append(name)
    return found - {module}


def allowed(module: str) -> set[str]:
    """Return every module in reach of a module's row."""
    reach, todo = set(), [module]
    while todo:
        new = ROWS[todo.pop()] - reach
        reach |= new
        todo.extend(new)
    return reach


PUBLIC = [name for name in FILES if not is_private(name)]


@pytest.mark.parametrize("module", PUBLIC)
def test_a_module_imports_only_what_the_table_allows(module):
    assert module in ROWS, f"{module} has no row in the table: say what it may import"
    assert {name for name in seen_by(module) if not is_private(name)} <= allowed(module)


def test_the_table_names_only_modules_that_exist():
    assert set(ROWS) <= set(FILES)


def test_the_table_has_no_circle():
    assert not [module for module in ROWS if module in allowed(module)]


@pytest.mark.parametrize("module", FILES)
def test_the_library_never_imports_the_book_or_the_tests(module):
    roots = {name.partition(".")[0] for name in imported_names(FILES[module])}
    assert not roots & {"book", "tests", "tools", "benchmarks"}


@pytest.mark.parametrize("module", WITHOUT_TENSORFLOW)
def test_a_module_that_needs_no_tensorflow_imports_none(module):
    files = [FILES[name] for name in (module, *filter(is_private, seen_by(module)))]
    roots = {name.partition(".")[0] for file in files for name in imported_names(file)}
    assert "tensorflow" not in roots


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
