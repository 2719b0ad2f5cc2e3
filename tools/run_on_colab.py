"""Run the book as Colab does, and write down that it ran: ``make colab``.

Some chapters: ``make colab CHAPTERS="02 05"``; with ``--check`` before them, nothing is written.

It runs under the interpreter of an environment with ``requirements-colab.txt``. As on Colab, the
library is installed without its dependencies, which must change no other package, and notebooks run
in a folder that holds nothing else. A notebook in which nothing failed goes with its date into
``audiogan_lib/results/colab.json`` and into its own badge line, and once all have, into the README.
With a digest of its code: a notebook that was changed since says so (``--lines`` writes the lines
anew without a run).
"""

import argparse
import datetime
import hashlib
import json
import operator
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
from importlib.metadata import distributions
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError, DeadKernelError

ROOT = Path(__file__).resolve().parents[1]
BOOK = sorted((ROOT / "book").glob("*.ipynb"))
RECORD = ROOT / "audiogan_lib" / "results" / "colab.json"

#: What the badge lines name, in their order.
NAMED = ("tensorflow", "keras", "numpy", "ipywidgets")
_CELL_PATIENCE_S = 1200  # a slow machine is no fault of a cell


def installed():
    """Return the version of each installed package, this library aside."""
    found = {one.metadata["Name"].lower().replace("_", "-"): one.version for one in distributions()}
    found.pop("audiogan-lib", None)
    return found


def install():
    """Install the library as the notebooks' first cell does; return the seconds that it took.

    Raises
    ------
    SystemExit
        If another package changed.
    """
    shutil.rmtree(
        ROOT / "build" / "lib", ignore_errors=True
    )  # or what was deleted since comes back
    before, began = installed(), time.perf_counter()
    command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--force-reinstall", ROOT]
    subprocess.run(list(map(str, command)), check=True)
    seconds = time.perf_counter() - began
    if changed := set(before.items()) ^ set(installed().items()):
        raise SystemExit(f"the install cell changed what Colab has: {sorted(changed)}")
    return seconds


def run_notebook(path, folder):
    """Run a notebook in a folder; return its code cells' number, its seconds and what failed.

    Parameters
    ----------
    path : Path
        The notebook, which stays as it is.
    folder : Path
        Where its kernel starts.

    Returns
    -------
    cells : int
        Code cells.
    seconds : float
        From the kernel's start to its end.
    failures : list of str
        First line of a cell, and its error.
    """
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook,
        timeout=_CELL_PATIENCE_S,
        kernel_name="python3",
        allow_errors=True,
        resources={"metadata": {"path": str(folder)}},
    )
    began, failures = time.perf_counter(), []
    try:
        client.execute()
    except (CellTimeoutError, DeadKernelError) as error:
        failures.append(f"{type(error).__name__}: {str(error).splitlines()[0]}")
    seconds = time.perf_counter() - began
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for cell in cells:
        if "raises-exception" in cell.metadata.get("tags", []):
            continue
        for output in cell.outputs:
            if output.output_type == "error":
                lines = f"{output.ename}: {output.evalue}".splitlines()
                failures.append(f"{cell.source.splitlines()[0]} ... {lines[0]}")
    return len(cells), seconds, failures


def test_widgets():
    """Run the widgets' tests with Colab's ipywidgets; return how many passed.

    Raises
    ------
    SystemExit
        If one failed.
    """
    tests = ["tests/test_widgets.py", "tests/test_loss_playground.py", "tests/test_pitch_duel.py"]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    print(done.stdout[-5000:], done.stderr[-1000:], flush=True)
    if done.returncode:
        raise SystemExit("the widgets' tests failed under Colab's versions")
    return int(re.search(r"(\d+) passed", done.stdout)[1])


def begin_record():
    """Return the record to go on with: the older one, if it is of the same versions."""
    found = installed()
    found["tensorflow"] = found.get("tensorflow", found.get("tensorflow-cpu"))
    pins = re.findall(r"^([\w-]+)==", (ROOT / "requirements-colab.txt").read_text("utf-8"), re.M)
    versions = {name: found[name] for name in sorted({one.removesuffix("-cpu") for one in pins})}
    record = {"python": platform.python_version(), "versions": versions}
    before = json.loads(RECORD.read_text("utf-8")) if RECORD.exists() else {}
    if record.items() <= before.items():
        return before
    return {**record, "install_s": None, "widget_tests": None, "notebooks": {}}


def digest(path):
    """Return the SHA-256 of a notebook's code."""
    cells = nbformat.read(path, as_version=4).cells
    code = [cell.source for cell in cells if cell.cell_type == "code"]
    return hashlib.sha256("\n\n".join(code).encode()).hexdigest()


def line_of(record, notebooks):
    """Return the sentence that a badge line, or for all notebooks the README, has of a record.

    Parameters
    ----------
    record : dict
        What `begin_record` began.
    notebooks : sequence of Path
        Notebooks, by name in the record.
    """
    rows = [record["notebooks"].get(path.stem) for path in notebooks]
    if not all(rows):
        return "Not yet run with Colab's versions."
    days = [datetime.date.fromisoformat(row["date"]) for row in rows]
    versions = ", ".join(f"{name} {record['versions'][name]}" for name in NAMED)
    cells = sum(row["cells"] for row in rows)
    changed = sum(map(operator.ne, map(digest, notebooks), (row["sha256"] for row in rows)))
    since = f" ({changed} changed since)" if len(rows) > 1 else " (changed since)"
    return (
        f"Ran whole with Colab's versions on {min(days).day} {min(days):%B %Y}"
        f"{since if changed else ''}: {cells} cells, "
        f"Python {record['python']}, {versions}."
    )


def write_line(path, line):
    """Put the sentence of the last run where the one before stands.

    Parameters
    ----------
    path : Path
        README or notebook.
    line : str
        From `line_of`.

    Raises
    ------
    ValueError
        If there is not one such sentence.
    """
    text = path.read_text("utf-8")
    written, found = re.subn(r"(Not yet run|Ran whole) with Colab's versions[^\n\"]*", line, text)
    if found != 1:
        raise ValueError(f"{path} has {found} lines of the last run with Colab's versions, not one")
    if written != text:
        path.write_text(written, "utf-8", newline="\n")


def keep(record):
    """Write down what has run, where readers and tests find it."""
    RECORD.write_text(json.dumps(record, indent=1) + "\n", "utf-8", newline="\n")
    for path in BOOK:
        write_line(path, line_of(record, [path]))
    write_line(ROOT / "README.md", line_of(record, BOOK))


def run_all(notebooks, record, write_down):
    """Run notebooks one after the other, print a table, note those that ran; return what failed."""
    failed = []
    print("| notebook | cells | seconds | failed |\n| --- | ---: | ---: | ---: |", flush=True)
    for path in notebooks:
        with tempfile.TemporaryDirectory() as folder:
            cells, seconds, failures = run_notebook(path, Path(folder))
        print(f"| {path.stem} | {cells} | {seconds:.0f} | {len(failures)} |", flush=True)
        for failure in failures:
            print(f"    {failure}", flush=True)
        failed += failures
        if not failures:
            today = datetime.datetime.now(datetime.UTC).date().isoformat()
            row = {"date": today, "cells": cells, "seconds": round(seconds), "sha256": digest(path)}
            record["notebooks"][path.stem] = row
            write_down(record)
    return failed


def main():
    """Run what the command line names, or all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing down")
    parser.add_argument("--lines", action="store_true", help="write the lines anew and run nothing")
    parser.add_argument("chapters", nargs="*", help="how their names begin: 02 05; else all")
    arguments = parser.parse_args()
    if arguments.lines:
        keep(json.loads(RECORD.read_text("utf-8")))
        return
    chosen = [one for one in BOOK if one.name.startswith(tuple(arguments.chapters or [""]))]
    if not chosen:
        raise SystemExit(f"no notebook's name begins with {' or '.join(arguments.chapters)}")
    if sys.version_info[:2] != (3, 13):
        print(f"Colab has Python 3.13; this run has {platform.python_version()}.")
    os.environ["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"  # the debugger's complaints are not ours
    record = begin_record()
    write_down = (lambda record: None) if arguments.check else keep
    write_down(record)  # the library that is installed now has it, for the first cells to read
    record["install_s"] = round(install())
    print(f"The install cell: {record['install_s']} s; no other package changed.\n", flush=True)
    failed = run_all(chosen, record, write_down)
    record["widget_tests"] = test_widgets()
    write_down(record)
    if failed:
        raise SystemExit(f"{len(failed)} cells failed")


if __name__ == "__main__":
    main()
