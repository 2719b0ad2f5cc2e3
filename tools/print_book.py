"""Print the built volume: ``make pdf``. Nothing is asked of another machine."""

import argparse
import shutil
from pathlib import Path

from playwright.sync_api import sync_playwright
from pypdf import PdfReader

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_TIMEOUT_MS = 1_800_000  # one page with all chapters
_FILL = """pages => document.querySelectorAll('.contents a').forEach(link => {
    link.nextElementSibling.textContent = pages[decodeURIComponent(link.hash.slice(1))];
})"""


def print_volume(page, pdf):
    """Print one long page, then again with the page numbers of what its contents list.

    Parameters
    ----------
    page : Path
        HTML, with what it needs beside it.
    pdf : Path
        Gets the volume.

    Raises
    ------
    SystemExit
        If there is no Chromium.
    """
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    if found is None:
        raise SystemExit("no Chromium on the path (Debian and Ubuntu: apt-get install chromium)")
    pdf.parent.mkdir(parents=True, exist_ok=True)
    beside = pdf.with_name(f"{pdf.name}.part")
    options = ["--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=options)
        tab = browser.new_page(color_scheme="light")
        tab.set_default_timeout(_TIMEOUT_MS)
        tab.goto(page.resolve().as_uri(), wait_until="load")
        tab.evaluate("() => window.MathJax?.startup.promise")
        # Folded solutions are of no use on paper.
        tab.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        for _ in range(2):
            tab.pdf(path=beside, format="A4", scale=0.8, outline=True, tagged=True)
            tab.evaluate(_FILL, page_numbers(beside))
        browser.close()
    beside.replace(pdf)


def page_numbers(pdf):
    """Return the page, counted from 1, on which each anchor of a printed page lies."""
    book = PdfReader(pdf)
    numbers = {page.indirect_reference: number for number, page in enumerate(book.pages, 1)}
    return {
        name.removeprefix("/"): numbers[place.page]
        for name, place in book.named_destinations.items()
    }


def main():
    """Print what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("page", type=Path, help="the whole book as one page of HTML")
    parser.add_argument("pdf", type=Path, help="file for the volume")
    arguments = parser.parse_args()
    print_volume(arguments.page, arguments.pdf)
    print(f"{arguments.pdf}: {arguments.pdf.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
