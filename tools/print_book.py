"""Print the built volume: ``make pdf``. Nothing is asked of another machine."""

import argparse
import shutil
from pathlib import Path

from playwright.sync_api import sync_playwright
from pypdf import PdfReader

from audiogan_lib import files

_MAC = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", _MAC)
_TIMEOUT_MS = 1_800_000  # one page with all chapters
# Returns the links of the contents that lead nowhere.
_FILL = """pages => [...document.querySelectorAll('.contents a')].filter(link => {
    const number = pages[decodeURIComponent(link.hash.slice(1))];
    link.nextElementSibling.textContent = number;
    return !number;
}).map(link => link.textContent)"""


def print_volume(page, pdf):
    """Print one long page, again with the page numbers of its contents, until these stay.

    Parameters
    ----------
    page : Path
        HTML, with what it needs beside it.
    pdf : Path
        Gets the volume.

    Raises
    ------
    SystemExit
        If there is no Chromium, if the contents name a place that is not there, or if the page
        numbers go on moving what they number.
    """
    chromium = next(filter(None, map(shutil.which, _NAMES)), None)
    if chromium is None:
        raise SystemExit("no Chromium on the path (Debian and Ubuntu: apt-get install chromium)")
    pdf.parent.mkdir(parents=True, exist_ok=True)
    options = ["--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND"]
    with files.replacing(pdf) as beside, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=options)
        tab = browser.new_page(color_scheme="light")
        tab.set_default_timeout(_TIMEOUT_MS)
        tab.goto(page.resolve().as_uri(), wait_until="load")
        tab.evaluate("() => window.MathJax?.startup.promise")
        # Folded solutions are of no use on paper.
        tab.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        printed = None
        for _ in range(4):
            tab.pdf(path=beside, format="A4", scale=0.8, outline=True, tagged=True)
            numbers = page_numbers(beside)
            if numbers == printed:
                break
            if lost := tab.evaluate(_FILL, numbers):
                raise SystemExit(f"the contents name what is not in the volume: {lost}")
            printed = numbers
        else:
            raise SystemExit("the page numbers of the contents do not settle")
        browser.close()


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
