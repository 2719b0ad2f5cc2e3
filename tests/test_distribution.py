"""Training on several devices and several machines: the losses of one, for the same batches."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from audiogan_lib import audio, training

HERE = Path(__file__).parent
OPTIONS = [
    {"loss": "non_saturating", "r1": 0.5, "penalty_every": 2},
    {"loss": "wasserstein", "gradient_penalty": 1.0, "critic_steps": 2, "clip_weights": 0.5},
]


def environment(task=None, ports=()):
    """Return the variables for a process; with ports it is one of several machines."""
    variables = dict(os.environ) | {"PYTHONPATH": f"{HERE.parent}{os.pathsep}{HERE}"}
    if ports:
        cluster = {"worker": [f"127.0.0.1:{port}" for port in ports]}
        task = {"type": "worker", "index": task}
        variables["TF_CONFIG"] = json.dumps({"cluster": cluster, "task": task})
    return variables


def start(options, devices=None, task=None, ports=()):
    """Start a training in a process of its own."""
    asked = json.dumps({"devices": devices, "options": options})
    return subprocess.Popen(
        [sys.executable, HERE / "spread_training.py", asked],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(task, ports),
    )


def result(process):
    output, errors = process.communicate(timeout=240)
    assert process.returncode == 0, errors[-2000:]
    return json.loads(output.splitlines()[-1])


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


def assert_same_run(actual, alone):
    assert actual["step"] == alone["step"] == 6
    for name in ("discriminator_loss", "real_score", "fake_score", "average"):
        np.testing.assert_allclose(actual[name], alone[name], rtol=1e-4, atol=1e-5, err_msg=name)
    assert np.ptp(alone["discriminator_loss"]) > 1e-3  # it did train


@pytest.mark.parametrize("options", OPTIONS, ids=lambda options: options["loss"])
def test_two_devices_and_two_machines_train_as_one_device(options):
    ports = free_ports(2)
    processes = [start(options), start(options, devices=2)]
    processes += [start(options, task=task, ports=ports) for task in range(2)]
    alone, devices, first, second = map(result, processes)
    assert [run["replicas"] for run in (alone, devices, first, second)] == [1, 2, 2, 2]
    assert [run["chief"] for run in (alone, devices, first, second)] == [True, True, True, False]
    for run in (devices, first, second):
        assert_same_run(run, alone)


def test_two_machines_stop_together_and_the_first_writes_the_run(tmp_path):
    rng = np.random.default_rng(0)
    for name in ("high", "low"):
        (tmp_path / "sounds" / name).mkdir(parents=True)
        for index in range(8):
            noise = 0.1 * rng.standard_normal(8192).astype(np.float32)
            audio.write(tmp_path / "sounds" / name / f"{index}.wav", noise, 16000)
    arguments = ("train", "--data", tmp_path / "sounds", "--minutes", "0.02", "--out")
    ports = free_ports(2)
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "audiogan_lib", *arguments, tmp_path / f"run-{task}"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=environment(task, ports),
        )
        for task in range(2)
    ]
    for process in processes:
        output, _ = process.communicate(timeout=280)
        assert process.returncode == 0, output[-2000:]
    assert json.loads((tmp_path / "run-0" / "card.json").read_text())["training"]["step"] >= 20
    assert not [path for path in (tmp_path / "run-1").rglob("*") if path.is_file()]


def test_one_device_is_the_default():
    assert training.strategy().num_replicas_in_sync == 1
    assert training.strategy(1).num_replicas_in_sync == 1


def test_devices_out_of_reach_are_refused(monkeypatch):
    with pytest.raises(ValueError, match="devices=0: must be 1 or more"):
        training.strategy(0)
    np.asarray(training.tf.zeros(1))  # TensorFlow runs now
    with pytest.raises(ValueError, match="devices=3: TensorFlow already runs with 1"):
        training.strategy(3)
    monkeypatch.setenv("TF_CONFIG", "{}")
    with pytest.raises(ValueError, match="either devices or TF_CONFIG"):
        training.strategy(2)
