"""The built pages as a reader meets them: opened from disk in Chromium, without a network."""

import importlib.util
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
import yaml
from browsers import DESKTOP, chromium, open_offline, unavailable

ROOT = Path(__file__).resolve().parents[1]
HTML = ROOT / "_build" / "html"
PAGES = re.findall(r"(?:root|file): (\S+)", (ROOT / "_toc.yml").read_text())
PAGE_BYTES = 1_000_000
PHONE = {"width": 390, "height": 844}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]

browser = pytest.fixture(chromium, scope="module")


def open_page(browser, name, query=""):
    """Open a built page from disk, refuse everything else, and wait until it is at rest."""
    path = HTML / f"{name}.html"
    if not path.is_file():
        unavailable(f"{path.relative_to(ROOT)} is not built (run: make book)")
    visit = open_offline(browser, name, path.as_uri() + query)
    visit.evaluate("() => window.MathJax?.startup?.promise")
    return visit


@pytest.fixture(scope="module", params=PAGES)
def visit(request, browser):
    """Open one page of the book; the tests of this file look at it in turn."""
    visit = open_page(browser, request.param)
    yield visit
    visit.page.context.close()


def test_no_request_leaves_the_disk(visit):
    outside = [url for url in visit.requests if not url.startswith(("file:", "data:", "blob:"))]
    assert visit.requests
    assert not outside


def test_the_mathematics_is_typeset(visit):
    untouched, failed = visit.evaluate(
        """() => [
            [...document.querySelectorAll('.math')].filter(e => !e.querySelector('mjx-container')),
            [...document.querySelectorAll('mjx-merror')]
        ].map(elements => elements.map(element => element.textContent))"""
    )
    assert not untouched
    assert not failed


PLAY = """async () => {
    const failures = [];
    const heard = (audio, event) => new Promise((resolve, reject) => {
        const once = { once: true };
        const fail = () => reject(new Error('does not decode'));
        audio.addEventListener(event, resolve, once);
        for (const part of [audio, ...audio.querySelectorAll('source')])
            part.addEventListener('error', fail, once);
        setTimeout(() => reject(new Error('no ' + event)), 5000);
    });
    for (const [number, audio] of [...document.querySelectorAll('audio')].entries()) {
        try {
            const loaded = heard(audio, 'loadedmetadata');
            audio.load();
            await loaded;
            if (!(audio.duration > 0 && isFinite(audio.duration))) throw new Error('is empty');
            audio.muted = true;
            await audio.play();
            const late = performance.now() + 5000;
            while (audio.currentTime === 0) {
                if (performance.now() > late) throw new Error('does not move');
                await new Promise((done) => setTimeout(done, 5));
            }
            audio.pause();
        } catch (error) {
            failures.push(`player ${number}: ${error.message}`);
        }
    }
    return failures;
}"""


def test_every_player_plays(visit):
    assert visit.evaluate(PLAY) == []


def test_every_latent_player_sounds(visit):
    places = visit.page.locator("[data-control='latent-player']")
    for i in range(places.count()):
        places.nth(i).get_by_role("button", name="Play", exact=True).click()
        made = visit.page.wait_for_function("i => audiogan.players[i].samples", arg=i)
        assert made.evaluate("samples => samples.some((sample) => Math.abs(sample) > 0.01)")


def test_every_sound_can_be_reached_by_keyboard_and_name(visit):
    nameless = visit.evaluate(
        """() => [...document.querySelectorAll('main input, main select, main button')]
            .filter(e => !(e.ariaLabel || e.title || e.textContent.trim() || e.labels?.length))
            .map(e => e.outerHTML.slice(0, 200))"""
    )
    assert not nameless


def test_every_image_is_shown_and_described(visit):
    images = visit.evaluate(
        """() => [...document.querySelectorAll('main img')].map(image => (
            { alt: image.alt.trim(), shown: image.complete && image.naturalWidth > 0,
              source: image.src.slice(0, 120) }))"""
    )
    hidden = [image for image in images if not image["shown"]]
    bare = [
        image for image in images if not image["alt"] or re.match(r"(\.\./)*_images/", image["alt"])
    ]
    assert not hidden
    assert not bare


def leads_somewhere(link: str) -> bool:
    """Tell whether a link to a file finds that file and, in a page, its anchor."""
    parts = urlsplit(link)
    target, anchor = Path(unquote(parts.path)), unquote(parts.fragment)
    if not anchor or target.suffix != ".html" or not target.is_file():
        return target.is_file()
    return re.search(rf'\b(id|name)="{re.escape(anchor)}"', target.read_text("utf-8")) is not None


def test_every_link_within_the_book_leads_somewhere(visit):
    links = visit.evaluate("() => [...document.querySelectorAll('a[href]')].map(link => link.href)")
    links = {link for link in links if link.startswith("file:")}
    assert [link for link in links if not leads_somewhere(link)] == []


def test_colab_links_point_at_files_of_the_repository(visit):
    address = yaml.safe_load((ROOT / "_config.yml").read_text())["repository"]["url"]
    prefix = address.replace("https://github.com", "https://colab.research.google.com/github")
    links = visit.evaluate(
        "() => [...document.querySelectorAll('a[href*=\"colab.research\"]')].map(link => link.href)"
    )
    assert all(link.startswith(f"{prefix}/blob/main/") for link in links)
    paths = [ROOT / link.removeprefix(f"{prefix}/blob/main/") for link in links]
    assert all(path.is_file() for path in paths)
    notebook = ROOT / f"{visit.name}.ipynb"
    assert not notebook.exists() or notebook in paths


def test_no_widget_is_left_without_its_face(visit):
    text = visit.evaluate("() => document.querySelector('main').innerText")
    assert not re.search(r"Error displaying widget|Loading widget|A Jupyter Widget", text)
    orphans = "script[type^='application/vnd.jupyter.widget']"
    assert visit.page.locator(orphans).count() == 0


def test_a_page_weighs_less_than_1_mb(visit):
    loaded = {Path(unquote(urlsplit(url).path)) for url in visit.requests if url[:5] == "file:"}
    own = {path for path in loaded if not path.is_relative_to(HTML / "_static")}
    assert HTML / f"{visit.name}.html" in own
    assert sum(path.stat().st_size for path in own) < PAGE_BYTES


def test_a_narrow_page_does_not_scroll_sideways_and_what_does_shows_an_edge(visit):
    visit.page.set_viewport_size(PHONE)
    visit.page.wait_for_timeout(300)
    width, culprits = visit.evaluate(
        """() => [document.documentElement.scrollWidth,
            [...document.querySelectorAll('main *')]
                .filter(e => e.getBoundingClientRect().right > innerWidth + 1)
                .map(e => e.outerHTML.slice(0, 120)).slice(0, 5)]"""
    )
    edgeless = visit.evaluate(
        """() => [...document.querySelectorAll('main .cell pre')]
            .filter(e => e.scrollWidth > e.clientWidth)
            .filter(e => getComputedStyle(e).backgroundAttachment !== 'local, scroll')
            .map(e => e.innerText.slice(0, 120))"""
    )
    visit.page.set_viewport_size(DESKTOP)
    assert width <= PHONE["width"], culprits
    assert not edgeless


def test_what_a_control_says_moves_nothing_from_under_a_finger(visit):
    visit.page.set_viewport_size(PHONE)
    moved = visit.evaluate(
        """(said) => [...document.querySelectorAll('.audiogan-panel')].flatMap((panel) => {
            for (const part of panel.querySelectorAll('[hidden]')) part.hidden = false;
            const parts = [...panel.querySelectorAll('button, input, select, canvas')];
            const places = () => parts.map((part) => part.getBoundingClientRect().y);
            const lines = [...panel.querySelectorAll('[role=status]')];
            const [before, now] = ['', said].map((text) => {
                for (const line of lines) line.textContent = text;
                return places();
            });
            return parts.filter((_, i) => before[i] !== now[i]).map((part) => part.outerHTML);
        })""",
        "snare: 1.02 s, -12.2 dBFS; made in 1,212 ms by WebAssembly. " * 3,
    )
    visit.page.set_viewport_size(DESKTOP)
    assert not moved


def test_a_link_preview_leads_to_the_published_page(visit):
    page = (HTML / f"{visit.name}.html").read_text("utf-8")
    found = re.findall(r'property="og:(url|image)" content="([^"]*)"', page)
    assert {name for name, _ in found} == {"url", "image"}
    assert all(address.startswith("https://") for _, address in found)


def test_a_page_names_no_folder_of_this_machine(visit):
    assert str(ROOT) not in (HTML / f"{visit.name}.html").read_text("utf-8")


#: Says of each finding the rule, the place and the reason.
AXE = """async (rules) => {
    const options = { runOnly: rules, resultTypes: ["violations"], preload: false };
    const { violations } = await axe.run(document, options);
    return violations.flatMap(({ id, nodes }) => nodes.map(({ any, html, target }) =>
        [id, target.join(" "), html.slice(0, 120), any[0]?.message].join(" | ")));
}"""


#: The words of code come by the thousand: leaves one of each look, what it is and in what.
ONE_OF_EACH = """() => {
    const seen = new Set();
    for (const word of document.querySelectorAll(".highlight pre span:not(:has(*))")) {
        const within = word.closest(".highlight");
        const around = [word, within, within.parentElement, within.closest(".cell, details")];
        const look = around.map((element) => element?.className).join("/");
        if (seen.has(look)) word.remove();
        seen.add(look);
    }
}"""


@pytest.fixture(scope="module")
def axe() -> str:
    """Return the source of axe-core, which comes with a package for Python."""
    if (found := importlib.util.find_spec("axe_playwright_python")) is None:
        unavailable("no axe-core (pip install axe-playwright-python)")
    return (Path(found.origin).parent / "axe.min.js").read_text("utf-8")


def test_axe_finds_nothing_in_the_light_nor_in_the_dark(visit, axe):
    """The rules are those of WCAG 2.2 AA, of which contrast is the one that colours change."""
    ground = "() => getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)"
    visit.page.add_style_tag(content="* { transition: none !important }")  # no colour half-way
    visit.evaluate(ONE_OF_EACH)
    visit.evaluate(axe)
    light = visit.evaluate(ground), visit.evaluate(AXE, RULES)
    visit.page.emulate_media(color_scheme="dark")
    visit.page.wait_for_selector("html[data-theme=dark]", state="attached")
    dark = visit.evaluate(ground), visit.evaluate(AXE, ["color-contrast"])
    visit.page.emulate_media(color_scheme="light")
    assert min(light[0][:3]) > 200
    assert max(dark[0][:3]) < 60
    assert light[1] == []
    assert dark[1] == []


def test_nothing_complains_in_the_console(visit):
    assert not visit.complaints


def test_the_search_finds_pages_without_a_server(browser):
    visit = open_page(browser, "search", query="?q=generator")
    visit.page.wait_for_selector("#search-results li a", timeout=10_000)
    links = visit.evaluate(
        "() => [...document.querySelectorAll('#search-results li a')].map(link => link.href)"
    )
    visit.page.wait_for_timeout(500)
    visit.page.context.close()
    assert links
    assert all(leads_somewhere(link.partition("?")[0]) for link in links)
    assert not visit.complaints


def test_the_front_door_leads_into_the_book():
    if not (HTML / "index.html").is_file():
        unavailable("the book is not built (run: make book)")
    target = re.search(r'url=([^"]+)"', (HTML / "index.html").read_text("utf-8"))[1]
    assert (HTML / target).is_file()
