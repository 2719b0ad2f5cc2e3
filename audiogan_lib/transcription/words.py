"""Words of dictated speech: joined with pauses, found by their pauses, described by numbers."""

import numpy as np

from audiogan_lib import spectral

#: Of the frames by which words are described.
_WINDOW_S, _HOP_S = 0.032, 0.01

#: What is shorter is no word but a click or a breath.
_SHORTEST_S = 0.1

#: What is quieter than this, relative to the peak of a word or to the loudest block, is silence.
_SILENCE_DB = -40.0


def dictate(words, sample_rate, pause_s=0.25):
    """Join recordings of words into one utterance with a pause after each.

    What is more than 40 dB below a word's peak, before and after it, is cut away.

    Parameters
    ----------
    words : sequence of array-like [shape=(samples,)]
        One recording a word.
    sample_rate : int > 0
        In Hz.
    pause_s : float >= 0
        Length of the pauses.

    Raises
    ------
    ValueError
        If there are no words, or one is no row of samples, or nothing but zeros.
    """
    pause, parts = np.zeros(round(pause_s * sample_rate), np.float32), []
    for number, word in enumerate(words):
        word = _row(word, f"words[{number}]")
        sizes = np.abs(word)
        if not sizes.any():
            raise ValueError(f"words[{number}] must be speech, received nothing but zeros")
        loud = np.flatnonzero(sizes >= sizes.max() * 10 ** (_SILENCE_DB / 20))
        parts += [word[loud[0] : loud[-1] + 1], pause]
    if not parts:
        raise ValueError("words must be one or more recordings, received none")
    return np.concatenate(parts)


def speak(dataset, texts, voices, seed):
    """Let the voices of a data set of words dictate texts.

    Each text is one utterance by one voice, see `dictate`.

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


def find_words(waveform, sample_rate, pause_s=0.15):
    """Find where the words of a dictated utterance begin and end, by its pauses alone.

    Blocks of 10 ms more than 40 dB below the loudest are silent. Returns first sample and the first
    after it, ``[words, 2]``; sounds of fewer than ten blocks are left out.

    Parameters
    ----------
    waveform : array-like [shape=(samples,)]
        Words with pauses between them.
    sample_rate : int > 0
        In Hz.
    pause_s : float > 0
        Silence of this length, in whole blocks, ends a word; shorter ones are part of it, as before
        the t of "eight".

    Raises
    ------
    ValueError
        If the waveform is no row of samples.

    Examples
    --------
    >>> word, pause = np.ones(1600), np.zeros(2400)
    >>> find_words(np.concatenate([pause, word, pause, word]), 8000)
    array([[2400, 4000],
           [6400, 8000]])
    """
    block = round(_HOP_S * sample_rate)
    waveform = _row(waveform, "waveform")
    blocks = np.pad(waveform, (0, -len(waveform) % block)).reshape(-1, block)
    power = np.square(blocks).mean(axis=1)
    loud = np.flatnonzero(power > power.max(initial=0.0) * 10 ** (_SILENCE_DB / 10))
    if not len(loud):
        return np.zeros((0, 2), int)
    breaks = np.flatnonzero(np.diff(loud) > pause_s / _HOP_S)
    starts = loud[np.append(0, breaks + 1)]
    ends = loud[np.append(breaks, len(loud) - 1)] + 1
    long = (ends - starts) * _HOP_S >= _SHORTEST_S
    return np.minimum(np.stack([starts, ends], axis=1)[long] * block, len(waveform))


def describe_words(waveform, sample_rate, borders, parts=6, n_mels=40):
    """Describe each word by the log-mels of its parts.

    Each has ``parts * n_mels`` numbers, the mean of each part. Each band has mean 0 and variance 1
    over the frames of the words, which takes away part of what differs between voices and
    microphones.

    Parameters
    ----------
    waveform : array-like [shape=(samples,)]
        The utterance.
    sample_rate : int > 0
        In Hz.
    borders : ndarray [shape=(words, 2)], int
        As `find_words` returns them.
    parts : int in 1 to 10
        Parts of equal length into which each word is cut.
    n_mels : int > 0
        Mel bands.

    Raises
    ------
    ValueError
        If the waveform is no row of samples.
    """
    padded = np.pad(_row(waveform, "waveform"), (0, round(_WINDOW_S * sample_rate)))
    n_fft, hop_length = (round(length_s * sample_rate) for length_s in (_WINDOW_S, _HOP_S))
    mel = spectral.mel(padded[None], sample_rate, n_fft, hop_length, n_mels)[0].numpy()
    logs = np.log(mel + 1e-5)
    first, behind = borders[:, 0] // hop_length, -(-borders[:, 1] // hop_length)
    words = [logs[a:b] for a, b in zip(first, behind, strict=True)]
    if not words:
        return np.zeros((0, parts * n_mels), np.float32)
    frames = np.concatenate(words)
    mean, spread = frames.mean(axis=0), frames.std(axis=0) + 1e-5
    means = [[part.mean(axis=0) for part in np.array_split(word, parts)] for word in words]
    return ((np.array(means, np.float32) - mean) / spread).reshape(len(words), -1)


def _row(waveform, name):
    waveform = np.asarray(waveform, np.float32)
    if waveform.ndim != 1:
        raise ValueError(f"{name} must be one row of samples, received the shape {waveform.shape}")
    return waveform
