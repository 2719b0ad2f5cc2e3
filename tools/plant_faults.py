"""Plant known faults, one at a time, and see that tests notice: ``make faults``.

A fault stands in ``tests/faults/<room>.toml``: a file, a text that occurs in it once, what stands
there instead, and the test that must fail then. Each is planted in a copy of the project. A fault
that its test does not notice is a hole in the tests.
"""

import argparse
import concurrent.futures
import hashlib
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
FAULTS = ROOT / "tests" / "faults"
TIMEOUT_S = 300
#: Not changed by any fault, and too big to copy.
_LINKED = ("audiogan_lib/results", "audiogan_lib/sounds", "audiogan_lib/weights", "_build")


class Fault(NamedTuple):
    """A fault to plant.

    Parameters
    ----------
    name : str
        Where it is listed.
    file : str
        Path in the project.
    old, new : str
        What stands there, once, and what is planted.
    test : str
        Of pytest, such as ``tests/test_audio.py::test_a_name``.
    """

    name: str
    file: str
    old: str
    new: str
    test: str


def listed(folder):
    """Read all faults.

    Parameters
    ----------
    folder : Path
        With a file for each room.

    Returns
    -------
    list of Fault
        In the order of files and lines.

    Raises
    ------
    SystemExit
        If a text does not occur exactly once in its file, or a fault changes nothing.
    """
    faults = []
    for path in sorted(folder.glob("*.toml")):
        for number, entry in enumerate(tomllib.loads(path.read_text("utf-8"))["fault"], 1):
            fault = Fault(f"{path.stem} {number}", **entry)
            count = (ROOT / fault.file).read_text("utf-8").count(fault.old)
            if count != 1 or fault.old == fault.new:
                raise SystemExit(
                    f"{fault.name}: {fault.old!r} occurs {count} times in {fault.file}"
                )
            faults.append(fault)
    return faults


def tenth(faults, commit):
    """Choose about one fault in ten, others for each commit.

    Parameters
    ----------
    faults : list of Fault
        All.
    commit : str
        Any text.

    Returns
    -------
    list of Fault
        The chosen ones.
    """

    def draw(fault):
        return hashlib.sha256(f"{commit} {fault}".encode()).digest()

    return sorted(faults, key=draw)[: -(-len(faults) // 10)]


def copy_of_the_project(folder):
    """Copy what git would, without what is big and never changed.

    Parameters
    ----------
    folder : Path
        Made here.
    """
    folder.mkdir(parents=True)
    asked = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, names.split("\0")):
        if not name.startswith(_LINKED) and (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    for name in _LINKED:
        if (ROOT / name).exists():
            (folder / name).symlink_to(ROOT / name)


def run_tests(folder, tests):
    """Run tests in a copy.

    Parameters
    ----------
    folder : Path
        Of the copy.
    tests : list of str
        Which.

    Returns
    -------
    code : int
        Of pytest: 0 where all passed, 1 where one failed; -1 out of time.
    output : str
        The end of what it printed.
    """
    options = ["-q", "-x", "-p", "no:cacheprovider", "-W", "ignore", "--tb=line"]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
    environment["PYTHONPATH"] = str(folder)  # for tests that start Python elsewhere
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *options, *tests],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S * max(1, len(tests) // 10),
        )
    except subprocess.TimeoutExpired:
        return -1, "out of time"
    return done.returncode, done.stdout[-2000:] + done.stderr[-500:]


def verdict(fault, folder):
    """Plant a fault, run its test, and take it out again.

    Parameters
    ----------
    fault : Fault
        To plant.
    folder : Path
        A copy of the project.

    Returns
    -------
    str
        Empty if the test failed; else what happened instead.
    """
    target = folder / fault.file
    text = target.read_text("utf-8")
    target.write_text(text.replace(fault.old, fault.new), encoding="utf-8")
    try:
        code, output = run_tests(folder, [fault.test])
    finally:
        target.write_text(text, encoding="utf-8")
    if code == 1:
        return ""
    return "survived" if code == 0 else f"pytest ended with {code}:\n{output}"


def plant(faults, workers):
    """Plant all faults, several at a time.

    Parameters
    ----------
    faults : list of Fault
        Which.
    workers : int > 0
        How many copies of the project.

    Returns
    -------
    list of str
        A line for each fault that was not noticed; empty if all were.
    """
    missed, copies = [], queue.SimpleQueue()
    with tempfile.TemporaryDirectory() as place:
        for number in range(workers):
            copy_of_the_project(Path(place) / str(number))
            copies.put(Path(place) / str(number))

        def judged(fault):
            folder = copies.get()
            try:
                return fault, verdict(fault, folder)
            finally:
                copies.put(folder)

        code, output = run_tests(Path(place) / "0", sorted({fault.test for fault in faults}))
        if code:
            return [f"without any fault the tests end with {code}:\n{output}"]
        with concurrent.futures.ThreadPoolExecutor(workers) as pool:
            for fault, complaint in pool.map(judged, faults):
                print(f"{fault.name}: {complaint or 'noticed'}", flush=True)
                if complaint:
                    missed.append(f"{fault.name}, {fault.file}: {fault.old!r} -> {fault.new!r}")
    return missed


def main():
    """Plant what the command line asks for.

    Returns
    -------
    int
        0 if every fault was noticed.
    """
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "rooms", nargs="*", help="files of tests/faults, without .toml; all of them by default"
    )
    parser.add_argument(
        "--tenth", metavar="COMMIT", help="only one fault in ten, chosen by this text"
    )
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="copies at a time")
    arguments = parser.parse_args()
    if unknown := sorted(set(arguments.rooms) - {path.stem for path in FAULTS.glob("*.toml")}):
        parser.error(f"there is no tests/faults/{unknown[0]}.toml")
    faults = listed(FAULTS)
    if arguments.rooms:
        faults = [fault for fault in faults if fault.name.partition(" ")[0] in arguments.rooms]
    if arguments.tenth:
        faults = tenth(faults, arguments.tenth)
    missed = plant(faults, arguments.workers)
    print(f"{len(faults) - len(missed)} of {len(faults)} faults noticed", *missed, sep="\n")
    return bool(missed)


if __name__ == "__main__":
    sys.exit(main())
