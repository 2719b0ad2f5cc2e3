"""Instruments that are alive in a page without a kernel: what they play, and when."""

import io
import shutil

import numpy as np
import pytest
import soundfile
from browsers import FAIL, chromium, javascript, open_offline
from hands import BROWSERS, on_a_phone, over_http, start_firefox

from audiogan_lib import classifiers, live, music, pretrained, widgets
from audiogan_lib.commands import main
from audiogan_lib.widgets import spoken_number

browser = pytest.fixture(chromium, scope="module")
fox = pytest.fixture(start_firefox, scope="module")
PATTERN = {"snare": "....x..x....x...", "kick": "x.....x.x......."}
TEMPO = 126


# --- the numbers of a beat -----------------------------------------------------------------------

#: A beat of two bars, swung, with accents: kick on the first pairs, a tick on each step.
BEAT = {
    "generator": "drums",
    "tempo": 97,
    "swing": 66,
    "bars": 2,
    "voices": [
        {"label": "kick", "key": 36, "steps": [2, 1, *13 * [0], 1, 1, *47 * [0]]},
        {"label": "tick", "key": 42, "steps": 64 * [1]},
    ],
}
RHYTHM = ("sound.js", "controls.js", "rhythm.js", "kept_beat.js")
KNOBS = {"seed": 0, "level": 0, "tune": 0, "vary": 0}


def rhythm(code, **values):
    return javascript(RHYTHM, code, **values)


def swung(step, swing=66):
    """Return where a step falls, in steps."""
    return step + (step % 2) * (swing / 50 - 1)


def test_two_minutes_of_steps_fall_where_they_should_however_late_the_timer_is():
    code = """const clock = new audiogan.rhythm.Clock(given.beat, 0.1), found = [];
    for (let now = 0; now < 120; now += 0.01 + 0.13 * Math.random())
        for (const [step, time] of clock.due(now + 0.15)) found.push([step, time, now]);
    return found;"""
    steps, times, handed = np.transpose(rhythm(code, beat=BEAT))
    np.testing.assert_array_equal(steps, np.arange(len(steps)))
    wanted = 0.1 + np.array([swung(step) for step in steps]) * 15 / 97
    np.testing.assert_allclose(times, wanted, rtol=0, atol=1e-9)
    assert times[-1] > 119.9
    assert (times > handed).all()


def test_a_new_tempo_begins_with_the_next_step():
    code = """const clock = new audiogan.rhythm.Clock(given.beat, 0);
    const before = clock.due(1);
    given.beat.tempo = 240;
    return [...before, ...clock.due(2)].map(([, time]) => time);"""
    times = rhythm(code, beat={**BEAT, "tempo": 60, "swing": 50})
    np.testing.assert_allclose(np.diff(times), 4 * [0.25] + (len(times) - 5) * [0.0625], atol=1e-12)


@pytest.mark.parametrize("bars", [1, 4])
def test_the_loop_of_the_page_is_that_of_the_library(bars):
    rng = np.random.default_rng(0)
    voices = {name: rng.standard_normal(5000) / 9 for name in ("a", "b")}
    pattern = {"a": "x..x..x...x.x...", "b": "x..............x"}
    drums = [
        {**KNOBS, "label": name, "steps": bars * [sign == "x" for sign in steps] + 48 * [0]}
        for name, steps in pattern.items()
    ]
    code = """for (const voice of given.beat.voices) voice.steps = voice.steps.map(Number);
    return [...audiogan.rhythm.loop(given.beat, ({ label }) => given.sounds[label], 8000)];"""
    beat = {"tempo": 97, "swing": 50, "bars": bars, "voices": drums}
    sounds = {name: voice.tolist() for name, voice in voices.items()}
    expected = widgets.Beat(voices, pattern, 97, 8000).loop(bars)
    np.testing.assert_allclose(rhythm(code, beat=beat, sounds=sounds), expected, atol=1e-6)


def test_the_page_writes_the_midi_file_that_the_library_writes(tmp_path):
    notes = []
    for voice in BEAT["voices"]:
        for step, sign in enumerate(voice["steps"][: 16 * BEAT["bars"]]):
            if sign:
                velocity, key = (0, 100, 127)[sign], voice["key"]
                note = music.Note(swung(step) / 4, 0.25, key, velocity, music.DRUM_CHANNEL)
                notes.append(note)
    music.write_midi(tmp_path / "beat.mid", notes, BEAT["tempo"])
    made = rhythm("return [...audiogan.beatKept.midi(given.beat)];", beat=BEAT)
    assert bytes(made) == (tmp_path / "beat.mid").read_bytes()


def test_a_link_to_a_beat_leads_to_it_and_a_damaged_one_nowhere():
    voices = [{**voice, **KNOBS} for voice in BEAT["voices"]]
    voices[0] |= {"seed": 77, "level": -3, "tune": 5, "vary": 20}
    code = """const { read, write } = audiogan.beatKept, link = write(given.beat);
    const other = () => ({ ...given.beat, tempo: 60, voices: given.beat.voices.map(
        (voice) => ({ ...voice, level: 6, seed: 3, steps: Array(64).fill(2) })) });
    const led = other(), kept = other();
    const damaged = given.damage.map(([from, to]) => read(link.replace(from, to), kept));
    return [read(link, led), led, damaged, kept, other()];"""
    damage = [
        ("97", "397"),
        ("66", "6.5"),
        ("drums", "notes"),
        ("77", "x"),
        ("%7E0", ""),
        ("X", "O"),
    ]
    given = {"beat": {**BEAT, "voices": voices}, "damage": damage}
    led, beat, damaged, kept, untouched = rhythm(code, **given)
    played = [voice["steps"][:32] + 32 * [0] for voice in voices]
    wanted = [{**voice, "steps": steps} for voice, steps in zip(voices, played, strict=True)]
    assert led
    assert beat == {**BEAT, "voices": wanted}
    assert not any(damaged)
    assert kept == untouched


def test_sounds_that_vary_keep_their_angle_to_the_first():
    start = np.random.default_rng(0).standard_normal(4000)
    voice = {**KNOBS, "vary": 30}
    code = """const voice = { ...given.voice, start: Float32Array.from(given.start) };
    const made = [voice, { ...voice, vary: 0, seed: 9 }].map(audiogan.rhythm.latents);
    return made.map((all) => all.map((each) => [...each]));"""
    (own, *others), again = rhythm(code, start=start.tolist(), voice=voice)
    np.testing.assert_allclose(own, start, atol=1e-6)
    assert len(others) == 3
    assert np.corrcoef(others)[0, 1] == pytest.approx(0.75, abs=0.05)
    for other in others:
        assert np.corrcoef(own, other)[0, 1] == pytest.approx(np.cos(np.pi / 6), abs=0.05)
    assert len(again) == 1
    assert np.std(again) == pytest.approx(1, abs=0.05)
    assert np.corrcoef(own, again[0])[0, 1] == pytest.approx(0, abs=0.05)


@pytest.mark.parametrize("text", ["555-0142", " 7//7 ", "12"])
def test_the_page_joins_words_as_the_library_does(text):
    rng = np.random.default_rng(1)
    envelope = np.exp(-(((np.arange(8192) - 3000) / 1500) ** 2))
    words = rng.uniform(0.1, 0.9, (7, 1)) * envelope * rng.standard_normal((7, 8192)) / 4
    groups = spoken_number.groups_of(text)
    words = words[: sum(map(len, groups))]
    code = """const groups = audiogan.spoken.groupsOf(given.text, [..."0123456789"]);
    const words = given.words.map((word) => Float32Array.from(word));
    return [groups, [...audiogan.spoken.utterance(words, groups, 8000)]];"""
    names = ("sound.js", "controls.js", "spoken_number.js")
    found, sound = javascript(names, code, text=text, words=words.tolist())
    assert found == groups
    np.testing.assert_allclose(sound, spoken_number.utterance(words, groups, 8000), atol=1e-6)


# --- in a browser --------------------------------------------------------------------------------

#: Keeps when sources are to start, and the loudest 0.7 s that the loudspeakers get.
LISTEN = """{
    globalThis.starts = [];
    globalThis.contexts = new Set();
    const { start } = AudioBufferSourceNode.prototype;
    AudioBufferSourceNode.prototype.start = function (time) {
        starts.push([time, this.context.currentTime]);
        return start.call(this, time);
    };
    const { connect } = AudioNode.prototype;
    AudioNode.prototype.connect = function (target, ...rest) {
        if (target instanceof AudioDestinationNode && this.context instanceof AudioContext) {
            contexts.add(this.context);
            this.context.tap ??= new AnalyserNode(this.context, { fftSize: 32768 });
            connect.call(this, this.context.tap);
        }
        return connect.call(this, target, ...rest);
    };
    const window = new Float32Array(32768);
    globalThis.loudest = { energy: 0, samples: [] };
    globalThis.quiet = () => {
        for (const { tap } of contexts) tap.getFloatTimeDomainData(window);
        return window.every((sample) => Math.abs(sample) < 1e-4);
    };
    setInterval(() => {
        quiet();
        const energy = window.reduce((sum, sample) => sum + sample * sample, 0);
        if (energy > loudest.energy) globalThis.loudest = { energy, samples: [...window] };
    }, 100);
    globalThis.hear = () => {
        const { samples } = loudest;
        globalThis.loudest = { energy: 0, samples: [] };
        return [samples, [...contexts][0].sampleRate];
    };
    const inputs = new Map([["a", (globalThis.toy = { name: "Toy" })]]);
    navigator.requestMIDIAccess = async () => ({ inputs });
}"""


@pytest.fixture(scope="module")
def machine():
    return widgets.DrumMachine(pretrained.load("drums"), PATTERN, tempo_bpm=TEMPO, seed=3)


@pytest.fixture(scope="module")
def number():
    return widgets.SpokenNumber(pretrained.load("digits"), "42", seed=2, speaker="theo")


@pytest.fixture(scope="module")
def address(machine, number, tmp_path_factory):
    """Write a page as the book's build does; return its address."""
    folder = tmp_path_factory.mktemp("book")
    keys = widgets.Keyboard(pretrained.load("notes"), instrument="flute")
    faces = {"drum-machine": machine, "keyboard": keys, "spoken-number": number}
    names = dict.fromkeys(name for control in faces for name in live.CONTROLS[control])
    for name in (*names, *live.ON_DEMAND, "controls.css"):
        shutil.copy(live.PAGE / name, folder)
    for name in ("drums", "notes", "digits"):
        script = live.as_script(pretrained.load(name), name)
        (folder / f"weights-{name}.js").write_text(script, encoding="utf-8")
    tags = "".join(f'<script defer src="{name}"></script>' for name in names)
    head = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Music</title>{tags}'
    head += '<meta name="viewport" content="width=device-width">'
    head += '<link rel="stylesheet" href="controls.css">'
    body = "".join(face.page().html for face in faces.values())
    (folder / "page.html").write_text(head + body, encoding="utf-8")
    return (folder / "page.html").as_uri()


@pytest.fixture
def page(browser, address):
    """The page on a phone; nothing may leave the disk, and nothing complain."""
    visit = open_offline(browser, "music", address, LISTEN)
    visit.page.set_viewport_size({"width": 390, "height": 844})
    assert not [url for url in visit.requests if "weights" in url]
    yield visit.page
    visit.page.context.close()
    assert all(url.startswith(("file:", "data:", "blob:")) for url in visit.requests)
    assert not visit.complaints


def press(page, name):
    machine = page.get_by_role("group", name="drum machine")
    machine.get_by_role("button", name=name, exact=True).press("Enter")


def saved(page, name, path):
    """Press a button that saves a file; return where that is now."""
    page.evaluate("new Promise(requestAnimationFrame)")  # a slider acts with the next frame
    with page.expect_download() as download:
        press(page, name)
    download.value.save_as(path / download.value.suggested_filename)
    return path / download.value.suggested_filename


def alike(sound, expected):
    """Tell whether a sound is another but for an error 40 dB below it."""
    error = np.asarray(sound, np.float64) - expected
    return np.any(expected) and (error**2).sum() <= 1e-4 * (np.asarray(expected) ** 2).sum()


def test_the_machine_saves_the_loop_that_python_makes(page, machine, tmp_path):
    path = saved(page, "Save as WAV", tmp_path)
    assert path.name == "drums-beat.wav"
    sound, rate = soundfile.read(path)
    assert rate == machine.beat.sample_rate
    assert alike(sound, machine.sound)
    assert saved(page, "Save as MIDI", tmp_path).read_bytes()[:4] == b"MThd"


def test_a_beat_stays_in_time_while_it_is_written_by_keys(page, machine):
    page.get_by_label("tempo").press("End")
    press(page, "Play")
    page.wait_for_function("starts.length > 5")
    cell = page.get_by_role("gridcell", name="kick, step 1: hit")
    cell.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    page.get_by_role("gridcell", name="kick, step 2: hit").press("Enter")
    assert page.get_by_role("gridcell", name="kick, step 2: accent").is_visible()
    # A busy machine may drop a step; the next round has it. A step lasts a sixteenth of a second.
    step = "Math.round(16 * (time - starts[0][0])) % 16"
    page.wait_for_function(f"new Set(starts.map(([time]) => {step})).size >= 7")
    samples, _ = page.evaluate("hear()")
    times, handed = np.transpose(page.evaluate("starts"))
    assert (times > handed - 0.01).all()
    steps = (times - times[0]) / (15 / 240)
    np.testing.assert_allclose(steps, np.rint(steps), atol=1e-6)
    rounds = [set((np.rint(steps).astype(int) + first) % 16) for first in range(16)]
    assert {0, 1, 4, 6, 7, 8, 12} in rounds
    # What leaves the page: strokes on the grid, and none too loud.
    assert 0.1 < np.abs(samples).max() <= 10 ** (-1 / 20) + 1e-4
    press(page, "Stop")
    page.wait_for_function("quiet()")


def test_another_drum_comes_by_one_press_and_its_link_leads_back(page, browser, machine, tmp_path):
    before, _ = soundfile.read(saved(page, "Save as WAV", tmp_path))
    press(page, "new kick")
    page.wait_for_function("starts.length === 1")
    page.get_by_label("tune").press("ArrowRight")
    page.get_by_role("gridcell", name="bell, step 3: silent").click()
    page.get_by_label("swing").press("End")
    other, _ = soundfile.read(saved(page, "Save as WAV", tmp_path))
    assert not alike(other, before)
    press(page, "Link to this beat")
    page.wait_for_url("**#beat=drums*")
    again = open_offline(browser, "linked", page.url, accept_downloads=True).page
    again.get_by_role("gridcell", name="bell, step 3: hit").wait_for()
    followed, _ = soundfile.read(saved(again, "Save as WAV", tmp_path))
    again.context.close()
    np.testing.assert_array_equal(followed, other)


def low_passed(sound, rate, limit_hz):
    spectrum = np.fft.rfft(sound)
    spectrum[np.fft.rfftfreq(len(sound), 1 / rate) > limit_hz] = 0
    return np.fft.irfft(spectrum, len(sound))


def test_a_link_to_a_beat_gives_the_same_bars_on_the_command_line(page, tmp_path):
    press(page, "new kick")
    for knob in ("level", "vary"):
        page.get_by_label(knob).press("ArrowRight")
    page.get_by_role("gridcell", name="bell, step 3: silent").click(click_count=2)
    page.get_by_label("swing").press("End")
    for tune in (0, 1):
        if tune:
            page.get_by_label("tune").press("ArrowRight")
        made, rate = soundfile.read(saved(page, "Save as WAV", tmp_path))
        press(page, "Link to this beat")
        page.wait_for_function(f"decodeURIComponent(location.hash).includes('~1~{tune}~5~kick')")
        out = tmp_path / f"tuned by {tune}"
        command = ["generate", "--link", page.url, "--out", str(out)]
        assert [main(command), main(command)] == [0, 2]  # no file is replaced
        written, written_rate = soundfile.read(out / "drums-beat.wav")
        assert written_rate == rate
        if tune:  # nearer to half the rate the filters of the two resamplers part
            written, made = (low_passed(sound, rate, 6500) for sound in (written, made))
        assert alike(written, made)


@pytest.mark.parametrize(
    "link, complaint",
    [
        ("page.html#beat=../x~97~66~1", "generator must be one of"),
        ("page.html#beat=drums~97~66", "is damaged"),
        (f"page.html#beat=drums~397~66~1&voice={16 * 'x'}~0~0~0~0~kick&own=3", "tempo must lie"),
        (f"page.html#beat=drums~97~66~2&voice={16 * 'x'}~0~0~0~0~kick&own=3", "of 2 bars"),
        (f"page.html#beat=drums~97~66~1&voice={16 * 'x'}~0~0~0~0~kick", "own"),
    ],
)
def test_a_link_that_leads_to_no_beat_is_refused(link, complaint):
    with pytest.raises(ValueError, match=complaint):
        live.read_beat(link)


def test_bars_begin_as_copies_and_are_written_one_by_one(page, tmp_path):
    page.get_by_label("bar shown").select_option("2")
    page.get_by_role("gridcell", name="kick, step 1: hit").click(click_count=2)
    sound, rate = soundfile.read(saved(page, "Save as WAV", tmp_path))
    assert len(sound) == round(8 * 60 / TEMPO * rate)
    page.get_by_label("bar shown").select_option("1")
    assert page.get_by_role("gridcell", name="kick, step 1: hit").is_visible()


def test_a_rendered_player_ends_the_beat(page):
    press(page, "Play")
    page.wait_for_function("starts.length > 2")
    page.locator("audio").first.evaluate("player => { player.volume = 0; return player.play(); }")
    page.get_by_role("button", name="Play", exact=True).wait_for()
    page.wait_for_function("quiet()")


def test_instruments_have_names_and_fit_a_phone(page):
    nameless = page.evaluate(
        """() => [...document.querySelectorAll('.audiogan-panel *')]
        .filter((e) => e.matches('input, select, button') && e.checkVisibility())
        .filter((e) => e.offsetHeight < 24 || e.offsetWidth < 24 ||
            !(e.ariaLabel || e.textContent.trim() || e.labels?.length))
        .map((e) => e.outerHTML)"""
    )
    assert not nameless
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.evaluate("document.querySelectorAll('[role=grid] [tabindex=\"0\"]').length") == 1


def test_without_web_assembly_the_plain_kernel_is_fetched(browser, address):
    visit = open_offline(browser, "plain", address, "delete globalThis.WebAssembly;")
    assert not [url for url in visit.requests if "plain" in url]
    kernel = visit.evaluate("audiogan.load('drums').then(({ kernel }) => kernel.name)")
    visit.page.context.close()
    assert kernel == "JavaScript"
    assert not visit.complaints


def has_pitch(hz, samples, rate):
    """Tell whether the strongest partial of a sound is the first or the second of a pitch."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    strongest = spectrum.argmax() * rate / len(samples)
    return min(abs(strongest / hz - 1), abs(strongest / hz - 2)) < 0.02


@pytest.mark.parametrize(
    "name, button", [("drum machine", "Play"), ("keyboard", "C4"), ("spoken number", "Say")]
)
def test_what_could_not_be_fetched_is_fetched_at_the_next_touch(page, name, button):
    group = page.get_by_role("group", name=name, exact=True)
    page.evaluate(FAIL)
    group.get_by_role("button", name=button, exact=True).press("Enter")
    group.get_by_text("No sound: weights-").wait_for()
    assert page.evaluate("starts.length") == 0
    group.get_by_role("button", name=button, exact=True).press("Enter")
    page.wait_for_function("starts.length > 0 && loudest.energy > 0.1")


def hears(page, count, hz):
    """Tell whether the note after so many has this pitch."""
    page.wait_for_function("count => starts.length > count", arg=count)
    page.wait_for_timeout(900)
    samples, rate = page.evaluate("hear()")
    assert 0.05 < np.abs(samples).max() <= 10 ** (-1 / 20) + 1e-4
    return has_pitch(hz, samples, rate)


def rest(page):
    """Wait for silence, and forget what was heard."""
    page.wait_for_function("quiet()")
    page.evaluate("hear()")


def test_notes_are_played_by_letters_by_mouse_and_by_a_midi_keyboard(page):
    keys = page.get_by_role("group", name="keyboard", exact=True)
    keys.get_by_role("button", name="C4", exact=True).focus()
    page.keyboard.down("h")
    assert hears(page, 0, 440)
    page.keyboard.up("h")
    rest(page)
    page.keyboard.press("x")
    box = keys.get_by_role("button", name="C5", exact=True).bounding_box()
    page.mouse.move(box["x"] + 5, box["y"] + 60)
    page.mouse.down()
    assert hears(page, 1, 523.25)
    page.mouse.up()
    rest(page)
    keys.get_by_role("button", name="Use a MIDI keyboard").click()
    keys.get_by_text("Listens to Toy").wait_for()
    page.evaluate("toy.onmidimessage({ data: [0x90, 79, 100] })")
    assert hears(page, 2, 783.99)


def test_a_typed_number_is_said_in_the_voice_that_was_chosen(page, number, tmp_path):
    said = page.get_by_role("group", name="spoken number")
    with page.expect_download() as download:
        said.get_by_role("button", name="Save as WAV").click()
    sound, rate = soundfile.read(download.value.path())
    assert rate == number.generator.sample_rate
    assert alike(sound, number.sound)
    said.get_by_label("number", exact=True).fill("3 9")
    said.get_by_label("speaker").select_option("jackson")
    said.get_by_text("3, 9, jackson: ").wait_for()
    with page.expect_download() as download:
        said.get_by_role("button", name="Save as WAV").click()
    sound, rate = soundfile.read(download.value.path())
    sounding = np.flatnonzero(sound)
    pause = np.diff(sounding).argmax()  # the longest silence is that between the groups
    words = sound[: sounding[pause] + 1], sound[sounding[pause + 1] :]
    clips = np.stack([np.pad(word, (500, 8192))[:8192] for word in words])
    judge = classifiers.load("digits")
    heard = [judge.heads["label"][i] for i in judge.probabilities(clips).argmax(axis=1)]
    assert heard == ["3", "9"]
    said.get_by_label("number", exact=True).fill("-")
    said.get_by_role("button", name="Say", exact=True).click()
    said.get_by_text("there is no digit to say").wait_for()


def test_the_last_number_asked_for_is_said(page):
    said = page.get_by_role("group", name="spoken number")
    for number in ("1111111111", "7"):
        said.get_by_label("number", exact=True).fill(number)
        said.get_by_label("number", exact=True).press("Enter")
    said.get_by_text("7, ").wait_for()
    page.wait_for_timeout(2000)
    assert said.get_by_role("status").inner_text().startswith("7, ")


def test_a_knob_may_be_turned_while_its_drum_is_being_made(page):
    page.get_by_label("tune").evaluate(
        """async (knob) => {
            for (const value of [1, 2, 3]) {
                knob.value = value;
                knob.dispatchEvent(new Event("input"));
                await new Promise(requestAnimationFrame);
            }
        }"""
    )
    page.wait_for_function("starts.length > 0")
    page.wait_for_timeout(500)
    assert "No sound" not in page.get_by_role("group", name="drum machine").inner_text()


# --- by keys, by mouse and by touch, in two browsers ----------------------------------------------


@pytest.fixture(params=BROWSERS)
def hands(request, address):
    yield from on_a_phone(request, address, LISTEN)


def test_hands_write_a_beat_and_hear_it(hands, machine):
    name = "drum machine"
    hands.point(name, "kick, step 1: hit", "touch")
    hands.part(name, "kick, step 1: accent")
    hands.point(name, "snare, step 1: silent", "mouse")
    hands.keys(name, "kick, step 1: accent", "Space", "ArrowRight", "Enter")
    hands.part(name, "kick, step 2: hit")
    pattern = {"kick": ".x" + PATTERN["kick"][2:], "snare": "x" + PATTERN["snare"][1:]}
    sound, rate = soundfile.read(io.BytesIO(hands.saved(name)))
    loop = widgets.Beat(machine.beat.voices, pattern, TEMPO, rate).loop()
    assert alike(sound, loop / max(1, np.abs(loop).max()))
    hands.evaluate("starts.length = 0")
    hands.point(name, "Play", "touch")
    hands.wait("starts.length > 5 && loudest.energy > 1")
    hands.point(name, "Stop", "mouse")
    hands.wait("quiet()")
    steps = (np.array(hands.evaluate("starts"))[:, 0] * 4 * TEMPO / 60) % 1
    np.testing.assert_allclose(np.cos(2 * np.pi * (steps - steps[0])), 1, atol=1e-6)
    assert 0.1 < np.abs(hands.evaluate("hear()")[0]).max() <= 10 ** (-1 / 20) + 1e-4


def test_hands_play_notes(hands):
    for i, (hz, play) in enumerate(
        {
            440: lambda: hands.keys("keyboard", "C4", "h"),
            523.25: lambda: hands.point("keyboard", "C5", "mouse"),
            329.63: lambda: hands.point("keyboard", "E4", "touch"),
        }.items()
    ):
        play()
        hands.wait(f"starts.length > {i} && loudest.energy > 1")
        hands.wait("quiet()")
        assert has_pitch(hz, *hands.evaluate("hear()"))


def test_hands_type_a_number_and_hear_it(hands, number):
    name = "spoken number"
    sound, _ = soundfile.read(io.BytesIO(hands.saved(name)))
    assert alike(sound, number.sound)
    hands.point(name, "Say", "touch")
    hands.said(name, "4 2, theo")
    hands.wait("loudest.energy > 0.1")
    hands.point(name, "number", "mouse")
    hands.keys(name, "number", "End", "7", "Enter")
    hands.said(name, "4 2 7, theo")


# --- over http, in two browsers -------------------------------------------------------------------


@pytest.fixture(params=BROWSERS)
def served(request, address):
    yield from over_http(request, address, LISTEN)


def test_over_http_a_beat_a_number_and_a_note_are_what_they_are_from_disk(served, machine, number):
    assert not [url for url in served.tab.requests if "weights" in url]
    for name, sound in ("drum machine", machine.sound), ("spoken number", number.sound):
        assert alike(soundfile.read(io.BytesIO(served.saved(name)))[0], sound)
    served.point("drum machine", "Play", "mouse")
    served.wait("starts.length > 3 && loudest.energy > 1")
    served.keys("keyboard", "C4", "h")
    served.part("drum machine", "Play")  # one of them plays at a time: the beat is over
    served.wait("quiet()")
    served.evaluate("hear()")
    served.point("keyboard", "C5", "mouse")
    served.wait("loudest.energy > 1")
    served.wait("quiet()")
    assert has_pitch(523.25, *served.evaluate("hear()"))
