"""What a notebook runs on, beside what the whole book last ran on with Colab's versions.

``make colab`` runs the notebooks with Colab's versions and writes down which these were. The first
cell of each notebook compares: an older package may lack what a cell asks of it. And what a
notebook's machine takes with it when it goes can be kept in a Google Drive.
"""

import importlib
import re
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from audiogan_lib import files

__all__ = ["check", "drive_folder", "older"]

#: Where Colab shows a user's Drive.
DRIVE = Path("/content/drive")

#: TensorFlow goes by several names, one for each kind of machine.
_ALSO = {"tensorflow": ("tensorflow", "tensorflow-cpu")}


def older(tried):
    """List the installed packages that are older than those of a list; those missing aside.

    Parameters
    ----------
    tried : dict of str to str
        Version by package.

    Returns
    -------
    list of str
        As ``"numpy 1.26.4 (tried with 2.1.3)"``.

    Examples
    --------
    >>> from audiogan_lib import runtime
    >>> runtime.older({"numpy": "1.0.2", "no-such-package": "1.0"})
    []
    >>> len(runtime.older({"numpy": "1000.0"}))
    1
    """
    found = {}
    for name in tried:
        for candidate in _ALSO.get(name, (name,)):
            try:
                found[name] = version(candidate)
            except PackageNotFoundError:
                continue
    return [
        f"{name} {has} (tried with {tried[name]})"
        for name, has in found.items()
        if _numbers(has) < _numbers(tried[name])
    ]


def check():
    """Say, in a line, if a package is older than what the book was tried with; else say nothing.

    Examples
    --------
    >>> from audiogan_lib import runtime
    >>> runtime.check()
    """
    record = files.read_json(files.LIBRARY / "results" / "colab.json", "versions")
    if found := older(record["versions"]):
        print(
            f"Older than what this book was tried with: {', '.join(found)}. "
            "Should a cell fail, a newer runtime or environment is the first thing to try."
        )


def drive_folder(name):
    """Return a folder in the user's Google Drive, which outlives the machine that Colab lends.

    Colab asks for permission the first time; the folder is made where it is missing.

    Parameters
    ----------
    name : str
        Path below the user's own files, such as ``"audiogan/snares"``.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    RuntimeError
        Elsewhere than on Colab, where a folder of the computer's own disk does as well.

    Examples
    --------
    >>> from audiogan_lib import runtime
    >>> try:
    ...     folder = runtime.drive_folder("audiogan/snares")
    ... except RuntimeError as error:
    ...     print(str(error)[:19])
    Google Drive can be
    """
    try:
        colab = importlib.import_module("google.colab.drive")
    except ModuleNotFoundError:
        raise RuntimeError(
            "Google Drive can be reached from Colab only; elsewhere name a folder of your disk"
        ) from None
    colab.mount(str(DRIVE))
    folder = DRIVE / "MyDrive" / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _numbers(text):
    """Return the leading numbers of a version, which compare as they should."""
    return tuple(int(part) for part in re.match(r"[\d.]*\d", text)[0].split("."))
