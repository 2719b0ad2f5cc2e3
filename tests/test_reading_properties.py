"""Whatever bytes and names a folder holds: no crash, no hang, and no sound lost without a word."""

import multiprocessing
import shutil
import struct
import tempfile
import warnings
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st
from tones import RATE, tone, wav_bytes

from audiogan_lib import audio

SETTINGS = hypothesis.settings(derandomize=True, deadline=None, database=None, max_examples=150)

#: Bytes of sound none of which look like the name of a chunk.
SOUND = np.random.default_rng(0).integers(-32768, -1, 2000).astype("<i2").tobytes()


def outcome(data):
    """Read bytes; return how many samples there were, and whether a word was said."""
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        path = Path(folder) / "a.wav"
        path.write_bytes(data)
        try:
            return len(audio.read(path)[0]), bool(warned)
        except audio.AudioError:
            return 0, True


@pytest.fixture(scope="module")
def elsewhere():
    """Return a process that may crash."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        pool.submit(outcome, b"").result()  # once its imports are done
        yield lambda data: pool.submit(outcome, data).result(timeout=10)


sizes = st.one_of(
    st.integers(0, 2**32 - 1), st.integers(0, 2 * len(SOUND)), st.just(0xFFFFFFFF), st.just(0)
)
chunks = st.lists(
    st.tuples(
        st.just("data") | st.text("abcdefgLISTfact ", min_size=4, max_size=4),
        st.binary(max_size=300),
    ),
    max_size=4,
)


@SETTINGS
@hypothesis.given(before=chunks, riff=sizes, size=sizes, cut=st.integers(0, 400))
def test_of_a_wav_with_any_sizes_in_its_header_no_sound_is_lost_without_a_word(
    elsewhere, before, riff, size, cut
):
    data = b"RIFF" + struct.pack("<I", riff) + b"WAVEfmt "
    data += struct.pack("<IHHIIHH", 16, 1, 1, RATE, 2 * RATE, 2, 16)
    for kind, content in before:
        data += kind.encode() + struct.pack("<I", len(content)) + content
        data += bytes(len(content) % 2)
    sound = SOUND[: len(SOUND) - cut]
    samples, said = elsewhere(data + b"data" + struct.pack("<I", size) + sound)
    assert said or 2 * samples >= len(sound) - 256
    assert 2 * samples <= len(sound)


scripts = st.one_of(
    *(
        st.characters(min_codepoint=first, max_codepoint=last, exclude_categories=("Cn", "Cs"))
        for first, last in ((33, 591), (0x0370, 0x03FF), (0x0600, 0x06FF), (0x4E00, 0x4FFF))
    )
)
names = st.text(scripts, min_size=1, max_size=30).filter(lambda name: "/" not in name)
KINDS = {
    "whole": wav_bytes(tone(440, duration_s=0.1)),
    "cut": wav_bytes(tone(440, duration_s=0.1))[:900],
    "empty": b"",
}


@hypothesis.settings(SETTINGS, max_examples=40)
@hypothesis.given(
    tree=st.dictionaries(st.tuples(names, names), st.sampled_from([*KINDS]), max_size=6)
)
def test_every_file_of_any_name_is_used_or_skipped(tree):
    from audiogan_lib import datasets  # not in the process that may crash: it takes long

    folder, expected = Path(tempfile.mkdtemp()), {}
    try:
        for (label, name), kind in {("kick", "sure"): "whole", **tree}.items():
            path = folder / label / f"{name}.wav"
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(KINDS[kind])
            if not (label.startswith(".") or name.startswith(".")):
                expected[path.relative_to(folder).as_posix()] = kind
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            dataset = datasets.load(folder, samples=1024)
    finally:
        shutil.rmtree(folder)
    skipped = {Path(path).relative_to(folder).as_posix() for path, _ in dataset.skipped}
    assert set(dataset.columns["file"]) == {name for name in expected if expected[name] == "whole"}
    assert skipped == {name for name in expected if expected[name] != "whole"}
