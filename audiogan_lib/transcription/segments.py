"""Segments of speech: what the transcriber's generator takes, made without any label.

Frames of log-mels, their principal components, clusters of those, and the mean of each run of one
cluster: the steps of Baevski et al. (2021, section 3) with log-mels in place of wav2vec 2.0, whose
features come from far more speech than a book can use.
"""

from dataclasses import dataclass

import numpy as np
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA

from audiogan_lib import spectral

WINDOW_S, HOP_S = 0.032, 0.01


def speech_frames(waveform, sample_rate, n_mels=40, context=3, silence_db=-40.0):
    """Describe speech by log-mels of a frame and its neighbours, silence left out.

    Parameters
    ----------
    waveform : array-like [shape=(samples,)]
        One utterance in [-1, 1], at least 32 ms long.
    sample_rate : int > 0
        In Hz.
    n_mels : int > 0
        Mel bands.
    context : int >= 0
        Neighbours on each side.
    silence_db : float < 0
        Frames below this level, relative to the loudest, are left out, as the paper does with a
        voice activity detector.

    Returns
    -------
    ndarray [shape=(frames, (2 * context + 1) * n_mels)], float32
        One row for each 10 ms. Each band has mean 0 and variance 1 over the utterance, which takes
        away part of what differs between voices.

    Raises
    ------
    ValueError
        If there is nothing but silence.
    """
    mels = mel_frames(waveform, sample_rate, n_mels)
    power = np.square(mels).sum(axis=1)
    heard = power > power.max() * 10 ** (silence_db / 10)
    if not heard.any():
        raise ValueError("waveform: all zeros, need speech")
    logs = np.log(mels[heard] + 1e-5)
    logs = (logs - logs.mean(axis=0)) / (logs.std(axis=0) + 1e-5)
    padded = np.pad(logs, ((context, context), (0, 0)), mode="edge")
    return np.concatenate([padded[i : i + len(logs)] for i in range(2 * context + 1)], axis=1)


def mel_frames(waveform, sample_rate, n_mels):
    """Return the mel magnitudes of an utterance, one row for each 10 ms."""
    n_fft, hop_length = round(WINDOW_S * sample_rate), round(HOP_S * sample_rate)
    waveform = np.asarray(waveform, np.float32)
    return spectral.mel(waveform[None], sample_rate, n_fft, hop_length, n_mels)[0].numpy()


@dataclass(frozen=True)
class Segmenter:
    """Cut speech where its sound changes (Baevski et al. 2021, section 3.2).

    Parameters
    ----------
    projection : sklearn.decomposition.PCA
        From frames to fewer numbers.
    units : sklearn.cluster.KMeans
        Kinds of sound.
    """

    projection: PCA
    units: KMeans

    def __call__(self, frames):
        """Cut one utterance.

        Parameters
        ----------
        frames : ndarray [shape=(frames, bands)]
            As :func:`speech_frames` returns them.

        Returns
        -------
        ndarray [shape=(segments, dim)]
            Mean of each run of frames of the same unit, scaled to variance 1 in the mean over the
            frames that the segmenter was made from.
        """
        reduced = self.projection.transform(frames).astype(np.float32)
        scale = np.sqrt(self.projection.explained_variance_.mean())
        return merge_runs(reduced, self.units.predict(reduced)) / scale


def fit_segmenter(utterances, dim=32, units=64, seed=0):
    """Learn kinds of sound from speech alone: principal components, then k-means.

    Parameters
    ----------
    utterances : sequence of ndarray [shape=(frames, bands)]
        As :func:`speech_frames` returns them.
    dim : int > 0
        Numbers that will describe a segment.
    units : int > 0
        Kinds of sound; the more, the shorter the segments.
    seed : int
        Of k-means.

    Returns
    -------
    Segmenter
        What cuts utterances; the same for the same seed.
    """
    frames = np.concatenate(utterances)
    projection = PCA(dim, random_state=seed).fit(frames)
    reduced = projection.transform(frames).astype(np.float32)
    return Segmenter(projection, KMeans(units, n_init=1, random_state=seed).fit(reduced))


def merge_runs(frames, units):
    """Average neighbouring frames of the same unit.

    Parameters
    ----------
    frames : ndarray [shape=(frames, dim)]
        Features.
    units : ndarray [shape=(frames,)], int
        The unit of each frame, for example its cluster.

    Returns
    -------
    ndarray [shape=(segments, dim)]
        Mean of each run of equal units.
    """
    starts = np.flatnonzero(np.diff(units, prepend=units[0] - 1))
    sizes = np.diff(starts, append=len(units))
    return np.add.reduceat(frames, starts, axis=0) / sizes[:, None]


def merge_pairs(segments):
    """Average segments two by two, for phonemes last longer than a segment.

    Parameters
    ----------
    segments : ndarray [shape=(segments, dim)]
        As a :class:`Segmenter` returns them.

    Returns
    -------
    ndarray [shape=(ceil(segments / 2), dim)]
        Means of neighbours; an odd last segment stays as it is.
    """
    return merge_runs(segments, np.arange(len(segments)) // 2)
