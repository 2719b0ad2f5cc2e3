"""What a notebook runs on: older than what was tried is said, and nothing else."""

from audiogan_lib import files, runtime


def test_versions_compare_as_numbers(monkeypatch):
    has = {"numpy": "2.1.3", "keras": "3.9.0", "tensorflow-cpu": "2.20.0+cpu", "scipy": "1.16.3rc1"}

    def version(name):
        if name not in has:
            raise runtime.PackageNotFoundError(name)
        return has[name]

    monkeypatch.setattr(runtime, "version", version)
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
