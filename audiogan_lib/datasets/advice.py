"""What suits a folder of sounds: rate and length of clips, and three sentences of advice."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

#: Rates in Hz that networks can be built for; the first two are chosen by themselves.
RATES_HZ = 8000, 16000, 32000, 44100

#: Clips have a multiple of so many samples at 8 kHz, and twice or four times as many at the others.
UNIT = 2048

#: Seconds that are chosen by themselves, at least and at most.
SHORTEST_S, LONGEST_S = 0.5, 2.048

#: Seconds of clips that are cut from sounds without beginnings.
_TEXTURE_S = 1.024

#: So much of half the rate is sound: resampling takes the rest.
_USED = 0.91

#: Of the files' bandwidths and the sounds' lengths these percentiles shall fit.
_BANDWIDTHS, _LENGTHS = 75, 95

#: Below, a class has too few files, and a folder too few sounds.
_FEW_FILES, _FEW_SOUNDS, _MANY_SOUNDS = 8, 60, 300

#: From this share on, a file counts as mostly silent.
_SILENT = 0.5


class Choice(NamedTuple):
    """Rate (Hz) and length (samples) of clips, and why."""

    sample_rate: int
    samples: int
    reason: str


def choose(sounds, sample_rate=None, duration_s=None):
    """Choose rate and length of clips by the sounds, or keep to what is asked for."""
    rate, why_rate = _rate(sounds, sample_rate)
    unit = unit_of(rate)
    wanted_s, why_length = _length_s(sounds, duration_s)
    samples = unit * max(1, int(np.ceil(wanted_s * rate / unit - 1e-6)))
    reason = f"clips of {samples / rate:.2f} s ({why_length}) at {rate} Hz ({why_rate})"
    return Choice(rate, samples, reason)


def unit_of(sample_rate):
    """Return what clips of a rate have a multiple of, in samples."""
    return UNIT * (1 if sample_rate <= 8000 else 2 if sample_rate <= 16000 else 4)


def _rate(sounds, asked):
    if asked is not None:
        if asked not in RATES_HZ:
            known = ", ".join(map(str, RATES_HZ))
            raise ValueError(f"sample_rate={asked}: must be one of {known}")
        return int(asked), "as asked"
    widths_hz = [sound.bandwidth_hz for sound in sounds]
    needed_hz = 2 * np.percentile(widths_hz, _BANDWIDTHS) / _USED
    reach = f"most sound reaches up to {np.percentile(widths_hz, _BANDWIDTHS) / 1000:.1f} kHz"
    for rate in RATES_HZ[:2]:
        if needed_hz <= rate:
            return rate, reach
    return RATES_HZ[1], f"{reach}, and a higher rate takes twice the time"


def _length_s(sounds, asked):
    if asked is not None:
        if not 0 < asked <= 4 * LONGEST_S:
            raise ValueError(
                f"duration_s={asked:g}: must be more than 0, {4 * LONGEST_S:g} at most"
            )
        return asked, "as asked"
    lengths_s = np.array([length for sound in sounds for length in sound.lengths_s])
    if np.mean(lengths_s >= 0.95 * LONGEST_S) > 0.5:
        return _TEXTURE_S, "most sounds go on for longer than a clip can be"
    wanted_s = float(np.percentile(lengths_s, _LENGTHS))
    kept_s = min(max(wanted_s, SHORTEST_S), LONGEST_S)
    return kept_s, f"{_LENGTHS} % of the sounds last {wanted_s:.2f} s at most"


def advise(look):
    """Return three sentences: how much there is, what to mend first, what would be trained."""
    return _amount(look), _trouble(look), f"What suits them: {choose(look.sounds).reason}."


def _amount(look):
    sounds = sum(len(sound.lengths_s) for sound in look.sounds)
    classes = len(look.labels)
    each = sounds / classes
    named = f"{sounds} sounds" + (f" in {classes} classes" if classes > 1 else " of one kind")
    if each < _FEW_SOUNDS / 4 or sounds < _FEW_SOUNDS:
        return f"{named} are few: a network will play them back rather than vary them; add more."
    if sounds < _MANY_SOUNDS:
        return f"{named} will do for a first try; some hundreds give it more to vary."
    return f"{named} are enough to learn from."


def _trouble(look):
    """Name what costs most, and only that."""
    files = len(look.sounds)
    doubles = sum(len(names) - 1 for names in look.duplicates)
    clipped = sum(sound.clipped > 0 for sound in look.sounds)
    # Pauses between the sounds of a long recording are no fault.
    silent = sum(sound.silence > _SILENT and len(sound.lengths_s) == 1 for sound in look.sounds)
    small = [label for label, count in look.labels.items() if count < _FEW_FILES]
    found = [
        (len(look.skipped) / files, f"{_files(look.skipped)} cannot be used: {_first(look)}"),
        (
            doubles / files,
            f"{doubles} of {files} files repeat another: remove them, or the test will know them",
        ),
        (
            (len(small) / len(look.labels) if len(look.labels) > 1 else 0) / 2,
            f"Classes of fewer than {_FEW_FILES} files ({', '.join(small[:4])}) cannot be judged "
            "fairly: add files, or join them with others",
        ),
        (clipped / files, f"{clipped} of {files} files are clipped: their crackle is learnt too"),
        (
            silent / files / 4,
            f"{silent} of {files} files are silent for more than half: silence before and after "
            "sounds is cut off",
        ),
    ]
    worst, sentence = max(found, key=lambda pair: pair[0])
    return f"{sentence}." if worst > 0 else "Nothing is wrong with the files that can be measured."


def _files(pairs):
    return f"{len(pairs)} file{'s' if len(pairs) != 1 else ''}"


def _first(look):
    return f"{look.skipped[0][0]} ({look.skipped[0][1]}) first" if look.skipped else ""
