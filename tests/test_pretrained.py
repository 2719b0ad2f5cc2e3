"""Shipped generators: they load, they are checked, and they do what they are asked."""

import json
import shutil
from types import SimpleNamespace

import numpy as np
import pytest

from audiogan_lib import metrics, pretrained, recipes

SHIPPED = ["digits", "drums", "notes"]


@pytest.fixture(scope="module")
def digits():
    """Return the shipped generator of digits."""
    return pretrained.load("digits")


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_generators_make_sound(name):
    generator = pretrained.load(name)
    assert name in pretrained.names()
    sounds = generator.sample(4, seed=0)
    assert sounds.shape == (4, generator.recipe.samples)
    assert sounds.dtype == np.float32
    assert np.abs(sounds).max() <= 1.0
    assert np.abs(sounds).max(axis=1).min() > 0.1
    assert generator.sample_rate == generator.recipe.sample_rate
    assert generator.card["scores"]["generated"]["clips"] == 300


def test_drums_have_at_least_eight_classes():
    assert len(pretrained.load("drums").label_names) >= 8


def test_the_same_seed_gives_the_same_sounds(digits):
    np.testing.assert_array_equal(
        digits.sample(2, label="3", seed=5), digits.sample(2, label="3", seed=5)
    )
    assert not np.array_equal(
        digits.sample(2, label="3", seed=5), digits.sample(2, label="3", seed=6)
    )


def test_a_sound_does_not_depend_on_its_neighbours(digits):
    latents = digits.latents(3, seed=1)
    together = digits.from_latents(latents, label=["1", "2", "3"], speaker="theo")
    alone = digits.from_latents(latents[1:2], label="2", speaker="theo")
    np.testing.assert_allclose(together[1:2], alone, atol=1e-3)


def test_names_and_numbers_ask_for_the_same(digits):
    named = digits.label_indices(2, label=["7", "0"], speaker="george")
    np.testing.assert_array_equal(named, digits.label_indices(2, label=[7, 0], speaker=0))
    np.testing.assert_array_equal(named, [[7, 0], [0, 0]])


def test_notes_are_asked_for_by_pitch():
    conditions = {"label": [str(pitch) for pitch in range(36, 85)], "instrument": ["flute", "oboe"]}
    notes = pretrained.Generator(recipes.NAMES["notes"], conditions, None, {})
    named = notes.label_indices(2, label=["60", "36"], instrument="oboe")
    np.testing.assert_array_equal(named, [[24, 1], [0, 1]])
    for pitches in ([60, 36], np.array([60, 36]), ("60", 36)):
        asked = notes.label_indices(2, pitch=pitches, instrument="oboe")
        np.testing.assert_array_equal(asked, named)
    np.testing.assert_array_equal(notes.label_indices(2, pitch=60)[:, 0], [24, 24])
    with pytest.raises(ValueError, match=r"'24'.*36"):
        notes.label_indices(2, pitch=24)
    with pytest.raises(ValueError, match="to be given once"):
        notes.label_indices(2, pitch=60, label="61")


def test_keys_are_asked_for_by_the_names_of_notes_too():
    conditions = {"label": [str(pitch) for pitch in range(36, 85)], "instrument": ["flute", "oboe"]}
    notes = pretrained.Generator(recipes.NAMES["notes"], conditions, None, {})
    for asked in ({"label": ["C4", "Bb2"]}, {"pitch": ("C4", 46)}):
        assert notes.label_indices(2, **asked)[:, 0].tolist() == [24, 10]
    with pytest.raises(ValueError, match=r"'C7': is MIDI 96, must be one of 36, .*84"):
        notes.label_indices(1, label="C7")
    named = pretrained.Generator(recipes.NAMES["notes"], {"label": ["C4", "60"]}, None, {})
    assert named.label_indices(2, label=["C4", "60"])[:, 0].tolist() == [0, 1]
    drums = pretrained.Generator(recipes.NAMES["drums"], {"label": ["60", "61"]}, None, {})
    with pytest.raises(ValueError, match="'C4': must be one of 60, 61"):
        drums.label_indices(1, label="C4")


def test_a_typo_is_answered_by_the_nearest_name():
    generator = pretrained.Generator(
        recipes.NAMES["digits"], {"label": ["snare", "kick"], "speaker": ["theo"]}, None, {}
    )
    with pytest.raises(ValueError, match=r"'snar' .did you mean 'snare'.*must be one of"):
        generator.label_indices(1, label="snar")
    with pytest.raises(ValueError, match=r"'speeker' .did you mean 'speaker'"):
        generator.label_indices(1, speeker="theo")


def test_shipped_notes_are_in_tune():
    generator = pretrained.load("notes")
    pitches = np.repeat([40, 52, 64, 76], 3)
    asked = {"pitch": pitches, "instrument": ["flute", "grand_piano", "trumpet"] * 4}
    errors_cents = metrics.pitch_errors(generator.sample(12, seed=0, **asked), 16000, pitches)
    assert metrics.pitch_accuracy(errors_cents) >= 11 / 12


def test_what_is_not_asked_for_is_spread_evenly(digits):
    rows = digits.label_indices(120)
    combinations, counts = np.unique(rows, axis=0, return_counts=True)
    assert len(combinations) == 60
    assert set(counts) == {2}
    speakers = digits.label_indices(12, label="4")[:, 1]
    np.testing.assert_array_equal(speakers, [0, 1, 2, 3, 4, 5] * 2)


@pytest.mark.parametrize("label", [[i % 10 for i in range(120)], [i // 12 for i in range(120)]])
def test_with_each_asked_class_all_others_are_equally_frequent(digits, label):
    rows = digits.label_indices(120, label=label)
    assert rows[:, 0].tolist() == label
    pairs, counts = np.unique(rows, axis=0, return_counts=True)
    assert (len(pairs), set(counts)) == (60, {2})


def test_classes_asked_for_once_each_share_what_is_not_asked_for(digits):
    rows = digits.label_indices(6, label=["9", "3", "5", "0", "1", "7"])
    assert rows[:, 1].tolist() == [0, 1, 2, 3, 4, 5]


def test_a_label_is_found_however_its_accents_are_written():
    conditions = {"label": ["caf\u00e9", "e\u0301te\u0301"]}
    generator = pretrained.Generator(recipes.NAMES["drums"], conditions, None, {})
    asked = ["cafe\u0301", "\u00e9t\u00e9", "caf\u00e9"]
    assert generator.label_indices(3, label=asked)[:, 0].tolist() == [0, 1, 0]


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"label": "eleven"}, "eleven"),
        ({"label": 10}, "10"),
        ({"label": -1}, "-1"),
        ({"label": ["1", "2", "3"]}, "3 classes for 2 sounds"),
        ({"colour": "blue"}, "colour"),
    ],
)
def test_wrong_requests_say_what_would_be_right(digits, asked, message):
    with pytest.raises(ValueError, match=message):
        digits.sample(2, seed=0, **asked)


def test_each_of_many_sounds_has_the_latent_and_the_labels_of_its_own():
    recipe = SimpleNamespace(latent_dim=1, samples=2, label_means=None)
    recipe.decode = lambda drawn, names: drawn * np.array([[1, float(name)] for name in names])
    conditions = {"voice": ["ada", "ben", "cy"], "label": ["3", "5", "7"]}
    made = pretrained.Generator(
        recipe, conditions, lambda inputs, training: inputs[0] + 100 * inputs[1][:, :1], {}
    )
    latents, rows = made.latents(150, seed=3), made.label_indices(150)
    sounds = made.from_latents(latents)
    np.testing.assert_allclose(sounds[:, 0], latents[:, 0] + 100 * rows[:, 0], rtol=1e-6)
    np.testing.assert_allclose(sounds[:, 1] / sounds[:, 0], 3 + 2 * rows[:, 1], rtol=1e-6)


def test_wrong_latents_are_refused(digits):
    with pytest.raises(ValueError, match="latents"):
        digits.from_latents(np.zeros((2, 3)))
    with pytest.raises(ValueError, match="count"):
        digits.latents(-1)


def test_no_sounds_are_no_error(digits):
    assert digits.sample(0).shape == (0, digits.recipe.samples)


def test_a_generator_loads_from_a_folder(tmp_path, digits):
    folder = tmp_path / "copy"
    shutil.copytree(pretrained.WEIGHTS / "digits", folder)
    copy = pretrained.load(folder)
    np.testing.assert_array_equal(copy.sample(1, seed=0), digits.sample(1, seed=0))


def test_an_unknown_name_lists_the_known(tmp_path):
    with pytest.raises(ValueError, match=r"digits.*drums"):
        pretrained.load("violins")
    with pytest.raises(ValueError, match="digits"):
        pretrained.load(tmp_path)


@pytest.mark.parametrize("name", SHIPPED)
def test_cards_say_how_the_weights_were_made(name):
    folder = pretrained.WEIGHTS / name
    card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    assert card["training"]["commit"]
    assert card["training"]["minutes"] > 0
    assert len(card["curve"]) >= 5
    assert card["scores"]["floor"] > 0
    text = (folder / "card.md").read_text(encoding="utf-8")
    for needed in (card["sha256"], card["training"]["commit"], "python -m audiogan_lib train"):
        assert needed in text


def heard(sounds, rate):
    """Measure brightness, length and noise of sounds, as logarithms to base 2 ``[sounds, 3]``."""
    windows = np.lib.stride_tricks.sliding_window_view(sounds, 512, axis=1)[:, ::128]
    power = np.abs(np.fft.rfft(windows * np.hanning(512))) ** 2
    spectra, courses = power.sum(axis=1), power.sum(axis=2)
    spectra /= spectra.sum(axis=1, keepdims=True)
    courses /= courses.sum(axis=1, keepdims=True)
    centroids = spectra @ np.fft.rfftfreq(512, 1 / rate)
    centres = courses @ np.arange(courses.shape[1])
    flatness = np.exp(np.log(spectra[:, 1:-1] + 1e-7).mean(axis=1))
    return np.log2(np.stack([centroids, centres, flatness], axis=1))


def test_a_knob_changes_what_it_is_called_after_and_the_rest_little():
    generator = pretrained.load("drums")
    knobs, count = generator.knobs, 132
    latents, classes = generator.latents(count, seed=77), generator.label_indices(count)
    deviations = np.array([*generator.card["knobs"]["deviation"].values()])[classes[:, 0]]
    qualities = generator.card["knobs"]["qualities"]
    assert {"brightness", "length"} <= set(knobs.names)
    for knob, name in zip(np.eye(len(knobs.names)), knobs.names, strict=True):
        low, high = (
            np.stack([knobs.latent(*row, at * knob) for row in zip(latents, classes, strict=True)])
            for at in (-1.5, 1.5)
        )
        sounds = (
            generator.from_latents(some, label=classes[:, 0].tolist()) for some in (low, high)
        )
        dull, bright = (heard(some, generator.sample_rate) for some in sounds)
        changes = (bright - dull) / deviations
        asked = qualities.index(name)
        obey, sizes = np.mean(changes[:, asked] > 0), np.abs(changes).mean(axis=0)
        assert obey >= 0.9
        assert changes[:, asked].mean() > 1.5
        assert np.delete(sizes, asked).max() < sizes[asked] / 2


def test_knobs_that_are_not_those_of_the_card_are_refused(tmp_path):
    folder = shutil.copytree(pretrained.WEIGHTS / "drums", tmp_path / "drums")
    with np.load(folder / "knobs.npz") as arrays:
        np.savez(folder / "knobs.npz", **{name: 2 * array for name, array in arrays.items()})
    with pytest.raises(ValueError, match=r"knobs\.npz is missing or damaged"):
        pretrained.load(folder)
    (folder / "knobs.npz").unlink()
    with pytest.raises(ValueError, match=r"knobs\.npz is missing or damaged"):
        pretrained.load(folder)
