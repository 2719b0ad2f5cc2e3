"""Sound whose mel spectrum is known: Griffin-Lim's alternation with the mel in place of the STFT.

`audiogan_lib.spectral` states the conventions.
"""

from functools import lru_cache

import numpy as np
import tensorflow as tf

from audiogan_lib._transforms import istft, stft

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
    much less is demanded than by :func:`griffin_lim`, which fixes every magnitude.

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

    Returns
    -------
    tf.Tensor [shape=(batch, samples)], float32
        As long as before, not clipped.

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
