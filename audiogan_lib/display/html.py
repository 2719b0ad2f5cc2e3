"""What players and plots have in common: the thing shown, checked sounds, levels over frequency."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from html import escape

import librosa
import numpy as np

from audiogan_lib import audio

#: What a spectrogram shows from dark to bright, in dB relative to a sine of full scale.
RANGE_DB = (-80.0, 0.0)

#: Its lightness rises evenly, so it reads the same in grey.
COLOURMAP = "magma"

#: Samples beyond this are taken for unscaled integers, not for a sound that is a little too loud.
LARGEST_PEAK = 10.0

#: More sounds than this at once are an array the wrong way round, or a page that nobody hears.
MOST_SOUNDS = 256

#: Mel bands of a spectrogram.
MEL_BANDS = 80


@dataclass(frozen=True, repr=False)
class Html:
    """Something that a notebook shows.

    Parameters
    ----------
    html : str
        The thing itself, complete: sounds, pictures and style included.
    text : str
        The same in words; a picture's alternative text.
    """

    html: str
    text: str

    def _repr_html_(self):
        return self.html

    def __repr__(self):
        return self.text


def document(title, body):
    """Make a page of its own, for a browser, without anything from elsewhere.

    Parameters
    ----------
    title : str
        Its name and its heading, as plain text.
    body : str
        HTML of what stands under the heading.

    Returns
    -------
    str
        The page, in light and dark as the reader's system has it.

    Examples
    --------
    >>> from audiogan_lib import display
    >>> "<h1>Kicks &amp; snares</h1>" in display.document("Kicks & snares", "<p>None.</p>")
    True
    """
    return _DOCUMENT.format(title=escape(title), body=body)


_DOCUMENT = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>{title}</title>
<style>
:root{{color-scheme:light dark}}
body{{font:16px/1.5 system-ui,sans-serif;max-width:1100px;margin:0 auto;padding:16px}}
pre{{overflow-x:auto;font-size:14px}}
table{{border-collapse:collapse}}
th,td{{text-align:left;padding:4px 12px 4px 0;border-bottom:1px solid rgba(128,128,128,.4)}}
iframe{{width:100%;height:720px;border:1px solid rgba(128,128,128,.4);border-radius:4px}}
audio{{width:100%}}
</style>
</head>
<body>
<main>
<h1>{title}</h1>
{body}
</main>
</body>
</html>
"""


def as_sounds(sounds, sample_rate, labels):
    """Check sounds; return them as a list of float32 arrays, and a label for each."""
    if not (sample_rate == int(sample_rate) and sample_rate > 0):
        raise ValueError(f"sample_rate must be whole and positive (Hz), received {sample_rate}")
    if not isinstance(sounds, list | tuple) or (len(sounds) and np.ndim(sounds[0]) == 0):
        sounds = np.asarray(sounds)
        sounds = sounds[np.newaxis] if sounds.ndim == 1 else sounds
    if len(sounds) == 0:
        raise ValueError("sounds must hold at least one sound, received none")
    if isinstance(sounds, np.ndarray):
        audio.as_clips(sounds, "sounds")
    if len(sounds) > MOST_SOUNDS:
        raise ValueError(f"sounds must be {MOST_SOUNDS} at most, received {len(sounds)}")
    sounds = [_as_sound(np.asarray(sound), f"sounds[{i}]") for i, sound in enumerate(sounds)]
    if labels is None:
        labels = [f"sound {i}" for i in range(1, len(sounds) + 1)]
    labels = [labels] if isinstance(labels, str) else [str(label) for label in labels]
    if len(labels) != len(sounds):
        raise ValueError(f"labels must be {len(sounds)}, one a sound, received {len(labels)}")
    return sounds, labels


def _as_sound(sound, name):
    if sound.ndim != 1 or sound.size == 0:
        raise ValueError(f"{name} must be one row of samples, received the shape {sound.shape}")
    if not np.issubdtype(sound.dtype, np.floating):
        raise TypeError(
            f"{name} must be floats in [-1, 1], received {sound.dtype}; "
            "16-bit integers become so when divided by 32768"
        )
    if not np.isfinite(sound).all():
        raise ValueError(f"{name} must be finite, received NaN or infinite samples")
    if (peak := np.abs(sound).max()) > LARGEST_PEAK:
        raise ValueError(f"{name} must lie in [-1, 1], received a peak of {peak:.4g}")
    return sound.astype(np.float32)


def _strongest_hz(sound, sample_rate):
    """Find the frequency that carries the most power, from 20 Hz up; None in silence."""
    spectrum = np.abs(np.fft.rfft(sound))
    spectrum[: int(np.ceil(20 * len(sound) / sample_rate))] = 0
    return np.argmax(spectrum) * sample_rate / len(sound) if spectrum.any() else None


def level(sound):
    """Put a sound's level into words."""
    level_db = audio.level_db(sound)
    return "silent" if np.isneginf(level_db) else f"{number(level_db, '.1f')} dBFS"


def describe(sound, sample_rate):
    """Put a sound's length, level and strongest frequency into words."""
    facts = [f"{len(sound) / sample_rate:.2f} s", level(sound)]
    strongest_hz = _strongest_hz(sound, sample_rate)
    if strongest_hz is not None:
        facts.append(f"strongest near {strongest_hz:.0f} Hz")
    return ", ".join(facts)


def describe_all(sounds, labels, sample_rate):
    """Describe each sound after its label."""
    facts = (describe(sound, sample_rate) for sound in sounds)
    return [f"{label}: {fact}" for label, fact in zip(labels, facts, strict=True)]


def number(value, spec=".3g"):
    """Format a number with a real minus sign, which screen readers pronounce."""
    return format(value, spec).replace("-", "\N{MINUS SIGN}")


def data_uri(kind, content):
    """Put a file into an address, so that a page needs nothing beside itself."""
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def window_length(sample_rate):
    """Return the power of two next above 32 ms, in samples: several periods of any voice."""
    return _power_of_two(0.032 * sample_rate)


def _power_of_two(samples):
    return 2 ** max(3, int(np.ceil(np.log2(samples))))


def spectrum_db(sound, sample_rate, n_fft, hop_length, scale="mel"):
    """Return levels [bins, frames], at least -120 dB, and the edges [bins + 1] of the bins in Hz.

    A sine of full scale has 0 dB. A mel band has the level of the strongest frequency in it.
    """
    # Zeros after the window bring frequencies at most 16 Hz apart: no mel band is without one.
    size = n_fft if scale == "linear" else max(n_fft, _power_of_two(sample_rate / 16))
    frames = 1 + len(sound) // hop_length
    sound = np.pad(sound, (0, max(0, size - len(sound))))
    spectra = librosa.stft(sound, n_fft=size, win_length=n_fft, hop_length=hop_length)[:, :frames]
    amplitude = np.abs(spectra) * (2 / librosa.filters.get_window("hann", n_fft).sum())
    edges_hz = (np.arange(len(amplitude) + 1) - 0.5) * sample_rate / size
    if scale == "mel":
        edges_hz = librosa.mel_frequencies(MEL_BANDS + 1, fmax=sample_rate / 2)
        starts = np.ceil(edges_hz[:-1] * size / sample_rate).astype(int)
        amplitude = np.maximum.reduceat(amplitude, starts)
    return 20 * np.log10(np.maximum(amplitude, 1e-6)), edges_hz
