"""What judges hear of a sound, and how real sounds are varied to train them."""

import numpy as np
import tensorflow as tf

from audiogan_lib import spectral

_MELS, _CEPSTRA, _RANGE_DB = 40, 20, 60.0
LOWEST_KEY, HIGHEST_KEY = 33, 117  # MIDI pitches: 55 Hz, 7 kHz
KEY_BANDS = 2 * (HIGHEST_KEY - LOWEST_KEY) + 1


def cepstra(waveforms, sample_rate):
    """Turn ``[batch, samples]`` at any level into cepstra and slopes ``[batch, frames, 40]``.

    Windows of 25 ms every 10 ms; 40 mel bands up to half the sample rate, in decibels from 60 below
    the clip's loudest band (-1) to that band (+1); orthonormal cosine transform to 20 coefficients;
    regression slopes over five frames.

    References
    ----------
    S. Davis and P. Mermelstein, "Comparison of Parametric Representations for Monosyllabic Word
    Recognition in Continuously Spoken Sentences", 1980. Slopes: The HTK Book 3.5, section 5.9.
    """
    window, hop_length = round(0.025 * sample_rate), round(0.010 * sample_rate)
    n_fft = 1 << (window - 1).bit_length()
    padded = _full_scale_and_padded(waveforms, n_fft)
    mel = spectral.mel(padded, sample_rate, n_fft, hop_length, _MELS, win_length=window)
    levels = _below_loudest(mel)
    coefficients = tf.signal.dct(levels, norm="ortho")[..., :_CEPSTRA]
    around = tf.pad(coefficients, [[0, 0], [2, 2], [0, 0]], mode="SYMMETRIC")
    slopes = (around[:, 3:-1] - around[:, 1:-3] + 2.0 * (around[:, 4:] - around[:, :-4])) / 10.0
    return tf.concat([coefficients, slopes], axis=-1)


def keys_and_cepstra(waveforms, sample_rate):
    """Turn ``[batch, samples]`` into 169 bands and 40 cepstra and slopes ``[batch, frames, 209]``.

    The cepstra smooth the harmonics of a note away, and with them its pitch. Beside them, every
    second frame, stand two bands a semitone from 55 Hz to 7 kHz, of windows of about a quarter of a
    second (0.256 s at 16 kHz) every 20 ms, in decibels as those.
    """
    n_fft = 1 << round(0.25 * sample_rate).bit_length()
    padded = _full_scale_and_padded(waveforms, n_fft)
    magnitudes = tf.abs(spectral.stft(padded, n_fft, 2 * round(0.010 * sample_rate)))
    bands = _below_loudest(magnitudes @ _key_matrix(sample_rate, n_fft))
    return tf.concat([bands, cepstra(waveforms, sample_rate)[:, ::2]], axis=-1)


def log_mels(waveforms, sample_rate):
    """Turn ``[batch, samples]`` into pictures ``[batch, frames, 40]``: mel bands in decibels.

    Windows of 32 ms every 16 ms, decibels as those of `cepstra`.
    """
    return _picture(waveforms, sample_rate, 0.032, 40)


def fine_mels(waveforms, sample_rate):
    """Turn ``[batch, samples]`` into pictures ``[batch, frames, 160]`` that resolve harmonics.

    Windows of 256 ms every 128 ms, decibels as those of `cepstra`.
    """
    return _picture(waveforms, sample_rate, 0.256, 160)


def _picture(waveforms, sample_rate, window_s, n_mels):
    n_fft = 1 << (round(window_s * sample_rate) - 1).bit_length()
    padded = _full_scale_and_padded(waveforms, n_fft)
    return _below_loudest(spectral.mel(padded, sample_rate, n_fft, n_fft // 2, n_mels))


def _key_matrix(sample_rate, n_fft):
    """Triangles two bands wide around each half semitone, at least two bins wide."""
    keys = LOWEST_KEY + np.arange(KEY_BANDS) / 2
    centres_hz = 440.0 * 2.0 ** ((keys - 69) / 12)
    bins_hz = np.arange(1 + n_fft // 2) * sample_rate / n_fft
    reach_hz = np.maximum(centres_hz * (2.0 ** (1 / 24) - 1), sample_rate / n_fft)
    return np.maximum(1 - np.abs(bins_hz[:, None] - centres_hz) / reach_hz, 0).astype(np.float32)


def _full_scale_and_padded(waveforms, n_fft):
    waveforms = tf.cast(waveforms, tf.float32)
    waveforms /= tf.reduce_max(tf.abs(waveforms), axis=1, keepdims=True) + 1e-9
    # Without padding, an attack at the very start would fall where the window is zero.
    return tf.pad(waveforms, [[0, 0], [n_fft // 2, n_fft // 2]])


def _below_loudest(magnitudes):
    """Decibels relative to the clip's loudest band, from -1 (at the floor or less) to +1."""
    loudest = tf.maximum(tf.reduce_max(magnitudes, axis=[1, 2], keepdims=True), 1e-6)
    floor = 10.0 ** (-_RANGE_DB / 20.0)
    return 1.0 - 2.0 * tf.math.log(tf.maximum(magnitudes / loudest, floor)) / np.log(floor)


#: What a judge can listen to, by the name on its card;
FEATURES = {
    "cepstra": cepstra,
    "keys": keys_and_cepstra,
    "log_mels": log_mels,
    "fine_mels": fine_mels,
}
#: and what of it is a picture to a network.
PICTURES = "log_mels", "fine_mels"


def augment(waveforms, seed, octaves=0.0):
    """Vary real sounds ``[batch, samples]`` in ways that leave label and speaker as they are.

    Each clip is played faster or slower by up to so many octaves, shifted in time (-2.5 to 10 % of
    its length), filtered by three random taps, loses up to 5 % of its length somewhere, and gets
    white noise 20 to 60 dB below its peak; the peak may exceed 1. A seed is two integers.
    """
    batch, samples = tf.shape(waveforms)[0], waveforms.shape[1]
    seeds = tf.random.split(seed, 5)

    def draw(index, columns, low, high):
        return tf.random.stateless_uniform([batch, columns], seeds[index], low, high)

    if octaves:
        waveforms = _detune(waveforms, seed + tf.constant([1, 0], seed.dtype), octaves)
    margin = samples // 10
    shift = tf.cast(draw(0, 1, -samples / 40, margin), tf.int32)
    padded = tf.pad(waveforms, [[0, 0], [margin, margin]])
    waveforms = tf.gather(padded, tf.range(samples) + margin - shift, batch_dims=1)
    taps = draw(1, 2, -0.4, 0.4)
    delayed = tf.pad(waveforms, [[0, 0], [2, 0]])
    waveforms += taps[:, :1] * delayed[:, 1:-1] + taps[:, 1:] * delayed[:, :-2]
    hole = draw(2, 2, 0.0, 1.0) * [samples, samples / 20]
    time = tf.range(samples, dtype=tf.float32)
    inside = (time >= hole[:, :1]) & (time < hole[:, :1] + hole[:, 1:])
    waveforms = tf.where(inside, 0.0, waveforms)
    peak = tf.reduce_max(tf.abs(waveforms), axis=1, keepdims=True)
    noise = tf.random.stateless_normal(tf.shape(waveforms), seeds[3])
    return waveforms + noise * peak * 10.0 ** (draw(4, 1, -60.0, -20.0) / 20.0)


def _detune(waveforms, seed, octaves):
    """Play each clip faster or slower, by linear interpolation between its samples."""
    batch, samples = tf.shape(waveforms)[0], waveforms.shape[1]
    rate = 2.0 ** tf.random.stateless_uniform([batch, 1], seed, -octaves, octaves)
    place = tf.minimum(tf.range(samples, dtype=tf.float32) * rate, float(samples))
    before = tf.cast(place, tf.int32)
    padded = tf.pad(waveforms, [[0, 0], [0, 2]])
    left, right = (tf.gather(padded, before + step, batch_dims=1) for step in (0, 1))
    return left + (place - tf.floor(place)) * (right - left)
