"""The house rules: one public address, notebooks that begin alike, pins and licences in place."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from test_docstrings import public_names
from test_layering import ROWS

import audiogan_lib

ROOT = Path(__file__).resolve().parents[1]
CONFIG = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
ADDRESS = CONFIG["repository"]["url"]
OWNER, NAME = ADDRESS.removeprefix("https://github.com/").split("/")
PAGES = f"https://{OWNER}.github.io/{NAME}/"
NOTEBOOKS = sorted((ROOT / "book").glob("*.ipynb"))

INSTALL_CELL = f"""\
try:
    from audiogan_lib import runtime
except ModuleNotFoundError:
    source = "git+{ADDRESS}"
    %pip install -q --no-deps {{source}}
    from audiogan_lib import runtime
runtime.check()"""

#: What Colab has installed (its published package list, 2026-08), by the name on the index.
ON_COLAB = {
    *("filelock", "ipython", "ipywidgets", "keras", "librosa", "matplotlib", "nbclient"),
    *("nbformat", "numpy", "pillow", "pooch"),
    *("pygments", "requests", "scikit-learn", "scipy", "soundfile", "soxr", "tqdm", "urllib3"),
}

#: Import names that differ from the name on the index.
INDEX_NAMES = {"IPython": "ipython", "PIL": "pillow", "sklearn": "scikit-learn"}


def tracked_texts() -> dict[Path, str]:
    """Return the text files that git tracks, what was vendored aside."""
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    texts = {}
    for name in filter(None, names.stdout.decode().split("\0")):
        content = (ROOT / name).read_bytes() if (ROOT / name).is_file() else b"\0"
        if b"\0" not in content and "vendor" not in Path(name).parts:
            texts[Path(name)] = content.decode("utf-8")
    return texts


def test_the_pages_have_the_address_that_the_repository_gives_them():
    assert CONFIG["html"]["baseurl"] == PAGES


def test_every_mention_of_this_project_follows_the_one_address():
    mentions = {
        (str(path), match[0])
        for path, text in tracked_texts().items()
        for match in re.finditer(
            r"https://(?:github\.com|colab\.research\.google\.com/github)/([\w.-]+/[\w.-]+)"
            r"|https://[\w-]+\.github\.io/[\w-]+/",
            text,
        )
        if match[0] != PAGES and match[1] != f"{OWNER}/{NAME}" and "audiogan" in match[0]
    }
    assert not mentions


@pytest.mark.parametrize("name", ["README.md", "CITATION.cff", "pyproject.toml"])
def test_the_front_pages_give_the_address(name):
    text = (ROOT / name).read_text("utf-8")
    assert ADDRESS in text
    assert PAGES in text


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_begins_with_the_install_cell(notebook):
    cells = json.loads(notebook.read_text("utf-8"))["cells"]
    first = next(cell for cell in cells if cell["cell_type"] == "code")
    assert "".join(first["source"]).rstrip() == INSTALL_CELL


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_asserts_what_it_claims_in_cells_of_at_most_25_lines(notebook):
    cells = json.loads(notebook.read_text("utf-8"))["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    assert any(
        re.search(r"^\s*(assert|np\.testing\.assert)", source, re.MULTILINE) for source in code
    )
    assert not [source for source in code if len(source.splitlines()) > 25]


def sections_folded(notebook: dict) -> list[list[dict]]:
    """Return the cells of each section that opens folded, in JupyterLab and on Colab alike."""
    on_colab = notebook["metadata"].get("colab", {}).get("collapsed_sections", [])
    folded, level = [], None
    for cell in notebook["cells"]:
        heading = re.match(r"(#+) ", "".join(cell["source"]))
        if cell["cell_type"] == "markdown" and heading:
            is_solution = "".join(cell["source"]) == "#### Solution"
            level = len(heading[1]) if is_solution else None
            if is_solution:
                assert cell["metadata"]["jp-MarkdownHeadingCollapsed"]
                assert cell["metadata"]["id"] in on_colab
                assert cell["metadata"]["tags"] == ["remove-cell"]  # the page folds by itself
                folded.append([])
        elif level:
            folded[-1].append(cell)
    assert len(folded) == len(on_colab)
    return folded


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_solutions_and_checks_are_folded_on_the_page_in_jupyterlab_and_on_colab(notebook):
    notebook = json.loads(notebook.read_text("utf-8"))
    folded = sections_folded(notebook)
    for section in folded:
        first, *rest = ("".join(cell["source"]) for cell in section)
        assert re.match(r"```{solution(-start)?} .*\n:class: dropdown\n", first)
        gated = "{solution-start}" in first and "{solution-end}" in rest[-1]
        assert gated or all("hide-cell" in cell["metadata"]["tags"] for cell in section[1:])
        assert "{exercise}" not in "".join(rest)
    texts = "\n".join("".join(cell["source"]) for cell in notebook["cells"])
    titles = re.findall(r"^```{exercise} (.+)$", texts, re.MULTILINE)
    assert len(titles) == texts.count("```{solution") - texts.count("```{solution-end}")
    assert len(titles) == len(folded)
    assert re.findall(r"^### Exercise: (.+)\n```{exercise} ", texts, re.MULTILINE) == titles
    inside = [cell["id"] for section in folded for cell in section]
    for cell in (cell for cell in notebook["cells"] if cell["id"] not in inside):
        tags = cell["metadata"].get("tags", [])
        if "hide-cell" in tags or re.search(r"^def check_", "".join(cell["source"]), re.MULTILINE):
            assert {"hide-cell", "hide-input"} & set(tags)
            assert cell["metadata"]["jupyter"]["source_hidden"]
            assert cell["metadata"]["cellView"] == "form"


def packages_imported_by(*sources: str) -> set[str]:
    """Return the packages that Python sources import, by the name on the index."""
    roots = set()
    for node in (node for source in sources for node in ast.walk(ast.parse(source))):
        if isinstance(node, ast.Import):
            roots |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            roots.add(node.module.partition(".")[0])
    roots -= sys.stdlib_module_names | {"audiogan_lib", "tensorflow"}
    return {INDEX_NAMES.get(root, root) for root in roots}


def test_what_the_library_imports_is_declared_and_stands_on_colab():
    declared = {Requirement(line).name for line in PROJECT["dependencies"]}
    files = (ROOT / "audiogan_lib").rglob("*.py")
    assert packages_imported_by(*(path.read_text("utf-8") for path in files)) == declared
    assert declared <= ON_COLAB


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_what_a_notebook_imports_stands_on_colab(notebook):
    cells = json.loads(notebook.read_text("utf-8"))["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    python = [re.sub(r"^(\s*)[%!].*", r"\1pass", source, flags=re.MULTILINE) for source in code]
    assert packages_imported_by(*python) <= ON_COLAB


def test_requirements_pin_everything_and_then_install_this_repository():
    lines = (ROOT / "requirements.txt").read_text("utf-8").splitlines()
    lines = [line for line in lines if not line.lstrip().startswith("#")]
    assert lines[-1] == "-e ."
    assert not [line for line in lines[:-1] if not re.match(r"[\w.-]+==[\w.]+( ;|$)", line)]


def test_the_pins_lie_within_the_ranges_of_the_package():
    pins = dict(re.findall(r"^([\w.-]+)==([\w.]+)", (ROOT / "requirements.txt").read_text(), re.M))
    ranges = [Requirement(line) for line in PROJECT["dependencies"]]
    for extra in ("book", "cpu", "dev", "test"):
        ranges += [Requirement(line) for line in PROJECT["optional-dependencies"][extra]]
    outside = [r for r in ranges if not r.specifier.contains(pins[r.name], prereleases=True)]
    assert not outside


def test_the_version_is_the_same_everywhere():
    assert version("audiogan_lib") == audiogan_lib.__version__
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert citation["version"] == audiogan_lib.__version__
    assert f"## {audiogan_lib.__version__}" in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_an_installed_package_has_its_sounds_and_weights(tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE", "LICENSE-CC-BY-4.0"):
        shutil.copy(ROOT / name, source)
    without = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "audiogan_lib", source / "audiogan_lib", ignore=without)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-index"]
    command += ["--no-build-isolation", "--wheel-dir", str(tmp_path), str(source)]
    subprocess.run(command, check=True)
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        packed = {name for name in wheel.namelist() if name.startswith("audiogan_lib/")}
    files = (path for path in (source / "audiogan_lib").rglob("*") if path.is_file())
    assert packed == {path.relative_to(source).as_posix() for path in files}


def test_without_a_suitable_python_make_says_which_one_is_needed(tmp_path):
    script = ROOT / "tools" / "make_environment.sh"
    run = subprocess.run(
        ["sh", str(script), str(tmp_path / "environment")],
        env={**os.environ, "PYTHON": "/bin/false"},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 1
    assert "this book needs Python 3.11, 3.12 or 3.13" in run.stderr
    assert not list(tmp_path.iterdir())


def test_the_readme_lists_the_chapters_that_exist():
    toc = re.findall(r"file: (\S+)", (ROOT / "_toc.yml").read_text("utf-8"))
    readme = (ROOT / "README.md").read_text("utf-8")
    table = readme.partition("## Chapters")[2].partition("\n## ")[0]
    listed = re.findall(r"\]\(([\w/]+)\.(?:ipynb|md)\)", table)
    assert listed == toc


def test_every_public_name_has_its_place_in_the_pages_of_the_library():
    pages = [(ROOT / "book" / name).read_text("utf-8") for name in ("api.md", "api_training.md")]
    documented = re.findall(r"automodule:: audiogan_lib\.(\S+)", "".join(pages))
    assert set(documented) <= set(ROWS)
    assert len(documented) == len(set(documented))
    missing = set().union(*map(public_names, ROWS)) - set().union(*map(public_names, documented))
    assert not missing


def test_shipped_sounds_say_where_they_come_from():
    folders = [path for path in (ROOT / "audiogan_lib" / "sounds").iterdir() if path.is_dir()]
    assert folders
    assert not [folder for folder in folders if not (folder / "LICENSE.md").is_file()]


@pytest.mark.parametrize(
    "pattern",
    [
        r"(?:^|[\s\"'=:(])/(?:home|root|Users|work)/\w",
        r"(?:pypi|pythonhosted|npmjs|debian)\.(?:org|com)",
        r"(?i)index-url",
    ],
)
def test_nothing_names_a_machine_or_a_package_registry(pattern):
    found = {
        f"{path}: {match[0]}"
        for path, text in tracked_texts().items()
        if path != Path("tests/test_repository.py")
        for match in re.finditer(pattern, text, re.MULTILINE)
    }
    assert not found


#: Published without either number: standards, and papers of series that give none.
UNNUMBERED = {
    *("itu1996p800", "itu2015mushra", "itu2021p808", "midi1996smf"),
    *("fitzgerald2010harmonic", "jozefowicz2015exploration", "knight2006decipherment"),
}


def test_a_reference_can_be_looked_up_by_its_number_and_stands_there_once():
    text = (ROOT / "book" / "references.bib").read_text("utf-8")
    entries = re.findall(r"^@\w+\{([^,]+),(.*?)^\}$", text, re.MULTILINE | re.DOTALL)
    assert len(entries) == text.count("\n@") + 1
    numbers = {}
    for key, body in entries:
        fields = dict(re.findall(r"(doi|eprint)\s*=\s*\{([^}]+)\}", body))
        assert bool(fields) == (key not in UNNUMBERED), key
        assert re.fullmatch(r"10\.\d{4,9}/\S+", fields.get("doi", "10.1000/x")), key
        assert re.fullmatch(r"\d{4}\.\d{4,5}", fields.get("eprint", "2000.00000")), key
        for number in fields.values():
            assert numbers.setdefault(number, key) == key, (number, key)
    keys = [key for key, _ in entries]
    assert keys == sorted(set(keys))
