"""The page of an evaluation: the right sounds, in one file."""

import base64
import io
import re

import numpy as np
import pytest
import soundfile

from audiogan_lib import datasets, runs

COLUMN = {
    "clips": 6,
    "accuracy": 0.5,
    "interval": (0.2, 0.8),
    "inception_score": 2.0,
    "frechet_distance": 1.0,
    "shares": {"label": {"<low>": 0.5, "high": 0.5}},
}


@pytest.fixture
def page(tmp_path):
    rng = np.random.default_rng(2)
    train = datasets.Dataset("toy", 0.1 * rng.normal(size=(9, 5000)), [0] * 9, ("<low>",), 8000)
    sounds = 0.1 * rng.normal(size=(6, 5000)).astype(np.float32)
    generated = COLUMN | {
        "worst": [[4, 0.01, "high"], [1, 0.2, "<low>"]],
        "best": [[2, 0.99, "high"]],
        "nearest_pairs": [[3, 8, 1.25], [0, 5, 2.5]],
    }
    report = {"test": COLUMN, "generated": generated, "floor": 0.1, "equal_count": 6}
    path = tmp_path / "page.html"
    path.write_text("an older page")
    asked = ["<low>", "<low>", "high", "high", "<low>", "high"]
    runs.write_page(path, "toy", report, train, sounds, asked)
    assert list(tmp_path.iterdir()) == [path]
    return path.read_text(encoding="utf-8"), sounds, train.waveforms


def test_the_page_plays_the_sounds_that_the_report_names_in_its_order(page):
    html, sounds, train = page
    wanted = [sounds[4], sounds[1], sounds[2], sounds[3], train[8], sounds[0], train[5]]
    found = re.findall(r'src="data:audio/flac;base64,([^"]+)"', html)
    assert len(found) == len(wanted)
    for encoded, sound in zip(found, wanted, strict=True):
        waveform, sample_rate = soundfile.read(io.BytesIO(base64.b64decode(encoded)))
        assert sample_rate == 8000
        np.testing.assert_allclose(waveform, sound, atol=2**-15)


def test_the_page_names_what_was_asked_and_heard_and_needs_nothing_beside_itself(page):
    html, *_ = page
    assert "&lt;low&gt;: 0.010, heard as high" in html
    assert "&lt;low&gt;: 0.200<" in html
    assert "training clip 8: 1.2 dB" in html
    assert "real against real, 6 clips" in html
    assert "<low>" not in html
    assert not re.search(r'(?:src|href)="(?!data:)', html)
