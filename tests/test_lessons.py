"""Slides and hand-outs: each line of a plan leads to cells that are there; nothing is fetched."""

import importlib.util
import re
from pathlib import Path

import nbformat
import pytest
from nbformat import v4

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def lessons():
    spec = importlib.util.spec_from_file_location("make_slides", ROOT / "tools" / "make_slides.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def plans(lessons):
    return lessons.read_plans((ROOT / "book" / "teaching.md").read_text("utf-8"))


@pytest.fixture(scope="module")
def chapters():
    paths = (ROOT / "book").glob("*.ipynb")
    return {path.stem: nbformat.read(path, as_version=4) for path in paths}


def test_the_plans_are_read_whole(plans):
    for plan in plans:
        promised = int(plan.title.split()[0])
        assert sum(int(row.minutes) for row in plan.rows) == promised, plan.title
    assert len({plan.name for plan in plans}) == len(plans) >= 5


def test_every_place_and_exercise_of_a_plan_is_in_its_chapter(lessons, plans, chapters):
    for plan, row in ((one, row) for one in plans for row in one.rows):
        for file, heading in row.places:
            assert lessons.section(chapters[file], heading)
        for file, title in row.exercises:
            assert lessons.task(chapters, [file] if file else plan.chapters, title)
    assert sum(len(row.places) for plan in plans for row in plan.rows) > 30


VIEW = "application/vnd.jupyter.widget-view+json"
TASK = "See {doc}`the idea <a>` {cite}`b`."
CHAPTER = v4.new_notebook(
    cells=[
        v4.new_markdown_cell("# A chapter\n\nWords."),
        v4.new_code_cell("import os", metadata={"tags": ["remove-cell"]}),
        v4.new_markdown_cell("More words.\n\n## The idea\n\n$$\ne = m\n$$ (label)\n\nWhy?"),
        v4.new_code_cell(
            "play()",
            outputs=[
                v4.new_output("stream", name="stderr", text="noise"),
                v4.new_output(
                    "execute_result",
                    {
                        "text/html": "<audio src='data:audio/wav;base64,AAAA'></audio>",
                        VIEW: {"model_id": "1"},
                    },
                ),
            ],
        ),
        v4.new_markdown_cell("### A part"),
        v4.new_markdown_cell("## The end"),
        v4.new_code_cell("late()"),
        v4.new_markdown_cell(
            f"### Exercise: How?\n```{{exercise}} How?\n:label: ex-how\n\n{TASK}\n```"
        ),
    ]
)
PAGE = """\
## How a lesson goes

### 45 minutes: one and all ({doc}`chapter 1 <one>`)

For everybody.

| Minutes | What | Where |
| --- | --- | --- |
| 30 | What is it? | "The idea" |
| 15 | Exercise "How?" | Exercises |

## A week
"""


def test_a_slide_has_the_question_the_formula_the_code_and_the_sound(lessons):
    (plan,) = lessons.read_plans(PAGE)
    made = lessons.slides(plan, {"one": CHAPTER}).cells
    kinds = [cell.metadata["slideshow"]["slide_type"] for cell in made]
    texts = [cell.source for cell in made]
    assert texts[:3] == [
        "# 45 minutes: one and all\n\nFor everybody.",
        "## What is it?\n\n30 minutes",
        "### The idea",
    ]
    assert texts[3:6] == ["$$\ne = m\n$$", "play()", "### A part"]
    assert texts[6:] == ['## Exercise "How?"\n\n15 minutes', "### How?\n\nSee the idea."]
    assert kinds[:5] == ["slide", "slide", "subslide", "-", "subslide"]
    (output,) = made[4].outputs
    assert list(output["data"]) == ["text/html"]


def test_slides_and_hand_outs_ask_nothing_of_a_network(lessons):
    (plan,) = lessons.read_plans(PAGE)
    exporter = lessons.SlidesExporter(
        template_name="slides", extra_template_basedirs=[str(ROOT / "tools")]
    )
    page, _ = exporter.from_notebook_node(lessons.slides(plan, {"one": CHAPTER}))
    paper = lessons.hand_out(plan, {"one": CHAPTER})
    for html in (page, paper):
        loaded = re.findall(r"<(?:script|link|img|audio)[^>]+(?:src|href)=[\"']([^\"']+)", html)
        assert loaded
        for address in loaded:
            there = (lessons.VENDOR / address).is_file()
            assert there or address.startswith("data:"), address
        assert not re.search(r"(import|url\().{0,3}https?:", html)
    assert "data:audio/wav" in page
    assert "Reveal.initialize" in page
    assert "How?" in paper


def test_what_a_plan_names_and_no_chapter_has_is_an_error(lessons):
    with pytest.raises(ValueError, match="begins with 'Nowhere'"):
        lessons.section(CHAPTER, "Nowhere")
    with pytest.raises(ValueError, match="has an exercise 'Why'"):
        lessons.task({"one": CHAPTER}, ["one"], "Why")
