"""Networks drawn to scale: what is drawn, and how large."""

import itertools

import keras
import pytest
from matplotlib import patches

from audiogan_lib import display
from audiogan_lib.models import wavegan


def _boxes(picture):
    panel = picture.figure.axes[0]
    return [box for box in panel.patches if isinstance(box, patches.Rectangle)]


def test_each_change_of_size_is_a_box_and_each_factor_of_four_adds_the_same_height():
    network = wavegan.build_generator(width=4)
    picture = display.architecture(network, "WaveGAN")
    heights = [box.get_height() for box in _boxes(picture)]
    assert heights[0] == 1  # the dense layer has one place
    steps = [after - before for before, after in itertools.pairwise(heights[1:])]
    assert steps == [pytest.approx(2)] * 4
    widths = [box.get_width() for box in _boxes(picture)]
    assert widths[1] - widths[2] == pytest.approx(1 / 3)  # half of the channels


def test_the_text_names_sizes_and_weights():
    picture = display.architecture(wavegan.build_discriminator(width=4))
    assert "4096x4, 1024x8, 256x16, 64x32, 16x64, 1x1" in str(picture)
    assert f"{wavegan.build_discriminator(width=4).count_params():,} weights" in str(picture)


def test_a_network_without_weights_is_refused():
    inputs = keras.Input((8, 2))
    with pytest.raises(ValueError, match="no layer with weights"):
        display.architecture(keras.Model(inputs, keras.layers.ReLU()(inputs), name="empty"))
