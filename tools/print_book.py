"""Print the built pages, a PDF each: ``make pdf``. Sounds are left out; their spectrograms stay."""

import argparse
import shutil
from pathlib import Path

from playwright.sync_api import sync_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


def print_pages(pages, folder):
    """Print pages to files of the same names.

    Parameters
    ----------
    pages : sequence of Path
        HTML, with what they need beside them.
    folder : Path
        Gets a PDF for each.

    Raises
    ------
    SystemExit
        If there is no Chromium.
    """
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    if found is None:
        raise SystemExit("no Chromium on the path (Debian and Ubuntu: apt-get install chromium)")
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        for page in pages:
            tab = browser.new_page(color_scheme="light")
            tab.goto(page.resolve().as_uri(), wait_until="load")
            tab.wait_for_function("!window.MathJax || MathJax.startup.promise.then(() => true)")
            # Folded solutions are of no use on paper.
            tab.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
            pdf = folder / f"{page.stem}.pdf"
            beside = pdf.with_name(f"{pdf.name}.part")
            margin = dict.fromkeys(("top", "bottom", "left", "right"), "15mm")
            tab.pdf(path=beside, format="A4", margin=margin, outline=True, tagged=True)
            beside.replace(pdf)
            tab.close()
            print(f"{pdf}: {pdf.stat().st_size / 1e6:.1f} MB", flush=True)
        browser.close()


def main():
    """Print what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pages", type=Path, help="folder of the built pages")
    parser.add_argument("out", type=Path, help="folder for the PDFs")
    arguments = parser.parse_args()
    print_pages(sorted(arguments.pages.glob("*.html")), arguments.out)


if __name__ == "__main__":
    main()
