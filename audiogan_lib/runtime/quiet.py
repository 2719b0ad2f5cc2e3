"""Import TensorFlow without the lines that it greets every process with.

Before TensorFlow has read its log level, while its libraries load, it prints that oneDNN is on, and
no environment variable keeps it from that. Importing ``audiogan_lib`` therefore asks Python to run
the next import of TensorFlow, whoever asks for it, with standard error passing through a sieve that
drops these lines and nothing else. What is printed later follows ``TF_CPP_MIN_LOG_LEVEL``, which is
set to 1 (warnings and errors) where nobody has set it.
"""

import contextlib
import importlib.machinery
import os
import sys

# A process of its own: it also passes on the last words of a library that ends this process.
_SIEVE = r"""
import signal, sys
signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupt is for the process that it serves
for line in sys.stdin.buffer:
    if b"log messages before absl::InitializeLog()" not in line and not (
        line.startswith(b"I0000 ") and b"oneDNN custom operations are on." in line
    ):
        sys.stderr.buffer.write(line)
        sys.stderr.buffer.flush()
"""


@contextlib.contextmanager
def sieved():
    """Pass what goes to file descriptor 2 through the sieve, where there is such a descriptor."""
    import subprocess

    command = [sys.executable, "-ISc", _SIEVE]
    try:
        sieve = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=2)  # noqa: S603
        own = os.dup(2)
    except (OSError, TypeError, ValueError):  # no standard error, or no interpreter to start
        yield
        return
    os.dup2(sieve.stdin.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(own, 2)
        os.close(own)
        sieve.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            sieve.wait(5)  # another thread's process may still hold the sieve's other end


class _Finder:
    """Find TensorFlow as everybody does, but load it quietly."""

    def find_spec(self, name, path=None, target=None):
        """Answer for TensorFlow only, and only once."""
        if name != "tensorflow" or self not in sys.meta_path:
            return None
        sys.meta_path.remove(self)
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is None or spec.loader is None:
            return None
        load = spec.loader.exec_module

        def exec_module(module):
            os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "1")
            with sieved():
                load(module)

        spec.loader.exec_module = exec_module
        return spec


def quiet_tensorflow():
    """Let the next import of TensorFlow be a quiet one."""
    if "tensorflow" not in sys.modules:
        sys.meta_path.insert(0, _Finder())
