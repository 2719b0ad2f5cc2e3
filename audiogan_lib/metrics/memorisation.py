"""Whether generated clips are copies; `audiogan_lib.metrics` states the conventions."""

import numpy as np

from audiogan_lib import audio, spectral

_MELS, _RANGE_DB, _HOP_S, _WINDOW_S = 32, 60.0, 0.010, 0.025

#: A copy may begin this many hops sooner or later.
_SHIFTS = range(-4, 5)


def nearest_clips(waveforms, reference, sample_rate):
    """Find for each clip the one of the reference that is most like it.

    Clips are compared as mel spectrograms in decibels (32 bands, every 10 ms, 60 dB below the
    clip's loudest band and up), at whichever shift by up to 40 ms fits best; level plays no part.
    Returns positions in ``reference`` and distances in dB, both ``[clips]``: the root of the mean
    squared difference over all bands and times, 0 for a copy.

    Parameters
    ----------
    waveforms, reference : array_like [shape=(clips, samples)]
        Sounds of one length.
    sample_rate : int > 0
        In Hz.

    Raises
    ------
    ValueError
        If the shapes do not fit.
    """
    waveforms, reference = audio.as_clips(waveforms), audio.as_clips(reference, "reference")
    if waveforms.shape[1] != reference.shape[1] or not len(reference):
        raise ValueError(
            "reference must hold clips as long as waveforms, "
            f"received {waveforms.shape} and {reference.shape}"
        )
    return search(*(pictures(sounds, sample_rate) for sounds in (waveforms, reference)))


def search(images, others, allowed=None):
    """Return what `nearest_clips` does, from `pictures`.

    ``allowed`` [images, others]: which pairs are looked at; a row of none has infinite distance.
    """
    flat = others.reshape(len(others), -1)
    squares = (flat**2).sum(axis=1)
    smallest = np.full(len(images), np.inf)
    nearest = np.zeros(len(images), np.int64)
    for shift in _SHIFTS:
        shifted = _shift(images, shift).reshape(len(images), -1)
        far = squares - 2.0 * shifted @ flat.T
        if allowed is not None:
            far[~allowed] = np.inf
        candidates = far.argmin(axis=1)
        # Worked out anew: the products above round small differences away.
        exact = np.mean((shifted - flat[candidates]) ** 2, axis=1)
        exact[np.isinf(far[np.arange(len(far)), candidates])] = np.inf
        nearest = np.where(exact < smallest, candidates, nearest)
        smallest = np.minimum(exact, smallest)
    return nearest, np.sqrt(smallest)


def pair_distances(waveforms, others, sample_rate):
    """Return the distance in dB of each clip to the one at the same place among others."""
    images, targets = (pictures(sounds, sample_rate) for sounds in (waveforms, others))
    squares = [np.mean((_shift(images, shift) - targets) ** 2, axis=(1, 2)) for shift in _SHIFTS]
    return np.sqrt(np.min(squares, axis=0))


def retuned(waveforms, semitones):
    """Play clips faster, so that they sound higher by so many semitones.

    Samples are read along straight lines between the old ones; what a faster clip lacks at its end
    is silence.

    Parameters
    ----------
    waveforms : array_like [shape=(clips, samples)]
        The clips.
    semitones : float
        Negative for lower and slower.

    Examples
    --------
    >>> retuned(np.array([[0.0, 1.0, 2.0, 3.0]]), 12).tolist()
    [[0.0, 2.0, 0.0, 0.0]]
    """
    waveforms = np.asarray(waveforms)
    waveforms = waveforms.astype(np.result_type(waveforms, np.float32), copy=False)
    samples = waveforms.shape[1]
    places = np.arange(samples) * 2.0 ** (semitones / 12)
    places = places[places <= samples - 1]
    before = np.minimum(places.astype(int), samples - 2)
    share = (places - before).astype(waveforms.dtype)
    sound = (1 - share) * waveforms[:, before] + share * waveforms[:, before + 1]
    return np.pad(sound, [(0, 0), (0, samples - sound.shape[1])])


def nearer(distances, others):
    """Count how often one distance is smaller than another: whether a generator copies.

    Given how far generated clips and test clips lie from their nearest training clips, 0.5 is what
    honest clips score by chance, and 1 what copies do.

    Pitfalls: listen to the nearest pairs, a distance knows no likeness. The test split must differ
    from the training split as a new clip would: where it holds other speakers or drum kits, honest
    generated clips lie nearer too. A copy at another pitch or speed is not found, see `retuned`.
    A generator of noise copies nothing. In the share of pairs whose first is smaller, a tie counts
    half.

    Parameters
    ----------
    distances, others : array_like [shape=(clips,)]
        From `nearest_clips`, of generated clips and of test clips.

    References
    ----------
    C. Meehan, K. Chaudhuri and S. Dasgupta, "A Non-Parametric Test to Detect Data-Copying in
    Generative Models", 2020: the share that their test's statistic counts.

    Examples
    --------
    >>> nearer([0.1, 2.0], [2.0, 3.0])
    0.875
    """
    difference = np.asarray(others)[:, np.newaxis] - np.asarray(distances)
    return float(np.mean((difference > 0) + 0.5 * (difference == 0)))


def pictures(waveforms, sample_rate):
    """Return mel spectrograms [clips, frames, bands] in dB above the floor."""
    window, hop_length = round(_WINDOW_S * sample_rate), round(_HOP_S * sample_rate)
    n_fft = 1 << (window - 1).bit_length()
    padding = [(0, 0), (n_fft // 2, n_fft // 2)]
    images = []
    for start in range(0, len(waveforms), 256):
        padded = np.pad(np.asarray(waveforms[start : start + 256], np.float32), padding)
        mel = spectral.mel(padded, sample_rate, n_fft, hop_length, _MELS, win_length=window).numpy()
        loudest = np.maximum(mel.max(axis=(1, 2), keepdims=True), 1e-6)
        floor = 10 ** (-_RANGE_DB / 20)
        images.append(20 * np.log10(np.maximum(mel / loudest, floor)) + _RANGE_DB)
    return np.concatenate(images)


def _shift(images, hops):
    """Move spectrograms in time; silence moves in."""
    moved = np.zeros_like(images)
    if hops >= 0:
        moved[:, hops:] = images[:, : images.shape[1] - hops]
    else:
        moved[:, :hops] = images[:, -hops:]
    return moved
