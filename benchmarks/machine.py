"""What ran where."""

import os
import platform
from importlib.metadata import version
from pathlib import Path

_PACKAGES = ("tensorflow-cpu", "tensorflow", "keras", "torch", "numpy", "librosa")
_FLAGS = ("avx2", "avx512f", "avx512_bf16", "amx_bf16")


def describe():
    """Return processor, cores, memory and versions.

    Returns
    -------
    dict
        Ready for JSON.
    """
    cpu = Path("/proc/cpuinfo")
    lines = cpu.read_text(encoding="utf-8").splitlines() if cpu.exists() else []
    fields = dict(reversed([line.split("\t: ", 1) for line in lines if "\t: " in line]))
    fields = {name.strip(): value for name, value in fields.items()}
    flags = fields.get("flags", "").split()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "processor": fields.get("model name", platform.processor()),
        "cores": os.cpu_count(),
        "instructions": [flag for flag in _FLAGS if flag in flags],
        "memory_gb": round(memory, 1),
        "system": platform.platform(),
        "python": platform.python_version(),
        "packages": _versions(),
    }


def _versions():
    """Look up what is installed of the packages that matter."""
    versions = {}
    for package in _PACKAGES:
        try:
            versions[package] = version(package)
        except ModuleNotFoundError:
            continue
    return versions
