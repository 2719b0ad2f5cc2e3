"""The page's engine beside Python: for the same latents the same sounds, by both kernels."""

import importlib.util
import io
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
import soundfile
from browsers import FAIL, chromium, node, open_offline
from hands import BROWSERS, on_a_phone, over_http, start_firefox
from sphinx.config import Config
from sphinx.directives.code import LiteralIncludeReader

from audiogan_lib import live, pretrained, recipes, runs
from audiogan_lib.commands import main
from audiogan_lib.latents import LatentWalk
from audiogan_lib.models import dense_lstm
from audiogan_lib.widgets import LatentPlayer

ROOT = Path(__file__).resolve().parents[1]
APPENDIX = ROOT / "book" / "how_this_page_makes_sound.md"
KERNELS = ("WebAssembly", "JavaScript")
SHIPPED = pretrained.names()
UNTRAINED = sorted(set(recipes.NAMES) - set(SHIPPED))
COUNT = 3

browser = pytest.fixture(chromium, scope="module")
fox = pytest.fixture(start_firefox, scope="module")


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
    engine = live.SCRIPTS[: live.SCRIPTS.index("engine.js") + 1]  # what follows needs a page
    scripts, requests = [str(live.PAGE / name) for name in engine], []
    for name, generator in generators.items():
        script = folder / f"{name}.js"
        script.write_text(live.as_script(generator, name), encoding="utf-8")
        scripts.append(str(script))
        latents, rows = asked_of(generator)
        asked = {"name": name, "latents": latents.tolist(), "classes": rows.tolist()}
        requests += [{**asked, "kernel": k, "out": str(folder / f"{name}-{k}")} for k in KERNELS]
    (folder / "requests.json").write_text(json.dumps({"scripts": scripts, "requests": requests}))
    command = [node(), str(ROOT / "tests" / "play_in_node.js"), str(folder / "requests.json")]
    said = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
    numbers = {(r["name"], r["kernel"]): np.fromfile(r["out"], np.float32) for r in requests}
    said["milliseconds"] = dict(zip(numbers, said["milliseconds"], strict=True))
    return {"made": numbers, **said}


def alike(sound, expected) -> bool:
    """Tell whether a sound is another but for an error 40 dB below it."""
    error = np.asarray(sound, np.float64) - expected
    return expected.any() and (error**2).sum() <= 1e-4 * (expected**2).sum()


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("name", [*SHIPPED, *UNTRAINED])
def test_the_same_latents_give_the_same_sounds_in_the_page(
    generators, page, name, kernel, record_property
):
    generator = generators[name]
    latents, rows = asked_of(generator)
    drawn = np.asarray(generator.network([latents, rows], training=False))
    drawn = drawn.reshape(COUNT, -1)
    asked = dict(zip(generator.conditions, rows.T.tolist(), strict=True))
    sounds = generator.from_latents(latents, **asked)
    made = page["made"][name, kernel].reshape(COUNT, -1)
    np.testing.assert_allclose(made[:, : drawn.shape[1]], drawn, atol=1e-5)
    assert all(map(alike, made[:, drawn.shape[1] :], sounds))
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


@pytest.mark.parametrize("control", live.CONTROLS)
def test_the_scripts_of_a_control_weigh_60_kb_at_most(control):
    assert sum((live.PAGE / name).stat().st_size for name in live.CONTROLS[control]) <= 60_000


def test_every_script_belongs_to_a_control_and_is_short_enough_to_read():
    used = {name for names in (*live.CONTROLS.values(), live.ON_DEMAND) for name in names}
    assert used == {path.name for path in live.PAGE.glob("*.js")}
    for name in used:
        assert len((live.PAGE / name).read_text("utf-8").splitlines()) < 300, name


# --- the page of the book that explains it -------------------------------------------------------


def test_the_appendix_gives_the_sizes_of_all_shipped_generators(generators):
    number = r" ([\d,.]+) \|"
    said = re.findall(rf"^\| `([\w-]+)` \|{number * 4}$", APPENDIX.read_text("utf-8"), re.MULTILINE)
    assert [name for name, *_ in said] == list(SHIPPED)
    for name, *numbers in said:
        plan, _ = live.export(generators[name])
        steps = [step for step in plan["operations"] if step["op"] == "multiply"]
        products = sum(step["rows"] * step["depth"] * step["columns"] for step in steps)
        codec = {"iterations": 0, "frames": 0, **plan["codec"]}
        sizes = [
            generators[name].network.count_params(),
            len(live.as_script(generators[name], name)) / 1e6,
            products / 1e6,
            (2 * codec["iterations"] + 1) * codec["frames"] / 2,
        ]
        told = [float(each.replace(",", "")) for each in numbers]
        assert told[0] == sizes[0], name
        np.testing.assert_allclose(told, sizes, rtol=0.01, err_msg=name)


def test_the_excerpts_of_the_appendix_are_short_and_fit_its_column():
    form = r"```\{literalinclude\} (\S+)\n(.*?)```"
    found = re.findall(form, APPENDIX.read_text("utf-8"), re.DOTALL)
    assert len(found) > 15
    for path, block in found:
        options = dict(re.findall(r'^:([\w-]+): "?(.*?)"?$', block, re.MULTILINE))
        options["dedent"] = int(options.get("dedent", 0))
        shown, count = LiteralIncludeReader(APPENDIX.parent / path, options, Config()).read()
        assert count <= 30, block
        assert max(map(len, shown.splitlines())) <= 76, block


# --- the latent player ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def player(generators) -> LatentPlayer:
    """Return the player that stands on the page."""
    return LatentPlayer(generators["drums"], knobs=3, seed=3, label="snare")


@pytest.fixture(scope="module")
def address(generators, player, tmp_path_factory) -> str:
    """Write a page as the book's build does, with two players; return its address."""
    folder = tmp_path_factory.mktemp("book")
    for name in (*live.CONTROLS["latent-player"], *live.ON_DEMAND, "controls.css"):
        shutil.copy(live.PAGE / name, folder)
    for name in ("drums", "notes"):
        script = live.as_script(generators[name], name)
        (folder / f"weights-{name}.js").write_text(script, encoding="utf-8")
    faces = [player.page().html, LatentPlayer(generators["notes"], knobs=1, pitch="60").page().html]
    names = live.CONTROLS["latent-player"]
    scripts = "".join(f'<script defer src="{name}"></script>' for name in names)
    head = f'<!doctype html><meta charset="utf-8"><title>Players</title>{scripts}'
    page = folder / "page.html"
    page.write_text(f'{head}<link rel="stylesheet" href="controls.css">{"".join(faces)}', "utf-8")
    return page.as_uri()


#: Counts what sounds through, and keeps what was decoded last and how loud it was played.
LISTEN = """
    globalThis.contexts = [];
    globalThis.ramps = [];
    const ramp = AudioParam.prototype.linearRampToValueAtTime;
    AudioParam.prototype.linearRampToValueAtTime = function (level, time) {
        ramps.push([level, time]);
        return ramp.call(this, level, time);
    };
    const start = AudioBufferSourceNode.prototype.start;
    AudioBufferSourceNode.prototype.start = function (time) {
        globalThis.started = time;
        return start.call(this, time);
    };
    globalThis.AudioContext = class extends AudioContext {
        constructor() { super(); contexts.push(this); }
        async decodeAudioData(file) { return globalThis.heard = await super.decodeAudioData(file); }
    };"""


@pytest.fixture
def visit(browser, address):
    """Open the page; at the end, nothing may have left the disk, and nothing complained."""
    visit = open_offline(browser, "players", address, LISTEN)
    yield visit
    visit.page.context.close()
    assert all(url.startswith(("file:", "blob:")) for url in visit.requests)
    assert not visit.complaints


def control(visit, role, name, which=0):
    """Find a control of the first or the second player by its role and its name."""
    return visit.page.get_by_role("group", name="Generator").nth(which).get_by_role(role, name=name)


#: Changes are drawn once a frame.
SETTLE = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


def sound(visit, act, which=0):
    """Act, and return the sound that a player makes then."""
    visit.evaluate("i => { audiogan.players[i].samples = null }", which)
    act()
    visit.evaluate(SETTLE)  # what an earlier act asked for is over, too
    made = visit.page.wait_for_function("i => audiogan.players[i].samples", arg=which)
    return np.array(made.evaluate("samples => Array.from(samples)"), np.float32)


def expected(player, positions=None, morph=0.0, qualities=(0, 0, 0), **asked):
    """Return the sound that Python makes."""
    generator, latent = player.generator, player.walk.latent(positions, morph)
    if generator.knobs:
        [classes] = generator.label_indices(1, **asked)
        latent = generator.knobs.latent(latent, classes, qualities)
    return player.generator.from_latents(latent[None], **asked)[0]


def test_the_page_plays_what_its_controls_say_turned_by_keys(visit, player):
    weights = [url for url in visit.requests if "weights" in url]
    assert weights == []  # nothing is fetched before a touch, and nothing may sound
    assert visit.evaluate("contexts.length") == 0
    made = sound(visit, lambda: control(visit, "button", "Play").press("Enter"))
    assert alike(made, expected(player, label="snare"))
    for _ in range(9):
        control(visit, "slider", "knob 2").press("ArrowRight")
    made = sound(visit, lambda: control(visit, "slider", "knob 2").press("ArrowRight"))
    assert alike(made, expected(player, [0, 0.5, 0], label="snare"))
    made = sound(visit, lambda: control(visit, "slider", "morph").press("End"))
    assert alike(made, expected(player, [0, 0.5, 0], 1.0, label="snare"))
    visit.page.wait_for_function("globalThis.heard?.duration > 1")
    assert visit.evaluate("contexts.map(({ state }) => state)") == ["running"]


#: Turns a knob a little in each of some frames; counts what is drawn, played, and begins to sound.
DRAG = """async (frames) => {
    const counts = { draw: 0, play: 0, start: 0 };
    const counted = (owner, name) => {
        const does = owner[name];
        owner[name] = function (...given) { counts[name]++; return does.apply(this, given); };
    };
    counted(audiogan, "draw");
    counted(audiogan, "play");
    counted(AudioBufferSourceNode.prototype, "start");
    const knob = document.querySelector("input[type=range]");
    for (let i = 0; i < frames; i++) {
        knob.value = 2 * Math.sin(i / 20);
        knob.dispatchEvent(new Event("input"));
        await new Promise(requestAnimationFrame);
    }
    return counts;
}"""


def test_a_drag_redraws_and_sounds_anew_in_at_least_95_of_100_frames(visit):
    sound(visit, control(visit, "button", "Play").click)
    counts = visit.evaluate(DRAG, 100)
    assert min(counts["draw"], counts["play"]) >= 95, counts
    assert counts["start"] >= 60, counts  # on a busy machine the next frame's sound replaces one
    assert max(counts.values()) <= 101, counts  # that of the button may be among them


def test_menus_ask_for_classes_and_pitches(visit, player, generators):
    menu = control(visit, "combobox", "label")
    made = sound(visit, lambda: menu.select_option("kick"))
    assert alike(made, expected(player, label="kick"))
    instruments = control(visit, "combobox", "instrument", 1)
    control(visit, "combobox", "pitch", 1).select_option("67")
    made = sound(visit, lambda: instruments.select_option("flute"), 1)
    notes = generators["notes"]
    asked = notes.from_latents(notes.latents(1, seed=0), pitch="67", instrument="flute")[0]
    assert alike(made, asked)


def test_the_pad_turns_two_knobs_by_a_drag_and_shows_where_they_stand(visit, player):
    pad = visit.page.locator(".audiogan-pad").first
    control(visit, "combobox", "pad across").select_option("knob 1")
    control(visit, "combobox", "pad up").select_option("knob 3")
    box = pad.bounding_box()
    visit.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    visit.page.mouse.down()
    right_and_below = box["x"] + box["width"] + 9, box["y"] + box["height"] + 9
    made = sound(visit, lambda: visit.page.mouse.move(*right_and_below))
    visit.page.mouse.up()
    assert alike(made, expected(player, [2, 0, -2], label="snare"))
    sound(visit, lambda: control(visit, "slider", "knob 1").press("Home"))
    assert pad.locator("span").evaluate("spot => spot.style.left + spot.style.bottom") == "0%0%"


def test_knobs_of_qualities_lead_to_the_latents_of_python(visit, player):
    knobs, labels = player.generator.knobs, player.generator.label_names
    positions = np.random.default_rng(8).uniform(-2, 2, (9, len(knobs.names)))
    labels_asked = np.arange(9) % len(labels)
    walked = player.walk.latent([0, 1, 0], 0.3)
    found = visit.evaluate(
        """async ([from, labels, positions]) => {
            const turn = audiogan.qualityKnobs((await audiogan.load('drums')).plan.knobs);
            return positions.map((row, i) => Array.from(turn(from, [labels[i]], row)));
        }""",
        [walked.tolist(), labels_asked.tolist(), positions.tolist()],
    )
    rows = zip(labels_asked, positions, strict=True)
    wanted = [knobs.latent(walked, [label], row) for label, row in rows]
    np.testing.assert_allclose(found, wanted, atol=1e-5)


def brightness(sound):
    """Measure the mean frequency of the energy, as a share of half the sample rate."""
    power = np.abs(np.fft.rfft(sound)) ** 2
    return power @ np.linspace(0, 1, len(power)) / power.sum()


def test_a_press_of_the_brightness_knob_makes_the_sound_brighter_for_each_label(visit, player):
    knob, menu = control(visit, "slider", "brightness"), control(visit, "combobox", "label")
    plain = sound(visit, control(visit, "button", "Play").click)
    bright = sound(visit, lambda: knob.press("End"))
    dull = sound(visit, lambda: knob.press("Home"))
    assert brightness(dull) < brightness(plain) < brightness(bright)
    for label in ("tom", "kick"):  # the knob stays, and the latent is found anew
        made = sound(visit, lambda label=label: menu.select_option(label))
        assert alike(made, expected(player, qualities=(-2, 0, 0), label=label))
    control(visit, "slider", "knob 1").press("End")
    sound(visit, control(visit, "button", "Reset knobs").click)
    again = sound(visit, lambda: menu.select_option("snare"))
    np.testing.assert_array_equal(again, plain)


def test_a_place_and_a_link_keep_what_the_knobs_of_qualities_made(visit, browser):
    dull = sound(visit, lambda: control(visit, "slider", "brightness").press("Home"))
    control(visit, "button", "Link to this sound").click()
    visit.page.wait_for_url("**#generator=drums*")
    linked = open_offline(browser, "linked", visit.page.url)
    followed = sound(linked, control(linked, "button", "Play").click)
    linked.page.context.close()
    np.testing.assert_array_equal(followed, dull)
    np.testing.assert_array_equal(sound(visit, control(visit, "button", "Keep as B").click), dull)
    assert control(visit, "slider", "brightness").input_value() == "0"


def test_a_locked_place_stays_and_a_kept_one_returns(visit):
    visit.page.get_by_label("lock A").first.check()
    random, morph = control(visit, "button", "Random"), control(visit, "slider", "morph")
    first = sound(visit, random.click)
    np.testing.assert_array_equal(sound(visit, random.click), first)
    other = sound(visit, lambda: morph.press("End"))
    assert not alike(other, first)
    assert not alike(sound(visit, random.click), other)
    control(visit, "slider", "knob 1").press("Home")
    kept = sound(visit, control(visit, "button", "Keep as A").click)
    assert morph.input_value() == "0"
    assert control(visit, "slider", "knob 1").input_value() == "0"
    sound(visit, lambda: morph.press("End"))
    assert alike(sound(visit, lambda: morph.press("Home")), kept)


def test_a_link_leads_to_the_same_sound_in_another_page_and_on_the_command_line(
    visit, browser, tmp_path
):
    control(visit, "button", "Random").click()
    made = sound(visit, lambda: control(visit, "slider", "knob 3").press("Home"))
    control(visit, "button", "Link to this sound").click()
    visit.page.wait_for_url("**#generator=drums*")
    again = open_offline(browser, "linked", visit.page.url)
    followed = sound(again, control(again, "button", "Play").click)
    again.page.context.close()
    np.testing.assert_array_equal(followed, made)
    control(visit, "button", "Random").click()  # and back, in the page where it was made
    visit.evaluate("link => { location.hash = ''; location.href = link }", visit.page.url)
    visit.page.wait_for_function("document.querySelector('[role=status]').innerText.match('led')")
    with visit.page.expect_download() as download:
        control(visit, "button", "Save as WAV").click()
    saved, _ = soundfile.read(download.value.path(), dtype="float32")
    np.testing.assert_allclose(saved, made, atol=1e-4)
    np.testing.assert_array_equal(sound(visit, control(visit, "button", "Play").click), made)
    assert main(["generate", "--link", visit.page.url, "--out", str(tmp_path / "out")]) == 0
    written, rate = soundfile.read(tmp_path / "out" / "snare-000.wav", dtype="float32")
    assert rate == 16000
    assert alike(written, made)


@pytest.fixture(params=BROWSERS)
def hands(request, address):
    yield from on_a_phone(request, address, LISTEN)


def handled(hands, act):
    """Act, and return the sound that the first player makes then."""
    hands.evaluate("(() => { audiogan.players[0].samples = null; })()")
    act()
    hands.evaluate(SETTLE)
    made = "(samples => samples && Array.from(samples))(audiogan.players[0].samples)"
    return np.array(hands.wait(made), np.float32)


def test_hands_turn_a_generator_and_its_link_leads_to_the_same_sound_in_another_browser(
    hands, browser, player
):
    name = "Generator drums"
    made = handled(hands, lambda: hands.point(name, "Play", "mouse"))
    assert alike(made, expected(player, label="snare"))
    turned = handled(hands, lambda: hands.keys(name, "knob 3", "End"))
    assert alike(turned, expected(player, [0, 0, 2], label="snare"))
    to = (0.5, 0.5), (1, 0.75)
    dragged = handled(hands, lambda: hands.point(name, "audiogan-pad", "touch", *to))
    assert alike(dragged, expected(player, [0, 0, 2], qualities=(2, -1, 0), label="snare"))
    hands.wait("globalThis.heard?.duration > 1 && contexts[0].state === 'running'")
    hands.point(name, "Link to this sound", "touch")
    link = hands.wait("location.hash && location.href")
    again = open_offline(browser, "linked", link)
    followed = sound(again, control(again, "button", "Play").click)
    again.page.context.close()
    assert alike(followed, dragged)


@pytest.fixture(params=BROWSERS)
def served(request, address):
    yield from over_http(request, address, LISTEN)


def test_over_http_a_generator_is_fetched_at_a_touch_and_sounds_as_from_disk(served, player):
    name = "Generator drums"
    assert not [url for url in served.tab.requests if "weights" in url]
    made = handled(served, lambda: served.keys(name, "knob 1", "End"))
    assert alike(made, expected(player, [2, 0, 0], label="snare"))
    made = handled(served, lambda: served.point(name, "brightness", "touch", (0.8, 0.5)))
    turned = float(served.evaluate(f"{served.part(name, 'brightness')}.value"))
    assert turned > 1
    assert alike(made, expected(player, [2, 0, 0], qualities=(turned, 0, 0), label="snare"))
    served.wait("heard.duration > 1 && contexts[0].state === 'running'")
    served.point(name, "Link to this sound", "mouse")
    served.wait("location.hash.startsWith('#generator=drums')")


@pytest.mark.parametrize("latent", ["AACAP", "AADAfw", "?"])
def test_a_damaged_link_leaves_the_page_as_it_is(browser, address, player, latent):
    link = f"{address}#generator=drums&label=kick&latent={latent}"
    visit = open_offline(browser, "damaged", link)
    made = sound(visit, control(visit, "button", "Play").click)
    visit.page.context.close()
    assert alike(made, expected(player, label="snare"))
    assert not visit.complaints


def test_a_sound_is_saved_with_its_rate_and_level(visit, tmp_path):
    made = sound(visit, control(visit, "button", "Play", 1).click, 1)
    with visit.page.expect_download() as download:
        control(visit, "button", "Save as WAV", 1).click()
    assert download.value.suggested_filename.startswith("notes-60-")
    download.value.save_as(tmp_path / "saved.wav")
    written, rate = soundfile.read(tmp_path / "saved.wav", dtype="float32")
    assert rate == 16000
    np.testing.assert_allclose(written, made, atol=1 / 32768)


def test_nothing_is_played_above_minus_1_dbfs_nor_begins_or_ends_with_a_click(visit):
    pitch = control(visit, "combobox", "pitch", 1)
    made = sound(visit, lambda: pitch.select_option("67"), 1)  # one that is louder than that
    visit.page.wait_for_function("ramps.length === 2")
    (level, begins), (end, ends) = visit.evaluate("ramps.map(([to, at]) => [to, at - started])")
    assert np.abs(made).max() > 10 ** (-1 / 20)
    heard = visit.evaluate("heard.getChannelData(0).reduce((m, s) => Math.max(m, Math.abs(s)), 0)")
    assert heard * level == pytest.approx(10 ** (-1 / 20))
    assert begins == pytest.approx(0.005, abs=1e-3)
    assert (end, ends) == (0, pytest.approx(len(made) / 16000, abs=1e-3))


def test_the_status_line_and_the_picture_say_what_sounds(visit):
    picture, status = control(visit, "img", "Spectrogram"), control(visit, "status", "")
    assert "nothing has sounded" in picture.get_attribute("aria-label")
    sound(visit, control(visit, "button", "Play").click)
    visit.page.wait_for_function("document.querySelector('[role=status]').innerText.match('ms by')")
    assert re.fullmatch(
        r"snare: 1.02 s, \N{MINUS SIGN}\d+\.\d dBFS; made in \d+ ms by WebAssembly\.",
        status.inner_text(),
    )
    assert "of snare: 1.02 s" in picture.get_attribute("aria-label")
    drawn = (
        "[...document.querySelector('canvas').getContext('2d').getImageData(0, 0, 200, 150).data]"
    )
    assert len(set(visit.evaluate(drawn))) > 50


def test_without_web_assembly_the_same_sound_comes(browser, address, player):
    visit = open_offline(browser, "plain", address, "delete globalThis.WebAssembly;")
    made = sound(visit, control(visit, "button", "Play").click)
    kernel = visit.evaluate("audiogan.load('drums').then(({ kernel }) => kernel.name)")
    visit.page.context.close()
    assert kernel == "JavaScript"
    assert alike(made, expected(player, label="snare"))


def test_a_generator_that_could_not_be_fetched_is_fetched_at_the_next_touch(visit, player):
    play = control(visit, "button", "Play")
    visit.evaluate(FAIL)
    play.click()
    visit.page.get_by_text("No sound: weights-drums.js is not there").wait_for()
    assert alike(sound(visit, play.click), expected(player, label="snare"))


def test_a_player_fits_a_phone_and_a_thumb(visit):
    visit.page.set_viewport_size({"width": 390, "height": 844})
    thin = visit.evaluate(
        """() => [...document.querySelectorAll(".audiogan-panel :is(input, select, button)")]
            .filter((part) => part.offsetHeight < 24).map((part) => part.outerHTML)"""
    )
    assert not thin
    assert visit.evaluate("document.documentElement.scrollWidth") <= 390


def test_without_scripts_the_rendered_players_are_there(browser, address):
    visit = open_offline(browser, "bare", address, java_script_enabled=False)
    assert visit.page.locator("audio").count() > 6
    assert visit.page.get_by_role("slider").count() == 0
    visit.page.context.close()


@pytest.mark.parametrize(
    "link, complaint",
    [
        ("page.html", "generator must be one of"),
        ("page.html#generator=../x&latent=AACAPw", "generator must be one of"),
        ("page.html#generator=drums&latent=AACAP", "is damaged"),
        ("page.html#generator=drums", "is damaged"),
        ("page.html#generator=drums&latent=AADAfw", "no row of numbers"),  # not a number
    ],
)
def test_a_link_that_leads_to_no_sound_is_refused(link, complaint):
    with pytest.raises(ValueError, match=complaint):
        live.read_link(link)


# --- a generator as one file ---------------------------------------------------------------------

#: A class that would end the page's scripts too late, were it written as it is.
HARD = "<!--<script>"


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Path:
    """Train a small network for a moment on a folder of recordings; return the run's folder."""
    folder = tmp_path_factory.mktemp("private")
    time_s = np.arange(4096) / 16000
    for label, pitch_hz in ("siren", 500), (HARD, 900):
        (folder / "mine" / label).mkdir(parents=True)
        for number in range(3):
            wave = 0.5 * np.sin(2 * np.pi * (pitch_hz + 30 * number) * time_s)
            soundfile.write(folder / "mine" / label / f"{number}.wav", wave, 16000)
    recipe = replace(
        recipes.for_folder(folder / "mine"),
        samples=4096,
        n_fft=256,
        width=2,
        latent_dim=4,
        batch_size=4,
        minutes=0.01,
    )
    runs.Run(recipe, folder / "drums").train(verbose=False)
    return folder / "drums"


@pytest.fixture(scope="module", params=["run", "digits", "drums"])
def taken_home(request, tmp_path_factory):
    """Export a run and a shipped generator; return the generator, its title, and the page."""
    folder = tmp_path_factory.mktemp("home")
    shipped = request.param != "run"
    generator = request.param if shipped else str(request.getfixturevalue("run"))
    page = folder / "page.html"
    assert main(["export", generator, "--page", str(page)]) == 0
    assert [path.name for path in folder.iterdir()] == ["page.html"]
    return pretrained.load(generator), request.param if shipped else "drums-run", page


@pytest.fixture(params=BROWSERS)
def at_home(request, taken_home):
    yield from on_a_phone(request, taken_home[-1].as_uri(), LISTEN)


def test_a_generator_goes_home_as_one_file_that_plays_the_same_sounds(at_home, taken_home):
    generator, title, _ = taken_home
    assert at_home.evaluate("document.title") == title
    name = f"Generator {title}"
    latent = generator.latents(1, seed=0)[0]
    asked = {name: classes[0] for name, classes in generator.conditions.items()}
    made = handled(at_home, lambda: at_home.point(name, "Play", "mouse"))
    assert alike(made, generator.from_latents(latent[None], **asked)[0])
    # What reaches the loudspeaker is as long and as loud: in one channel, and resampled.
    length_s, level = at_home.wait(
        """globalThis.heard && contexts[0].state === "running" && [heard.duration,
            Math.hypot(...heard.getChannelData(0)) / Math.sqrt(heard.length)]"""
    )
    assert length_s == pytest.approx(len(made) / generator.sample_rate, abs=1e-3)
    assert level == pytest.approx(np.sqrt(np.mean(made**2)), rel=0.1)
    asked["label"] = generator.label_names[-1]
    made = handled(at_home, lambda: at_home.keys(name, "label", "End"))
    assert alike(made, generator.from_latents(latent[None], **asked)[0])
    if generator.knobs:
        turned = handled(at_home, lambda: at_home.keys(name, "length", "Home"))
        positions = [-2 * (quality == "length") for quality in generator.knobs.names]
        classes = generator.label_indices(1, **asked)[0]
        latent = generator.knobs.latent(latent, classes, positions)
    else:
        turned = handled(at_home, lambda: at_home.keys(name, "knob 2", "Home"))
        walk = LatentWalk(latent, latent, np.eye(len(latent))[:3])
        latent = walk.latent([0, -2, 0])
    assert alike(turned, generator.from_latents(latent[None], **asked)[0])
    kept, rate = soundfile.read(io.BytesIO(at_home.saved(name)))
    assert rate == generator.sample_rate
    assert alike(kept, turned)


def test_that_file_is_small_says_what_the_card_says_and_leads_nowhere(browser, taken_home):
    generator, title, page = taken_home
    text = page.read_text("utf-8")
    assert len(text.encode()) <= 6_000_000
    assert not re.search(r"https?://|@import|url\(|<(link|img|iframe|script [^>]*src)\b", text)
    assert "private" not in text  # where a reader's sounds lie is nobody else's business
    visit = open_offline(browser, "bare", page.as_uri(), java_script_enabled=False)
    rows = visit.page.locator("tr").all_inner_texts()
    facts = dict(row.split("\t") for row in rows)
    visit.page.context.close()
    steps = generator.card["training"]["step"]
    assert facts["Training"].endswith(f"minutes, {steps} steps")
    assert facts["Label"] == ", ".join(generator.label_names)
    assert facts["Weights"] == "exact: the same sounds as in Python"
    assert "Licence" in facts
    if title == "digits":
        assert facts["Data"] == "fsdd, 2362 clips"
        assert facts["Recognised as asked"] == "0.997 (recordings: 0.997)"
    elif title == "drums-run":
        assert facts["Data"] == f"mine, {generator.card['training']['clips']} clips"
        assert facts["Scores"] == "none in the card"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_that_file_is_readable_in_the_light_and_in_the_dark(browser, taken_home, scheme):
    visit = open_offline(browser, scheme, taken_home[-1].as_uri(), color_scheme=scheme)
    colours = "(({color, backgroundColor}) => [color, backgroundColor])(getComputedStyle(%s))"
    ground = visit.evaluate(colours % "document.body")[1]
    texts = "h1", "p", "td", "button", "select"
    inks = [visit.evaluate(colours % f"document.querySelector('{tag}')")[0] for tag in texts]
    visit.page.context.close()
    rgb = [[int(part) for part in re.findall(r"\d+", colour)[:3]] for colour in (ground, *inks)]
    apart = np.mean(rgb[0]) - np.mean(rgb[1:], axis=1)
    assert (apart > 150).all() if scheme == "light" else (apart < -150).all()


def test_weights_too_large_for_that_file_are_rounded_as_shipped_ones_are():
    generator = untrained("drums")
    page, rounded = live.one_file(generator, "mine")
    assert len(page) <= 6_000_000
    assert rounded
    assert "rounded to 16 bits" in page
    (exact, whole), (plan, content) = live.export(generator), live.export(generator, rounded=True)
    assert live.as_script(generator, "mine", rounded=True).strip() in page
    kernels = {step["kernel"] for step in plan["operations"] if step["op"] == "multiply"}
    for kernel in kernels:
        wanted, kept = exact["weights"][kernel], plan["weights"][kernel]
        assert (wanted["type"], kept["type"]) == ("float32", "bfloat16")
        numbers = np.frombuffer(whole, "<f4", wanted["count"], wanted["at"])
        halves = np.frombuffer(content, "<u2", kept["count"], kept["at"]).astype(np.uint32) << 16
        # To the nearest; towards zero it would be twice as far.
        np.testing.assert_allclose(halves.view(np.float32), numbers, rtol=2**-8)
    assert plan["weights"][plan["table"]] == exact["weights"][exact["table"]] | {
        "at": plan["weights"][plan["table"]]["at"]
    }


def test_a_generator_that_no_small_file_can_hold_is_refused(monkeypatch):
    monkeypatch.setitem(recipes.NAMES, "wide", replace(recipes.NAMES["drums"], width=64))
    with pytest.raises(ValueError, match=r"would have 11\.\d MB, and 6 are the most"):
        live.one_file(untrained("wide"), "wide")


def test_a_layer_that_cannot_go_home_is_named(capsys, run, tmp_path, monkeypatch):
    latent = keras.Input((4,))
    network = keras.Model(latent, keras.layers.Dense(8, "gelu", name="culprit")(latent))
    generator = pretrained.load(run)
    generator.network = network
    monkeypatch.setattr(pretrained, "load", lambda name: generator)
    assert main(["export", str(run), "--page", str(tmp_path / "page.html")]) == 2
    assert "layer 'culprit' cannot be exported" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_file_that_is_there_is_kept_and_a_run_called_as_a_shipped_one_is_told_apart(
    capsys, run, tmp_path, monkeypatch
):
    monkeypatch.chdir(run.parent)
    taken = tmp_path / "page.html"
    taken.write_text("mine")
    assert main(["export", "drums", "--page", str(taken)]) == 2
    said = capsys.readouterr().err.splitlines()
    assert "write ./drums" in said[0]
    assert f"{taken} is there already" in said[1]
    assert taken.read_text() == "mine"


@pytest.mark.parametrize("name", ["digits", "run"])
def test_keras_reads_the_network_that_is_exported(name, request, tmp_path):
    generator = name if name in SHIPPED else str(request.getfixturevalue(name))
    path = tmp_path / "mine.keras"
    assert main(["export", generator, "--keras", str(path)]) == 0
    again, generator = keras.models.load_model(path), pretrained.load(generator)
    latents, rows = asked_of(generator)
    np.testing.assert_array_equal(again([latents, rows]), generator.network([latents, rows]))


@pytest.mark.parametrize("name", ["digits", "wavegan-drums", "run"])
def test_onnx_runtime_draws_what_the_network_draws(name, request, tmp_path):
    pytest.importorskip("tf2onnx")
    runtime = pytest.importorskip("onnxruntime")
    generator = name if name in SHIPPED else str(request.getfixturevalue(name))
    path = tmp_path / "mine.onnx"
    assert main(["export", generator, "--onnx", str(path)]) == 0
    session, generator = runtime.InferenceSession(path), pretrained.load(generator)
    latents, rows = asked_of(generator)
    given = [each.name for each in session.get_inputs()]
    (drawn,) = session.run(None, dict(zip(given, (latents, rows), strict=True)))
    np.testing.assert_allclose(drawn, generator.network([latents, rows]), atol=1e-5)


def test_onnx_without_its_package_is_refused(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert main(["export", "drums", "--onnx", str(tmp_path / "drums.onnx")]) == 2
    assert "pip install tf2onnx" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
