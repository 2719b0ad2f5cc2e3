"""Spectral transforms, ours and librosa's, on the same clips and with the same numbers."""

import numpy as np

CLIPS, SAMPLES, SAMPLE_RATE = 32, 16384, 16000
N_FFT, HOP_LENGTH, N_MELS, ITERATIONS = 512, 128, 64, 60


def _clips():
    """Draw clips in [-1, 1]."""
    noise = np.random.default_rng(0).uniform(-1, 1, (CLIPS, SAMPLES))
    return noise.astype(np.float32)


def ours():
    """Return our transforms as tasks."""
    import tensorflow as tf

    from audiogan_lib import spectral

    clips = tf.constant(_clips())
    magnitudes = tf.abs(spectral.stft(clips, N_FFT, HOP_LENGTH))
    stft = tf.function(lambda: spectral.stft(clips, N_FFT, HOP_LENGTH))
    mel = tf.function(lambda: spectral.mel(clips, SAMPLE_RATE, N_FFT, HOP_LENGTH, N_MELS))
    return {
        "stft": lambda: stft().numpy(),
        "mel": lambda: mel().numpy(),
        "griffin_lim": lambda: spectral.griffin_lim(
            magnitudes, N_FFT, HOP_LENGTH, ITERATIONS
        ).numpy(),
    }


def librosa():
    """Return librosa's transforms as tasks."""
    import librosa

    clips = _clips()
    sizes = {"n_fft": N_FFT, "hop_length": HOP_LENGTH, "center": False}
    magnitudes = np.abs(librosa.stft(clips, **sizes))
    mel = {"sr": SAMPLE_RATE, "n_mels": N_MELS, "power": 1.0} | sizes
    return {
        "stft": lambda: librosa.stft(clips, **sizes),
        "mel": lambda: librosa.feature.melspectrogram(y=clips, **mel),
        "griffin_lim": lambda: librosa.griffinlim(
            magnitudes, n_iter=ITERATIONS, random_state=0, **sizes
        ),
    }
