"""How quickly sounds rise, on envelopes that are known."""

import numpy as np
import pytest

from audiogan_lib import metrics

RATE = 16000


def _rise(attack_ms, seed=0):
    """Noise whose level rises evenly for so long, then falls."""
    rng = np.random.default_rng(seed)
    rising = round(attack_ms * RATE / 1000)
    envelope = np.concatenate([np.linspace(0, 1, rising), np.exp(-np.arange(8000) / 800)])
    return np.pad(envelope * np.sign(rng.normal(size=len(envelope))), (400, 8192))[:8192]


@pytest.mark.parametrize("attack_ms", [5, 20, 80])
def test_an_even_rise_takes_eight_tenths_of_its_length(attack_ms):
    (found,) = metrics.attack_times([_rise(attack_ms)], RATE)
    assert found == pytest.approx(0.8 * attack_ms, abs=0.6)


def test_level_and_delay_do_not_matter_and_silence_has_no_attack():
    sound = _rise(20)
    found = metrics.attack_times([sound, 0.01 * sound, np.roll(sound, 900), 0 * sound], RATE)
    assert found[0] == found[1] == found[2]
    assert np.isnan(found[3])


def test_differences_are_taken_label_by_label():
    real, fake = [1.0, 1.0, 9.0, 9.0], [9.0, 9.0, 1.0, 1.0]
    labels = [0, 0, 1, 1]
    assert metrics.attack_difference(fake, labels, real, labels) == 8
    assert metrics.attack_difference(fake, [1, 1, 0, 0], real, labels) == 0


def test_one_waveform_alone_is_refused():
    with pytest.raises(ValueError, match=r"\(clips, samples\), got \(9,\)"):
        metrics.attack_times(np.ones(9), RATE)
