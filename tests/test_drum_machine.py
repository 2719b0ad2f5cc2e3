"""The drum machine: hits fall on the samples of their steps, and what is set is what plays."""

import numpy as np
import pytest
import soundfile
from faces import controls, played

from audiogan_lib import audio, widgets

RATE = 8000
FOUR = "x...x...x...x..."


class Clicks:
    """A generator whose latents choose how loud a click is, its labels which of two clicks."""

    sample_rate = RATE
    label_names = ("high", "low")

    def latents(self, count, seed):
        return np.random.default_rng(seed).uniform(0.2, 0.4, (count, 1)).astype(np.float32)

    def from_latents(self, latents, label):
        sound = np.exp(-np.arange(2000) / 50) * (-1.0) ** np.arange(2000)
        return (latents * (sound if label == "high" else np.abs(sound))).astype(np.float32)


def beat(pattern=FOUR, tempo_bpm=120, voice=(0.5, 0.25)):
    return widgets.Beat({"drum": np.float32(voice)}, {"drum": pattern}, tempo_bpm, RATE)


@pytest.fixture
def machine():
    pattern = {"high": "x.x.x.x.x.x.x.x.", "low": "x.......x......."}
    return widgets.DrumMachine(Clicks(), pattern, tempo_bpm=120, seed=5)


def shown(machine):
    [sound] = played(machine._player.value)
    return sound


def test_hits_fall_on_the_samples_of_their_steps():
    for tempo_bpm in (60, 97, 233):
        sound = beat("x..x......x....x", tempo_bpm).loop()
        struck = np.flatnonzero(sound == 0.5)
        expected = [round(step / 4 * 60 / tempo_bpm * RATE) for step in (0, 3, 10, 15)]
        np.testing.assert_array_equal(struck, expected)
        np.testing.assert_array_equal(np.flatnonzero(sound == 0.25), np.add(expected, 1))
        assert len(sound) == round(4 * 60 / tempo_bpm * RATE)


def test_bars_follow_without_a_gap_or_drift():
    two = beat(tempo_bpm=97)
    sound, starts = two.loop(bars=3), two.starts(bars=3)["drum"]
    np.testing.assert_array_equal(np.flatnonzero(sound == 0.5), starts)
    assert len(starts) == 12
    assert np.abs(starts - np.arange(12) * 60 / 97 * RATE).max() <= 0.5


def test_what_rings_at_the_end_goes_on_at_the_start():
    sound = beat("...............x", voice=np.linspace(0.9, 0.1, 2000)).loop()
    np.testing.assert_allclose(sound[15_000:], np.linspace(0.9, 0.1, 2000)[:1000], rtol=1e-6)
    np.testing.assert_allclose(sound[:1000], np.linspace(0.9, 0.1, 2000)[1000:], rtol=1e-6)


def test_a_loop_is_turned_down_as_a_whole_only_where_it_would_clip():
    quiet = beat(voice=(0.5, 0.25)).loop()
    assert quiet.max() == 0.5
    drums = {"a": np.float32([0.8, 0.4]), "b": np.float32([0.7])}
    loud = widgets.Beat(drums, {"a": FOUR, "b": "x" + 15 * "."}, 120, RATE).loop()
    assert np.abs(loud).max() == 1
    assert loud[0] == pytest.approx(1)
    assert loud[1] == pytest.approx(0.4 / 1.5)
    assert loud[4000] == pytest.approx(0.8 / 1.5)


def test_an_empty_bar_is_silent():
    assert not beat("." * 16).loop().any()


@pytest.mark.parametrize("steps", ["x...", FOUR + "x", "x---x---x---x---"])
def test_a_pattern_has_sixteen_steps(steps):
    with pytest.raises(ValueError, match=r"pattern\['drum'\] must be 16 signs .* received"):
        beat(steps)


def test_what_cannot_be_played_is_named():
    with pytest.raises(ValueError, match="pattern names 'bass', must be one of drum"):
        widgets.Beat({"drum": np.ones(1)}, {"bass": FOUR}, 120, RATE)
    with pytest.raises(ValueError, match="at least one drum"):
        widgets.Beat({"drum": np.ones(1)}, {}, 120, RATE)
    with pytest.raises(ValueError, match="some of high, low, received gong"):
        widgets.DrumMachine(Clicks(), {"gong": FOUR})
    with pytest.raises(ValueError, match=r"tempo_bpm must lie in \[40, 240\], received 20"):
        widgets.DrumMachine(Clicks(), {"high": FOUR}, tempo_bpm=20)


def test_it_starts_with_its_pattern_in_the_sounds_of_its_seed(machine):
    high = Clicks().from_latents(Clicks().latents(1, seed=5), "high")[0]
    low = Clicks().from_latents(Clicks().latents(1, seed=6), "low")[0]
    np.testing.assert_array_equal(machine.sound[:2000], high + low)
    np.testing.assert_array_equal(machine.sound[2000:4000], high)
    np.testing.assert_array_equal(shown(machine), audio.to_int16(machine.sound))
    assert len(machine.sound) == 16_000
    assert "<audio loop" in machine._player.value
    assert "autoplay" not in machine._player.value


def test_a_step_can_be_set_and_cleared(machine):
    before = shown(machine)
    machine._steps["low"][4].value = True
    assert machine.beat.pattern["low"] == "x...x...x......."
    low = machine.beat.voices["low"]
    difference = machine.sound - before / np.float32(32768)
    np.testing.assert_allclose(difference[4000:6000], low, atol=1e-4)
    assert "autoplay" in machine._player.value
    machine._steps["low"][4].value = False
    np.testing.assert_array_equal(shown(machine), before)


def test_the_tempo_moves_the_steps(machine):
    controls(machine)["tempo (bpm)"].value = 240
    assert len(machine.sound) == 8000
    expected = machine.beat.loop()
    assert machine.beat.starts()["low"].tolist() == [0, 4000]
    np.testing.assert_array_equal(shown(machine), audio.to_int16(expected))
    controls(machine)["bars"].value = 5
    assert len(shown(machine)) == 5 * 8000


def test_another_drum_changes_that_drum_alone(machine):
    before = dict(machine.beat.voices)
    [button] = [w for w in all_widgets(machine.panel) if getattr(w, "tooltip", "") == "another low"]
    button.click()
    assert (machine.beat.voices["high"] == before["high"]).all()
    assert np.abs(machine.beat.voices["low"] - before["low"]).max() > 1e-4
    np.testing.assert_array_equal(shown(machine), audio.to_int16(machine.beat.loop()))


def all_widgets(widget):
    yield widget
    for child in getattr(widget, "children", ()):
        yield from all_widgets(child)


def test_every_step_can_be_told_by_its_name(machine):
    names = {getattr(w, "tooltip", None) for w in all_widgets(machine.panel)}
    assert {f"{drum}, step {i}" for drum in ("high", "low") for i in range(1, 17)} <= names


def test_save_writes_the_loop(machine, tmp_path):
    controls(machine)["file name"].value = str(tmp_path / "beat.wav")
    controls(machine)["Save"].click()
    saved, rate = soundfile.read(tmp_path / "beat.wav", dtype="int16")
    np.testing.assert_array_equal(saved, shown(machine))
    assert rate == RATE


def test_the_page_shows_the_pattern_and_plays_the_loop(machine):
    machine._steps["low"][4].value = True
    page = machine.page()
    loop, high, low = played(page.html)
    np.testing.assert_array_equal(loop, shown(machine))
    np.testing.assert_array_equal(high, audio.to_int16(machine.beat.voices["high"]))
    np.testing.assert_array_equal(low, audio.to_int16(machine.beat.voices["low"]))
    assert "low x...x...x......." in page.text
    assert 'alt="A bar of 16 steps at 120 bpm' in page.html
    assert page.html.count("<audio loop") == 1
    assert "<input" not in page.html
    bundle = machine._repr_mimebundle_()
    assert bundle["text/html"] == machine.page().html
    view = bundle["application/vnd.jupyter.widget-view+json"]
    assert view["model_id"] == machine.panel.model_id
