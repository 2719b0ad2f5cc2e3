"""Measured on the sounds themselves, without a judge: attack, pitch, vital signs.

`audiogan_lib.metrics` states the conventions.
"""

from typing import NamedTuple

import librosa
import numpy as np
from scipy.ndimage import median_filter, uniform_filter1d

from audiogan_lib import audio, spectral

#: What the envelope of an attack is averaged over.
_WINDOW_S = 0.001

#: Of the spectra in which vital signs are looked for.
_N_FFT, _HOP_LENGTH = 512, 128

#: Half the width, in bins, of what a line is compared with.
_AROUND = 8


def onset_times(waveforms, sample_rate):
    """Measure when each sound begins: its envelope reaches a tenth of the greatest value.

    In milliseconds ``[clips]`` from the beginning of the clip, NaN for silence.

    Parameters
    ----------
    waveforms, sample_rate : array_like [shape=(clips, samples)], int >= 1000
        As for `attack_times`.

    Raises
    ------
    ValueError
        If the shape is another.
    """
    power, peaks = _envelopes(waveforms, sample_rate)
    first = (power >= 0.1**2 * peaks).argmax(axis=1)
    return np.where(peaks[:, 0] > 0, 1000.0 * first / sample_rate, np.nan)


def durations(waveforms, sample_rate):
    """Measure for how long each sound is heard: its envelope is within 40 dB of the greatest value.

    In milliseconds ``[clips]`` from the first such moment to the last, NaN for silence.

    Parameters
    ----------
    waveforms, sample_rate : array_like [shape=(clips, samples)], int >= 1000
        As for `attack_times`.

    Raises
    ------
    ValueError
        If the shape is another.
    """
    power, peaks = _envelopes(waveforms, sample_rate)
    heard = power >= 0.01**2 * peaks
    span = heard.shape[1] - heard.argmax(axis=1) - heard[:, ::-1].argmax(axis=1)
    return np.where(peaks[:, 0] > 0, 1000.0 * span / sample_rate, np.nan)


def _envelopes(waveforms, sample_rate):
    """Return the mean power of a millisecond around each sample, and its greatest value."""
    waveforms = audio.as_clips(waveforms).astype(np.float64)
    window = max(1, round(_WINDOW_S * sample_rate))
    power = uniform_filter1d(np.square(waveforms), window, axis=1, mode="constant")
    return power, power.max(axis=1, keepdims=True)


def attack_times(waveforms, sample_rate):
    """Measure how quickly each sound rises: its envelope from 10 % to 90 % of the greatest value.

    The envelope is the root mean square over a millisecond. Pitfalls: a sound that swells again
    later counts up to its loudest moment, and of a low tone the envelope follows the wave itself,
    so that 60 Hz can rise no quicker than a few milliseconds. Compare medians of many sounds. The
    result is in ms ``[clips]``, NaN for silence.

    Parameters
    ----------
    waveforms : array_like [shape=(clips, samples)]
        One sound each.
    sample_rate : int >= 1000
        In Hz.

    Raises
    ------
    ValueError
        If the shape is another.
    """
    power, peaks = _envelopes(waveforms, sample_rate)
    first, last = ((power >= share**2 * peaks).argmax(axis=1) for share in (0.1, 0.9))
    return np.where(peaks[:, 0] > 0, 1000.0 * (last - first) / sample_rate, np.nan)


def attack_difference(fake_ms, fake_labels, real_ms, real_labels):
    """Compare attacks label by label.

    By how much the median attacks of generated and of real sounds differ, in ms: the mean over the
    labels that both have.

    Parameters
    ----------
    fake_ms, fake_labels, real_ms, real_labels : array_like [shape=(clips,)]
        From `attack_times`; what each sound was asked to be, or is.

    Examples
    --------
    >>> attack_difference([9.0, 2.0], [0, 1], [5.0, 2.0], [0, 1])
    2.0
    """
    both = np.intersect1d(fake_labels, real_labels)
    medians = [
        [np.nanmedian(np.asarray(attacks_ms)[np.equal(labels, label)]) for label in both]
        for attacks_ms, labels in ((fake_ms, fake_labels), (real_ms, real_labels))
    ]
    return float(np.mean(np.abs(np.subtract(*medians))))


def pitch_errors(waveforms, sample_rate, midi, fmin_hz=55.0, fmax_hz=1400.0):
    """Measure by how much each note is out of tune.

    The period is the one that YIN finds (de Cheveigne and Kawahara 2002), the median over the
    frames of 0.1 s or more that lie within 20 dB of the loudest. Pitfalls: YIN finds a pitch in
    noise too, though hardly the one asked for; it may take a weak fundamental for an octave more;
    it reads between samples, and is up to 5 cents high near 1 kHz at a rate of 16 kHz; and it knows
    no timbre. All notes that ship are within 20 cents: those that were not are left out. Errors are
    positive where the note is too high, NaN for silence; 100 cents are a semitone.

    Parameters
    ----------
    waveforms : array_like [shape=(clips, samples)]
        One note each.
    sample_rate : int > 0
        In Hz.
    midi : array_like [shape=(clips,)]
        Pitch asked for, as MIDI number: 69 is 440 Hz.
    fmin_hz, fmax_hz : float > 0
        Between which the pitch is sought, whatever was asked.

    Raises
    ------
    ValueError
        If there is not one pitch a clip.
    """
    waveforms = audio.as_clips(waveforms).astype(np.float32)
    midi = np.asarray(midi, np.float64)
    if midi.shape != waveforms.shape[:1]:
        raise ValueError(f"midi must have the shape {waveforms.shape[:1]}, received {midi.shape}")
    f0_hz = [_median_hz(waveform, sample_rate, fmin_hz, fmax_hz) for waveform in waveforms]
    return 1200 * np.log2(np.array(f0_hz) / librosa.midi_to_hz(midi))


def _median_hz(waveform, sample_rate, fmin_hz, fmax_hz):
    """Return the pitch of the frames that are not much quieter than the loudest."""
    if not waveform.any():
        return np.nan
    frame_length = 1 << int(np.ceil(np.log2(0.1 * sample_rate)))
    frames = {"frame_length": frame_length, "hop_length": frame_length // 8}
    f0_hz = librosa.yin(waveform, fmin=fmin_hz, fmax=fmax_hz, sr=sample_rate, **frames)
    level = librosa.feature.rms(y=waveform, **frames)[0]
    return np.median(f0_hz[level >= level.max() / 10])


def pitch_accuracy(errors_cents, tolerance_cents=20.0):
    """Share of notes that are in tune; `wilson_interval` tells how sure it is.

    Parameters
    ----------
    errors_cents : array_like [shape=(clips,)]
        From `pitch_errors`; NaN counts as out of tune.
    tolerance_cents : float > 0
        Greatest deviation that passes.
    """
    return float(np.mean(np.abs(np.asarray(errors_cents)) <= tolerance_cents))


class VitalSigns(NamedTuple):
    """Of a set of sounds.

    ``level_db``: median level. ``flatness``: median over clips of the flatness of the average power
    spectrum, 1 for white noise, near 0 for a tone. ``line_db``: by how much the strongest line of
    the average spectrum stands above its surroundings; ``line_hz`` its frequency. ``apart_db``:
    median over clips of the difference to the most similar other clip, the mean over all times and
    frequencies of their spectrograms at equal peaks.
    """

    level_db: float
    flatness: float
    line_db: float
    line_hz: float
    apart_db: float


def vital_signs(waveforms, sample_rate):
    """Measure sounds.

    Parameters
    ----------
    waveforms : np.ndarray [shape=(clips, samples)]
        At least two sounds of at least 512 samples.
    sample_rate : int > 0
        In Hz.

    Raises
    ------
    ValueError
        If the shape is another.
    """
    shape = audio.as_clips(waveforms).shape
    if shape[0] < 2 or shape[1] < _N_FFT:
        raise ValueError(f"waveforms must have at least the shape (2, {_N_FFT}), received {shape}")
    magnitudes = np.abs(spectral.stft(waveforms, _N_FFT, _HOP_LENGTH).numpy())
    power = np.mean(np.square(magnitudes), axis=1) + 1e-20
    flatness = np.exp(np.log(power).mean(axis=-1)) / power.mean(axis=-1)
    average_db = 20 * np.log10(magnitudes + 1e-4).mean(axis=(0, 1))
    above_db = average_db - median_filter(average_db, 2 * _AROUND + 1, mode="nearest")
    line = int(above_db.argmax())
    return VitalSigns(
        level_db=float(np.median(audio.level_db(waveforms))),
        flatness=float(np.median(flatness)),
        line_db=float(above_db[line]),
        line_hz=line * sample_rate / _N_FFT,
        apart_db=_apart_db(magnitudes),
    )


def symptoms(fake, real):
    """Say for each alarm about sounds what is wrong, if anything.

    Returns a dict by name of the alarm; of what is silent nothing else is said.

    Parameters
    ----------
    fake, real : VitalSigns
        Of generated sounds and of as many recordings.
    """
    if fake.level_db < real.level_db - 20:
        seen = f"sounds at {fake.level_db:.0f} dB, recordings at {real.level_db:.0f} dB"
        return {"silence": seen, "noise": None, "whine": None, "collapse": None}
    hiss = max(0.2, min(10 * real.flatness, (1 + real.flatness) / 2))
    return {
        "silence": None,
        "noise": fake.flatness > hiss
        and f"flatness of the spectrum {fake.flatness:.2f}, that of recordings {real.flatness:.2f}",
        "whine": fake.line_db > real.line_db + 12
        and f"a line at {fake.line_hz:.0f} Hz, {fake.line_db:.0f} dB above what is around it",
        "collapse": fake.apart_db < real.apart_db / 4
        and f"each sound is {fake.apart_db:.2f} dB from the one most like it, "
        f"recordings are {real.apart_db:.2f} dB",
    }


def _apart_db(magnitudes, floor_db=-60.0):
    peaks = magnitudes.max(axis=(1, 2), keepdims=True) + 1e-20
    decibels = np.maximum(20 * np.log10(magnitudes / peaks + 1e-20), floor_db)
    nearest = [
        np.delete(np.abs(decibels - each).mean(axis=(1, 2)), index).min()
        for index, each in enumerate(decibels)
    ]
    return float(np.median(nearest))
