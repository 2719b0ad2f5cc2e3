"""Ask whether pip can still install what chapter 17 speaks of; prints the chapter's table.

Run ``python tools/try_packages.py``; an empty environment in a temporary folder is all it installs.
"""

import datetime
import json
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

PACKAGES = (
    "tensorflow",
    "keras",
    "librosa",
    "torchaudio",
    "magenta",
    "note-seq",
    "ddsp",
    "magenta-rt",
    "pretty-midi",
    "mir-eval",
    "pedalboard",
)
_PATIENCE_S = 600


def try_package(python, package):
    """Let pip work out an installation without carrying it out.

    Parameters
    ----------
    python : path-like
        Interpreter of an empty environment.
    package : str
        Name.

    Returns
    -------
    tuple of str
        Newest version that pip chose, how many packages come with it, and ``"yes"`` or pip's last
        complaint.
    """
    order = [python, "-m", "pip", "install", "--dry-run", "--quiet", "--ignore-installed"]
    try:
        done = subprocess.run(
            [*map(str, order), "--report", "-", package],
            capture_output=True,
            text=True,
            timeout=_PATIENCE_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return "", "", f"no answer in {_PATIENCE_S} s"
    if done.returncode:
        complaints = [line for line in done.stderr.splitlines() if "rror:" in line]
        return "", "", complaints[0].strip()[:120] if complaints else f"pip: {done.returncode}"
    chosen = json.loads(done.stdout)["install"]
    names = [item["metadata"]["name"].lower().replace("_", "-") for item in chosen]
    return chosen[names.index(package)]["metadata"]["version"], str(len(chosen) - 1), "yes"


def main():
    """Try those that the command line names, or all."""
    today = datetime.datetime.now(datetime.UTC).date()
    print(f"{today}, Python {sys.version_info.major}.{sys.version_info.minor}\n")
    print("| package | version | packages that come with it | resolves |")
    print("| --- | --- | ---: | --- |")
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        for package in sys.argv[1:] or PACKAGES:
            cells = try_package(Path(folder) / "bin" / "python", package)
            print(f"| {package} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
