"""Code that nobody has read, run where it can do little: in a kernel of its own, within limits."""

import contextlib
import functools
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from audiogan_lib import files

#: Seconds beyond the limit after which a run that does not end by itself is ended.
GRACE_S = 60

#: The command that gives a program a network of its own, with nothing in it, and a list of
#: processes of its own: what it started ends with it, in whatever session it runs.
ALONE = ("unshare", "--map-root-user", "--net", "--pid", "--fork", "--kill-child")


@functools.cache
def network_can_be_cut() -> bool:
    """Tell whether this system lets a program be run without a network."""
    if not shutil.which(ALONE[0]):
        return False
    tried = subprocess.run([*ALONE, "true"], capture_output=True, check=False)  # noqa: S603
    return tried.returncode == 0


def environment(home: Path) -> dict[str, str]:
    """Return the variables of a run: none of the teacher's, but where Python and its system are."""
    kept = ("PATH", "LANG", "SYSTEMROOT", "PYTHONPATH", "VIRTUAL_ENV", "LD_LIBRARY_PATH")
    names = {name: os.environ[name] for name in kept if name in os.environ}
    paths = [str(files.LIBRARY.parent), *filter(None, [names.get("PYTHONPATH")])]
    names |= {"PYTHONPATH": os.pathsep.join(paths), "TF_CPP_MIN_LOG_LEVEL": "3"}
    folders = ("HOME", "USERPROFILE", "TMPDIR", "TEMP", "AUDIOGAN_DATA", "XDG_CACHE_HOME")
    folders += ("IPYTHONDIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR", "MPLCONFIGDIR")
    return names | dict.fromkeys(folders, str(home))


def run_cells(cells, seconds=300.0, memory_gb=8.0):
    """Run cells of code in a fresh kernel, in an empty folder; errors of one do not stop the next.

    Where the system allows it (`network_can_be_cut`: Linux), there is no network.

    Parameters
    ----------
    cells : list of str
        Python, run one after the other.
    seconds : float > 0
        For all cells together.
    memory_gb : float > 0
        Address space, where the system can limit it; TensorFlow takes some 4 of it.

    Returns
    -------
    ended : str
        ``"done"``, ``"time"`` if the time was up, ``"crash"`` if the kernel died.
    seen : dict or None
        What a `Witness` wrote to ``witness.json`` in that folder; None if there was none.

    Raises
    ------
    ValueError
        If a limit is not positive.

    Examples
    --------
    >>> from audiogan_lib import classroom
    >>> classroom.run_cells(["open('witness.json', 'w').write('{}')", "raise ValueError"])
    ('done', {})
    """
    if min(seconds, memory_gb) <= 0:
        raise ValueError(f"limits must be positive, received {seconds} s and {memory_gb} GB")
    with tempfile.TemporaryDirectory(prefix="grading-", ignore_cleanup_errors=True) as folder:
        home = Path(folder).resolve()
        job = {"cells": cells, "seconds": seconds, "memory_gb": memory_gb}
        (home / "job.json").write_text(json.dumps(job), "utf-8")
        alone = ALONE if network_can_be_cut() else ()
        program = "from audiogan_lib.classroom import kernel; kernel.work()"
        process = subprocess.Popen(  # noqa: S603
            [*alone, sys.executable, "-c", program],
            cwd=home,
            env=environment(home),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            process.wait(seconds + GRACE_S)
        except subprocess.TimeoutExpired:
            (home / "ended").write_text("time")
        finally:
            end_group(process)
        ended = home / "ended"
        seen = home / "witness.json"
        return ended.read_text() if ended.exists() else "crash", read_seen(seen)


def end_group(process):
    """End a program, whatever it started in its session, and, where it is `ALONE`, anywhere."""
    if hasattr(os, "killpg"):
        with contextlib.suppress(ProcessLookupError):  # all have ended
            os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()


def read_seen(path: Path) -> dict | None:
    """Return what a witness wrote, or None if a student's code spoilt it."""
    try:
        seen = json.loads(path.read_text("utf-8"))
        return {
            str(name): {"solved": bool(one["solved"]), "says": str(one["says"])}
            for name, one in seen.items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def limit(seconds: float, memory_gb: float):
    """Limit this process and those it starts, where the system can."""
    if os.name != "posix":
        return
    import resource

    limits = {
        resource.RLIMIT_CPU: int((seconds + GRACE_S) * (os.cpu_count() or 1)),
        resource.RLIMIT_AS: int(memory_gb * 2**30),
        resource.RLIMIT_FSIZE: 2**30,  # of one file
        resource.RLIMIT_CORE: 0,
    }
    for what, most in limits.items():
        hard = resource.getrlimit(what)[1]
        if hard == resource.RLIM_INFINITY or most < hard:
            with contextlib.suppress(ValueError):  # a Mac limits no memory
                resource.setrlimit(what, (most, most))


class StopWatch:
    """Measures from when it is first asked: a kernel's start is not a student's time."""

    def __init__(self):
        self.start_s = None

    def passed_s(self):
        """Return the seconds since the first call."""
        if self.start_s is None:
            self.start_s = time.monotonic()
        return time.monotonic() - self.start_s


def work():
    """Run the job in the current folder; what a process that `run_cells` starts does."""
    # Here, so that a kernel that only watches checks does not load them.
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellTimeoutError, DeadKernelError

    home = Path.cwd()
    job = json.loads((home / "job.json").read_text("utf-8"))
    limit(job["seconds"], job["memory_gb"])
    cells = [nbformat.v4.new_code_cell(source) for source in job["cells"]]
    watch = StopWatch()
    client = NotebookClient(
        nbformat.v4.new_notebook(cells=cells),
        kernel_name="python3",
        allow_errors=True,
        startup_timeout=GRACE_S,
        shutdown_kernel="immediate",
        timeout_func=lambda cell: max(1, round(job["seconds"] - watch.passed_s())),
        resources={"metadata": {"path": str(home)}},
    )
    client.km = client.create_kernel_manager()
    if os.name == "posix":
        client.km.transport = "ipc"  # files: without a network there is no local host either
    ended = "done"
    try:
        client.execute()
    except CellTimeoutError:
        ended = "time"
    except DeadKernelError:
        ended = "crash"
    (home / "ended").write_text(ended)
