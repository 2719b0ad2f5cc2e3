"""Chromium and Node.js for the tests that look at pages as a reader does: without a network."""

import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass, field

import pytest

from audiogan_lib import live

MAC = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", MAC)
DESKTOP = {"width": 1280, "height": 900}


def unavailable(reason: str):
    """Skip with the reason; where CI is set, fail instead: there nothing may be missing."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def node() -> str:
    """Return a Node.js: the machine's own, or the one that Playwright brings."""
    if own := shutil.which("node"):
        return own
    from playwright._impl._driver import compute_driver_executable

    return str(compute_driver_executable()[0])


def javascript(names, code, **values):
    """Run a function's body after scripts of the page; return what it returns.

    What is given by name is found there in ``given``.
    """
    sources = [(live.PAGE / name).read_text("utf-8") for name in names]
    sources += [f"const given = {json.dumps(values)};"]
    sources += [f"console.log(JSON.stringify((() => {{ {code} }})()));"]
    command, text = [node(), "-"], "\n".join(sources)
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def chromium():
    """Start Chromium so that it finds no host but this machine: what a fixture is made of."""
    executable = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if executable is None:
        unavailable("no Chromium on the path (Debian and Ubuntu: apt-get install chromium)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable,
            args=[
                "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
                "--autoplay-policy=no-user-gesture-required",
            ],
        )
        yield browser
        browser.close()


#: Lets a page fail to fetch the next script that it asks for.
FAIL = """(() => {
    const { bring } = audiogan;
    audiogan.bring = async (file) => {
        audiogan.bring = bring;
        throw new Error(`${file} is not there`);
    };
})()"""


@dataclass
class Visit:
    """A page that was opened, and what happened since."""

    name: str
    page: object
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def evaluate(self, script: str, argument=None):
        """Run a script in the page."""
        return self.page.evaluate(script, argument)


def own_places(address: str) -> tuple[str, ...]:
    """Return what the addresses begin with that a page may ask for."""
    return (re.match("file:|http://[^/]+/", address)[0], "data:", "blob:")


def open_offline(browser, name, address, first="", **options) -> Visit:
    """Open a page, refuse all that lies elsewhere, and wait until it is loaded.

    ``first`` is a script that runs before the page's own.
    """
    own = "|".join(map(re.escape, own_places(address)))
    page = browser.new_context(viewport=DESKTOP, **options).new_page()
    visit = Visit(name, page)
    page.route(re.compile(f"^(?!{own})"), lambda route: route.abort())
    page.on("request", lambda request: visit.requests.append(request.url))
    page.on("pageerror", lambda error: visit.complaints.append(str(error)))
    page.on(
        "console",
        lambda message: (
            message.type in ("error", "warning")
            and visit.complaints.append(f"{message.text} ({message.location.get('url')})")
        ),
    )
    page.add_init_script(first)
    page.goto(address, wait_until="load")
    return visit
