"""What the built pages need and no extension offers: a keyed execution cache, no leftovers."""

import hashlib
import shutil
from pathlib import Path


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


def publish_underscores(app, error):
    """Tell GitHub Pages to serve folders whose names begin with an underscore."""
    if error is None and app.builder.name == "html":
        (Path(app.outdir) / ".nojekyll").touch()


def setup(app):
    """Connect the above to Sphinx's events."""
    app.connect("config-inited", key_execution_cache)
    app.connect("config-inited", give_previews_the_address)
    app.connect("html-page-context", drop_leftovers, priority=900)
    app.connect("build-finished", publish_underscores)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
