"""Words of dictated speech: joined with pauses, found by their pauses, described by numbers."""

from dataclasses import dataclass

import numpy as np
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA

from audiogan_lib import spectral

_SHORTEST_S = 0.1  # what is shorter is no word but a click or a breath


def dictate(words, sample_rate, pause_s=0.25, silence_db=-40.0):
    """Join recordings of words into one utterance with a pause after each.

    Parameters
    ----------
    words : sequence of array-like [shape=(samples,)]
        One recording a word.
    sample_rate : int > 0
        In Hz.
    pause_s : float >= 0
        Length of the pauses.
    silence_db : float < 0
        What is quieter than this before and after a word, relative to its peak, is cut away.

    Returns
    -------
    ndarray [shape=(samples,)], float32
        The utterance.

    Raises
    ------
    ValueError
        If a word is nothing but zeros.
    """
    pause, parts = np.zeros(round(pause_s * sample_rate), np.float32), []
    for number, word in enumerate(words):
        sizes = np.abs(np.asarray(word, np.float32))
        if not sizes.any():
            raise ValueError(f"words: number {number} is all zeros, need speech")
        heard = np.flatnonzero(sizes >= sizes.max() * 10 ** (silence_db / 20))
        parts += [np.asarray(word, np.float32)[heard[0] : heard[-1] + 1], pause]
    return np.concatenate(parts)


def speak(dataset, texts, voices, seed):
    """Let the voices of a data set of words dictate texts.

    Parameters
    ----------
    dataset : audiogan_lib.datasets.Dataset
        Recordings of single words; its labels are the symbols of the texts.
    texts : sequence of sequence of int
        What to say.
    voices : str
        The column that names who speaks, such as ``"speaker"``.
    seed : int
        Of the choice of a voice for each text, and of a recording for each word.

    Returns
    -------
    list of ndarray [shape=(samples,)], float32
        One utterance a text, each by one voice, see :func:`dictate`.

    Raises
    ------
    ValueError
        If there is no such column, or a voice lacks a word that it is to say.
    """
    if voices not in dataset.columns:
        raise ValueError(f"voices must be one of {', '.join(dataset.columns)}, got {voices!r}")
    rng, speakers = np.random.default_rng(seed), dataset.columns[voices]
    names, utterances = np.unique(speakers), []
    for text in texts:
        name = rng.choice(names)
        spoken = [np.flatnonzero((speakers == name) & (dataset.labels == word)) for word in text]
        if not all(map(len, spoken)):
            raise ValueError(f"dataset: {name} does not say all of {list(map(int, text))}")
        chosen = [rng.choice(takes) for takes in spoken]
        utterances.append(dictate(dataset.waveforms[chosen], dataset.sample_rate))
    return utterances


def find_words(waveform, sample_rate, pause_s=0.15, silence_db=-40.0):
    """Find where the words of a dictated utterance begin and end, by its pauses alone.

    Parameters
    ----------
    waveform : array-like [shape=(samples,)]
        Words with pauses between them.
    sample_rate : int > 0
        In Hz.
    pause_s : float > 0
        Silence of this length ends a word; shorter ones are part of it, as before the t of "eight".
    silence_db : float < 0
        Blocks of 10 ms below this level, relative to the loudest, are silent.

    Returns
    -------
    ndarray [shape=(words, 2)], int
        First sample of each word, and the first after it. Sounds of less than 100 ms are left out.
    """
    block = round(HOP_S * sample_rate)
    waveform = np.asarray(waveform, np.float32)
    blocks = np.pad(waveform, (0, -len(waveform) % block)).reshape(-1, block)
    power = np.square(blocks).mean(axis=1)
    heard = np.flatnonzero(power > power.max() * 10 ** (silence_db / 10))
    if not len(heard):
        return np.zeros((0, 2), int)
    breaks = np.flatnonzero(np.diff(heard) > pause_s / HOP_S)
    starts = heard[np.append(0, breaks + 1)]
    ends = heard[np.append(breaks, len(heard) - 1)] + 1
    long = (ends - starts) * HOP_S >= _SHORTEST_S
    return np.stack([starts, ends], axis=1)[long] * block


def describe_words(waveform, sample_rate, borders, parts=6, n_mels=40):
    """Describe each word by the log-mels of its parts.

    Parameters
    ----------
    waveform : array-like [shape=(samples,)]
        The utterance.
    sample_rate : int > 0
        In Hz.
    borders : ndarray [shape=(words, 2)], int
        As :func:`find_words` returns them.
    parts : int in 1 to 10
        Parts of equal length into which each word is cut.
    n_mels : int > 0
        Mel bands.

    Returns
    -------
    ndarray [shape=(words, parts * n_mels)], float32
        For each word the mean of each part. Each band has mean 0 and variance 1 over the frames of
        the words, which takes away part of what differs between voices and microphones.
    """
    padded = np.pad(np.asarray(waveform, np.float32), (0, round(WINDOW_S * sample_rate)))
    logs = np.log(mel_frames(padded, sample_rate, n_mels) + 1e-5)
    first, behind = (borders / round(HOP_S * sample_rate)).astype(int).T
    words = [logs[a:b] for a, b in zip(first, behind, strict=True)]
    frames = np.concatenate(words)
    mean, spread = frames.mean(axis=0), frames.std(axis=0) + 1e-5
    means = [[part.mean(axis=0) for part in np.array_split(word, parts)] for word in words]
    return ((np.array(means, np.float32) - mean) / spread).reshape(len(words), -1)


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
