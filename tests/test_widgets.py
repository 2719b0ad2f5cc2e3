"""The latent player: its controls make the sounds they promise, and both its faces are there."""

import html
import re
import subprocess
import sys

import ipywidgets
import numpy as np
import pytest
import soundfile
from faces import controls, played

from audiogan_lib import audio, widgets

LABELS = ("low", "middle", "high")


class Tones:
    """A generator of decaying tones: latents choose pitch and decay, the label the octave."""

    sample_rate = 8000
    label_names = LABELS
    latent_dim = 6

    def latents(self, count, seed):
        draws = np.random.default_rng(seed).standard_normal((count, self.latent_dim))
        return draws.astype(np.float32)

    def from_latents(self, latents, label):
        assert latents.dtype == np.float32
        time_s = np.arange(2000) / self.sample_rate
        octave = 2.0 ** self.label_names.index(label)
        pitch_hz = 200 * octave * 2 ** (latents[:, :1] / 8)
        decay = np.exp(
            -time_s * (6 + latents[:, 1:2]) - latents[:, 2:].sum(1, keepdims=True) ** 2 / 50
        )
        return (0.8 * decay * np.sin(2 * np.pi * pitch_hz * time_s)).astype(np.float32)


class SpokenTones(Tones):
    """The same with a second condition."""

    conditions = {"label": LABELS, "loudness": ("soft", "full")}  # noqa: RUF012

    def from_latents(self, latents, label, loudness):
        return super().from_latents(latents, label) * {"soft": 0.1, "full": 1.0}[loudness]


class PlainTones(Tones):
    """The same without conditions."""

    label_names = ()

    def from_latents(self, latents):
        return Tones().from_latents(latents, "low")


def page(player):
    """The HTML that the panel shows now."""
    texts = [w.value for w in player.panel.children if isinstance(w, ipywidgets.HTML)]
    [found] = [text for text in texts if "<audio" in text]
    return found


def shown(player):
    """What the panel plays, in steps of 16 bits."""
    [samples] = played(page(player))
    return samples


def of(generator, latent, **conditions):
    return audio.to_int16(generator.from_latents(latent[np.newaxis], **conditions)[0])


@pytest.fixture
def player():
    return widgets.LatentPlayer(Tones(), knobs=2, seed=3, label="middle")


@pytest.fixture
def walk():
    rng = np.random.default_rng(0)
    start, end = rng.standard_normal((2, 6)).astype(np.float32)
    return widgets.LatentWalk(start, end, widgets.random_directions(3, 6, seed=1))


def test_random_directions_are_orthonormal_and_seeded():
    directions = widgets.random_directions(4, 20, seed=1)
    np.testing.assert_allclose(directions @ directions.T, np.eye(4), atol=1e-12)
    np.testing.assert_array_equal(directions, widgets.random_directions(4, 20, seed=1))
    assert np.abs(directions - widgets.random_directions(4, 20, seed=2)).max() > 0.1
    with pytest.raises(ValueError, match=r"count must lie in \[0, 3\], received 4"):
        widgets.random_directions(4, 3, seed=0)


def test_a_walk_begins_and_ends_at_its_ends(walk):
    np.testing.assert_array_equal(walk.latent(), walk.start)
    np.testing.assert_array_equal(walk.latent(morph=1), walk.end)
    np.testing.assert_array_equal(walk.latent([0, 0, 0], 1), walk.end)


def test_a_morph_follows_the_arc_at_even_pace(walk):
    start, end = (latent / np.linalg.norm(latent) for latent in (walk.start, walk.end))
    ends = widgets.LatentWalk(start, end, walk.directions)
    quarter, half = ends.latent(morph=0.25), ends.latent(morph=0.5)
    assert np.linalg.norm(half) == pytest.approx(1, abs=1e-6)
    assert start @ half == pytest.approx(end @ half, abs=1e-6)
    assert np.arccos(start @ quarter) == pytest.approx(np.arccos(start @ half) / 2, rel=1e-3)


def test_a_morph_between_equal_ends_stays_there(walk):
    same = widgets.LatentWalk(walk.start, walk.start, walk.directions)
    np.testing.assert_allclose(same.latent(morph=0.3), walk.start, rtol=1e-6)


def test_a_knob_turns_towards_its_direction_and_keeps_the_length(walk):
    moved = walk.latent([0, 1.5, 0])
    assert np.linalg.norm(moved) == pytest.approx(np.linalg.norm(walk.start), rel=1e-6)
    gain = walk.directions @ (
        moved / np.linalg.norm(moved) - walk.start / np.linalg.norm(walk.start)
    )
    assert gain.argmax() == 1
    assert gain[1] > 0.3
    with pytest.raises(ValueError, match=r"positions must be 3, one a knob, received \(2,\)"):
        walk.latent([0, 1])
    with pytest.raises(ValueError, match=r"morph must lie in \[0, 1\], received 1.5"):
        walk.latent(morph=1.5)


def test_it_starts_with_the_sound_of_its_seed_and_label(player):
    expected = of(Tones(), Tones().latents(1, seed=3)[0], label="middle")
    np.testing.assert_array_equal(shown(player), expected)
    np.testing.assert_array_equal(audio.to_int16(player.sound), expected)


def test_a_knob_makes_the_sound_of_its_latent(player):
    controls(player)["knob 2"].value = -1.5
    latent = player.walk.latent([0, -1.5])
    np.testing.assert_array_equal(shown(player), of(Tones(), latent, label="middle"))
    assert np.abs(latent - Tones().latents(1, seed=3)[0]).max() > 0.1


def test_the_menu_makes_the_sound_of_its_label(player):
    for label in LABELS:
        controls(player)["label"].value = label
        expected = of(Tones(), Tones().latents(1, seed=3)[0], label=label)
        np.testing.assert_array_equal(shown(player), expected)


def test_the_morph_ends_at_the_sound_of_the_second_seed(player):
    controls(player)["morph to seed"].value = 11
    np.testing.assert_array_equal(
        shown(player), of(Tones(), Tones().latents(1, seed=3)[0], label="middle")
    )
    controls(player)["morph"].value = 1.0
    np.testing.assert_array_equal(
        shown(player), of(Tones(), Tones().latents(1, seed=11)[0], label="middle")
    )


def test_random_draws_a_seed_that_can_be_typed_again(player):
    before = shown(player)
    controls(player)["Random seed"].click()
    drawn, seed = shown(player), controls(player)["seed"].value
    assert seed != 3
    assert np.abs(drawn.astype(int) - before).max() > 100
    controls(player)["seed"].value = 3
    np.testing.assert_array_equal(shown(player), before)
    controls(player)["seed"].value = seed
    np.testing.assert_array_equal(shown(player), drawn)


def test_a_change_plays_at_once_unless_told_otherwise(player):
    assert "autoplay" not in page(player)
    controls(player)["knob 1"].value = 1.0
    assert "<audio autoplay" in page(player)
    controls(player)["play each change"].value = False
    controls(player)["knob 1"].value = 0.5
    assert "autoplay" not in page(player)


@pytest.mark.parametrize("ending", ["wav", "flac"])
def test_save_writes_what_plays(player, ending, tmp_path):
    controls(player)["knob 1"].value = 0.7
    controls(player)["file name"].value = str(tmp_path / f"mine.{ending}")
    controls(player)["Save"].click()
    saved, rate = soundfile.read(tmp_path / f"mine.{ending}", dtype="int16")
    np.testing.assert_array_equal(saved, shown(player))
    assert rate == 8000
    assert "Saved" in player.panel.children[-1].value


def test_a_file_that_cannot_be_written_is_told_not_raised(player, tmp_path):
    for name, reason in (
        ("a.mp3", ".wav or .flac"),
        (f"{tmp_path}/<none>/a.wav", "a folder that exists"),
    ):
        controls(player)["file name"].value = name
        controls(player)["Save"].click()
        told = player.panel.children[-1].value
        assert "Not saved" in told
        assert reason in html.unescape(told)
        assert "<none>" not in told


def test_every_condition_has_a_menu():
    player = widgets.LatentPlayer(SpokenTones(), seed=3, loudness="full")
    assert controls(player)["loudness"].options == ("soft", "full")
    loud = shown(player)
    controls(player)["loudness"].value = "soft"
    np.testing.assert_allclose(shown(player), loud / 10, atol=1)
    assert "<b>low, soft</b>" in page(player)
    assert "behind it, loudness soft." in player.page().text


def test_a_generator_without_labels_has_no_menu():
    player = widgets.LatentPlayer(PlainTones(), knobs=1)
    assert not [w for w in controls(player).values() if isinstance(w, ipywidgets.Dropdown)]
    np.testing.assert_array_equal(shown(player), of(PlainTones(), Tones().latents(1, seed=0)[0]))
    assert len(played(player.page().html)) == 6


def test_knobs_can_be_given_by_name():
    direction = np.array([0, 0, 5.0, 0, 0, 0])
    player = widgets.LatentPlayer(Tones(), knobs={"decay": direction})
    np.testing.assert_array_equal(player.walk.directions, [direction / 5])
    controls(player)["decay"].value = 2.0
    latent = player.walk.latent([2.0])
    np.testing.assert_array_equal(shown(player), of(Tones(), latent, label="low"))
    for wrong in (np.zeros(6), np.ones(5)):
        with pytest.raises(ValueError, match="knobs must be directions of 6 numbers"):
            widgets.LatentPlayer(Tones(), knobs={"wrong": wrong})


def test_an_unknown_choice_is_named():
    with pytest.raises(ValueError, match=r"label must be one of \('low', .*received 'bass'"):
        widgets.LatentPlayer(Tones(), label="bass")
    with pytest.raises(ValueError, match="speaker must be one of None"):
        widgets.LatentPlayer(Tones(), speaker="theo")


def test_both_faces_are_offered(player):
    bundle = player._repr_mimebundle_()
    view = bundle["application/vnd.jupyter.widget-view+json"]
    assert view["model_id"] == player.panel.model_id
    assert "<audio" in bundle["text/html"]
    assert "middle, knob 1 at 0" in bundle["text/plain"]


def test_the_page_plays_the_control_as_it_is_set(player):
    controls(player)["morph to seed"].value = 9
    static = player.page()
    names = re.findall(r"<b>([^<]+)</b>", static.html)
    assert names[:4] == [
        "middle, knob 1 at \N{MINUS SIGN}1",
        "middle, knob 1 at 0",
        "middle, knob 1 at +1",
        "low, knob 1 at \N{MINUS SIGN}1",
    ]
    assert names[-3:] == ["middle, seed 3", "middle, half-way to seed 9", "middle, seed 9"]
    sounds = dict(zip(names, played(static.html), strict=True))
    latents = {
        "high, knob 1 at +1": (player.walk.latent([1, 0]), "high"),
        "low, knob 1 at 0": (player.walk.start, "low"),
        "middle, half-way to seed 9": (player.walk.latent(morph=0.5), "middle"),
        "middle, seed 9": (Tones().latents(1, seed=9)[0], "middle"),
    }
    for name, (latent, label) in latents.items():
        np.testing.assert_array_equal(sounds[name], of(Tones(), latent, label=label))
    assert "In a live notebook" in static.html
    assert not re.search(r"<(input|button|select)", static.html)


def test_importing_the_module_does_not_load_ipywidgets():
    code = "import sys; import audiogan_lib.widgets; sys.exit('ipywidgets' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
