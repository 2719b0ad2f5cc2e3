"""A folder of anybody's sounds, read at once."""

import warnings
from pathlib import Path

import numpy as np
import pytest
from tones import RATE, strongest_hz, tone, wav_bytes, write

from audiogan_lib import audio, datasets


def bad_folder(folder):
    """Fill a folder with what cannot be used; return what must be said of each."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "empty.wav").write_bytes(b"")
    (folder / "text.wav").write_text("This is a letter, not a sound. " * 50)
    (folder / "truncated.wav").write_bytes(wav_bytes(tone(440))[:20000])
    write(folder / "10ms.wav", tone(440, duration_s=0.01))
    write(folder / "zeros.wav", np.zeros(RATE))
    with_nan = tone(440, duration_s=12)  # longer than one block
    with_nan[-5] = np.nan
    write(folder / "nan.wav", with_nan, subtype="FLOAT")
    (folder / "phone.m4a").write_bytes(b"\0\0\0\x20ftypM4A " + bytes(99))
    return {
        "empty.wav": "the file is empty",
        "text.wav": "not a sound file",
        "truncated.wav": "truncated: 12044 bytes",
        "10ms.wav": "too short: 10 ms of sound, at least 20 are needed",
        "zeros.wav": "silent: nothing in it is above -60 dB",
        "nan.wav": "NaN",
        "phone.m4a": "not a sound file",
    }


def good_folder(folder):
    """Fill a folder with a tone of 440 Hz in every usable form; return the clips of each."""
    write(folder / "good.wav", tone(440))
    write(folder / "good.flac", tone(440))
    write(folder / "good.ogg", tone(440), format="OGG", subtype="VORBIS")
    write(folder / "good.MP3", tone(440), format="MP3")
    write(folder / "rate.wav", tone(440, sample_rate=96000), 96000)
    channels = tone(440)[:, None] * np.linspace(0, 1, 8)
    write(folder / "channels.wav", channels)
    write(folder / "minute.wav", tone(440, duration_s=60))
    singles = "good.wav", "good.flac", "good.ogg", "good.MP3", "rate.wav", "channels.wav"
    return dict.fromkeys(singles, 1) | {"minute.wav": 59}


def load_quietly(*arguments, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return datasets.load(*arguments, **options)


def test_a_folder_of_horrors_names_the_bad_and_uses_the_good(tmp_path):
    expected = bad_folder(tmp_path / "sounds")
    clips = good_folder(tmp_path / "sounds")
    (tmp_path / "sounds" / "notes.txt").write_text("no sound, and not called one")
    with pytest.warns(UserWarning, match=r"\.(wav|m4a): ") as warned:
        dataset = datasets.load(tmp_path / "sounds")

    reasons = {Path(path).name: reason for path, reason in dataset.skipped}
    assert set(reasons) == set(expected)
    for name, reason in expected.items():
        assert reason in reasons[name]
    messages = {str(warning.message) for warning in warned}
    assert messages == {f"{path}: {reason}" for path, reason in dataset.skipped}
    assert {warning.filename for warning in warned} == {__file__}

    files, counts = np.unique(dataset.columns["file"], return_counts=True)
    assert dict(zip(files, counts, strict=True)) == clips
    assert dataset.waveforms.shape == (65, 16384)
    assert dataset.label_names == ("sounds",)
    for clip in dataset.waveforms:
        assert strongest_hz(clip) == pytest.approx(440, abs=2)
    mixed = dataset.waveforms[dataset.columns["file"] == "channels.wav"]
    assert np.abs(mixed).max() == pytest.approx(0.25, abs=0.01)


def test_a_folder_with_nothing_usable_says_so_in_one_sentence(tmp_path):
    bad = bad_folder(tmp_path / "sounds")
    with pytest.raises(
        ValueError, match=f"no usable sound: {len(bad)} files were skipped"
    ) as caught:
        load_quietly(tmp_path / "sounds")
    assert str(caught.value).count(". ") == 0
    (tmp_path / "none").mkdir()
    with pytest.raises(ValueError, match=r"none' holds no sound files$"):
        datasets.load(tmp_path / "none")


def test_sub_folders_are_labels_and_hidden_files_are_passed_over(tmp_path):
    write(tmp_path / "cat" / "deep" / "1.wav", tone(300))
    write(tmp_path / "dog" / "1.flac", tone(600))
    write(tmp_path / "loose.wav", tone(900))
    write(tmp_path / "dog" / "._1.wav", tone(1200))
    write(tmp_path / ".trash" / "1.wav", tone(1200))
    dataset = load_quietly(tmp_path)
    found = {
        dataset.label_names[label]: strongest_hz(clip)
        for label, clip in zip(dataset.labels, dataset.waveforms, strict=True)
    }
    assert found == pytest.approx({"cat": 300, "dog": 600, tmp_path.name: 900}, abs=1)
    assert not dataset.skipped


def test_a_long_file_is_cut_into_consecutive_clips(tmp_path):
    sound = np.random.default_rng(0).uniform(-0.5, 0.5, 2 * 4096 + 1500).astype(np.float32)
    write(tmp_path / "a.wav", sound, subtype="FLOAT")
    dataset = datasets.load(tmp_path, samples=4096)
    assert len(dataset) == 3
    np.testing.assert_array_equal(dataset.waveforms.ravel()[: len(sound)], sound)
    assert not dataset.waveforms.ravel()[len(sound) :].any()


def test_a_rest_shorter_than_a_quarter_of_a_clip_is_dropped(tmp_path):
    write(tmp_path / "a.wav", tone(440)[: 4096 + 1000], subtype="FLOAT")
    assert len(datasets.load(tmp_path, samples=4096)) == 1


def test_pauses_are_passed_over_so_that_each_clip_begins_with_sound(tmp_path):
    hit = np.full(1000, 0.5, np.float32)
    pause = np.zeros(30000, np.float32)
    write(tmp_path / "a.wav", np.concatenate([pause, hit, pause, hit, pause]), subtype="FLOAT")
    dataset = datasets.load(tmp_path, samples=8192)
    assert len(dataset) == 2
    np.testing.assert_array_equal(dataset.waveforms[:, :1000], 0.5)
    assert not dataset.waveforms[:, 1000:].any()


def test_silence_does_not_make_a_short_sound_longer(tmp_path):
    write(tmp_path / "a.wav", np.pad(tone(440, duration_s=0.005), 8000))
    with pytest.raises(ValueError, match="no usable sound"), pytest.warns(match="5 ms of sound"):
        datasets.load(tmp_path)


def test_clips_beyond_full_scale_are_scaled_down(tmp_path):
    write(tmp_path / "a.wav", tone(440, level=4.0), subtype="FLOAT")
    assert np.abs(datasets.load(tmp_path).waveforms).max() == pytest.approx(1)


def test_a_folder_is_split_by_file_and_by_seed(tmp_path):
    for number in range(20):
        write(tmp_path / f"{number}.wav", tone(440, duration_s=0.5))
    dataset = datasets.load(tmp_path, samples=2048)
    files = {split: set(dataset.split(split).columns["file"]) for split in ("train", "test")}
    assert (len(files["train"]), len(files["test"])) == (18, 2)
    assert not files["train"] & files["test"]
    assert len(dataset) == 20 * 4
    again = datasets.load(tmp_path, split="test", samples=2048)
    assert set(again.columns["file"]) == files["test"]
    others = [
        set(datasets.load(tmp_path, split="test", samples=2048, seed=seed).columns["file"])
        for seed in (1, 2)
    ]
    assert files["test"] not in others


def test_one_file_alone_is_for_training(tmp_path):
    write(tmp_path / "a.wav", tone(440))
    assert list(datasets.load(tmp_path).columns["split"]) == ["train"]
    with pytest.raises(ValueError, match=r"one of 'train', received 'test'"):
        datasets.load(tmp_path, split="test")


@pytest.mark.parametrize("option", ["sample_rate", "samples"])
def test_numbers_of_a_folder_must_be_positive(tmp_path, option):
    with pytest.raises(ValueError, match=f"{option} must be at least 1, received 0"):
        datasets.load(tmp_path, **{option: 0})


def test_a_long_file_is_never_held_at_full_rate(tmp_path, monkeypatch):
    write(tmp_path / "a.wav", np.tile(tone(440, 48000, 5.0)[:, None], (6, 4)), 48000)
    sizes = []
    blocks = audio.blocks
    monkeypatch.setattr(audio, "blocks", lambda *a: (sizes.append(len(b)) or b for b in blocks(*a)))
    datasets.load(tmp_path)
    assert len(sizes) == 4
    assert max(sizes) < 11 * RATE
