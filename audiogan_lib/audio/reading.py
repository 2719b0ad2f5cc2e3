"""Sound files of any kind as one channel, and what libsndfile does not notice about them."""

from __future__ import annotations

import contextlib
import contextvars
import os
import re
import struct
import tempfile
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile
import soxr

#: Seconds of sound that are decoded at a time: a long file never lies in memory at full rate.
BLOCK_S = 10.0

#: So many samples at most, of all channels.
_BLOCK_SAMPLES = 1 << 24

#: What a sample rate may be: beyond, a header is damaged, and resampling would take for ever.
_RATES_HZ = 1000, 4_000_000

#: The length that an MP3 states may be wrong by the frames in which an encoder puts it.
_MP3_FRAMES = 2 * 1152

_NO_SOUND = "not a sound file that can be read"

#: Takes remarks instead of warnings, see `remarks`.
_REMARKS = contextvars.ContextVar("remarks", default=None)

#: Below, the channels of a file are not looked at to see whether they cancel each other.
_AUDIBLE = 1e-3


def read(file, sample_rate=None):
    """Read a sound file as one channel.

    Several channels are averaged, or, where they cancel each other, the loudest is taken. Whatever
    libsndfile decodes is read, to its last byte: WAV, FLAC, OGG, MP3, ... A warning says where a
    header is wrong though the sound is whole: a recording that was never closed, a few bytes that
    are missing. Returns the sound ``[samples]`` in the file's own scale (full scale is 1), and its
    rate in Hz.

    Parameters
    ----------
    file : str, Path or seekable binary file
        What to read.
    sample_rate : int > 0, optional
        Wanted rate in Hz; the sound is resampled to it. By default the file's own rate is kept.

    Raises
    ------
    AudioError
        When the file is missing, empty, not sound, truncated or holds samples that are not finite.
    """
    with _opened(file) as sound:
        rate = sound.samplerate if sample_rate is None else int(sample_rate)
        parts = list(_mono_blocks(sound, _name_of(file), rate))
    return np.concatenate(parts), rate


def blocks(file, sample_rate):
    """Read a sound file as one channel, a few seconds at a time.

    The blocks joined are exactly what `read` returns; a file of any length needs little memory.

    Parameters
    ----------
    file : str, Path or seekable binary file
        What to read.
    sample_rate : int > 0
        Wanted rate in Hz.

    Yields
    ------
    block : np.ndarray [shape=(samples,), float32]
        The next stretch of sound; lengths differ from block to block.

    Raises
    ------
    AudioError
        As `read`; damage further on in the file is found when it is reached.
    """
    with _opened(file) as sound:
        yield from _mono_blocks(sound, _name_of(file), int(sample_rate))


def facts(file):
    """Return the sample rate of a sound file in Hz, and how many channels it has.

    Parameters
    ----------
    file : str, Path or seekable binary file
        What to look at; nothing is decoded.

    Raises
    ------
    AudioError
        As `read`, for what is seen of damage before decoding.

    Examples
    --------
    >>> import io
    >>> from audiogan_lib import audio
    >>> file = io.BytesIO()
    >>> soundfile.write(file, np.zeros((100, 2)), 22050, format="WAV")
    >>> audio.facts(file)
    (22050, 2)
    """
    with _opened(file) as sound:
        return sound.samplerate, sound.channels


@contextlib.contextmanager
def remarks():
    """Collect what would be warned of while files are read, each sentence once.

    Yields
    ------
    list of str
        What is odd about the files, without their names.

    Examples
    --------
    >>> from audiogan_lib import audio
    >>> with audio.remarks() as odd:
    ...     pass  # read a file here
    >>> odd
    []
    """
    heard = []
    token = _REMARKS.set(heard)
    try:
        yield heard
    finally:
        _REMARKS.reset(token)


class AudioError(ValueError):
    """A file that cannot be used as sound.

    Parameters
    ----------
    path : str or Path
        The file.
    reason : str
        What is wrong with it, as the end of a sentence.
    """

    def __init__(self, path, reason):
        super().__init__(path, reason)
        self.path = str(path)
        self.reason = reason

    def __str__(self):
        return f"{self.path}: {self.reason}"


@contextlib.contextmanager
def _opened(file) -> Iterator[_Sound]:
    """Open sound after the checks that libsndfile does not make."""
    name, path = _name_of(file), None
    with contextlib.ExitStack() as stack:
        if not hasattr(file, "read"):
            path = Path(file)
            try:
                if not path.is_file():  # a pipe would be waited for
                    there = "is a folder" if path.is_dir() else "is a pipe or a device, not a file"
                    raise AudioError(name, there if path.exists() else "there is no such file")
                file = stack.enter_context(path.open("rb"))
            except OSError as error:
                raise AudioError(name, f"cannot be opened ({error.strerror})") from error
        seen = _seen(file, name)
        file.seek(0)
        if seen is file and path is None:
            seen = _Seen(file)
        elif seen is file:  # libsndfile knows some MP3 by their ending alone
            seen = os.fsencode(path) if os.name == "posix" else path
        try:
            with _standard_error_caught():
                sound = stack.enter_context(_Sound(seen))
        except (soundfile.LibsndfileError, TypeError) as error:
            # TypeError: a .raw file, for which soundfile asks for the rate and the channels.
            raise AudioError(name, f"{_NO_SOUND} ({_why(error)})") from error
        if not _RATES_HZ[0] <= sound.samplerate <= _RATES_HZ[1]:
            raise AudioError(name, f"a sample rate of {sound.samplerate} Hz is none of sound")
        sound.has_length = not isinstance(seen, _Stretched)
        yield sound


class _Sound(soundfile.SoundFile):
    """A file that is read from its beginning to its end, wherever that is."""

    def seekable(self):
        """Keep soundfile from seeking after each read, and from reading what a header says."""
        return False


def _name_of(file):
    """Return what a path or an open file is called, for messages."""
    return str(getattr(file, "name", file)) if hasattr(file, "read") else str(file)


def _mono_blocks(sound, name, rate):
    """Decode, mix, check and resample an open file piece by piece."""
    resampler = None
    if rate != sound.samplerate:
        resampler = soxr.ResampleStream(sound.samplerate, rate, 1, dtype="float32", quality="HQ")
    length = int(min(BLOCK_S * sound.samplerate, _BLOCK_SAMPLES // sound.channels))
    frames, compared, channel, complained = 0, sound.channels == 1, None, False
    while True:
        try:
            with _standard_error_caught(sound.format == "MP3") as heard:
                block = sound.read(length, dtype="float32", always_2d=True)
                complained = complained or heard()
        except soundfile.LibsndfileError as error:
            raise AudioError(name, f"damaged ({_why(error)})") from error
        last = len(block) < length
        frames += len(block)
        if last and sound.has_length and frames + _MP3_FRAMES < sound.frames < 1 << 62:
            ends_s, promised_s = frames / sound.samplerate, sound.frames / sound.samplerate
            raise AudioError(name, f"damaged: ends after {ends_s:.2f} s, before {promised_s:.2f} s")
        if not np.isfinite(block).all():
            raise AudioError(name, "holds samples that are NaN or infinite")
        if not compared and np.abs(block).max(initial=0) > _AUDIBLE:
            compared, channel = True, _channel_alone(block, name)
        block = block.mean(axis=1) if channel is None else block[:, channel]
        yield block if resampler is None else resampler.resample_chunk(block, last=last)
        if last:
            if complained:
                _warn(name, "damaged in places: what the decoder could not read is left out")
            return


#: Standard error is the process's own: of two threads that catch it, one would lose it.
_CATCHING = threading.Lock()

#: How a line of libmpg123 begins, or what names it as its own.
_DECODER = re.compile(rb"^(?:Note|Warning): |libmpg123/")


@contextlib.contextmanager
def _standard_error_caught(wanted=True):
    """Keep what libmpg123 tells standard error of what it skips; yield who knows whether it did.

    So of a damaged file there is one word, ours, with its name. What others said meanwhile is
    handed on.
    """
    if not wanted:
        yield lambda: False
        return
    with _CATCHING, tempfile.TemporaryFile(buffering=0) as caught:
        try:
            own = os.dup(2)
        except OSError:  # there is no standard error
            yield lambda: False
            return

        def heard(of_the_decoder):
            if hasattr(os, "pread"):  # which leaves the place, shared with standard error, alone
                said = os.pread(caught.fileno(), os.fstat(caught.fileno()).st_size, 0)
            else:
                caught.seek(0)
                said = caught.read()
            lines = said.splitlines(keepends=True)
            return [line for line in lines if bool(_DECODER.search(line)) is of_the_decoder]

        os.dup2(caught.fileno(), 2)
        try:
            yield lambda: bool(heard(of_the_decoder=True))
        finally:
            os.dup2(own, 2)
            with contextlib.suppress(OSError):  # nobody listens any more
                os.write(own, b"".join(heard(of_the_decoder=False)))
            os.close(own)


def _channel_alone(block, name):
    """Return the loudest channel where the channels cancel each other, None where they do not."""
    powers = np.mean(np.square(block), axis=0)
    # What remains of channels that have nothing to do with each other.
    expected = powers.sum() / len(powers) ** 2
    if np.mean(np.square(block.mean(axis=1))) > 0.01 * expected:
        return None
    _warn(name, "its channels cancel each other; the loudest is taken alone")
    return int(powers.argmax())


def _why(error):
    text = getattr(error, "error_string", str(error)).removeprefix("Error :").strip(" .")
    # What libsndfile says of an MP3 without sound has to do with something else.
    return "of no known format" if "not a regular file" in text else text


def _warn(name, text):
    if (heard := _REMARKS.get()) is None:
        warnings.warn(f"{name}: {text}", stacklevel=2)
    elif text not in heard:
        heard.append(text)


# --- what libsndfile does not notice -------------------------------------------------------------

#: What is often called a sound file and is none that libsndfile decodes, by its first bytes.
_FOREIGN = {
    rb".{4}ftyp": "an MP4 or M4A",
    rb"\x30\x26\xb2\x75": "a WMA or ASF",
    rb"\x1a\x45\xdf\xa3": "a WebM or Matroska",
    rb"\xff[\xf0\xf1\xf8\xf9]": "an AAC stream",
}

#: What begins a frame of an MP3, and what begins files that are none though they may hold this.
_MP3_FRAME = re.compile(rb"\xff[\xe2-\xe7\xf2-\xf7\xfa-\xff][\x00-\xef]", re.DOTALL)
_NO_MP3 = b"RIFF", b"RIFX", b"RF64", b"riff", b"FORM", b".snd", b"caff", b"fLaC", b"OggS"

#: So many bytes may be missing: some recorders count a header into the sound.
_FEW_BYTES = 256

#: What begins files of chunks, and what their chunk of samples is called.
_CHUNKED = b"RIFF", b"RIFX", b"FORM", b"RF64", b"riff"
_SAMPLES = b"data", b"SSND", b"BODY"

#: From these on, the size of that chunk, of 32 or 64 bits, says "unknown": what a program writes
#: that streams into a pipe (ffmpeg 0xFFFFFFFF, sox 0x7FFFF000 and up), or the mark of RF64.
_UNKNOWN_SIZES = {"I": 0x7FFF0000, "Q": 1 << 62}


def _seen(file, name):
    """Return a file as libsndfile should see it; refuse what it would read in part."""
    size = file.seek(0, os.SEEK_END)
    if size == 0:
        raise AudioError(name, "the file is empty")
    head = _at(file, 0, 16)
    for magic, kind in _FOREIGN.items():
        if re.match(magic, head, re.DOTALL):
            raise AudioError(name, f"{_NO_SOUND} ({kind}; make a WAV or FLAC of it)")
    seen, end, length, magic = file, None, None, head[:4]
    if magic in _CHUNKED:
        place, form, start, length = _sound_chunk(file, size, magic, name)
        end = start + length if length < _UNKNOWN_SIZES[form[1]] else None
    elif magic == b".snd" and _number(file, 8, ">I") < _UNKNOWN_SIZES["I"]:
        end = _number(file, 4, ">I") + _number(file, 8, ">I")
    elif magic == b"caff":
        end = _end_of_caf(file, size)
    elif magic == b"OggS":
        end = _end_of_ogg(file, size, name)
    elif magic not in _NO_MP3 and (
        name.lower().endswith(".mp3") or magic[:3] == b"ID3" or _MP3_FRAME.match(head)
    ):
        seen, end = _mp3(file, name)
    missing = 0 if end is None else end - size
    if missing > (0 if magic in (b"caff", b"OggS") else _FEW_BYTES):
        raise AudioError(name, f"truncated: {missing} bytes are missing")
    if missing > 0:
        _warn(name, f"by its header {missing} bytes are missing; it is read to its last byte")
    if missing < 0 and (missing < -_FEW_BYTES or length == 0) and _is_sound(file, end, size):
        if magic not in _CHUNKED or magic == b"FORM":
            raise AudioError(name, f"damaged: its header leaves out its last {-missing} bytes")
        _warn(name, "the WAV was never closed; it is read to its last byte")
        said = size - start + _number(file, place, form) - length  # in a W64 with the chunk's head
        seen = _Patched(file, place, struct.pack(form, min(said, 256 ** struct.calcsize(form) - 1)))
    return seen


def _at(file, position, count):
    file.seek(position)
    return file.read(count)


def _number(file, position, form):
    """Read a number, 0 where the file has ended."""
    content = _at(file, position, struct.calcsize(form))
    return struct.unpack(form, content)[0] if len(content) == struct.calcsize(form) else 0


def _sound_chunk(file, size, magic, name):
    """Find the chunk of samples: where and how its length is written, where it starts, its length.

    libsndfile reads the last of several, or none.
    """
    found = [chunk for kind, *chunk in _chunks(file, size, magic) if kind in _SAMPLES]
    if len(found) > 1:
        raise AudioError(name, f"its samples lie in {len(found)} chunks; make one of them")
    return found[0] if found else (size, "<I", size, 0)


def _chunks(file, size, magic):
    """Walk through the chunks of a file: kind, place and form of the length, start, length."""
    wide = magic == b"riff"  # a W64, where a length counts the 24 bytes before the content, too
    position, form = (40, "<Q") if wide else (12, "<I" if magic in (b"RIFF", b"RF64") else ">I")
    while position < size and re.fullmatch(rb"[ -~]{4}", kind := _at(file, position, 4)):
        place = position + (16 if wide else 4)
        start = position + (24 if wide else 8)
        length = _number(file, place, form)
        if magic == b"RF64" and kind == b"data" and length == 0xFFFFFFFF:
            place, form = 28, "<Q"  # where such a file has its size
            length = _number(file, place, form)
        length -= min(length, 24) if wide else 0
        yield kind, place, form, start, length
        position = start + length + -length % (8 if wide else 2)


def _is_sound(file, position, size):
    """Tell whether the rest of a file is sound: no further chunk, no tag, not zeros alone."""
    while position < size:
        block = _at(file, position, 1 << 16)
        rest = block.lstrip(b"\0")
        if rest:
            return not re.match(rb"[ -~]{4}", _at(file, position + len(block) - len(rest), 4))
        position += len(block)
    return False


def _end_of_caf(file, size):
    """Return where the last chunk of a CAF ends; None where it does not say."""
    position = 8
    while position + 12 <= size:
        length = _number(file, position + 4, ">q")
        if length < 0:
            return None
        position += 12 + length
    return position


def _end_of_ogg(file, size, name):
    """Return where the last page of an OGG ends, which must say that it is the last."""
    longest = 27 + 255 + 255 * 255
    tail = _at(file, max(0, size - longest), longest)
    page = tail[max(0, tail.rfind(b"OggS")) :]
    if len(page) < 27 or not page[5] & 4:
        raise AudioError(name, "truncated: the last page of the OGG is missing")
    lengths = page[27 : 27 + page[26]]
    return size - len(page) + 27 + page[26] + sum(lengths)


def _mp3(file, name):
    """Return an MP3 as libsndfile should see it, and where it ends if it says so."""
    start = 0
    while len(tag := _at(file, start, 10)) == 10 and tag.startswith(b"ID3"):
        start += 10 + sum((byte & 127) << 7 * place for place, byte in enumerate(tag[:5:-1]))
    head = _at(file, start, 1 << 16)
    if head.startswith(_NO_MP3):  # they may have such a tag as well
        return file, None
    frame = _MP3_FRAME.search(head)
    if not frame:
        raise AudioError(name, f"{_NO_SOUND} (no frame of an MP3 in it)")
    first = start + frame.start()
    length = re.search(rb"Xing|Info|VBRI", head[frame.start() :][:192])
    if not length:
        return _Stretched(file), None
    at, flags = first + length.start(), _number(file, first + length.start() + 4, ">I")
    if length.group() == b"VBRI":
        return _Stretched(file), first + _number(file, at + 10, ">I")
    end = first + _number(file, at + 8 + 4 * (flags & 1), ">I") if flags & 2 else None
    return (file if flags & 1 else _Stretched(file)), end


class _Seen:
    """What libsndfile sees of a file: derived classes show it otherwise than it is."""

    def __init__(self, file):
        self.file = file

    def read(self, count):
        return self.file.read(count)

    def seek(self, offset, whence=os.SEEK_SET):
        with contextlib.suppress(OSError, ValueError):  # to before its beginning: stay
            self.file.seek(offset, whence)
        return self.tell()

    def tell(self):
        return self.file.tell()


class _Patched(_Seen):
    """A file with other bytes at one place."""

    def __init__(self, file, place, content):
        super().__init__(file)
        self.place, self.content = place, content

    def read(self, count):
        start = self.tell()
        content = bytearray(super().read(count))
        for place, byte in enumerate(self.content, self.place - start):
            if 0 <= place < len(content):
                content[place] = byte
        return bytes(content)


class _Stretched(_Seen):
    """An MP3 that does not say how long it is: libsndfile guesses by size and first frame.

    With a size that is too large by more than any two bit rates differ, it reads to the end.
    """

    def tell(self):
        return super().tell() * (32 if self.at_end else 1)

    def seek(self, offset, whence=os.SEEK_SET):
        self.at_end = offset == 0 and whence == os.SEEK_END
        return super().seek(offset, whence)

    at_end = False
