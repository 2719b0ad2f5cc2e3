"""Hold what git tracks to its budget: ``python tools/check_sizes.py``."""

import subprocess
import sys
from pathlib import Path

FILE_MIB, TREE_MB = 5, 60


def main() -> int:
    """Print what is over budget; return how many lines that took."""
    names = subprocess.run(["git", "ls-files", "-z"], capture_output=True, text=True, check=True)
    paths = [Path(name) for name in names.stdout.split("\0") if name]
    sizes = {path: path.stat().st_size for path in paths if path.is_file()}
    lines = [
        f"{path} has {size / 2**20:.1f} MiB; a file may have {FILE_MIB}"
        for path, size in sizes.items()
        if size > FILE_MIB * 2**20
    ]
    total = sum(sizes.values()) / 1e6
    if total > TREE_MB:
        lines.append(f"git tracks {total:.0f} MB; all files together may have {TREE_MB}")
    print("\n".join(lines) or f"git tracks {total:.1f} MB of at most {TREE_MB}")
    return len(lines)


if __name__ == "__main__":
    sys.exit(min(main(), 1))
