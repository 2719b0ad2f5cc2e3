"""What the built pages need and no extension offers: a keyed execution cache, no leftovers."""

import hashlib
import html
import json
import os
import re
import shutil
import threading
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

import nbformat
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from nbclient import NotebookClient
from nbclient.exceptions import (
    CellExecutionError,
    CellTimeoutError,
    DeadKernelError,
)
from sphinx.util import logging

from audiogan_lib import live, pretrained

LOGGER = logging.getLogger(__name__)

#: Notebooks that are executed at a time, at most: each holds TensorFlow.
AT_A_TIME = 4

#: Roles of a bibliography that screen readers no longer know.
OUTDATED_ROLES = re.compile(
    r' role="doc-biblioentry"|(?<=<div) role="list"(?= class="citation-list")'
)

#: What a control that lives in the page leaves there; see `widgets`.
CONTROL = re.compile(r'data-control="([\w-]+)" data-settings="([^"]*)"')


def library_key(root: Path) -> str:
    """Return a short hash of everything that a notebook's result depends on, its own code aside."""
    digest = hashlib.sha256()
    files = [
        root / "requirements.txt",
        *sorted((root / "audiogan_lib").rglob("*")),
    ]
    for path in files:
        if path.is_file() and "__pycache__" not in path.parts:
            digest.update(path.relative_to(root).as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def key_execution_cache(app, config):
    """Keep executed notebooks in a cache named after the library's hash; drop older ones.

    The cache itself compares the notebooks' code only, so it would go on showing what an earlier
    library computed.
    """
    root = Path(app.srcdir)
    caches = Path(app.outdir).parent / "executed"
    cache = caches / library_key(root)
    if caches.is_dir():
        for old in caches.iterdir():
            if old != cache:
                shutil.rmtree(old)
    config.nb_execution_cache_path = str(cache)


def execute_side_by_side(app, env, docnames):
    """Execute what the cache lacks, a notebook for each core: MyST-NB takes one after the other.

    It then finds them in the cache. One that fails is not kept: MyST-NB meets it again, and says
    what was wrong.
    """
    if app.config.nb_execution_mode != "cache":
        return
    cache = get_cache(app.config.nb_execution_cache_path)
    books = {}
    for path in sorted(Path(env.doc2path(name)) for name in docnames):
        if path.suffix == ".ipynb":
            books[path] = nbformat.read(path, as_version=4)

    def is_missing(book):
        try:
            cache.match_cache_notebook(book)
        except KeyError:
            return True
        return False

    def execute(path):
        # Compiling at once they would spoil Numba's files (its issue 10128).
        place = (
            Path(app.outdir).parent
            / "numba"
            / threading.current_thread().name
        )
        client = NotebookClient(
            books[path],
            timeout=app.config.nb_execution_timeout,
            record_timing=False,
            resources={"metadata": {"path": str(path.parent)}},
        )
        began = time.perf_counter()
        try:
            client.execute(env=os.environ | {"NUMBA_CACHE_DIR": str(place)})
        except (
            CellExecutionError,
            CellTimeoutError,
            DeadKernelError,
        ) as error:
            return f"failed ({type(error).__name__})", None
        spent_s = time.perf_counter() - began
        return f"executed in {spent_s:.0f} s", {
            "execution_seconds": spent_s
        }

    missing = [path for path, book in books.items() if is_missing(book)]
    at_a_time = min(AT_A_TIME, os.cpu_count() or 1)
    with ThreadPoolExecutor(at_a_time, thread_name_prefix="kernel") as pool:
        asked = {pool.submit(execute, path): path for path in missing}
        for done in as_completed(asked):
            path, (said, data) = asked[done], done.result()
            LOGGER.info("%s: %s", path.name, said)
            if data:
                bundle = CacheBundleIn(books[path], str(path), data=data)
                cache.cache_notebook_bundle(
                    bundle, check_validity=False, overwrite=True
                )


def give_previews_the_address(app, config):
    """Let link previews name the address that the configuration gives once."""
    config.ogp_site_url = config.html_baseurl


def drop_leftovers(app, pagename, templatename, context, doctree):
    """Remove scripts that no page here uses: live-code settings and the state of widgets.

    A widget's state holds all that it was given, weights included.
    """
    context["script_files"] = [
        script
        for script in context["script_files"]
        if not is_leftover(script)
    ]


def is_leftover(script) -> bool:
    """Tell whether a script tag is one of those dropped by ``drop_leftovers``."""
    attributes = getattr(script, "attributes", {})
    return (
        "thebe"
        in (
            str(getattr(script, "filename", ""))
            + str(attributes.get("body", ""))
        )
        or attributes.get("type")
        == "application/vnd.jupyter.widget-state+json"
    )


def drop_outdated_roles(app, pagename, templatename, context, doctree):
    """Leave out roles that docutils gives to references, and their list."""
    if "body" in context:
        context["body"] = OUTDATED_ROLES.sub("", context["body"])


def add_live_scripts(app, pagename, templatename, context, doctree):
    """Let pages with a control that lives there load what makes it live.

    The volume for paper keeps what is rendered.
    """
    if app.builder.name != "html":
        return
    names = {name for name, _ in CONTROL.findall(context.get("body", ""))}
    if names:
        app.add_css_file("live/controls.css")
    scripts = [s for name in sorted(names) for s in live.CONTROLS[name]]
    for script in dict.fromkeys(scripts):
        app.add_js_file(f"live/{script}", loading_method="defer")


def write_live_scripts(app, error):
    """Put the page's scripts, and one for each generator that a page plays, where pages look."""
    if error is not None or app.builder.name != "html":
        return
    folder = Path(app.outdir) / "_static" / "live"
    folder.mkdir(exist_ok=True)
    for script in (*live.PAGE.glob("*.js"), live.PAGE / "controls.css"):
        shutil.copy(script, folder)
    for name in sorted(generators_of(Path(app.outdir))):
        script = live.as_script(pretrained.load(name), name)
        (folder / f"weights-{name}.js").write_text(script, encoding="utf-8")


def generators_of(pages: Path) -> set[str]:
    """Return the names of the generators that built pages play."""
    texts = (path.read_text("utf-8") for path in pages.rglob("*.html"))
    found = [control for text in texts for control in CONTROL.findall(text)]
    settings = [json.loads(html.unescape(each)) for _, each in found]
    return {each["generator"] for each in settings if "generator" in each}


def publish_underscores(app, error):
    """Tell GitHub Pages to serve folders whose names begin with an underscore."""
    if error is None and app.builder.name == "html":
        (Path(app.outdir) / ".nojekyll").touch()


def setup(app):
    """Connect the above to Sphinx's events."""
    app.connect("config-inited", key_execution_cache)
    app.connect("config-inited", give_previews_the_address)
    app.connect("env-before-read-docs", execute_side_by_side)
    app.connect("html-page-context", drop_leftovers, priority=900)
    app.connect("html-page-context", drop_outdated_roles)
    app.connect("html-page-context", add_live_scripts)
    app.connect("build-finished", publish_underscores)
    app.connect("build-finished", write_live_scripts)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
