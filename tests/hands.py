"""A reader's hands on a page: keys, a mouse and a finger, in Chromium and in Firefox alike."""

import json
import shutil
import threading
import time
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

import firefox
import pytest
from browsers import open_offline, own_places

FIREFOX = ("firefox-esr", "firefox")
PHONE = {"width": 390, "height": 844}
WAIT_S = 60

#: Finds what a reader would call by its name, within a control: one, or none.
FIND = """globalThis.called = (group, name) => {
    const first = (e) => (e.firstChild ? first(e.firstChild) : e.textContent);
    const nameOf = (e) => (e.ariaLabel ?? first(e.labels?.[0] ?? e)).trim();
    const panel = document.querySelector(`[role=group][aria-label="${group}"]`);
    const found = [...panel.querySelectorAll("button, input, select, .audiogan-pad")]
        .filter((e) => e.checkVisibility() && (nameOf(e) === name || e.className === name));
    return found.length === 1 ? found[0] : undefined;
};"""


class Tab:
    """A page in Chromium."""

    def __init__(self, browser, address: str, first: str, size: dict):
        self.visit = open_offline(browser, "hands", address, first, has_touch=True)
        self.visit.page.set_viewport_size(size)
        self.devtools = self.visit.page.context.new_cdp_session(self.visit.page)

    def evaluate(self, expression: str):
        """Return what an expression is, or what it promises."""
        return self.visit.evaluate(f"async () => await ({expression})")

    def key(self, name: str):
        """Press a key, and let it go."""
        self.visit.page.keyboard.press(name)

    def point(self, path, by: str):
        """Press at the first of some points, go along them, and let go."""
        mouse = self.visit.page.mouse
        if by == "mouse":
            mouse.move(*path[0])
            mouse.down()
            for point in path[1:]:
                mouse.move(*point)
            mouse.up()
            return
        if len(path) == 1:
            self.visit.page.touchscreen.tap(*path[0])
            return
        for i, (x, y) in enumerate(path):
            self._touch("touchMove" if i else "touchStart", [{"x": x, "y": y}])
        time.sleep(0.2)  # who lifts a moving finger throws; the next tap would only stop that
        self._touch("touchEnd", [])

    def _touch(self, kind, points):
        self.devtools.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    @property
    def requests(self) -> list[str]:
        """What the page asked for since it was opened."""
        return self.visit.requests

    @property
    def complaints(self) -> list[str]:
        """What it said of errors, and warnings."""
        return self.visit.complaints

    def close(self):
        """Close it."""
        self.visit.page.context.close()


class Hands:
    """What a reader does with an open page, whatever the browser."""

    def __init__(self, tab):
        self.tab = tab
        self.evaluate = tab.evaluate

    def wait(self, expression: str):
        """Wait until something is true; return it."""
        end = time.monotonic() + WAIT_S
        while not (found := self.evaluate(expression)):
            assert time.monotonic() < end, f"never: {expression}"
            time.sleep(0.05)
        return found

    def part(self, group: str, name: str) -> str:
        """Wait until a control has a part of this name; return what it is called in the page."""
        part = f"called({group!r}, {name!r})"
        self.wait(f"!!{part}")
        return part

    def keys(self, group: str, name: str, *keys: str):
        """Focus a part of a control and press keys."""
        self.evaluate(f"{self.part(group, name)}.focus()")
        for key in keys:
            self.tab.key(key)

    def point(self, group: str, name: str, by: str, *shares):
        """Press a part of a control in its middle, or go along points, in shares of its size."""
        box = self.evaluate(
            f"""(async (part) => {{
                part.scrollIntoView({{ block: "center", behavior: "instant" }});
                await new Promise(requestAnimationFrame);
                const {{ x, y, width, height }} = part.getBoundingClientRect();
                return [x, y, width, height];
            }})({self.part(group, name)})"""
        )
        path = [(box[0] + a * box[2], box[1] + b * box[3]) for a, b in shares or [(0.5, 0.5)]]
        self.tab.point(path, by)

    def saved(self, group: str) -> bytes:
        """Press what saves a sound; return the file."""
        self.evaluate("audiogan.save = (bytes) => { globalThis.kept = [...bytes]; }")
        self.evaluate("globalThis.kept = null")
        self.keys(group, "Save as WAV", "Enter")
        return bytes(self.wait("kept"))

    def said(self, group: str, pattern: str) -> str:
        """Wait until the status line of a control says something; return all of it."""
        line = f'document.querySelector(`[aria-label="{group}"] [role=status]`).textContent'
        return self.wait(f"(said => said.match({json.dumps(pattern)}) && said)({line})")


def start_firefox(tmp_path_factory):
    """Start Firefox, or skip where there is none: what a fixture is made of."""
    executable = next(filter(None, map(shutil.which, FIREFOX)), None)
    if executable is None:
        pytest.skip("no Firefox on the path (Debian: apt-get install firefox-esr)")
    browser = firefox.Firefox(executable, tmp_path_factory.mktemp("firefox"))
    yield browser
    browser.close()


BROWSERS = {"browser": Tab, "fox": firefox.Tab}


def on_a_phone(request, address, first):
    """Open a page in the browser whose fixture the request names: what a fixture is made of.

    At the end, nothing may have been asked for elsewhere, and nothing complained.
    """
    browser = request.getfixturevalue(request.param)
    tab = BROWSERS[request.param](browser, address, FIND + first, PHONE)
    yield Hands(tab)
    requests, complaints = tab.requests, tab.complaints
    tab.close()
    assert all(url.startswith(own_places(address)) for url in requests)
    assert not complaints


class Silent(SimpleHTTPRequestHandler):
    """Sends files, and says nothing of it."""

    def log_message(self, *_):
        pass


def over_http(request, address, first):
    """Do the same with a page on disk that a server on this machine sends."""
    page = Path(unquote(urlsplit(address).path))
    sender = partial(Silent, directory=page.parent)
    with ThreadingHTTPServer(("127.0.0.1", 0), sender) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/{page.name}"
        try:
            yield from on_a_phone(request, address, first)
        finally:
            server.shutdown()
