"""The built pages under axe-core, by the rules of WCAG 2.2 AA: in the light and in the dark."""

import importlib.util
import re
from pathlib import Path

import pytest
from browsers import chromium, open_offline, unavailable

ROOT = Path(__file__).resolve().parents[1]
HTML = ROOT / "_build" / "html"
PAGES = re.findall(r"(?:root|file): (\S+)", (ROOT / "_toc.yml").read_text())
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]

browser = pytest.fixture(chromium, scope="module")

#: Says of each finding the rule, the place and the reason.
AXE = """async (rules) => {
    const options = { runOnly: rules, resultTypes: ["violations"], preload: false };
    const { violations } = await axe.run(document, options);
    return violations.flatMap(({ id, nodes }) => nodes.map(({ any, html, target }) =>
        [id, target.join(" "), html.slice(0, 120), any[0]?.message].join(" | ")));
}"""


@pytest.fixture(scope="module")
def axe() -> str:
    """Return the source of axe-core, which comes with a package for Python."""
    if (found := importlib.util.find_spec("axe_playwright_python")) is None:
        unavailable("no axe-core (pip install axe-playwright-python)")
    return (Path(found.origin).parent / "axe.min.js").read_text("utf-8")


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_on_a_page_in_the_light_nor_in_the_dark(browser, axe, name):
    path = HTML / f"{name}.html"
    if not path.is_file():
        unavailable(f"{path.relative_to(ROOT)} is not built (run: make book)")
    visit = open_offline(browser, name, path.as_uri())
    visit.evaluate("() => window.MathJax?.startup?.promise")
    visit.page.add_style_tag(content="* { transition: none !important }")  # no colour half-way
    visit.evaluate(axe)
    light = visit.evaluate(AXE, RULES)
    visit.page.emulate_media(color_scheme="dark")
    visit.page.wait_for_selector("html[data-theme=dark]", state="attached")
    dark = visit.evaluate(AXE, ["color-contrast"])
    visit.page.context.close()
    assert light == []
    assert dark == []
