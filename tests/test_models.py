"""The networks of waveforms and of spectrograms: labels, saving, precision."""

import keras
import numpy as np
import pytest

from audiogan_lib.models import specgan, wavegan


@pytest.fixture(autouse=True)
def seed():
    keras.utils.set_random_seed(0)


def latents(count, dim=100):
    return np.random.default_rng(3).normal(size=(count, dim)).astype(np.float32)


SMALL = {
    "wavegan": (wavegan, {"samples": 8192, "width": 1}),
    "wavegan subpixel": (wavegan, {"samples": 8192, "width": 1, "form": "subpixel"}),
    "specgan": (specgan, {"frames": 32, "bins": 32, "width": 1, "kernel": 4, "patch": 2}),
}
EACH = pytest.mark.parametrize("module, options", SMALL.values(), ids=SMALL)


@EACH
def test_labels_change_what_is_drawn_and_how_it_scores(module, options):
    generator = module.build_generator(labels=(3, 2), latent_dim=4, **options)
    shuffle = {"phase_shuffle": 0} if module is wavegan else {}
    discriminator = module.build_discriminator(labels=(3, 2), **options, **shuffle)
    same = np.repeat(latents(1, 4), 3, axis=0)
    labels = np.array([[0, 0], [1, 0], [0, 1]], np.int32)
    drawn = generator([same, labels]).numpy()
    assert np.abs(drawn[0] - drawn[1]).max() > 1e-3
    assert np.abs(drawn[0] - drawn[2]).max() > 1e-3
    table = discriminator.get_layer("projection").table
    table.assign(np.random.default_rng(0).normal(size=table.shape))
    scores = discriminator([np.repeat(drawn[:1], 3, axis=0), labels]).numpy()
    assert len({*scores[:, 0].tolist()}) == 3


@EACH
@pytest.mark.parametrize("labels", [0, (3, 2)])
def test_networks_saved_whole_come_back_without_unsafe_code(module, options, labels, tmp_path):
    networks = {
        "generator": module.build_generator(
            labels=labels, latent_dim=4, batch_norm=True, **options
        ),
        "discriminator": module.build_discriminator(labels=labels, **options),
        "normed": module.build_discriminator(labels=labels, spectral_norm=True, **options),
    }
    for name, network in networks.items():
        shapes = [(2, *each.shape[1:]) for each in network.inputs]
        inputs = [np.full(shapes[0], 0.3, np.float32), np.ones((2, 2), np.int32)][: len(shapes)]
        network.save(tmp_path / f"{name}.keras")
        back = keras.saving.load_model(tmp_path / f"{name}.keras", safe_mode=True)
        inputs = inputs if labels else inputs[0]
        np.testing.assert_array_equal(network(inputs), back(inputs))
        assert [weight.shape for weight in back.weights] == [w.shape for w in network.weights]


@EACH
def test_networks_of_mixed_precision_give_their_weights_to_those_of_float32(
    module, options, tmp_path
):
    mixed = module.build_generator(latent_dim=4, dtype="mixed_bfloat16", **options)
    mixed.save_weights(tmp_path / "generator.weights.h5")
    whole = module.build_generator(latent_dim=4, **options)
    whole.load_weights(tmp_path / "generator.weights.h5")
    difference = np.abs(mixed(latents(2, 4)) - whole(latents(2, 4)))
    assert 0 < difference.max() < 0.02


@EACH
def test_the_batch_norm_of_a_generator_forgets_the_batch_when_it_does_not_train(module, options):
    generator = module.build_generator(latent_dim=4, batch_norm=True, **options)
    pair = latents(2, 4)
    together, alone = generator(pair).numpy(), generator(pair[:1]).numpy()
    np.testing.assert_allclose(together[:1], alone, atol=1e-6)
    trained = generator(pair, training=True).numpy()
    assert np.abs(trained - together).max() > 1e-3
