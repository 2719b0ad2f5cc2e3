"""Every public name of every room has a full docstring; every example in one runs."""

import ast
from pathlib import Path

import pytest
from numpydoc.hooks import validate_docstrings
from test_layering import LIBRARY, ROWS, modules, room_of

ROOT = Path(__file__).resolve().parents[1]
RULES = validate_docstrings.parse_config(ROOT)
FILES = modules(LIBRARY)


def public_names(room: str) -> set[str]:
    """Return the names that a room's face lists; without a list, what it defines openly."""
    tree = ast.parse(FILES[room].read_text("utf-8"))
    for node in tree.body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__":
            return set(ast.literal_eval(node.value))
    return {node.name for node in tree.body if getattr(node, "name", "_")[0] != "_"}


def public_in(module: str) -> set[str]:
    """Return the public names of a room that stand in one of its files."""
    room = room_of(module)
    if module == room:
        return public_names(room)
    return {
        alias.name
        for node in ast.walk(ast.parse(FILES[room].read_text("utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module == f"audiogan_lib.{module}"
        for alias in node.names
    }


@pytest.mark.parametrize("module", [module for module in FILES if room_of(module)])
def test_public_names_have_full_docstrings(module):
    public = public_in(module)
    faults = [
        f"{place}: {name}: {code} {text}"
        for place, name, code, text in validate_docstrings.process_file(FILES[module], RULES)
        if {*name.split(".")[1:2]} <= public
    ]
    assert faults == []


def test_the_rules_see_what_is_missing(tmp_path):
    bare = tmp_path / "bare.py"
    bare.write_text('"""A file."""\n\n\ndef level(sound):\n    """Measure."""\n')
    codes = {code for _, _, code, _ in validate_docstrings.process_file(bare, RULES)}
    assert "PR01" in codes


@pytest.mark.parametrize("room", ROWS)
def test_no_example_is_skipped(room):
    files = [path for module, path in FILES.items() if room_of(module) == room]
    assert not [path.name for path in files if "doctest: +SKIP" in path.read_text("utf-8")]
