"""What the pages say and show, read from their sources: verdicts, names, drawn figures."""

import json
import re
import statistics
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
BOOK = ROOT / "book"
FIGURES = BOOK / "static" / "figures"
NOTEBOOKS = sorted(BOOK.glob("*.ipynb"))
CHAPTERS = [path for path in NOTEBOOKS if path.name[0] in "01"]
VERDICTS = "holds|with care|wrong|missing"


def prose(notebook: Path) -> str:
    """Return the text of a notebook, code aside."""
    cells = json.loads(notebook.read_text("utf-8"))["cells"]
    texts = ("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    return "\n\n".join(texts)


def rows(text: str) -> list[list[str]]:
    """Return the cells of each row of the tables that have a column of verdicts."""
    found, inside = [], False
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not line.startswith("|"):
            inside = False
        elif "Verdict" in cells:
            inside = True
        elif inside and not line.startswith("| ---"):
            found.append(cells)
    return found


def verdicts(cell: str) -> list[str]:
    """Return the verdicts that a cell of a table gives."""
    return re.findall(rf"\*\*({VERDICTS})\*\*", cell)


AUDIT = (BOOK / "teaching.md").read_text("utf-8").partition("## Audit of the article")[2]
AUDITED = {claim: verdicts(verdict) for claim, _, verdict in rows(AUDIT)}


def test_chapters_and_audit_give_one_verdict_for_one_claim():
    assert all(AUDITED[claim] for claim in AUDITED if not claim.startswith("("))
    told = {
        notebook.stem[:2]: {claim: verdicts(verdict) for claim, verdict, _ in rows(prose(notebook))}
        for notebook in CHAPTERS
    }
    assert {chapter for chapter, claims in told.items() if claims} == {"01", "03", "16"}
    for claims in told.values():
        assert claims == {claim: AUDITED.get(claim) for claim in claims}


@pytest.mark.parametrize(
    ("chapter", "claim"),
    [
        ("13_music", "Music"),
        ("14_speech_synthesis", "Speech synthesis"),
        ("15_speech_transcription", "Speech transcription"),
    ],
)
def test_a_verdict_in_running_text_is_that_of_the_audit(chapter, claim):
    said = re.findall(
        rf"(?:claim|verdict)\b[^.]*?(?:holds )?\b({VERDICTS})\b", prose(BOOK / f"{chapter}.ipynb")
    )
    audited = [verdict for full, verdict in AUDITED.items() if full.startswith(f"{claim}:")]
    audited += [verdict for full, verdict in AUDITED.items() if full.startswith(f"{claim} for")]
    assert said
    assert [set(said)] == [set(verdict) for verdict in audited]


def test_the_audit_names_headings_that_stand_in_the_chapters():
    named = re.findall(r'\{doc\}`[^`<]*<(\w+)>`((?:, "[^"]+")+)', AUDIT)
    assert len(named) > 40
    for chapter, headings in named:
        stand = re.findall(r"^#+ (.+)$", prose(BOOK / f"{chapter}.ipynb"), re.MULTILINE)
        for heading in re.findall(r'"([^"]+)"', headings):
            assert any(title.startswith(heading) for title in stand), (chapter, heading)


@pytest.mark.parametrize("notebook", CHAPTERS, ids=lambda path: path.stem)
def test_a_chapter_has_a_drawn_figure_with_words_for_who_cannot_see_it(notebook):
    figures = re.findall(
        r"```\{figure\} static/figures/(\w+\.svg)\n(.*?)```", prose(notebook), re.DOTALL
    )
    assert figures
    for name, options in figures:
        assert ":class: drawn\n" in options  # turned round on the dark page
        assert len(re.search(r":alt: (.+)", options)[1]) > 150
        assert (FIGURES / name).is_file()


def test_drawn_figures_are_small_and_made_of_shapes_and_text():
    drawings = sorted(FIGURES.glob("*.svg"))
    shown = "".join(path.read_text("utf-8") for path in BOOK.glob("*.*") if path.is_file())
    for path in drawings:
        assert path.stat().st_size < 12_000
        assert f"figures/{path.name}" in shown
        kinds = set(re.findall(r"<(\w+)", path.read_text("utf-8")))
        assert {"title", "text"} <= kinds
        assert not kinds & {"image", "script", "foreignObject"}


def test_the_files_and_commands_that_pages_name_exist():
    folders = "audiogan_lib|benchmarks|experiments|tests|tools"
    named = set()
    for page in [*BOOK.glob("*.ipynb"), *BOOK.glob("*.md"), ROOT / "README.md"]:
        text = page.read_text("utf-8")
        named |= set(re.findall(rf"`((?:{folders})/[\w/.-]+)`", text))
        modules = re.findall(rf"python -m ((?:{folders})[\w.]*)", text)
        named |= {module.replace(".", "/") for module in modules}
    assert len(named) > 5
    there = {name for name in named if any((ROOT / f"{name}{end}").exists() for end in ("", ".py"))}
    assert named == there


NETWORKS = (
    r"\bbuild_\w+\(|\blayers\.[A-Z]\w+\(|\bkeras\.Sequential\(|\btf\.random\.(normal|uniform)\("
)


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_sets_a_seed_before_it_draws_the_weights_of_a_network(notebook):
    cells = json.loads(notebook.read_text("utf-8"))["cells"]
    codes = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    if drawing := [number for number, code in enumerate(codes) if re.search(NETWORKS, code)]:
        until_then = codes[: drawing[0] + 1]
        assert any("keras.utils.set_random_seed(" in code for code in until_then)


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_half_of_a_notebooks_code_cells_have_at_most_eight_lines(notebook):
    cells = json.loads(notebook.read_text("utf-8"))["cells"]
    lines = [len("".join(c["source"]).splitlines()) for c in cells if c["cell_type"] == "code"]
    if notebook.stem != "intro":  # whose few cells play
        assert statistics.median(lines) <= 8
