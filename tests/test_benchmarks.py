"""The networks that the benchmarks time are the same in both frameworks."""

import json
from pathlib import Path

import keras
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch comes with the extra `bench`")

from audiogan_lib.models import vocoder  # noqa: E402
from benchmarks import interleaved, ours, table, torch_training, worker  # noqa: E402
from benchmarks.cases import CASES  # noqa: E402

SPEED = Path(__file__).parents[1] / "audiogan_lib" / "results" / "speed.json"


@pytest.mark.parametrize("name", CASES)
def test_both_frameworks_train_as_many_parameters(name):
    networks = ours.build(CASES[name])
    networks = [networks[0], *keras.tree.flatten(networks[1])]
    mine = sum(np.prod(w.shape) for network in networks for w in network.trainable_variables)
    peers = torch_training.build(CASES[name], vocoder.SMALL)
    assert mine == sum(p.numel() for peer in peers for p in torch_training.trained(peer))


def _mirrored(values, groups):
    """Turn weights ``[..., channels]`` round where ``groups`` of channels become neighbours."""
    return values.reshape(*values.shape[:-1], groups, -1)[..., ::-1, :].reshape(values.shape)


def _state(network, first, groups):
    """Name the weights of a generator as its mirror image in PyTorch does.

    ``first`` is the shape of the smallest map, ``groups`` how many channels of each layer become
    neighbours.
    """
    weights = {"/".join(w.path.split("/")[-2:]): w.numpy() for w in network.weights}
    state = {}
    for name, kind in (("dense/kernel", "weight"), ("dense/bias", "bias")):
        if name in weights:
            maps = weights[name].reshape(-1, *first)[:, ::-1, ::-1]
            maps = maps.reshape(len(maps), -1).T
            state[f"first.dense.{kind}"] = maps if kind == "weight" else maps[:, 0]
    if "label_embedding/table" in weights:
        state["first.embedding.table.weight"] = weights["label_embedding/table"]
    for stage, count in enumerate(groups):
        # [height, width, in, out], or [height, width, out, in] where transposed
        kernel = weights[f"upsample_{stage}/kernel"]
        kernel = kernel[None] if kernel.ndim == 3 else kernel
        transposed = kernel.shape[-2] != first[-1] // 2**stage
        kernel = kernel.swapaxes(2, 3) if transposed else kernel
        kernel = _mirrored(kernel[::-1, ::-1], count)
        state[f"layers.{stage}.weight"] = kernel.transpose(
            (2, 3, 0, 1) if transposed else (3, 2, 0, 1)
        )
        if f"upsample_{stage}/bias" in weights:
            state[f"layers.{stage}.bias"] = _mirrored(weights[f"upsample_{stage}/bias"], count)
        names = {"gamma": "weight", "beta": "bias"}
        names |= {"moving_mean": "running_mean", "moving_variance": "running_var"}
        for mine, theirs in names.items():
            if f"norm_{stage}/{mine}" in weights:
                state[f"norms.{stage}.{theirs}"] = weights[f"norm_{stage}/{mine}"]
    return {name: torch.from_numpy(np.ascontiguousarray(w)) for name, w in state.items()}


@pytest.mark.parametrize("name", ["wavegan", "wavegan_paper", "specgan", "specgan_paper"])
def test_equal_weights_give_equal_sounds(name):
    case = CASES[name]
    small = {"width": 4} if name.endswith("paper") else {}
    case = type(case)(**vars(case) | {"generator": case.generator | small})
    network = ours.build(case)[0]
    rng = np.random.default_rng(0)
    # Biases and statistics begin at 0 or 1, and would not show that they had been mixed up.
    near = [0.05 * rng.normal(size=w.shape) for w in network.get_weights()]
    network.set_weights([w + change for w, change in zip(network.get_weights(), near, strict=True)])
    peer = torch_training.build(case)[0].eval()
    channels = network.get_layer("upsample_0").input.shape[-1]
    flat, stages = case.network == "wavegan", len(peer.layers)
    patch = case.generator.get("patch", 1)
    groups = [1] * (stages - 1) + [patch**2]
    if case.generator.get("form") == "subpixel":
        groups = [4] * stages
    state = _state(network, (1, 16, channels) if flat else (4, 4, channels), groups)
    missing = peer.load_state_dict(state, strict=False).missing_keys
    assert all(name.endswith(("starts", "num_batches_tracked")) for name in missing)
    latents = rng.normal(size=(3, case.latent_dim)).astype(np.float32)
    labels = case.data()[1]
    labels = None if labels is None else labels[:3]
    mine = network(latents if labels is None else [latents, labels], training=False).numpy()
    with torch.no_grad():
        given = None if labels is None else torch.from_numpy(labels)
        theirs = peer(torch.from_numpy(latents), given).numpy()
    assert mine.std() > 0.02  # not silence
    assert np.mean(np.abs(mine) > 0.99) < 0.1  # nor all at its bounds
    np.testing.assert_allclose(np.flip(theirs, (1,) if flat else (1, 2)), mine, atol=1e-5)


def test_arithmetic_is_counted_without_the_zeros_of_padding():
    x = keras.Input((4, 2))
    y = keras.layers.Conv1D(3, 3, padding="same")(x)  # 2 + 3 + 3 + 2 taps
    y = keras.layers.Conv1DTranspose(5, 2, strides=2, padding="same")(y)  # 8 taps
    y = keras.layers.Dense(7)(y)  # at 8 places
    expected = 10 * 2 * 3 + 8 * 3 * 5 + 8 * 5 * 7
    assert ours.arithmetic(keras.Model(x, y)) == expected


def test_a_burst_lasts_as_long_as_it_may_and_calls_at_least_as_often_as_asked():
    assert len(worker.burst(lambda: None, seconds=0.0, least=4)) == 4
    assert sum(worker.burst(lambda: None, seconds=0.05)) <= 0.06


def test_the_ratio_is_the_median_over_rounds():
    pair = [type("Timed", (), {"medians": {"step": m}}) for m in ([1, 2, 1], [2, 2, 30])]
    assert interleaved.ratio(*pair, "step") == 2


def test_a_worker_that_fails_says_why():
    with pytest.raises(interleaved.WorkerError, match="no such side"):
        interleaved.Worker(build="transforms", library="no such side")


@pytest.mark.skipif(not SPEED.exists(), reason="make bench writes it")
def test_the_table_holds_every_network():
    found = json.loads(SPEED.read_text(encoding="utf-8"))
    assert list(found["steps"]) == list(CASES)


@pytest.mark.skipif(not SPEED.exists(), reason="make bench writes it")
def test_the_page_is_that_of_the_table_and_explains_what_is_slow():
    found = json.loads(SPEED.read_text(encoding="utf-8"))
    page = Path(table.__file__).with_name("speed.md").read_text(encoding="utf-8")
    assert page == table.page(found).rstrip() + "\n"
    for row in found["steps"].values():
        explained = f"- {row['title']}, {row['float32']['share']:.0%}: " in page
        assert explained == (row["float32"]["share"] < 0.55)
    assert "not looked into" not in page
