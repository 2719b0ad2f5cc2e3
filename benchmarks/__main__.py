"""Speed on this machine, beside PyTorch and librosa: ``make bench``, about half an hour.

Each framework works in a process of its own; they take turns of half a second, so that other load
falls on all of them alike. Even so nothing else should run. ``python -m benchmarks wavegan`` times
only that network again, ``python -m benchmarks generation`` only that part of the table.
"""

import datetime
import json
import math
import statistics
import sys
from pathlib import Path

from tqdm import tqdm

from audiogan_lib import files, training
from audiogan_lib.models import vocoder
from benchmarks import machine, steps, table
from benchmarks.cases import CASES
from benchmarks.interleaved import Worker, ratio, summary, take_turns

_HERE = Path(__file__).parent
#: In the package, for chapter 18 to read wherever it is installed.
_RESULTS = files.LIBRARY / "results"
_FLOAT32_ONLY = ("dense_lstm", "transcriber")  # as the book trains them


def _dtypes(case):
    """Which precisions a network is timed in."""
    fast = training.supported_precision("mixed_bfloat16")
    if fast == "float32" or case.network in _FLOAT32_ONLY:
        return ("float32",)
    return ("float32", fast)


def measure_transforms():
    """Time the spectral transforms beside librosa's."""
    workers = [Worker(build="transforms", library=name) for name in ("ours", "librosa")]
    names = ("stft", "mel", "griffin_lim")
    take_turns(workers, dict.fromkeys(names, 0.3), rounds=9)
    rows = {}
    for name in names:
        sides = zip(("ours", "librosa"), workers, strict=True)
        rows[name] = {side: summary(worker.times[name]) for side, worker in sides}
        rows[name]["ratio"] = round(ratio(*workers, name), 2)
    for worker in workers:
        worker.close()
    return rows


def measure_generation():
    """Time generators, with decoding."""
    worker = Worker(build="generation")
    seconds = worker.facts["seconds"]
    take_turns([worker], dict.fromkeys(seconds, 0.5), rounds=7)
    rows = {}
    for name, length in seconds.items():
        times = worker.times[name]
        rows[name] = summary(times) | {
            "sound_s": round(length, 3),
            "times_real_time": round(length / statistics.median(times), 1),
        }
    worker.close()
    return rows


def measure_loading(recipe="drums"):
    """Time the input pipeline."""
    worker = Worker(build="loading", recipe=recipe)
    take_turns([worker], {"batch": 1.0}, rounds=5)
    rate = 1 / statistics.median(worker.times["batch"])
    worker.close()
    share = round(worker.facts["waiting_share"], 5)
    return {"recipe": recipe, "batches_per_s": round(rate), "waiting_share": share}


def _steps(names):
    """Time the training steps of some networks."""
    rows = {}
    for name in tqdm(names, desc="networks"):
        case = CASES[name]
        rows[name] = steps.compare(name, case, _dtypes(case), vocoder.SMALL)
        tqdm.write(table.step_line(rows[name]))
    return rows


def main(names):
    """Measure what is named, or all, and write the table."""
    parts = {
        "transforms": measure_transforms,
        "generation": measure_generation,
        "loading": measure_loading,
    }
    if unknown := set(names) - set(CASES) - set(parts):
        raise SystemExit(f"unknown: {', '.join(unknown)}; there are {', '.join([*CASES, *parts])}")
    path = _RESULTS / "speed.json"
    results = json.loads(path.read_text(encoding="utf-8")) if names and path.exists() else {}
    rows = results.get("steps", {}) | _steps([name for name in CASES if not names or name in names])
    logs = [math.log(row["ratio"]) for row in rows.values()]
    results |= {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "machine": machine.describe(),
        "steps": {name: rows[name] for name in CASES if name in rows},
        "geometric_mean_ratio": round(math.exp(statistics.fmean(logs)), 3),
    }
    results |= {part: measure() for part, measure in parts.items() if not names or part in names}
    if missing := set(parts) - set(results):
        raise SystemExit(f"speed.json has no {', '.join(missing)} yet: run without names first")
    files.write_text(path, json.dumps(results, indent=1) + "\n")
    files.write_text(_HERE / "speed.md", table.page(results).rstrip() + "\n")
    print(table.page(results))


if __name__ == "__main__":
    main(sys.argv[1:])
