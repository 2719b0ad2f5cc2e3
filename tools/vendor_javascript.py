"""Fetch the JavaScript that the built pages load, so that they need no other host.

Run from the repository's root: ``python tools/vendor_javascript.py``. It needs npm. Each package is
pinned by version and by the SHA-256 of its archive; only the files named here are kept, with their
licence. The result is committed, so readers never run this.
"""

import hashlib
import io
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

VENDOR = Path(__file__).resolve().parents[1] / "book" / "static" / "vendor"


@dataclass(frozen=True)
class Package:
    """One npm package: its pin, and where the files that we keep come from."""

    name: str
    version: str
    sha256: str
    root: str
    patterns: tuple[str, ...]


PACKAGES = (
    Package(
        name="mathjax",
        version="3.2.2",
        sha256="1b9c0a1c44df864e915690558e72adb9cc5203360daefd385084ced3b6c64c09",
        root="package/es5",
        patterns=("tex-chtml-full.js", "output/chtml/fonts/woff-v2/*.woff"),
    ),
    Package(
        name="reveal.js",
        version="4.6.0",
        sha256="5cd4f989a2f9b8094e5430f4d05eae96c3a409ebcafbfb2e907687e8a9475e48",
        root="package/dist",
        patterns=("reveal.js", "reveal.css"),
    ),
)


def fetch(package: Package) -> bytes:
    """Return the package's archive, checked against its pin."""
    with tempfile.TemporaryDirectory() as folder:
        wanted = f"{package.name}@{package.version}"
        subprocess.run(["npm", "pack", wanted, "--silent"], cwd=folder, check=True)
        archive = next(Path(folder).glob("*.tgz")).read_bytes()
    digest = hashlib.sha256(archive).hexdigest()
    if digest != package.sha256:
        raise SystemExit(f"{wanted}: SHA-256 is {digest}, expected {package.sha256}")
    return archive


def unpack(package: Package, archive: bytes) -> None:
    """Write the kept files and the licence below ``book/static/vendor/NAME``."""
    folder = VENDOR / package.name
    root = PurePosixPath(package.root)
    with tarfile.open(fileobj=io.BytesIO(archive)) as members:
        for member in members.getmembers():
            path = PurePosixPath(member.name)
            if member.name == "package/LICENSE":
                target = folder / "LICENSE"
            elif path.is_relative_to(root) and any(
                path.relative_to(root).match(pattern) for pattern in package.patterns
            ):
                target = folder / path.relative_to(root)
            else:
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(members.extractfile(member).read())
            print(target.relative_to(VENDOR.parents[2]), f"{member.size:,} bytes")


if __name__ == "__main__":
    for package in PACKAGES:
        unpack(package, fetch(package))
