"""The local Sphinx extensions: the key of the execution cache, what pages drop, the volume."""

import json
import os
import sys
from html import escape
from pathlib import Path
from types import SimpleNamespace

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "book" / "_ext"))

import book_page
import book_volume
import nbformat
from docutils import nodes
from jupyter_cache import get_cache
from sphinx import addnodes


@pytest.fixture
def tree(tmp_path):
    """Make a repository with a library of one file."""
    (tmp_path / "requirements.txt").write_text("numpy==2.4.6\n")
    (tmp_path / "audiogan_lib" / "weights").mkdir(parents=True)
    (tmp_path / "audiogan_lib" / "audio.py").write_text("peak = 0.9\n")
    (tmp_path / "audiogan_lib" / "weights" / "card.json").write_text("{}")
    return tmp_path


@pytest.mark.parametrize(
    "name", ["requirements.txt", "audiogan_lib/audio.py", "audiogan_lib/weights/card.json"]
)
def test_the_key_changes_with_whatever_a_result_depends_on(tree, name):
    before = book_page.library_key(tree)
    (tree / name).write_text("changed")
    assert book_page.library_key(tree) != before


def test_the_key_sees_another_file_of_the_same_size(tree):
    before = book_page.library_key(tree)
    (tree / "audiogan_lib" / "weights" / "card.json").write_text("[]")
    assert book_page.library_key(tree) != before


def test_the_key_changes_when_a_file_is_renamed(tree):
    before = book_page.library_key(tree)
    (tree / "audiogan_lib" / "audio.py").rename(tree / "audiogan_lib" / "sound.py")
    assert book_page.library_key(tree) != before


def test_the_key_does_not_see_compiled_files(tree):
    before = book_page.library_key(tree)
    (tree / "audiogan_lib" / "__pycache__").mkdir()
    (tree / "audiogan_lib" / "__pycache__" / "audio.cpython-313.pyc").write_bytes(b"\0")
    assert book_page.library_key(tree) == before


def test_an_older_cache_is_dropped_and_the_present_one_kept(tree):
    app = SimpleNamespace(srcdir=tree, outdir=tree / "_build" / "html")
    config = SimpleNamespace()
    book_page.key_execution_cache(app, config)
    first = Path(config.nb_execution_cache_path)
    first.mkdir(parents=True)
    others = [first.with_name(name) for name in ("0", "z")]
    for other in others:
        other.mkdir()
    book_page.key_execution_cache(app, config)
    assert first.is_dir()
    assert not any(other.exists() for other in others)
    (tree / "audiogan_lib" / "audio.py").write_text("peak = 1.0\n")
    book_page.key_execution_cache(app, config)
    assert Path(config.nb_execution_cache_path) != first
    assert not first.exists()


WAIT = """
import os, pathlib, time
pathlib.Path("{mine}").touch()
end = time.monotonic() + 60
while not pathlib.Path("{other}").exists():
    assert time.monotonic() < end, "alone"
    time.sleep(0.05)
print(os.environ["NUMBA_CACHE_DIR"])
"""


def test_notebooks_run_side_by_side_and_one_that_fails_is_not_kept(tree, monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    codes = {
        "first": WAIT.format(mine="a", other="b"),
        "second": WAIT.format(mine="b", other="a"),
        "third": "assert False",
    }
    written = {}
    for name, code in codes.items():
        written[name] = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
        nbformat.write(written[name], tree / f"{name}.ipynb")
    config = SimpleNamespace(
        nb_execution_mode="cache",
        nb_execution_cache_path=str(tree / "kept"),
        nb_execution_timeout=90,
    )
    env = SimpleNamespace(doc2path=lambda name: str(tree / f"{name}.ipynb"))
    app = SimpleNamespace(config=config, outdir=tree / "html")
    book_page.execute_side_by_side(app, env, set(codes))
    cache, places = get_cache(tree / "kept"), set()
    for name in ("first", "second"):
        _, found = cache.merge_match_into_notebook(nbformat.read(tree / f"{name}.ipynb", 4))
        places.add(found.cells[0].outputs[0].text)
    assert len(places) == 2  # where each compiles
    with pytest.raises(KeyError):
        cache.match_cache_notebook(nbformat.read(tree / "third.ipynb", 4))


def test_a_built_site_may_have_names_with_underscores(tree):
    app = SimpleNamespace(outdir=tree, builder=SimpleNamespace(name="html"))
    book_page.publish_underscores(app, RuntimeError())
    assert not (tree / ".nojekyll").exists()
    book_page.publish_underscores(app, None)
    assert (tree / ".nojekyll").exists()


def test_previews_have_the_address_of_the_pages():
    config = SimpleNamespace(html_baseurl="https://example.org/book/")
    book_page.give_previews_the_address(None, config)
    assert config.ogp_site_url == "https://example.org/book/"


def test_only_leftovers_are_dropped_from_a_page():
    widget_state = {"type": "application/vnd.jupyter.widget-state+json", "body": "{}"}
    scripts = {
        "mathjax": SimpleNamespace(filename="vendor/mathjax/tex-chtml-full.js", attributes={}),
        "thebe": SimpleNamespace(filename="sphinx-thebe.js", attributes={}),
        "thebe settings": SimpleNamespace(filename="", attributes={"body": "const thebe = 1"}),
        "widget state": SimpleNamespace(filename="", attributes=widget_state),
    }
    context = {"script_files": list(scripts.values())}
    book_page.drop_leftovers(None, "page", "page.html", context, None)
    assert context["script_files"] == [scripts["mathjax"]]


def test_references_have_no_roles_that_are_outdated():
    entry = '<div class="citation" id="a" role="doc-biblioentry">A</div>'
    context = {"body": f'<div role="list" class="citation-list">{entry}</div><p role="list"></p>'}
    book_page.drop_outdated_roles(None, "page", "page.html", context, None)
    entry = '<div class="citation" id="a">A</div>'
    assert context["body"] == f'<div class="citation-list">{entry}</div><p role="list"></p>'


def test_scripts_are_dropped_after_all_others_have_added_theirs():
    connected = {}
    app = SimpleNamespace(connect=lambda event, does, **how: connected.update({does: (event, how)}))
    book_page.setup(app)
    event, how = connected[book_page.drop_leftovers]
    assert event == "html-page-context"
    assert how["priority"] > 500  # what others have, by default
    assert connected[book_page.key_execution_cache][0] == "config-inited"
    assert connected[book_page.execute_side_by_side][0] == "env-before-read-docs"
    assert connected[book_page.give_previews_the_address][0] == "config-inited"
    assert connected[book_page.publish_underscores][0] == "build-finished"


def test_identifiers_of_two_documents_do_not_meet_on_one_page():
    first, second = (nodes.section("", ids=["exercises"]) for _ in range(2))
    inner = nodes.reference("", "up", refid="exercises")
    note = nodes.footnote("", ids=["note"], backrefs=["exercises"])
    link = nodes.reference("", "there", refuri="#document-second#exercises")
    second += [inner, note]
    part = addnodes.start_of_file("", second, docname="second")
    book_volume.make_ids_unique(nodes.container("", first, link, part), "first")
    assert first["ids"] == ["exercises"]
    assert second["ids"] == [inner["refid"]] == note["backrefs"] == ["second/exercises"]
    assert link["refuri"] == "#second/exercises"
    assert note["ids"] == ["note"]


def test_the_contents_go_two_levels_deep():
    section = nodes.section("", nodes.title("", "third"), ids=["c"])
    for title in ("second", "first"):
        section = nodes.section("", nodes.title("", title), section, ids=[title[0]])
    line = book_volume.entry(section, "document-first")
    assert [link["refuri"] for link in line.findall(nodes.reference)] == ["#document-first", "#s"]


@pytest.mark.parametrize("builder, paper", [("html", False), ("singlehtml", True)])
def test_a_page_loads_the_scripts_of_its_own_controls_and_paper_none(builder, paper):
    loaded = []
    app = SimpleNamespace(
        builder=SimpleNamespace(name=builder),
        add_css_file=loaded.append,
        add_js_file=lambda name, **_: loaded.append(name),
    )
    book_page.add_live_scripts(app, "page", "page.html", {"body": "<p>no control</p>"}, None)
    assert loaded == []
    body = '<div data-control="blind-test" data-settings="{}"></div>'
    body += '<div data-control="loss-playground" data-settings="{}"></div>'
    book_page.add_live_scripts(app, "page", "page.html", {"body": body}, None)
    scripts = ["sound", "controls", "blind_test", "loss_playground"]
    expected = ["live/controls.css", *(f"live/{name}.js" for name in scripts)]
    assert loaded == ([] if paper else expected)


def test_only_controls_with_a_generator_ask_for_weights(tmp_path):
    settings = {"latent-player": {"generator": "drums"}, "blind-test": {"trials": 8}}
    body = "".join(
        f'<div data-control="{name}" data-settings="{escape(json.dumps(each))}"></div>'
        for name, each in settings.items()
    )
    (tmp_path / "page.html").write_text(body)
    assert book_page.generators_of(tmp_path) == {"drums"}
