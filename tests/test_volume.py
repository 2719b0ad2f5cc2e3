"""The book as one volume to print: a tiny book, built and printed as the real one is."""

import re
import shutil
import subprocess
import sys
import unicodedata
from pathlib import Path

import nbformat
import numpy as np
import pytest
import yaml
from browsers import CHROMIUM, unavailable
from nbformat import v4

from audiogan_lib import display

ROOT = Path(__file__).resolve().parents[1]
FIRST = """# The first chapter

Read {doc}`the second <second>` and its {ref}`section <second-exercises>`.

## Exercises

Do what the first asks.
"""
SECOND = """# The second chapter

A folded cell follows, and $a^2 + b^2 = c^2$.

(second-exercises)=
## Exercises

Do what the second asks, as {doc}`the first <first>` promised.

:::{exercise}
:label: sum
What is one and one?
:::

:::{solution} sum
:class: dropdown
The answer is two.
:::
"""


def write_book(folder):
    """Write two chapters: a hidden cell, a player, headings of the same name, a solution."""
    config = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))
    config["execute"] = {"execute_notebooks": "off"}
    (folder / "_config.yml").write_text(yaml.safe_dump(config))
    (folder / "_toc.yml").write_text(
        "format: jb-book\nroot: book/first\n"
        "parts: [{caption: The rest, chapters: [{file: book/second}]}]\n"
    )
    (folder / "book").mkdir()
    for name in ("_ext", "static", "references.bib"):
        (folder / "book" / name).symlink_to(ROOT / "book" / name)
    (folder / "book" / "first.md").write_text(FIRST)
    hidden = v4.new_code_cell("secret = 'in the fold'", metadata={"tags": ["hide-input"]})
    player = display.players(np.sin(np.arange(4000)) / 2, 8000, "a sine")
    output = v4.new_output("display_data", {"text/html": player.html, "text/plain": "a sine"})
    shown = v4.new_code_cell("display.players(sine)", outputs=[output])
    cells = [v4.new_markdown_cell(SECOND), hidden, shown]
    metadata = {
        "kernelspec": {"name": "python3", "display_name": "Python 3"},
        "language_info": {"name": "python", "pygments_lexer": "ipython3"},
    }
    nbformat.write(v4.new_notebook(cells=cells, metadata=metadata), folder / "book/second.ipynb")


@pytest.fixture(scope="module")
def volume(tmp_path_factory):
    """Build and print the tiny book; return its HTML and its PDF."""
    from pypdf import PdfReader

    if not any(map(shutil.which, CHROMIUM)):
        unavailable("no Chromium on the path (Debian and Ubuntu: apt-get install chromium)")
    folder = tmp_path_factory.mktemp("volume")
    write_book(folder)
    build = [Path(sys.executable).with_name("jupyter-book"), "build", folder]
    subprocess.run([*build, "--builder", "singlehtml", "-W", "-n"], check=True, timeout=300)
    html, pdf = folder / "_build/singlehtml/index.html", folder / "book.pdf"
    subprocess.run(
        [sys.executable, ROOT / "tools" / "print_book.py", html, pdf], check=True, timeout=300
    )
    return html.read_text("utf-8"), PdfReader(pdf)


def text_of(page):
    """Return a page's text; some fonts join letters, such as f and i, to one glyph."""
    return unicodedata.normalize("NFKC", page.extract_text())


def page_with(pdf, text):
    """Find the only page after the contents that has a text."""
    (page,) = [page for page in list(pdf.pages)[2:] if text in text_of(page)]
    return page


def test_the_chapters_follow_a_cover_and_the_contents(volume):
    _, pdf = volume
    texts = [text_of(page) for page in pdf.pages]
    assert "Contents" in texts[1]
    places = [
        pdf.pages.index(page_with(pdf, f"The {name} chapter\n")) for name in ("first", "second")
    ]
    assert places[0] == 2
    assert places[1] > places[0]


def test_the_contents_name_the_pages(volume):
    _, pdf = volume
    listed = re.findall(r"(.+?)\s*(\d+)$", text_of(pdf.pages[1]), re.MULTILINE)
    second = pdf.get_page_number(page_with(pdf, "Do what the second asks")) + 1
    assert ("The first chapter", "3") in listed
    assert ("The second chapter", "4") in listed
    assert ("Exercises", "3") in listed
    assert ("Exercises", str(second)) in listed


def test_every_link_leads_to_a_place_in_the_volume(volume):
    _, pdf = volume
    links = [link.get_object() for page in pdf.pages for link in page.get("/Annots", [])]
    places = [link["/Dest"] for link in links if "/Dest" in link]
    assert len(places) >= 7
    assert set(places) <= set(pdf.named_destinations)
    assert not [link for link in links if "file:" in str(link.get("/A"))]
    assert all("/Dest" in link or "/A" in link for link in links)


def test_what_is_folded_on_the_page_is_open_on_paper(volume):
    _, pdf = volume
    assert page_with(pdf, "secret = 'in the fold'")
    assert page_with(pdf, "The answer is two.")


def test_a_sound_is_its_spectrogram(volume):
    html, pdf = volume
    page = page_with(pdf, "a sine")
    assert "<audio" not in html
    drawn = [drawing.get_object() for drawing in page["/Resources"]["/XObject"].values()]
    assert [drawing["/Subtype"] for drawing in drawn].count("/Image") == 1


def test_contents_that_lead_nowhere_are_told(tmp_path):
    if not any(map(shutil.which, CHROMIUM)):
        unavailable("no Chromium on the path (Debian and Ubuntu: apt-get install chromium)")
    page = tmp_path / "index.html"
    page.write_text(
        '<p class="contents"><a href="#here">Here</a><i></i><a href="#gone">Gone</a><i></i></p>'
        '<h1 id="here">Here</h1>'
    )
    script = [sys.executable, ROOT / "tools" / "print_book.py", page, tmp_path / "book.pdf"]
    done = subprocess.run(script, capture_output=True, text=True, timeout=300)
    assert done.returncode
    assert "the contents name what is not in the volume: ['Gone']" in done.stderr
    assert not (tmp_path / "book.pdf").exists()
