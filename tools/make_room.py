"""Pack a room without a network into one archive: ``make room``.

Wheels for three systems, the built pages, the notebooks and a script that starts them; sounds and
trained generators are inside the library's own wheel. The versions are those that
``requirements.txt`` pins, of which only what a reader runs is taken: no tools to build the book.
"""

import argparse
import email
import re
import shutil
import stat
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from audiogan_lib import files

ROOT = Path(__file__).resolve().parents[1]
TEMPLATES = Path(__file__).resolve().parent / "room"

#: What markers say of each system, and which wheels its pip takes.
SYSTEMS = {
    "linux": (
        {"sys_platform": "linux", "platform_system": "Linux", "platform_machine": "x86_64"},
        [f"manylinux_2_{minor}_x86_64" for minor in (28, 27, 26, 24, 17, 12, 5)]
        + ["manylinux2014_x86_64", "linux_x86_64"],
    ),
    "mac": (
        {"sys_platform": "darwin", "platform_system": "Darwin", "platform_machine": "arm64"},
        [f"macosx_{major}_0_{cpu}" for major in (14, 13, 12, 11) for cpu in ("arm64", "universal2")]
        + ["macosx_10_9_universal2", "macosx_10_13_universal2"],
    ),
    "windows": (
        {"sys_platform": "win32", "platform_system": "Windows", "platform_machine": "AMD64"},
        ["win_amd64"],
    ),
}

#: What a reader runs; the rest of the requirements makes the book.
WANTED = ("audiogan_lib[cpu]", "jupyterlab")


def facts(system, python):
    """Return what the markers of requirements say on a system with a version of Python."""
    return SYSTEMS[system][0] | {
        "python_version": python,
        "python_full_version": f"{python}.0",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
        "os_name": "nt" if system == "windows" else "posix",
    }


def pins(lines, system, python):
    """Return the pinned version of each package that a system takes.

    Parameters
    ----------
    lines : sequence of str
        Of ``requirements.txt``.
    system : {"linux", "mac", "windows"}
        Which one.
    python : str
        As ``"3.13"``.
    """
    found = {}
    for line in lines:
        if line.strip() and not line.lstrip().startswith(("#", "-")):
            one = Requirement(line)
            if one.marker is None or one.marker.evaluate(facts(system, python)):
                found[canonicalize_name(one.name)] = str(one.specifier).removeprefix("==")
    return found


def needs(wheel, extras, system, python):
    """Return what a wheel with some extras needs on a system, as its own metadata says."""
    with zipfile.ZipFile(wheel) as content:
        name = next(name for name in content.namelist() if name.endswith(".dist-info/METADATA"))
        metadata = email.message_from_bytes(content.read(name))
    found = map(Requirement, metadata.get_all("Requires-Dist", []))
    here = facts(system, python)
    return [
        one
        for one in found
        if one.marker is None
        or any(one.marker.evaluate({**here, "extra": extra}) for extra in extras or {""})
    ]


def wheels_in(folder):
    """Return the wheels of a folder by the names of their packages."""
    return {canonicalize_name(path.name.split("-")[0]): path for path in folder.glob("*.whl")}


def download(pinned, folder, system, python):
    """Download wheels for a system, as many as there are.

    Parameters
    ----------
    pinned : sequence of str
        As ``"numpy==2.4.6"``.
    folder : Path
        Where they go.
    system, python : str
        As for `pins`.
    """
    command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary=:all:"]
    command += ["--implementation", "cp", "--python-version", python, "--dest", str(folder)]
    for tag in (f"cp{python.replace('.', '')}", "abi3", "none"):
        command += ["--abi", tag]
    for tag in [*SYSTEMS[system][1], "any"]:
        command += ["--platform", tag]
    if subprocess.run([*command, *pinned], check=False).returncode:
        for one in pinned:  # all but those that are not to be had
            subprocess.run([*command, one], check=False)


def fetch(folder, system, python):
    """Gather the wheels that a reader needs on a system; return those that are not to be had.

    Parameters
    ----------
    folder : Path
        With this library's wheel; gets the others, and a ``requirements.txt``.
    system, python : str
        As for `pins`.
    """
    pinned = pins((ROOT / "requirements.txt").read_text("utf-8").splitlines(), system, python)
    pinned["audiogan-lib"] = ""
    ahead, seen, missing = [Requirement(one) for one in WANTED], set(), set()
    while ahead:
        names = {canonicalize_name(one.name) for one in ahead} - set(wheels_in(folder)) - missing
        if lines := sorted(f"{name}=={pinned[name]}" for name in names):
            download(lines, folder, system, python)
        wheels, further = wheels_in(folder), []
        missing |= names - set(wheels)
        for one in ahead:
            key = (canonicalize_name(one.name), *sorted(one.extras))
            if key not in seen and key[0] in wheels:
                further += needs(wheels[key[0]], one.extras, system, python)
            seen.add(key)
        ahead = further
    names = sorted(wheels_in(folder))
    files.write_text(folder / "requirements.txt", "\n".join([*names, ""]))
    print(f"{system}: {len(names)} wheels", flush=True)
    return sorted(f"{name}=={pinned[name]}" for name in missing)


def fill(template, python, missing):
    """Return a template's text with what it leaves open."""
    said = "Nothing is missing."
    if missing:
        rows = [f"  {system}: {', '.join(lines)}" for system, lines in missing.items()]
        said = "\n".join(["Not to be had when this was packed:", *rows])
    text = (TEMPLATES / template).read_text("utf-8")
    return text.replace("@PYTHON@", python).replace("@MISSING@", said)


def lay_out(folder, python, missing, pages):
    """Put pages, notebooks and start scripts into a folder.

    Parameters
    ----------
    folder : Path
        With the wheels already.
    python : str
        As for `pins`.
    missing : dict of str to list of str
        What each system lacks.
    pages : Path
        The built pages.

    Raises
    ------
    SystemExit
        If the pages are not built.
    """
    if not (pages / "index.html").is_file():
        raise SystemExit(f"there are no pages in {pages}: run make book first")
    shutil.copytree(pages, folder / "pages")
    (folder / "notebooks").mkdir()
    for notebook in sorted((ROOT / "book").glob("*.ipynb")):
        shutil.copy(notebook, folder / "notebooks")
    for name in ("LICENSE", "LICENSE-CC-BY-4.0"):
        shutil.copy(ROOT / name, folder)
    starts = {"start.sh": "\n", "start.command": "\n", "start.bat": "\r\n", "READ_ME.txt": "\r\n"}
    for name, newline in starts.items():
        template = "start.sh" if name == "start.command" else name
        text = fill(template, python, missing)
        (folder / name).write_text(text, encoding="utf-8", newline=newline)
        if name in ("start.sh", "start.command"):
            (folder / name).chmod(0o755)


def pack(folder, archive):
    """Write a folder as one ZIP file that keeps who may run what; wheels are not squeezed again."""
    archive.parent.mkdir(parents=True, exist_ok=True)
    with files.replacing(archive) as beside, zipfile.ZipFile(beside, "w") as packed:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                how = zipfile.ZIP_STORED if path.suffix == ".whl" else zipfile.ZIP_DEFLATED
                entry = zipfile.ZipInfo(path.relative_to(folder.parent).as_posix())
                entry.external_attr = (stat.S_IFREG | path.stat().st_mode & 0o777) << 16
                entry.compress_type = how
                with path.open("rb") as source, packed.open(entry, "w", force_zip64=True) as target:
                    shutil.copyfileobj(source, target, 2**20)


def own_wheel(folder):
    """Make this library's wheel in a folder; return its path."""
    # What was deleted since the last wheel lies there, and would come back.
    shutil.rmtree(ROOT / "build" / "lib", ignore_errors=True)
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", folder, str(ROOT)]
    subprocess.run(command, check=True)
    return next(Path(folder).glob("audiogan_lib-*.whl"))


def main():
    """Make the archive that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--systems", nargs="+", choices=SYSTEMS, default=list(SYSTEMS))
    parser.add_argument("--python", default="3.13", help="of the computers in the room")
    parser.add_argument("--pages", type=Path, default=ROOT / "_build" / "html")
    parser.add_argument("archive", type=Path, nargs="?", default=ROOT / "_build" / "room.zip")
    arguments = parser.parse_args()
    if not re.fullmatch(r"3\.1[1-3]", arguments.python):
        raise SystemExit(f"--python must be 3.11, 3.12 or 3.13, not {arguments.python}")
    with tempfile.TemporaryDirectory() as work:
        room = Path(work) / "audio-gans-by-ear"
        missing = {}
        own = own_wheel(work)
        for system in arguments.systems:
            wheels = room / "wheels" / system
            wheels.mkdir(parents=True)
            shutil.copy(own, wheels)
            if lacks := fetch(wheels, system, arguments.python):
                missing[system] = lacks
        lay_out(room, arguments.python, missing, arguments.pages)
        pack(room, arguments.archive)
    print(f"{arguments.archive}: {arguments.archive.stat().st_size / 1e6:.0f} MB")
    for system, lacks in missing.items():
        print(f"not to be had for {system}: {', '.join(lacks)}")


if __name__ == "__main__":
    main()
