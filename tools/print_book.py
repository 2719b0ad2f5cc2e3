"""Print the built book: ``make pdf``. Sounds are left out; their spectrograms stay."""

import argparse
import shutil
from pathlib import Path

from playwright.sync_api import sync_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_PATIENCE_MS = 600_000


def print_page(page, pdf):
    """Print a page to a file.

    Parameters
    ----------
    page : Path
        HTML, with what it needs beside it.
    pdf : Path
        Where to write.

    Raises
    ------
    SystemExit
        If there is no Chromium.
    """
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    if found is None:
        raise SystemExit("no Chromium on the path (Debian and Ubuntu: apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        tab = browser.new_page(color_scheme="light")
        tab.set_default_timeout(_PATIENCE_MS)
        tab.goto(page.resolve().as_uri(), wait_until="load")
        tab.wait_for_function("!window.MathJax || MathJax.startup.promise.then(() => true)")
        # Folded solutions are of no use on paper.
        tab.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        beside = pdf.with_name(f"{pdf.name}.part")
        margin = dict.fromkeys(("top", "bottom", "left", "right"), "15mm")
        tab.pdf(path=beside, format="A4", margin=margin, outline=True, tagged=True)
        beside.replace(pdf)
        browser.close()


def main():
    """Print what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("page", type=Path, help="HTML file")
    parser.add_argument("pdf", type=Path, help="file to write")
    arguments = parser.parse_args()
    print_page(arguments.page, arguments.pdf)
    print(f"{arguments.pdf}: {arguments.pdf.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
