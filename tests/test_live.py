"""The page's engine beside Python: for the same latents the same sounds, by both kernels."""

import json
import os
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from audiogan_lib import live, pretrained, recipes
from audiogan_lib.models import dense_lstm

ROOT = Path(__file__).resolve().parents[1]
KERNELS = ("WebAssembly", "JavaScript")
SHIPPED = pretrained.names()
UNTRAINED = sorted(set(recipes.NAMES) - set(SHIPPED))
COUNT = 3


def unavailable(reason: str):
    """Skip with the reason; where CI is set, fail instead: there nothing may be missing."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def node() -> str:
    """Return a Node.js: the machine's own, or the one that Playwright brings."""
    if own := shutil.which("node"):
        return own
    driver = pytest.importorskip("playwright._impl._driver")
    return str(driver.compute_driver_executable()[0])


def untrained(name: str) -> pretrained.Generator:
    """Return a generator of a recipe whose weights, moving averages too, are random.

    Of the noise that it draws, Griffin-Lim amplifies every rounding, so there are few rounds of it.
    """
    recipe = replace(recipes.NAMES[name], iterations=4)
    conditions = {"label": [str(pitch) for pitch in range(36, 84, 5)], "kind": ["a", "b", "c"]}
    keras.utils.set_random_seed(1)
    network = recipe.build_generator((10, 3))
    draws = np.random.default_rng(2)
    for layer in network.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.set_weights([draws.uniform(0.5, 1.5, w.shape) for w in layer.get_weights()])
    return pretrained.Generator(recipe, conditions, network, card={})


def generator_of(name: str) -> pretrained.Generator:
    """Return a shipped generator, or one that nobody has trained."""
    return pretrained.load(name) if name in SHIPPED else untrained(name)


@pytest.fixture(scope="module")
def generators() -> dict[str, pretrained.Generator]:
    """Return a generator of every recipe."""
    return {name: generator_of(name) for name in (*SHIPPED, *UNTRAINED)}


def asked_of(generator):
    """Return latents and, for each, the classes that the page and Python are asked for."""
    latents = generator.latents(COUNT, seed=5)
    sizes = [len(classes) for classes in generator.conditions.values()]
    rows = np.random.default_rng(6).integers(0, sizes, (COUNT, len(sizes)))
    return latents, rows.astype(np.int32)


@pytest.fixture(scope="module")
def page(generators, tmp_path_factory) -> dict:
    """Let the page's scripts draw and decode; return that by generator and kernel."""
    folder = tmp_path_factory.mktemp("page")
    scripts, requests = [str(live.PAGE / name) for name in live.SCRIPTS], []
    for name, generator in generators.items():
        script = folder / f"{name}.js"
        script.write_text(live.as_script(generator, name), encoding="utf-8")
        scripts.append(str(script))
        latents, rows = asked_of(generator)
        asked = {"name": name, "latents": latents.tolist(), "classes": rows.tolist()}
        requests += [{**asked, "kernel": k, "out": str(folder / f"{name}-{k}")} for k in KERNELS]
    (folder / "requests.json").write_text(json.dumps({"scripts": scripts, "requests": requests}))
    command = [node(), str(ROOT / "tests" / "play_in_node.js"), str(folder / "requests.json")]
    said = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    numbers = {(r["name"], r["kernel"]): np.fromfile(r["out"], np.float32) for r in requests}
    said["milliseconds"] = dict(zip(numbers, said["milliseconds"], strict=True))
    return {"made": numbers, **said}


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("name", [*SHIPPED, *UNTRAINED])
def test_the_same_latents_give_the_same_sounds_in_the_page(
    generators, page, name, kernel, record_property
):
    generator = generators[name]
    latents, rows = asked_of(generator)
    drawn = np.asarray(generator.network([latents, rows], training=False)).reshape(COUNT, -1)
    asked = dict(zip(generator.conditions, rows.T.tolist(), strict=True))
    sounds = generator.from_latents(latents, **asked)
    made = page["made"][name, kernel].reshape(COUNT, -1)
    np.testing.assert_allclose(made[:, : drawn.shape[1]], drawn, atol=1e-5)
    errors = made[:, drawn.shape[1] :] - sounds
    assert sounds.any(axis=1).all()
    assert (10 * np.log10((sounds**2).sum(1) / (errors**2).sum(1)) >= 40).all()
    record_property("milliseconds", page["milliseconds"][name, kernel])


def test_random_numbers_in_the_page_are_those_of_numpy(page):
    assert page["uniform"] == np.random.default_rng(0).random(1000).tolist()


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_weight_reaches_the_page_exactly_and_in_16_bits(generators, name):
    network = generators[name].network
    plan, content = live.export(generators[name])
    kept = [place for place in plan["weights"] if place["type"] == "bfloat16"]
    halves = [np.frombuffer(content, "<u2", p["count"], p["at"]) for p in kept]
    kernels = [layer.kernel for layer in network.layers if hasattr(layer, "kernel")]
    floats = [np.sort((half.astype(np.uint32) << 16).view(np.float32)) for half in halves]
    for kernel in kernels:
        flat = np.sort(np.ravel(kernel))
        assert any(np.array_equal(flat, numbers) for numbers in floats)
    assert len(content) < 2.1 * network.count_params()


def test_weights_that_are_no_16_bit_numbers_are_kept_whole():
    network = dense_lstm.build_generator(samples=64, widths=(8,), latent_dim=4)
    plan, content = live.operations(network)
    first = plan["weights"][plan["operations"][0]["kernel"]]
    assert first["type"] == "float32"
    numbers = np.frombuffer(content, "<f4", first["count"], first["at"])
    np.testing.assert_array_equal(numbers.reshape(4, 8), network.get_layer("dense_0").kernel)


@pytest.mark.parametrize(
    "layer",
    [
        keras.layers.LSTM(3, name="culprit"),
        keras.layers.Conv1D(3, 3, dilation_rate=2, padding="same", name="culprit"),
        keras.layers.Conv1DTranspose(3, 4, dilation_rate=2, name="culprit"),
        keras.layers.Permute((2, 1), name="culprit"),
        keras.layers.ReLU(max_value=6, name="culprit"),
        keras.layers.Dense(3, activation="gelu", name="culprit"),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_what_cannot_be_exported_is_named(layer):
    latent = keras.Input((8,))
    network = keras.Model(latent, layer(keras.layers.Reshape((4, 2))(latent)))
    with pytest.raises(ValueError, match="culprit"):
        live.operations(network)


def test_a_network_that_is_no_chain_is_refused():
    latent = keras.Input((8,))
    first = keras.layers.Dense(8)(latent)
    second = keras.layers.Dense(8)(first)
    network = keras.Model(latent, keras.layers.Dense(8, name="culprit")(first + second))
    with pytest.raises(ValueError, match="takes more than the layer before"):
        live.operations(network)


def test_labels_that_enter_by_another_way_are_refused():
    latent, label = keras.Input((4,)), keras.Input((1,), dtype="int32")
    codes = keras.layers.Flatten()(keras.layers.Embedding(3, 4, name="culprit")(label))
    joined = keras.layers.Concatenate()([latent, codes])
    network = keras.Model([latent, label], keras.layers.Dense(8)(joined))
    with pytest.raises(ValueError, match="culprit"):
        live.operations(network)


def test_the_binary_is_what_the_kernel_compiles_to(tmp_path):
    committed = (live.PAGE / "kernel_binary.js").read_text("utf-8")
    version = re.search(r"by clang (\S+):", committed)[1]
    for clang in filter(shutil.which, ("clang", f"clang-{version.partition('.')[0]}")):
        said = subprocess.run([clang, "-dumpversion"], capture_output=True, text=True, check=True)
        if said.stdout.strip() == version:
            break
    else:
        pytest.skip(f"no clang {version} on the path")
    again = tmp_path / "kernel_binary.js"
    command = ["sh", str(ROOT / "tools" / "build_kernel.sh"), str(again)]
    subprocess.run(command, env={**os.environ, "CLANG": clang}, check=True)
    assert again.read_text("utf-8") == committed


def test_the_scripts_of_a_page_weigh_60_kb_at_most():
    assert sum((live.PAGE / name).stat().st_size for name in live.SCRIPTS) <= 60_000
