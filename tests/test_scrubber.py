"""The training scrubber and the spectrogram explorer: what is chosen is what is heard and drawn."""

import re

import numpy as np
import pytest
from faces import controls, played

from audiogan_lib import audio, display, widgets

RATE = 8000
STEPS = (0, 100, 250, 400, 1000)


def tone(frequency_hz, level):
    return (level * np.sin(2 * np.pi * frequency_hz * np.arange(5000) / RATE)).astype(np.float32)


@pytest.fixture
def history():
    sounds = [[tone(200 * (i + 1), 0.1 + step / 2000) for i in range(2)] for step in STEPS]
    return widgets.History(STEPS, np.array(sounds), RATE, ("low", "high"))


class Growing:
    """A generator at some step of its training: its sounds grow louder."""

    sample_rate = RATE

    def __init__(self, gain):
        self.gain = gain

    def latents(self, count, seed):
        return np.random.default_rng(seed).uniform(0.1, 0.2, (count, 1)).astype(np.float32)

    def from_latents(self, latents, label=None):
        return self.gain * latents * tone(300, 1)


def test_all_checkpoints_get_the_same_latents():
    generators = {0: Growing(1), 50: Growing(2), 90: Growing(4)}
    history = widgets.History.from_generators(generators, 2, seed=3, label=["a", "b"])
    assert history.steps == (0, 50, 90)
    assert history.labels == ("a", "b")
    latents = Growing(1).latents(2, seed=3)
    np.testing.assert_array_equal(history.sounds[0], Growing(1).from_latents(latents))
    np.testing.assert_allclose(history.sounds[2], 4 * history.sounds[0], rtol=1e-6)
    numbered = widgets.History.from_generators(generators, 2)
    assert numbered.labels == ("sound 1", "sound 2")


def test_a_folder_is_read_in_the_order_of_its_steps(tmp_path, history):
    for step, sounds in zip(STEPS, history.sounds, strict=True):
        audio.write(tmp_path / f"step-{step:08d}.wav", np.concatenate(sounds), RATE)
    (tmp_path / "step-notes.txt").touch()
    read = widgets.History.from_folder(tmp_path, ["low", "high"])
    assert (read.steps, read.sample_rate) == (STEPS, RATE)
    np.testing.assert_allclose(read.sounds, history.sounds, atol=1 / 32768)
    with pytest.raises(ValueError, match=r"labels must share out the 10000 samples .* received 3"):
        widgets.History.from_folder(tmp_path, ["a", "b", "c"])


def test_a_history_that_does_not_match_is_refused(tmp_path, history):
    with pytest.raises(ValueError, match=r"must have the shape \(5, 1, samples\), .* \(5, 2, 5000"):
        widgets.History(STEPS, history.sounds, RATE, ("low",))
    with pytest.raises(ValueError, match=r"steps must ascend, received \[0, 100, 100\]"):
        widgets.History((0, 100, 100), history.sounds[:3], RATE, history.labels)
    with pytest.raises(ValueError, match=r"folder must hold files like step-00000100\.wav"):
        widgets.History.from_folder(tmp_path, ["low"])


def test_the_slider_moves_along_the_run(history):
    scrubber = widgets.TrainingScrubber(history)
    np.testing.assert_array_equal(scrubber.sound, history.sounds[-1][0])
    controls(scrubber)["step"].value = 1
    controls(scrubber)["sound"].value = 1
    np.testing.assert_array_equal(scrubber.sound, history.sounds[1][1])
    [shown] = played(scrubber._player.value)
    np.testing.assert_array_equal(shown, audio.to_int16(history.sounds[1][1]))
    assert "<b>high, step 100</b>" in scrubber._player.value
    assert "autoplay" in scrubber._player.value
    assert "Spectrogram of high, step 100" in scrubber._picture.value


def test_the_page_goes_from_the_first_step_to_the_last(history):
    page = widgets.TrainingScrubber(history).page()
    names = re.findall(r"<b>([^<]+)</b>", page.html)
    assert names[:4] == ["low, step 0", "low, step 100", "low, step 400", "low, step 1,000"]
    assert names[-1] == "high, step 1,000"
    for sound, (which, at) in zip(
        played(page.html), [(i, k) for i in (0, 1) for k in (0, 1, 3, 4)], strict=True
    ):
        np.testing.assert_array_equal(sound, audio.to_int16(history.sounds[at][which]))
    assert not re.search(r"<(input|button|select)", page.html)


@pytest.fixture
def explorer():
    return widgets.SpectrogramExplorer({"low": tone(200, 0.3), "high": tone(1500, 0.2)}, RATE)


def drawn(explorer):
    return re.search(r'src="([^"]+)"', explorer._picture.value)[1]


def expected(explorer, name, **settings):
    asked = {"scale": "linear", "n_fft": 512, "hop_length": 128, "range_db": (-80, 0)} | settings
    html = display.spectrogram(explorer.sounds[name], RATE, name, **asked).html
    return re.search(r'src="([^"]+)"', html)[1]


def test_the_explorer_draws_what_is_set(explorer):
    assert drawn(explorer) == expected(explorer, "low")
    changed = {"n_fft": 1024, "hop_length": 1024 // 8, "scale": "mel", "range_db": (-60, -10)}
    seen = [drawn(explorer)]
    for name, value in (
        ("n_fft", 1024),
        ("hop_length", 8),
        ("frequency", "mel"),
        ("levels (dB)", (-60, -10)),
    ):
        controls(explorer)[name].value = value
        seen.append(drawn(explorer))
    assert seen[-1] == expected(explorer, "low", **changed)
    assert len(set(seen)) == 5
    assert explorer.settings == changed


def test_the_explorer_plays_the_chosen_sound(explorer):
    controls(explorer)["sound"].value = "high"
    [shown] = played(explorer._player.value)
    np.testing.assert_array_equal(shown, audio.to_int16(explorer.sounds["high"]))
    assert drawn(explorer) == expected(explorer, "high")


def test_colours_stand_for_the_range_of_levels():
    picture = display.spectrogram(tone(200, 0.3), RATE, range_db=(-60, -10))
    [mesh] = picture.figure.axes[0].collections
    assert mesh.get_clim() == (-60, -10)


def test_a_range_without_width_leaves_the_picture(explorer):
    before = drawn(explorer)
    controls(explorer)["levels (dB)"].value = (-40, -40)
    assert drawn(explorer) == before
    with pytest.raises(ValueError, match="range_db must go from a lower level to a higher"):
        display.spectrogram(tone(200, 0.3), RATE, range_db=(-40, -40))


def test_the_explorer_has_a_page(explorer):
    page = explorer.page()
    assert len(played(page.html)) == 2
    assert page.html.count("<img") == 2 + 3
    for n_fft in (128, 512, 2048):
        assert f"Spectrogram of low, {n_fft}" in page.text
    assert not re.search(r"<(input|button|select)", page.html)
    with pytest.raises(ValueError, match="sounds must hold at least one"):
        widgets.SpectrogramExplorer({}, RATE)
