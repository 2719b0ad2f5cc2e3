"""Where a recording is cut into clips: at onsets, and by length where there are none.

A sound that is no longer than a clip is one clip, whatever happens in it. In a longer one, a clip
ends where the next sound begins, and at the latest when it is full. What follows a full clip begins
another one if it is still loud; where it only dies away, it is passed over.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

#: Samples below this level, in dB relative to full scale, count as silence.
SILENCE_DB = -60.0
SILENCE = 10 ** (SILENCE_DB / 20)

#: A recording rests where so many seconds of it do not move by more than that.
REST_S = 0.02

#: What is left after clips that were cut by length is used from this fraction of a clip on.
SHORTEST_REST = 0.25

#: Peaks of frames of so many seconds tell where sounds begin.
_FRAME_S = 0.01

#: Two ways to begin, in frames and factors. Either the last frames are so far below the loudest of
#: the clip, and the new one is not: a beat. Or there was a pause, longer than that before a "t"
#: within a word, and then even a soft sound begins.
_BEAT_FRAMES, _BEAT_BELOW, _BEAT_ABOVE = 5, 10.0, 6.0
_PAUSE_FRAMES, _PAUSE_BELOW = 15, 30.0

#: By such a factor a new sound is louder than what was there before.
_RISE = 4.0

#: From one onset to the next, at least.
_SHORTEST_FRAMES = 10

#: What follows a full clip and is so far below its loudest has only died away, and goes on to as
#: long as each stretch of a clip's length is so far below the one before.
_DIED_AWAY, _FALLS = 10.0, 2.0

#: What is cut off by the next sound fades out over so many seconds.
_FADE_S = 0.004


def cut(blocks: Iterable[np.ndarray], sample_rate: int, samples: int) -> Iterator[np.ndarray]:
    """Cut a stream of sound into clips that each begin with sound, of at most so many samples."""
    cutter, rest = _Cutter(sample_rate, samples), np.zeros(0, np.float32)
    for block in blocks:
        rest = cutter.onwards(np.concatenate([rest, block]))
        while len(rest) >= 2 * samples:
            clip, rest = cutter.first(rest)
            yield clip
            rest = cutter.onwards(rest)
    rest = _without_end(rest)
    if not cutter.clips and len(rest) <= samples:
        if len(rest):
            yield rest
        return
    while len(rest):
        goes_on = cutter.full
        clip, rest = cutter.first(rest)
        if goes_on and len(clip) < SHORTEST_REST * samples and not len(rest):
            return
        yield clip
        rest = cutter.onwards(rest)


class _Cutter:
    """Finds the next clip, and after a full one where another sound begins.

    ``full``: what comes next goes on from a full clip without a pause. ``below``: what is below
    that has only died away.
    """

    def __init__(self, sample_rate, samples):
        self.sample_rate, self.samples = sample_rate, samples
        self.clips, self.full, self.below = 0, False, 0.0

    def first(self, rest):
        """Return the first clip of a sound, and what is left."""
        self.clips += 1
        if onset := _next_onset(rest[: self.samples], self.sample_rate):
            self.full = False
            return _faded(_without_end(rest[:onset]), self.sample_rate), rest[onset:]
        clip = rest[: self.samples]
        self.full = len(clip) == self.samples
        self.below = np.abs(clip).max() / _DIED_AWAY if self.full else 0.0
        return clip, rest[self.samples :]

    def onwards(self, rest):
        """Drop what is no sound of its own: silence, and what dies away after a full clip."""
        while self.below and len(rest):
            window = rest[: self.samples]
            loud = _peaks(window, self.sample_rate) > self.below
            if loud.any():
                dropped, self.below = loud.argmax() * _frame(self.sample_rate), 0.0
            else:
                dropped, self.below = len(window), np.abs(window).max() / _FALLS
            self.full = self.full and not dropped
            rest = rest[dropped:]
        sound = from_onset(rest)
        self.full = self.full and len(rest) - len(sound) < _frame(self.sample_rate)
        return sound


def _faded(clip, sample_rate):
    clip, fade = clip.copy(), min(len(clip), int(_FADE_S * sample_rate))
    clip[len(clip) - fade :] *= np.linspace(1, 0, fade, dtype=np.float32)
    return clip


def without_offset(blocks: Iterable[np.ndarray], sample_rate: int) -> Iterator[np.ndarray]:
    """Take off the level at which a recording rests: a constant would hide silence and onsets."""
    offset = 0.0
    for block in blocks:
        offset = _offset(block, sample_rate, offset)
        yield block - offset if offset else block


def from_onset(waveform: np.ndarray) -> np.ndarray:
    """Drop the silence at the beginning."""
    loud = np.abs(waveform) > SILENCE
    return waveform[loud.argmax() :] if loud.any() else waveform[:0]


def _without_end(waveform: np.ndarray) -> np.ndarray:
    return from_onset(waveform[::-1])[::-1]


def _next_onset(sound: np.ndarray, sample_rate: int) -> int:
    """Return where another sound begins, or 0 if none does."""
    peaks, frame = _peaks(sound, sample_rate), _frame(sample_rate)
    if len(peaks) <= _SHORTEST_FRAMES:
        return 0
    beat, pause = (_before(peaks, count) for count in (_BEAT_FRAMES, _PAUSE_FRAMES))
    loudest = np.maximum.accumulate(np.concatenate([peaks[:1], peaks[:-1]]))
    rises = (peaks > _RISE * beat) & (peaks > 2 * SILENCE)
    begins = rises & (beat < loudest / _BEAT_BELOW) & (peaks > loudest / _BEAT_ABOVE)
    begins |= rises & (pause < loudest / _PAUSE_BELOW)
    begins[:_SHORTEST_FRAMES] = False
    if not begins.any():
        return 0
    first = int(begins.argmax())
    heard = np.abs(sound[first * frame : (first + 1) * frame]) > 2 * beat[first]
    return first * frame + int(heard.argmax())


def _frame(sample_rate: int) -> int:
    return max(1, int(_FRAME_S * sample_rate))


def _peaks(sound: np.ndarray, sample_rate: int) -> np.ndarray:
    """Return the largest magnitude of each frame, the last of which may be shorter."""
    if not len(sound):
        return np.zeros(0, np.float32)
    return np.maximum.reduceat(np.abs(sound), np.arange(0, len(sound), _frame(sample_rate)))


def _before(peaks: np.ndarray, count: int) -> np.ndarray:
    """Return the largest of so many frames before each; the first have none that is quiet."""
    padded = np.concatenate([np.full(count, np.inf), peaks])
    return np.lib.stride_tricks.sliding_window_view(padded, count)[: len(peaks)].max(axis=1)


def _offset(block: np.ndarray, sample_rate: int, before: float) -> np.float32 | float:
    length = max(1, int(REST_S * sample_rate))
    frames = block[: len(block) // length * length].reshape(-1, length)
    resting = frames[np.ptp(frames, axis=1) < 2 * SILENCE]
    if not len(resting):
        return before
    levels = resting.mean(axis=1)
    offset = np.median(levels)
    if np.mean(np.abs(levels - offset) < SILENCE) < 0.75:  # the plateaus of a slow square wave
        return before
    return offset if abs(offset) > SILENCE / 2 else 0.0
