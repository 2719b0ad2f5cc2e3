"""Files that are whole or not there, and cards that vouch for weights."""

import errno
import hashlib
import json
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import keras
import numpy as np
import pytest

from audiogan_lib import classifiers, files, pretrained, vocoding

resource = pytest.importorskip("resource", reason="a full disk is simulated by a limit of POSIX")


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@contextmanager
def disk_with_room_for(size):
    """Let no file grow beyond a size, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture(scope="module")
def network():
    return keras.Sequential([keras.Input((50,)), keras.layers.Dense(200)])


def test_saved_weights_come_with_their_checksum_and_nothing_else(network, tmp_path):
    path = tmp_path / "small.weights.h5"
    digest = files.save_weights(network, path)
    assert digest == hashlib.sha256(path.read_bytes()).hexdigest()
    assert names(tmp_path) == ["small.weights.h5"]


class Network:
    """Write weights as Keras does, without HDF5, which a full disk may crash at its exit."""

    def save_weights(self, path):
        Path(path).write_bytes(bytes(5000))


@pytest.mark.parametrize(
    "write",
    [
        lambda path: files.write_text(path, "newer" * 1000),
        lambda path: files.save_weights(Network(), path),
    ],
)
def test_a_full_disk_leaves_the_older_file_no_part_and_an_error_that_names_it(write, tmp_path):
    path = tmp_path / "small.weights.h5"
    path.write_bytes(b"older")
    with pytest.raises(OSError, match=f": '{path}'$") as full, disk_with_room_for(1000):
        write(path)
    assert full.value.errno == errno.EFBIG
    assert path.read_bytes() == b"older"
    assert names(tmp_path) == [path.name]


def test_a_file_is_on_the_disk_before_it_takes_its_name(tmp_path, monkeypatch):
    synced, path = [], tmp_path / "card.json"
    monkeypatch.setattr(files.os, "fsync", lambda number: synced.append(path.exists()))
    files.write_text(path, "{}")
    assert synced == [False]


def test_writers_of_the_same_file_do_not_meet(tmp_path):
    path = tmp_path / "card.json"

    def write(number):
        files.write_text(path, str(number) * 100_000)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, [number % 10 for number in range(64)]))
    text = path.read_text(encoding="utf-8")
    assert text == text[0] * 100_000
    assert names(tmp_path) == ["card.json"]


def test_a_name_as_long_as_can_be_is_written(tmp_path):
    path = tmp_path / f"{'ä' * 125}.json"  # 255 bytes
    files.write_text(path, "{}")
    assert names(tmp_path) == [path.name]


def test_an_error_of_another_file_keeps_its_name(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"), files.replacing(tmp_path / "list.txt"):
        Path(tmp_path / "nowhere").read_text(encoding="utf-8")
    assert names(tmp_path) == []


def test_older_files_and_what_a_killed_writer_left_are_removed_together(tmp_path):
    for name in ("step-1.npz", "step-2.npz", "scores.csv", ".writing-0123456789ab-step-3.npz"):
        (tmp_path / name).touch()
    files.keep_only(tmp_path, "step-*.npz", ["step-2.npz"])
    assert names(tmp_path) == ["scores.csv", "step-2.npz"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is not JSON"),
        ('{"file": 1', "is not JSON"),
        ("null", "holds no list"),
        ('[{"file": 1}]', "lacks 'step'"),
        ("[3]", "lacks 'file'"),
    ],
)
def test_a_damaged_list_is_named(tmp_path, text, words):
    path = tmp_path / "list.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=rf"list\.json is damaged: it {words}"):
        files.read_json(path, "file", "step", kind=list)


#: What reads a folder with a card, and a folder that ships.
READERS = {
    "generator": (pretrained.load, files.WEIGHTS / "article"),
    "judge": (classifiers.load, files.WEIGHTS / "judge-drums"),
    "vocoder": (vocoding.load, files.WEIGHTS / "vocoder"),
}


@pytest.fixture(params=READERS)
def shipped(request, tmp_path):
    """Return what reads a kind of folder, a copy of one that ships, and its weights."""
    read, source = READERS[request.param]
    folder = shutil.copytree(source, tmp_path / "copy")
    return read, folder, next(folder.glob("*.weights.h5"))


def test_every_reader_names_the_card_or_the_weights_that_are_damaged(shipped):
    read, folder, weights = shipped
    card = folder / "card.json"
    text = card.read_text(encoding="utf-8")
    for damaged in ("", text[:-9], "{}", "[]"):
        card.write_text(damaged, encoding="utf-8")
        with pytest.raises(ValueError, match=f"{card} is damaged: "):
            read(folder)
    card.write_text(text, encoding="utf-8")
    damaged = bytearray(weights.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    weights.write_bytes(damaged)
    with pytest.raises(ValueError, match=rf"{weights} is missing or damaged: its SHA-256 is not"):
        read(folder)
    weights.unlink()
    with pytest.raises(ValueError, match=f"{weights} is missing or damaged"):
        read(folder)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"step": 1, "step": 2}', "'step' stands in it twice"),
        ('{"best": {"step": 1, "step": 1}}', "'step' stands in it twice"),
        ('{"step": 1, "score": NaN}', "NaN is no number"),
        ('{"step": -Infinity}', "-Infinity is no number"),
        ('{"score": 1e999}', "1e999 is no number"),
    ],
)
def test_what_only_python_takes_for_json_is_damaged(text, reason, tmp_path):
    path = tmp_path / "card.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=rf"card\.json is damaged: it is not JSON \({reason}\)"):
        files.read_json(path)


def test_a_card_that_is_written_is_read_with_its_weights(network, tmp_path):
    best = tmp_path / "run" / "best"  # neither of which is there
    for recipe in ("another", "my own"):
        files.write_card(best, network, {"recipe": recipe}, "step-7.weights.h5")
    card, weights = files.read_card(best, "recipe")
    assert (card["recipe"], weights.name) == ("my own", "step-7.weights.h5")
    assert names(weights.parent) == ["card.json", "step-7.weights.h5"]
    other = keras.Sequential([keras.Input((50,)), keras.layers.Dense(200)])
    other.load_weights(weights)
    assert np.array_equal(other.get_weights()[0], network.get_weights()[0])


def test_a_generator_is_the_shipped_one_only_with_its_weights():
    card = files.read_json(files.WEIGHTS / "drums" / "card.json")
    assert files.is_shipped("drums", card)
    assert not files.is_shipped("drums", {**card, "sha256": "0" * 64})
    assert not files.is_shipped("drums", {})


def test_a_path_is_a_path_and_only_a_name_is_a_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("drums").mkdir()
    Path("drums", "card.json").write_text(json.dumps({}))
    assert files.find_generator("drums") == files.WEIGHTS / "drums"
    for path in ("./drums", Path("drums"), tmp_path / "drums"):
        assert Path(files.find_generator(path)).resolve() == tmp_path / "drums"
    with pytest.raises(ValueError, match=r"'drum' \(did you mean 'drums'\?\).*the folder of a run"):
        files.find_generator("drum")
    with pytest.raises(ValueError, match=r"no generator 'zzz': it must be one of article"):
        files.find_generator("zzz")


def test_the_commit_is_of_this_checkout_and_none_elsewhere(root, tmp_path, monkeypatch):
    commit = files.commit()
    if (root / ".git").exists():
        assert len(commit.removesuffix("-dirty")) >= 12
    monkeypatch.setattr(files, "LIBRARY", tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert files.commit() is None
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b.c", "-C", str(tmp_path)]
    subprocess.run([*git, "init", "--quiet"], check=True)  # somebody else's, around an installation
    subprocess.run([*git, "commit", "--quiet", "--allow-empty", "-m", "theirs"], check=True)
    assert files.commit() is None
