"""A run that is killed and goes on ends with the same bits as one that was never stopped."""

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from killed_run import SETTINGS

SCRIPT = Path(__file__).with_name("killed_run.py")
EPOCHS = 60


def start(folder, setting):
    """Start the run in a process of its own."""
    return subprocess.Popen(
        [sys.executable, str(SCRIPT), str(folder), setting, str(EPOCHS)],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"},
    )


def finish(process):
    """Wait; return the step it began at, and its last line: last step and hash."""
    output, _ = process.communicate(timeout=600)
    assert process.returncode == 0
    begun = next(line for line in output.splitlines() if line.startswith("from step "))
    return int(begun.rpartition(" ")[2]), output.splitlines()[-1]


def newest_step(folder):
    """Return the step of the newest checkpoint, 0 if there is none."""
    index = folder / "checkpoints.json"
    return json.loads(index.read_text())[0]["step"] if index.exists() else 0


def kill_somewhere(folder, setting, chance):
    """Kill the run at a random moment after it has saved something new; return that step."""
    before, process = newest_step(folder), start(folder, setting)
    while newest_step(folder) <= before and process.poll() is None:
        time.sleep(0.01)
    time.sleep(chance.uniform(0.0, 0.5))
    process.kill()
    process.communicate()
    assert process.returncode != 0, "the run ended before it could be killed"
    return newest_step(folder)


def truncate_newest(folder):
    """Cut the newest checkpoint in half, as a full or failing disk may; return the older step."""
    newest, older = json.loads((folder / "checkpoints.json").read_text())
    path = folder / newest["file"]
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return older["step"]


@pytest.mark.parametrize("setting", SETTINGS)
def test_a_run_that_is_killed_twice_ends_with_the_bits_of_one_that_was_not(setting, tmp_path):
    seed = random.SystemRandom().randrange(10**6)
    print(f"seed of the moments to kill at: {seed}")  # pytest shows it when the test fails
    chance = random.Random(seed)
    unbroken = start(tmp_path / "unbroken", setting)
    first = kill_somewhere(tmp_path / "killed", setting, chance)
    second = kill_somewhere(tmp_path / "killed", setting, chance)
    assert 0 < first < second < 3 * EPOCHS
    older = truncate_newest(tmp_path / "killed")
    resumed_at, killed = finish(start(tmp_path / "killed", setting))
    assert resumed_at == older
    begun_at, whole = finish(unbroken)
    assert begun_at == 0
    assert whole.startswith(f"ended at step {3 * EPOCHS}: ")
    assert killed == whole
