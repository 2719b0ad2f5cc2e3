"""Make slides and a hand-out for each lesson plan of the teaching page: ``make slides``.

A plan (``book/teaching.md``) is a table of minutes, questions and the headings of chapters. The
slides are these questions, each followed by the cells under its headings, as they ran when the book
was built: code, pictures, and sounds that play. The hand-out is a page of paper with the questions,
room for notes, and the tasks of the exercises. Both open from disk and ask nothing of a network.
"""

import argparse
import re
import shutil
from html import escape
from pathlib import Path
from typing import NamedTuple

import nbformat
from nbconvert import SlidesExporter
from nbformat import v4

from audiogan_lib import files

ROOT = Path(__file__).resolve().parents[1]
VENDOR = ROOT / "book" / "static" / "vendor"
_HIDDEN = {"remove-cell", "hide-cell", "remove-output"}


class Row(NamedTuple):
    """A line of a plan: its minutes, what is asked, and which headings of which chapters."""

    minutes: str
    what: str
    places: list
    exercises: list


class Plan(NamedTuple):
    """A lesson: its name as a file's, its title, for whom it is, its chapters and its lines."""

    name: str
    title: str
    audience: str
    chapters: list
    rows: list


def plain(text):
    """Return Markdown without the roles and directives that only the book's pages know."""
    text = re.sub(r"\{doc\}`([^`<]+?) <[^`]+>`", r"\1", text)
    text = re.sub(r" ?\{cite(:\w+)?\}`[^`]*`", "", text)
    text = re.sub(r"\{eq\}`[^`]*`", "the formula", text)
    return re.sub(r"\{[\w:]+\}`([^`<]+?)( <[^`]+>)?`", r"\1", text)


def read_plans(text):
    """Read the plans of the teaching page.

    Parameters
    ----------
    text : str
        Of ``teaching.md``.

    Returns
    -------
    list of Plan
        In their order. A place is a pair of a chapter's file and the beginning of a heading; an
        empty heading is the chapter's beginning.
    """
    plans = []
    part = text.partition("## How a lesson goes")[2].partition("\n## ")[0]
    for heading, body in re.findall(
        r"^### (\d+ minutes: .+?)\n(.*?)(?=^### |\Z)", part, re.M | re.S
    ):
        chapter = re.search(r"\{doc\}`[^`<]+<(\w+)>`", heading)[1]
        title = heading.partition(" ({doc}")[0]
        audience = plain(body.strip().partition("\n\n")[0])
        audience = "" if audience.startswith("|") else audience
        rows = []
        for line in re.findall(r"^\| (\d+) \| (.*?) \|(.*)\|$", body, re.M):
            places, exercises, file = [], [], chapter
            for linked, alone, name in re.findall(
                r"\{doc\}`(?:[^`<]+<(\w+)>|(\w+))`|\"([^\"]+)\"", line[2]
            ):
                file = linked or alone or file
                if alone:
                    places.append((file, ""))
                if name:
                    places.append((file, name))
            if "Exercises" in line[2]:
                named = re.findall(r"\"([^\"]+)\"(?: \(\{doc\}`[^`<]+<(\w+)>`\))?", line[1])
                exercises = [(other, name) for name, other in named]
            rows.append(Row(line[0], plain(line[1]), places, exercises))
        name = re.sub(r"\W+", "-", title.partition(": ")[2].lower()).strip("-")
        used = re.findall(r"\{doc\}`[^`<]+<(\w+)>`", heading + body)
        plans.append(Plan(name, title, audience, list(dict.fromkeys(used)), rows))
    return plans


def pieces(notebook):
    """Return a chapter's cells, text divided so that each heading begins a cell."""
    for cell in notebook.cells:
        if cell.cell_type != "markdown":
            yield cell
            continue
        lines, fenced = [], False
        for line in cell.source.splitlines():
            fenced ^= line.startswith("```")
            if lines and not fenced and re.match(r"#+ ", line):
                yield nbformat.from_dict({**cell, "source": "\n".join(lines)})
                lines = []
            lines.append(line)
        yield nbformat.from_dict({**cell, "source": "\n".join(lines)})


def section(notebook, heading):
    """Return the cells under a heading, or those before the second heading.

    Parameters
    ----------
    notebook : NotebookNode
        A chapter.
    heading : str
        How the heading begins; empty for the chapter's beginning.

    Raises
    ------
    ValueError
        If no heading begins so.
    """
    found, level = [], None
    for cell in pieces(notebook):
        first = re.match(r"(#+) (.*)", cell.source) if cell.cell_type == "markdown" else None
        if level and first and (len(first[1]) <= level or not heading):
            break
        if first and not level and (first[2].startswith(heading) or not heading):
            level = len(first[1])
        if level:
            found.append(cell)
    if not level:
        raise ValueError(f"no heading of the chapter begins with {heading!r}")
    return found


def task(chapters, names, title):
    """Return the text of an exercise, from the first of some chapters that has it.

    Raises
    ------
    ValueError
        If none has an exercise of that title.
    """
    block = re.compile(
        r"```\{exercise\} " + re.escape(title) + r"\n(?::\w+:[^\n]*\n)*\n?(.*?)\n```", re.DOTALL
    )
    for name in names:
        for cell in chapters[name].cells:
            if found := block.search(cell.source):
                return plain(found[1].strip())
    raise ValueError(f"no chapter of the lesson has an exercise {title!r}")


def _shown(cell):
    """Return the slides of a cell: its formulas, or its code and what it gave."""
    if set(cell.metadata.get("tags", ())) & _HIDDEN:
        return []
    if cell.cell_type == "markdown":
        formulas = re.findall(r"^\$\$\n(.*?)\n\$\$", cell.source, re.M | re.S)
        return [v4.new_markdown_cell("\n\n".join(f"$$\n{one}\n$$" for one in formulas))] * bool(
            formulas
        )
    outputs = []
    for output in cell.outputs:
        if output.get("name") == "stderr":
            continue
        if "data" in output:  # the page's face of a control: a slide has no kernel
            kept = {key: value for key, value in output.data.items() if "widget" not in key}
            output = nbformat.from_dict({**output, "data": kept})
        outputs.append(output)
    source = "" if "hide-input" in cell.metadata.get("tags", ()) else cell.source
    return [v4.new_code_cell(source, outputs=outputs)]


def slides(plan, chapters):
    """Return a plan's slides as a notebook.

    Parameters
    ----------
    plan : Plan
        From `read_plans`.
    chapters : dict of str to NotebookNode
        The chapters by file, as they ran.
    """
    made = []

    def add(cell, kind):
        cell.metadata["slideshow"] = {"slide_type": kind}
        made.append(cell)

    add(v4.new_markdown_cell(f"# {plan.title}\n\n{plan.audience}"), "slide")
    for row in plan.rows:
        add(v4.new_markdown_cell(f"## {row.what}\n\n{row.minutes} minutes"), "slide")
        for file, title in row.exercises:
            text = f"### {title}\n\n{task(chapters, [file] if file else plan.chapters, title)}"
            add(v4.new_markdown_cell(text), "subslide")
        for file, heading in row.places:
            cells = section(chapters[file], heading)
            for cell in cells:
                title = re.match(r"#+ (.*)", cell.source) if cell.cell_type == "markdown" else None
                shown = _shown(cell)
                if title:
                    add(v4.new_markdown_cell(f"### {plain(title[1])}"), "subslide")
                for number, one in enumerate(shown):
                    add(one, "-" if title and not number else "subslide")
    notebook = v4.new_notebook(cells=made)
    notebook.metadata["title"] = plan.title
    return notebook


_PAPER = """\
@page { size: A4; margin: 14mm; }
body { font: 10.5pt/1.35 system-ui, sans-serif; max-width: 182mm;
  margin: 1rem auto; padding: 0 .5rem; }
h1 { font-size: 15pt; margin: 0 0 2mm; }
h2 { font-size: 11pt; margin: 3mm 0 1mm; } p { margin: 1mm 0; }
table { border-collapse: collapse; width: 100%; }
td { border: 1px solid #888; padding: 1.2mm 2mm; vertical-align: top; height: 11mm; }
td:first-child { width: 62%; }
"""


def hand_out(plan, chapters):
    """Return a plan's hand-out, HTML for one sheet: questions, room for notes, exercises.

    Parameters
    ----------
    plan, chapters
        As for `slides`.
    """
    parts = [
        '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">',
        f"<title>{escape(plan.title)}</title>\n<style>\n{_PAPER}</style>",
        f"<h1>{escape(plan.title.partition(': ')[2].capitalize())}</h1>",
        "<table>\n<tr><td><strong>We ask</strong><td><strong>I heard, I think</strong>",
    ]
    asked = [row for row in plan.rows if row.what != "Pause" and not row.exercises]
    for row in asked:
        where = "; ".join(heading for _, heading in row.places if heading)
        note = f" <small>({escape(where)})</small>" if where else ""
        parts.append(f"<tr><td>{escape(row.what)}{note}<td>")
    parts.append("</table>")
    for file, title in [one for row in plan.rows for one in row.exercises]:
        parts.append(f"<h2>Exercise: {escape(title)}</h2>")
        parts += [
            f"<p>{escape(one)}</p>"
            for one in task(chapters, [file] if file else plan.chapters, title).split("\n\n")
        ]
    mathjax = '<script>MathJax = { tex: { inlineMath: [["$", "$"]] } };</script>\n'
    mathjax += '<script defer src="mathjax/tex-chtml-full.js"></script>'
    return "\n".join([*parts, mathjax, "</html>", ""])


def main():
    """Write what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    built = ROOT / "_build"
    parser.add_argument("--ran", type=Path, default=built / "jupyter_execute" / "book")
    parser.add_argument("--out", type=Path, default=built / "slides")
    arguments = parser.parse_args()
    plans = read_plans((ROOT / "book" / "teaching.md").read_text("utf-8"))
    wanted = {file for plan in plans for row in plan.rows for file, _ in row.places}
    wanted |= {file for plan in plans for file in plan.chapters}
    if missing := [file for file in wanted if not (arguments.ran / f"{file}.ipynb").is_file()]:
        raise SystemExit(f"{min(missing)} has not run in {arguments.ran}: run make book first")
    chapters = {file: nbformat.read(arguments.ran / f"{file}.ipynb", 4) for file in wanted}
    arguments.out.mkdir(parents=True, exist_ok=True)
    for name in ("mathjax", "reveal.js"):
        shutil.copytree(VENDOR / name, arguments.out / name, dirs_exist_ok=True)
    exporter = SlidesExporter(template_name="slides", extra_template_basedirs=[str(ROOT / "tools")])
    for plan in plans:
        page, _ = exporter.from_notebook_node(slides(plan, chapters))
        files.write_text(arguments.out / f"{plan.name}.html", page)
        files.write_text(arguments.out / f"{plan.name}-hand-out.html", hand_out(plan, chapters))
        print(f"{arguments.out / plan.name}.html: {len(page) / 1e6:.1f} MB, and its hand-out")


if __name__ == "__main__":
    main()
