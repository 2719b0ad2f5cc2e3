"""Sounds from magnitudes alone; public in `spectral`."""

from functools import lru_cache

import numpy as np
import tensorflow as tf

from audiogan_lib.spectral.transforms import istft, stft


@lru_cache(maxsize=32)
def _griffin_lim_loop(n_fft, hop_length, win_length):
    """Return the loop of :func:`griffin_lim` as one graph for any number of clips and frames."""
    spectra = tf.TensorSpec([None, None, 1 + n_fft // 2])
    count = tf.TensorSpec([], tf.int32)

    @tf.function(input_signature=[spectra, spectra, tf.TensorSpec([]), count, count])
    def loop(magnitudes, phase, momentum, iterations, margin):
        targets = tf.cast(magnitudes, tf.complex64)
        momentum = tf.cast(momentum, tf.complex64)
        angles = tf.exp(tf.complex(tf.zeros_like(phase), phase)) + tf.zeros_like(targets)
        previous = tf.zeros_like(targets)
        place = tf.range(n_fft + (tf.shape(magnitudes)[1] - 1) * hop_length)
        inside = tf.cast(tf.minimum(place, place[-1] - place) >= margin, tf.float32)
        for _ in tf.range(iterations):
            sound = inside * istft(targets * angles, n_fft, hop_length, win_length)
            rebuilt = stft(sound, n_fft, hop_length, win_length)
            angles = rebuilt + momentum * (rebuilt - previous)
            angles /= tf.cast(tf.abs(angles) + 1e-12, tf.complex64)
            previous = rebuilt
        return inside * istft(targets * angles, n_fft, hop_length, win_length)

    return loop.get_concrete_function()


def griffin_lim(
    magnitudes,
    n_fft,
    hop_length,
    iterations=60,
    momentum=0.99,
    seed=0,
    win_length=None,
    start=None,
    margin=0,
):
    """Find a sound with the given magnitudes: the fast Griffin-Lim algorithm.

    Perraudin et al. 2013. Every clip of a batch starts from the same seeded random phase, so a clip
    does not depend on its neighbours. Waveforms ``[batch, n_fft + (frames - 1) * hop_length]`` are
    not clipped.

    Parameters
    ----------
    magnitudes : array-like [shape=(batch, frames, 1 + n_fft // 2)], >= 0
        What the STFT of the sound should have.
    n_fft, hop_length : int
        As in :func:`stft`.
    iterations : int >= 0
        Rounds of inverse and forward transform.
    momentum : float in [0, 1)
        0 is the algorithm of Griffin and Lim (1984); 0.99 converges faster and further.
    seed : int
        Of the starting phase.
    win_length : int, optional
        As in :func:`stft`.
    start : array-like [shape=(batch or 1, frames, 1 + n_fft // 2)], optional
        Phases to start from instead of random ones.
    margin : int >= 0
        Samples at either end that are known to be silent, as those are that were put before and
        after a sound to have whole frames; less than half of all. Held at zero in each round, they
        keep what begins suddenly from smearing into the time before it.

    Raises
    ------
    ValueError
        If ``margin`` is negative, or leaves nothing between the two ends.
    """
    magnitudes = tf.convert_to_tensor(magnitudes, tf.float32)
    samples = n_fft + (magnitudes.shape[1] - 1) * hop_length
    if not 0 <= 2 * margin < samples:
        raise ValueError(f"{margin=}: must be 0 or more, and less than half of {samples} samples")
    if start is None:
        start = np.random.default_rng(seed).uniform(-np.pi, np.pi, [1, *magnitudes.shape[1:]])
    return _griffin_lim_loop(n_fft, hop_length, win_length)(
        magnitudes,
        tf.constant(start, tf.float32),
        tf.constant(momentum, tf.float32),
        tf.constant(iterations),
        tf.constant(margin),
    )


#: Correctives of one round: two bring the bands nearer than one, four hardly nearer than two.
_UPDATES = 2
#: Magnitude that keeps the ratio of two silent bands at one.
_SMALL = 1e-4


@lru_cache(maxsize=32)
def _loop(n_fft, hop_length, win_length):
    """Return the loop of :func:`impose_mel` as one graph for any number of clips and frames."""
    kinds = (
        tf.TensorSpec([None, None]),
        tf.TensorSpec([None, None, None]),
        tf.TensorSpec([1 + n_fft // 2, None]),
        tf.TensorSpec([]),
        tf.TensorSpec([], tf.int32),
    )

    @tf.function(input_signature=kinds)
    def loop(waveforms, mels, matrix, momentum, iterations):
        spread = tf.transpose(tf.math.divide_no_nan(matrix, tf.reduce_sum(matrix, 1)[:, None]))
        free = 1.0 - tf.reduce_sum(spread, 0)  # 1 for a bin that is in no band
        momentum = tf.complex(momentum, 0.0)  # a cast would warn in its gradient
        previous = stft(waveforms, n_fft, hop_length, win_length)
        for _ in tf.range(iterations):
            spectra = stft(waveforms, n_fft, hop_length, win_length)
            ahead = spectra + momentum * (spectra - previous)
            before = tf.abs(ahead) + 1e-6
            after = before
            for _ in range(_UPDATES):
                lack = (mels + _SMALL) / (after @ matrix + _SMALL)
                after *= lack @ spread + free
            previous = spectra
            factor = after / before
            changed = ahead * tf.complex(factor, tf.zeros_like(factor))
            waveforms = istft(changed, n_fft, hop_length, win_length)
        return waveforms

    return loop.get_concrete_function()


def impose_mel(
    waveforms, mels, matrix, n_fft, hop_length, iterations=8, momentum=0.99, win_length=None
):
    """Bring sounds nearer to given mel magnitudes and keep what these do not say.

    Each round takes the spectra, multiplies every bin by the weighted mean of what its bands lack
    (two updates of Richardson 1972 and Lucy 1974), and returns to the sound whose spectra are
    nearest. Phases, and the shares of the bins in a band, stay as they were where they agree. So
    much less is demanded than by :func:`griffin_lim`, which fixes every magnitude. The result is as
    long as before, and not clipped.

    Parameters
    ----------
    waveforms : array-like [shape=(batch, n_fft + (frames - 1) * hop_length)]
        Sounds to begin with; their phases decide what comes out.
    mels : array-like [shape=(batch, frames, n_mels)], >= 0
        What the mel spectrum should be.
    matrix : ndarray [shape=(1 + n_fft // 2, n_mels)], >= 0
        From magnitudes to mels, for example :func:`mel_matrix`.
    n_fft, hop_length : int > 0
        As in :func:`stft`.
    iterations : int >= 0
        Rounds.
    momentum : float in [0, 1)
        How far each round goes on in the direction of the last (Perraudin et al. 2013).
    win_length : int, optional
        As in :func:`stft`.

    Raises
    ------
    ValueError
        If the sounds do not have as many frames as the mels.
    """
    waveforms, mels = (tf.convert_to_tensor(x, tf.float32) for x in (waveforms, mels))
    needed = n_fft + (mels.shape[1] - 1) * hop_length
    if waveforms.shape[-1] != needed:
        raise ValueError(
            f"waveforms: {waveforms.shape[-1]} samples, need {needed} for {mels.shape[1]} frames"
        )
    return _loop(n_fft, hop_length, win_length)(
        waveforms,
        mels,
        tf.constant(np.asarray(matrix, np.float32)),
        tf.constant(momentum, tf.float32),
        tf.constant(iterations),
    )
