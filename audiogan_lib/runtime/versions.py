"""Versions of packages, beside those that the whole book last ran with."""

import re

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
    from importlib import metadata  # slow to load, and few need it

    found = {}
    for name in tried:
        for candidate in _ALSO.get(name, (name,)):
            try:
                found[name] = metadata.version(candidate)
            except metadata.PackageNotFoundError:
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
    from audiogan_lib import files

    record = files.read_json(files.LIBRARY / "results" / "colab.json", "versions")
    if found := older(record["versions"]):
        print(
            f"Older than what this book was tried with: {', '.join(found)}. "
            "Should a cell fail, a newer runtime or environment is the first thing to try."
        )


def _numbers(text):
    """Return the leading numbers of a version, which compare as they should."""
    return tuple(int(part) for part in re.match(r"[\d.]*\d", text)[0].split("."))
