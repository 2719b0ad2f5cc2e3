"""Recipes: complete descriptions that survive JSON, and streams that resume."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import ops
from tones import tone, write

from audiogan_lib import datasets, files, recipes
from audiogan_lib.datasets import advice
from audiogan_lib.training import machine


def test_a_recipe_survives_json():
    for recipe in recipes.NAMES.values():
        assert recipes.Recipe.from_dict(json.loads(json.dumps(asdict(recipe)))) == recipe


@pytest.mark.parametrize("name", files.generators())
def test_a_shipped_card_tells_the_librarys_recipe(name):
    card = json.loads((files.WEIGHTS / name / "card.json").read_text("utf-8"))
    assert recipes.Recipe.from_dict(card["recipe"]) == recipes.NAMES[name]


#: Where they differ from the shipped recipe that their rows begin with.
WITHOUT_A_CARD = {
    "digits-fast": ("digits", {"minutes": 4, "r1": 0.5, "shift": 6, "ema": 0.998}),
    "wavegan-gp-drums": (
        "wavegan-drums",
        {
            "network": "published_wavegan",
            "loss": "wasserstein",
            "dtype": "float32",
            "latent_dim": 100,
            "batch_size": 64,
            "critic_steps": 5,
            "penalty_every": 1,
            "learning_rate": 1e-4,
            "betas": (0.5, 0.9),
            "gradient_penalty": 10.0,
            "r1": 0.0,
            "shift": 0,
            "ema": 0.0,
        },
    ),
    "gansynth-notes": (
        "notes",
        {
            "network": "gansynth",
            "learning_rate": 3e-3,
            "betas": (0.0, 0.99),
            "shift": 0,
            "batch_size": 16,
            "r1": 10.0,
            "label_loss": 10.0,
            "minutes": 60,
        },
    ),
}


def test_recipes_without_a_card_differ_from_a_shipped_one_as_this_table_says():
    assert {*WITHOUT_A_CARD, *files.generators()} == set(recipes.NAMES)
    for name, (shipped, changes) in WITHOUT_A_CARD.items():
        expected = asdict(recipes.NAMES[shipped]) | changes | {"name": name}
        assert asdict(recipes.NAMES[name]) == expected


@pytest.mark.parametrize("kind", [str, Path])
def test_a_folder_called_like_a_data_set_is_trained_as_a_folder(kind, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    recipe = recipes.for_folder(kind("drums"))
    assert (recipe.name, Path(recipe.data)) == ("drums", Path("drums"))
    with pytest.raises(ValueError, match="must be a folder or one of"):
        recipe.load_data()
    write(tmp_path / "drums" / "siren" / "a.wav", tone(440))
    assert recipe.load_data().label_names == ("siren",)


def test_a_folder_is_trained_as_the_drums_are_without_a_judge():
    changes = {"name": "my", "data": "sounds/my", "tuning": 0.0, "minutes": 15, "judge": None}
    assert recipes.for_folder("sounds/my") == replace(recipes.NAMES["drums"], **changes)


def test_copies_at_other_tunings_make_every_label_three_times_as_frequent_as_any():
    tones = np.sin(np.arange(1024) * np.array([[0.1], [0.2], [0.3]])).astype(np.float32)
    dataset = datasets.Dataset("tones", tones, np.array([0, 0, 1]), ("low", "high"), 16000)
    recipe = recipes.Recipe("t", "tones", 16000, 1024, network="wavegan", tuning=0.1, batch_size=12)
    (sounds, labels), again = (next(iter(recipe.batches(dataset))) for _ in range(2))
    assert np.bincount(labels[:, 0]).tolist() == [6, 6]
    assert len(np.unique(sounds, axis=0)) == 12
    np.testing.assert_array_equal(sounds, again[0])
    others = next(iter(replace(recipe, seed=1).batches(dataset)))[0]
    known = {sound.tobytes() for sound in sounds.numpy()}
    assert len({sound.tobytes() for sound in others.numpy()} & known) == 3  # the recordings
    alone = next(iter(replace(recipe, tuning=0.0, batch_size=3).batches(dataset)))[0]
    assert {sound.tobytes() for sound in alone.numpy()} <= known


@pytest.mark.parametrize("sample_rate", advice.RATES_HZ)
def test_networks_can_be_built_for_every_rate_and_length_that_can_be_chosen(sample_rate):
    unit = advice.unit_of(sample_rate)
    for units in (1, 2, 5):
        recipe = recipes.for_folder("x", sample_rate, units * unit)
        frames, bins = recipe.codec.shape
        assert frames == 32 * units
        assert bins % 32 == 0
        assert recipe.n_fft / sample_rate == pytest.approx(0.032, rel=0.3)
    assert recipes.for_folder("x", 16000, 32768).minutes == 30
    network = replace(recipes.for_folder("x", sample_rate, unit), width=2).build_generator((3,))
    assert network.output_shape == (None, *recipes.for_folder("x", sample_rate, unit).codec.shape)


@pytest.mark.parametrize("name", ["article", "drums", "gansynth-notes", "wavegan-drums"])
def test_networks_are_float32_under_any_global_policy(name):
    recipe = replace(recipes.NAMES[name], width=2)
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        networks = recipe.build_generator((3,)), recipe.build_discriminator((3,))
        assert keras.config.dtype_policy().name == "mixed_bfloat16"
    finally:
        keras.config.set_dtype_policy("float32")
    for network in networks:
        assert {layer.compute_dtype for layer in network.layers} <= {"float32", "int32"}


def test_an_unknown_field_is_named():
    values = asdict(recipes.NAMES["drums"]) | {"colour": "blue"}
    with pytest.raises(ValueError, match="colour"):
        recipes.Recipe.from_dict(values)


@pytest.mark.parametrize("name", recipes.NAMES)
def test_networks_fit_each_other_and_the_codec(name):
    recipe = replace(recipes.NAMES[name], width=2)
    sizes = tuple(3 for _ in recipe.conditions)
    count = 4  # what gansynth compares examples in
    labels = ops.zeros((count, len(sizes)), "int32")
    generator, discriminator = recipe.build_generator(sizes), recipe.build_discriminator(sizes)
    drawn = generator([ops.zeros((count, recipe.latent_dim)), labels])
    sounds = np.zeros((count, recipe.samples), np.float32)
    names = ["60"] * count
    assert recipe.encode(sounds, names).shape == tuple(drawn.shape)
    assert recipe.decode(drawn, names).shape == sounds.shape
    if recipe.network == "gansynth":
        answer = discriminator(drawn)
        assert [part.shape for part in answer["label_logits"]] == [(count, 3)] * len(sizes)
        assert answer["scores"].shape == (count, 1)
    else:
        assert discriminator([drawn, labels]).shape == (count, 1)


def test_sounds_are_encoded_in_parts_without_losing_any():
    recipe = replace(recipes.NAMES["article"], samples=4)
    sounds = np.arange(4 * 515, dtype=np.float32).reshape(515, 4) / 4096
    np.testing.assert_array_equal(recipe.encode(sounds)[..., 0], sounds)


@pytest.mark.parametrize("name", ["drums", "notes", "gansynth-notes"])
def test_the_codec_has_the_sizes_of_the_recipe(name):
    recipe = replace(recipes.NAMES[name], floor_db=-60.0)
    codec = recipe.codec
    for field in ("n_fft", "hop_length", "floor_db", "samples", "iterations", "sample_rate"):
        if hasattr(codec, field):
            assert getattr(codec, field) == getattr(recipe, field), field


def test_gansynths_discriminator_hears_frequencies_by_their_level():
    critic = replace(recipes.NAMES["gansynth-notes"], width=2).build_discriminator((3, 2))
    silence = np.full((4, 64, 512, 2), -1.0, np.float32)
    louder = silence.copy()
    louder[..., 1] = np.random.default_rng(0).uniform(-1, 1, (4, 64, 512))
    np.testing.assert_array_equal(critic(silence)["scores"], critic(louder)["scores"])


def test_both_networks_of_the_article_begin_quietly():
    recipe = replace(recipes.NAMES["article"], width=2)
    networks = recipe.build_generator((3,)), recipe.build_discriminator((3,))
    for network, name in zip(networks, ("samples", "lstm"), strict=True):
        kernel = network.get_layer(name).get_weights()[0]
        as_built = np.sqrt(6 / sum(kernel.shape))  # the largest that Glorot's uniform numbers are
        assert 0.05 * as_built < np.abs(kernel).max() <= 0.101 * as_built


@pytest.mark.parametrize(
    ("network", "upsampling", "batch_norm", "start"),
    [
        ("specgan", "Conv2DTranspose", True, "HeNormal"),
        ("pitched_specgan", "Conv2DTranspose", True, "HeNormal"),
        ("wavegan", "Conv1D", False, "HeNormal"),
        ("published_wavegan", "Conv1DTranspose", False, "GlorotUniform"),
    ],
)
def test_each_family_has_its_own_form_and_initial_values(network, upsampling, batch_norm, start):
    recipe = replace(recipes.NAMES["drums"], network=network, width=1)
    generator, discriminator = recipe.build_generator((3,)), recipe.build_discriminator((3,))
    assert type(generator.get_layer("upsample_1")).__name__ == upsampling
    kinds = {type(layer).__name__ for layer in generator.layers}
    assert ("BatchNormalization" in kinds) == batch_norm
    first = discriminator.get_layer("downsample_1")
    assert type(first.kernel_initializer).__name__ == start
    taps = {"Conv2DTranspose": 4, "Conv1D": 7, "Conv1DTranspose": 25}[upsampling]
    assert first.kernel_size[-1] == taps


def test_an_unknown_family_is_named():
    with pytest.raises(ValueError, match=r"'biggan'.*gansynth"):
        replace(recipes.NAMES["drums"], network="biggan").build_generator((3,))


@pytest.mark.parametrize(("network", "silence"), [("specgan", -1.0), ("wavegan", 0.0)])
def test_what_a_random_shift_moves_in_is_the_silence_of_the_codec(network, silence):
    gan = replace(recipes.NAMES["drums"], network=network, width=1, shift=3, seed=7)
    gan = gan.build_gan((3,))
    augment = gan.augment
    assert (augment.fill, augment.radius, augment.seed, gan.seed) == (silence, 3, 7, 7)


def test_optimisers_and_terms_are_those_of_the_recipe():
    terms = {"loss": "hinge", "r1": 3.0, "penalty_every": 4, "label_loss": 0.5}
    terms |= {"gradient_penalty": 10.0, "critic_steps": 5}
    changed = terms | {"discriminator_rate": 2e-3, "ema": 0.5}
    recipe = replace(recipes.NAMES["drums"], width=2, betas=(0.25, 0.75), shift=0, **changed)
    gan = recipe.build_gan((3,))
    assert terms.items() <= asdict(gan.objective).items()
    assert gan.ema == 0.5
    for optimizer, rate in ((gan.generator_optimizer, 4e-4), (gan.discriminator_optimizer, 2e-3)):
        assert float(optimizer.learning_rate) == pytest.approx(rate)
        assert (optimizer.beta_1, optimizer.beta_2) == (0.25, 0.75)
    batch = np.random.default_rng(0).normal(size=(2, 4, 128, 256)).astype(np.float32)
    np.testing.assert_array_equal(gan.augment(batch[0]), batch[0])


def test_spectrograms_at_a_pitch_are_learnt_by_the_name_of_the_label():
    recipe = replace(recipes.NAMES["notes"], batch_size=2)
    notes = recipe.load_data("test")
    notes = notes.select([np.flatnonzero(notes.labels == label)[0] for label in (20, 25)])
    examples, labels = next(iter(recipe.batches(notes)))
    names = [notes.label_names[label] for label in (20, 25)]
    expected = recipe.encode(notes.waveforms, names)
    np.testing.assert_array_equal(examples.numpy()[np.argsort(labels[:, 0])], expected)


def test_levels_are_those_of_the_recipe():
    recipe = recipes.NAMES["drums"]
    loaded = recipe.load_data("test").waveforms
    np.testing.assert_allclose(np.abs(loaded).max(axis=1), recipe.peak, rtol=1e-5)
    untouched = replace(recipe, peak=None).load_data("test").waveforms
    np.testing.assert_array_equal(untouched, datasets.load("drums", split="test").waveforms)


def test_conditions_are_numbered_by_name():
    drums = datasets.load("drums")
    labels, names = datasets.condition_labels(drums, ("label", "kit"))
    assert labels.shape == (len(drums), 2)
    for index in (0, 400, len(drums) - 1):
        assert names["label"][labels[index, 0]] == drums.label_names[drums.labels[index]]
        assert names["kit"][labels[index, 1]] == str(drums.columns["kit"][index])


def test_batches_resume_where_they_were():
    recipe = replace(recipes.NAMES["drums"], batch_size=4, tuning=0.0)
    drums = recipe.load_data("test")
    other = next(iter(replace(recipe, seed=1).batches(drums)))
    assert not np.array_equal(other[0], next(iter(recipe.batches(drums)))[0])
    through = list(recipe.batches(drums).take(4))
    resumed = next(iter(recipe.batches(drums, first_step=3)))
    np.testing.assert_array_equal(through[3][0], resumed[0])
    np.testing.assert_array_equal(through[3][1], resumed[1])
    assert not np.array_equal(through[2][1], through[3][1])


@pytest.mark.parametrize("network", ["pitched_specgan", "wavegan"])
def test_clips_on_the_disk_give_the_same_batches(tmp_path, network, monkeypatch, cache):
    for number in range(5):
        write(tmp_path / "sounds" / "48" / f"{number}.wav", tone(131 + number), 16000)
        write(tmp_path / "sounds" / "55" / f"{number}.wav", tone(196 + number), 16000)
    recipe = replace(recipes.for_folder(tmp_path / "sounds"), network=network, batch_size=4)
    held = recipe.load_data()
    monkeypatch.setattr(datasets.folders, "MEMORY_BYTES", 0)
    kept = recipe.load_data()
    assert [type(data.waveforms) for data in (held, kept)] == [np.ndarray, datasets.Clips]
    pairs = zip(recipe.batches(held, 2).take(4), recipe.batches(kept, 2), strict=False)
    for (examples, labels), (again, labels_again) in pairs:
        np.testing.assert_allclose(again, examples, atol=1e-3)
        np.testing.assert_array_equal(labels_again, labels)
    spec = recipe.batches(kept).element_spec
    assert spec[0].shape == (4, *recipe.codec.shape)


def test_the_same_seed_builds_the_same_networks():
    recipe = replace(recipes.NAMES["drums"], width=2)
    one, two = recipe.build_gan((3,)), recipe.build_gan((3,))
    other = replace(recipe, seed=1).build_gan((3,))
    for a, b in zip(one.generator.get_weights(), two.generator.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert not np.array_equal(one.generator.get_weights()[0], other.generator.get_weights()[0])


@pytest.mark.parametrize(
    ("flags", "wanted"), [("fpu avx512_bf16", "mixed_bfloat16"), ("fpu avx2", "float32")]
)
def test_bfloat16_is_used_only_where_the_processor_has_it(flags, wanted, monkeypatch):
    monkeypatch.setattr(machine.tf.config, "list_physical_devices", lambda kind: [])
    monkeypatch.setattr(machine.Path, "exists", lambda path: True)
    monkeypatch.setattr(machine.Path, "read_text", lambda path, encoding: flags)
    assert machine.supported_precision("mixed_bfloat16") == wanted
    assert machine.supported_precision("float32") == "float32"


@pytest.mark.parametrize(
    ("capability", "wanted"), [((8, 0), "mixed_bfloat16"), ((7, 5), "float32")]
)
def test_bfloat16_is_used_only_on_gpus_that_have_it(capability, wanted, monkeypatch):
    monkeypatch.setattr(machine.tf.config, "list_physical_devices", lambda kind: ["a GPU"])
    details = {"compute_capability": capability}
    monkeypatch.setattr(machine.tf.config.experimental, "get_device_details", lambda _: details)
    assert machine.supported_precision("mixed_bfloat16") == wanted
