"""What a notebook runs on: older than what was tried is said; on Colab, Drive keeps a folder."""

import sys
import types
from importlib import metadata

import pytest

from audiogan_lib import files, runtime
from audiogan_lib.runtime import drive


def test_versions_compare_as_numbers(monkeypatch):
    has = {"numpy": "2.1.3", "keras": "3.9.0", "tensorflow-cpu": "2.20.0+cpu", "scipy": "1.16.3rc1"}

    def version(name):
        if name not in has:
            raise metadata.PackageNotFoundError(name)
        return has[name]

    monkeypatch.setattr(metadata, "version", version)
    tried = {"numpy": "2.1.3", "keras": "3.13.2", "tensorflow": "2.20.0", "scipy": "1.16.3"}
    assert runtime.older(tried) == ["keras 3.9.0 (tried with 3.13.2)"]
    assert runtime.older({**tried, "tensorflow": "2.21.0", "librosa": "9.0"})[1] == (
        "tensorflow 2.20.0+cpu (tried with 2.21.0)"
    )


def test_a_line_is_printed_only_where_something_is_older(monkeypatch, capsys, tmp_path):
    (tmp_path / "results").mkdir()
    monkeypatch.setattr(files, "LIBRARY", tmp_path)
    record = tmp_path / "results" / "colab.json"
    record.write_text('{"versions": {"numpy": "1.0"}}')
    runtime.check()
    assert capsys.readouterr().out == ""
    record.write_text('{"versions": {"numpy": "999.0"}}')
    runtime.check()
    assert capsys.readouterr().out.startswith("Older than what this book was tried with: numpy ")


def test_on_colab_a_folder_of_drive_is_made_once_and_found_again(monkeypatch, tmp_path):
    mounted = []
    colab = types.SimpleNamespace(mount=mounted.append)
    monkeypatch.setitem(sys.modules, "google", types.ModuleType("google"))
    monkeypatch.setitem(sys.modules, "google.colab", types.ModuleType("google.colab"))
    monkeypatch.setitem(sys.modules, "google.colab.drive", colab)
    monkeypatch.setattr(drive, "DRIVE", tmp_path)
    folder = runtime.drive_folder("audiogan/snares")
    (folder / "card.json").write_text("{}")
    assert folder == tmp_path / "MyDrive" / "audiogan" / "snares"
    assert (runtime.drive_folder("audiogan/snares") / "card.json").read_text() == "{}"
    assert mounted == [str(tmp_path)] * 2


def test_elsewhere_drive_is_refused_in_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(drive, "DRIVE", tmp_path)
    with pytest.raises(RuntimeError, match="name a folder of your disk"):
        runtime.drive_folder("audiogan/snares")
    assert not list(tmp_path.iterdir())
