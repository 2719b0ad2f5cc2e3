"""Speed on this machine, beside PyTorch and librosa: ``make bench``, about half an hour.

Each framework works in a process of its own; they take turns of half a second, so that other load
falls on all of them alike. Even so nothing else should run. ``python -m benchmarks wavegan`` times
only that network and leaves the table as it is.
"""

import datetime
import json
import math
import statistics
import sys
from pathlib import Path

from tqdm import tqdm

from audiogan_lib import _precision
from audiogan_lib.models import vocoder
from benchmarks import machine, steps, table
from benchmarks.cases import CASES
from benchmarks.interleaved import Worker, ratio, summary, take_turns

_HERE = Path(__file__).parent
_FLOAT32_ONLY = ("dense_lstm", "transcriber")  # as the book trains them


def _dtypes(case):
    """Which precisions a network is timed in."""
    fast = _precision.supported("mixed_bfloat16")
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


def main(names):
    """Measure; write the table unless only some networks were asked for."""
    if unknown := set(names) - set(CASES):
        raise SystemExit(f"unknown: {', '.join(unknown)}; there are {', '.join(CASES)}")
    rows = {}
    for name in tqdm(names or list(CASES), desc="networks"):
        case = CASES[name]
        rows[name] = steps.compare(name, case, _dtypes(case), vocoder.SMALL)
        tqdm.write(table.step_line(rows[name]))
    if names:
        return
    logs = [math.log(row["ratio"]) for row in rows.values()]
    found = {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "machine": machine.describe(),
        "steps": rows,
        "geometric_mean_ratio": round(math.exp(statistics.fmean(logs)), 3),
        "transforms": measure_transforms(),
        "generation": measure_generation(),
        "loading": measure_loading(),
    }
    texts = {"speed.json": json.dumps(found, indent=1), "speed.md": table.page(found)}
    for name, text in texts.items():
        beside = _HERE / f"{name}.part"
        beside.write_text(text.rstrip() + "\n", encoding="utf-8")
        beside.replace(_HERE / name)
    print(table.page(found))


if __name__ == "__main__":
    main(sys.argv[1:])
