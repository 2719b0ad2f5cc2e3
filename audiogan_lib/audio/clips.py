"""Rate, length and level of clips."""

import numpy as np
import soxr

#: A cut clip fades out over this fraction of its length (16 ms of a clip of 1.024 s).
FADE_FRACTION = 1 / 64

#: Rows that are no longer than this, and more than this, are frames of a file with channels.
MOST_CHANNELS = 8


def resample(waveform, sample_rate, target_rate):
    """Change the sample rate of a waveform.

    Parameters
    ----------
    waveform : array_like [shape=(samples,)]
        The sound.
    sample_rate, target_rate : int > 0
        Its rate and the wanted rate, in Hz.

    Returns
    -------
    waveform : np.ndarray [shape=(new samples,), float32]
        The sound at `target_rate`, band-limited by the SoX resampler (high quality), which is also
        librosa's default; `samples * target_rate / sample_rate` of them, rounded.

    Raises
    ------
    ValueError
        When the waveform has another number of axes than one, or a rate is not positive.
    """
    waveform = np.asarray(waveform, np.float32)
    if waveform.ndim != 1:
        raise ValueError(f"waveform must be one channel (samples,), received {waveform.shape}")
    if not (sample_rate > 0 and target_rate > 0):
        raise ValueError(f"rates must be positive, received {sample_rate} and {target_rate}")
    if sample_rate == target_rate:
        return waveform
    return soxr.resample(waveform, sample_rate, target_rate, quality="HQ")


def fit_length(waveform, samples):
    """Bring clips to a length: zeros are added at the end, or the end fades out and is cut.

    Parameters
    ----------
    waveform : array_like [shape=(..., any length)]
        One clip or several.
    samples : int > 0
        Wanted length. A clip that is cut fades to zero, linearly, over the last 1/64 of it, so that
        the cut does not click; clips cut to fewer than 128 samples are not faded.
    """
    waveform = np.asarray(waveform, np.float32)
    length = waveform.shape[-1]
    if length <= samples:
        padding = [(0, 0)] * (waveform.ndim - 1) + [(0, samples - length)]
        return np.pad(waveform, padding)
    clip = waveform[..., :samples].copy()
    fade = int(samples * FADE_FRACTION)
    clip[..., samples - fade :] *= np.linspace(1, 0, fade, dtype=np.float32)
    return clip


def normalize_peak(waveforms, peak=0.9):
    """Scale each clip so that its largest magnitude is `peak`.

    Parameters
    ----------
    waveforms : array_like [shape=(..., samples)]
        The clips. Silent ones stay silent.
    peak : float > 0
        Wanted largest magnitude.
    """
    waveforms = np.asarray(waveforms, np.float32)
    largest = np.abs(waveforms).max(axis=-1, keepdims=True, initial=0.0)
    return waveforms * (
        np.float32(peak) / np.where(largest > np.finfo(np.float32).tiny, largest, 1)
    )


def as_clips(waveforms, name="waveforms"):
    """Take sounds as an array, or say what is wrong with its axes.

    Parameters
    ----------
    waveforms : array_like [shape=(clips, samples)]
        Rows of samples.
    name : str
        What the message calls them.

    Raises
    ------
    ValueError
        If there are other than two axes, or these look like the frames of a file with channels: at
        most eight columns, and more rows than that.
    """
    waveforms = np.asarray(waveforms)
    wanted = f"{name} must have the shape (clips, samples), received {waveforms.shape}"
    if waveforms.ndim != 2:
        raise ValueError(wanted)
    if waveforms.shape[1] <= MOST_CHANNELS < waveforms.shape[0]:
        raise ValueError(f"{wanted}, which looks like (samples, channels): transpose it")
    return waveforms


def level_db(waveforms):
    """Root-mean-square level of each clip.

    Parameters
    ----------
    waveforms : array_like [shape=(..., samples)]
        The clips.

    Returns
    -------
    level_db : np.ndarray [shape=(...), float64]
        In dB relative to full scale: a square wave between -1 and 1 has 0 dB, a sine -3.01 dB,
        silence minus infinity.
    """
    power = np.mean(np.square(np.asarray(waveforms, np.float64)), axis=-1)
    with np.errstate(divide="ignore"):
        return 10 * np.log10(power)
