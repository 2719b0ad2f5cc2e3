"""Workers in turns: the load of the machine then falls on all of them alike."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading

#: Workers may be heard when they fail, but not when they warn.
_QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONWARNINGS": "ignore"}


class WorkerError(RuntimeError):
    """A worker that ended before it answered; the message is its last line."""


class Worker:
    """A process that times tasks, see ``benchmarks.worker``.

    Parameters
    ----------
    patience_s : float > 0
        How long building may take; some programs compile for longer than they then run.
    **order
        What to build.

    Raises
    ------
    WorkerError
        If that cannot be built, or not in time.
    """

    def __init__(self, patience_s=120.0, **order):
        self.errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 - it lives as long as the process
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            env=os.environ | _QUIET,
            text=True,
        )
        self.peak_mb = 0
        self.medians, self.times = {}, {}
        limit = threading.Timer(patience_s, self.process.kill)
        limit.start()
        try:
            self.facts = self._ask(order)
        except WorkerError as error:
            late = "" if limit.is_alive() else f"not ready after {patience_s:.0f} s; "
            raise WorkerError(f"{late}{error}") from error
        finally:
            limit.cancel()

    def _ask(self, order):
        try:
            self.process.stdin.write(json.dumps(order) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            code = self.process.wait()
            self.errors.seek(0)
            last = self.errors.read().strip().splitlines()[-1:]
            raise WorkerError(last[0] if last else f"ended with {code}")
        return json.loads(line)

    def burst(self, task, seconds):
        """Time a task for some seconds and return the median of its calls, in seconds."""
        reply = self._ask({"task": task, "seconds": seconds})
        self.peak_mb = reply["peak_mb"]
        self.medians.setdefault(task, []).append(reply["median"])
        self.times.setdefault(task, []).extend(reply["times"])
        return reply["median"]

    def forget(self):
        """Leave out what was timed so far."""
        self.medians, self.times = {}, {}

    def close(self):
        """End the process."""
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()
        self.errors.close()


def take_turns(workers, seconds, rounds):
    """Let workers time their tasks one after the other, again and again.

    Parameters
    ----------
    workers : sequence of Worker
        Whose turn it is in this order.
    seconds : dict of str to float
        For each task in a turn; 0 for a few calls only.
    rounds : int > 0
        Turns of each.
    """
    for _ in range(rounds):
        for worker in workers:
            for task, budget in seconds.items():
                worker.burst(task, budget)


def ratio(worker, other, task):
    """How many times as fast a worker is as another: the median over the rounds.

    Parameters
    ----------
    worker, other : Worker
        After as many rounds.
    task : str
        At what.

    Returns
    -------
    float
        Above 1 where the first is faster.
    """
    rounds = zip(worker.medians[task], other.medians[task], strict=True)
    return statistics.median(theirs / ours for ours, theirs in rounds)


def summary(times):
    """Return median and quartiles of some times, in milliseconds."""
    low, median, high = statistics.quantiles([1e3 * t for t in times], n=4)
    return {"median_ms": round(median, 3), "quartiles_ms": [round(low, 3), round(high, 3)]}
