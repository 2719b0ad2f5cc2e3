"""What several vocoders share: layers that nothing else needs, and steps of their networks."""

import keras
import librosa
import numpy as np
from keras import layers, ops

from audiogan_lib.layers import WeightNorm


@keras.saving.register_keras_serializable("audiogan_lib")
class InverseSTFT(keras.layers.Layer):
    """Spectra to waveform, as one convolution over frames with a fixed kernel.

    Windowed overlap-add over the summed squared window, as ``spectral.istft``, less ``(n_fft -
    hop_length) / 2`` samples at each end. Frame ``t`` is then centred on samples ``t * hop_length``
    to ``(t + 1) * hop_length`` of the result.

    Input: spectra ``(batch, frames, 2 + n_fft)``, the real parts of all ``1 + n_fft / 2`` bins,
    then the imaginary parts. Output: waveforms ``(batch, frames * hop_length)``, float32.

    Parameters
    ----------
    n_fft : int > 0
        Samples in one frame, twice ``hop_length`` or another multiple of it.
    hop_length : int > 0
        Samples between frames; ``n_fft - hop_length`` must be even.
    **kwargs
        For ``keras.layers.Layer``.

    Raises
    ------
    ValueError
        If frames do not fit hops, or do not overlap: a window begins with a zero.
    """

    def __init__(self, n_fft, hop_length, **kwargs):
        super().__init__(**{"dtype": "float32"} | kwargs)
        if n_fft % hop_length or n_fft == hop_length or (n_fft - hop_length) % 2:
            raise ValueError(
                f"n_fft={n_fft} must be 2, 3, ... times hop_length={hop_length}, and their "
                "difference even"
            )
        self.n_fft, self.hop_length = n_fft, hop_length
        window = librosa.filters.get_window("hann", n_fft)
        cosines = np.fft.irfft(np.eye(1 + n_fft // 2), n_fft)
        sines = np.fft.irfft(1j * np.eye(1 + n_fft // 2), n_fft)
        self._synthesis = self._by_hops(np.concatenate([cosines, sines]) * window)
        self._weights = self._by_hops(window[None] ** 2)

    def _by_hops(self, rows):
        """Turn rows [channels, n_fft] into a kernel [hops, channels, hop_length], last hop first.

        The convolution slides forward, so the hop that meets the newest frame is a frame's first.
        """
        kernel = rows.reshape(len(rows), -1, self.hop_length).transpose(1, 0, 2)
        return np.ascontiguousarray(kernel[::-1], np.float32)

    def _overlap_add(self, frames, kernel):
        """Apply [batch, frames, channels] -> [batch, samples]."""
        hops = len(kernel) - 1
        x = ops.conv(ops.pad(frames, ((0, 0), (hops, hops), (0, 0))), kernel)
        return ops.reshape(x, (ops.shape(x)[0], -1))

    def call(self, spectra):
        total = self._overlap_add(spectra, self._synthesis)
        weight = self._overlap_add(ops.ones_like(spectra[:1, :, :1]), self._weights)
        pad = (self.n_fft - self.hop_length) // 2
        end = ops.shape(total)[1] - pad
        return total[:, pad:end] / weight[:, pad:end]

    def compute_output_shape(self, input_shape):
        frames = input_shape[1]
        return input_shape[0], None if frames is None else frames * self.hop_length

    def get_config(self):
        return super().get_config() | {"n_fft": self.n_fft, "hop_length": self.hop_length}


@keras.saving.register_keras_serializable("audiogan_lib")
class PolarSpectrum(keras.layers.Layer):
    """Log-magnitudes and phases to real and imaginary parts (Siuzdak 2024, section 3.2).

    ``(batch, frames, 2 * bins)`` to the same shape; in: natural logs, at most ln 100, then radians.
    """

    def call(self, inputs):
        magnitudes, phases = ops.split(inputs, 2, axis=-1)
        magnitudes = ops.minimum(ops.exp(magnitudes), 100.0)
        return ops.concatenate([magnitudes * ops.cos(phases), magnitudes * ops.sin(phases)], -1)


@keras.saving.register_keras_serializable("audiogan_lib")
class ReflectionPadding(keras.layers.Layer):
    """Lengthen ``(batch, steps, channels)`` by ``padding`` mirrored steps at each end."""

    def __init__(self, padding, **kwargs):
        super().__init__(**kwargs)
        self.padding = padding

    def call(self, inputs):
        return ops.pad(inputs, ((0, 0), (self.padding, self.padding), (0, 0)), mode="reflect")

    def get_config(self):
        return super().get_config() | {"padding": self.padding}


@keras.saving.register_keras_serializable("audiogan_lib")
class FoldPeriod(keras.layers.Layer):
    """Part a waveform into ``period`` lines, each with every ``period``-th sample.

    From ``(batch, samples)`` to ``(batch, period, samples / period, 1)``, rounded up: the last
    samples are filled by reflection. Convolutions along the last long axis of such lines take half
    the time of those across them, as published.
    """

    def __init__(self, period, **kwargs):
        super().__init__(**kwargs)
        self.period = period

    def call(self, waveforms):
        missing = -waveforms.shape[1] % self.period
        if missing:
            waveforms = ops.pad(waveforms, ((0, 0), (0, missing)), mode="reflect")
        length = waveforms.shape[1] // self.period
        lines = ops.transpose(ops.reshape(waveforms, (-1, length, self.period)), (0, 2, 1))
        return ops.expand_dims(lines, -1)

    def get_config(self):
        return super().get_config() | {"period": self.period}


@keras.saving.register_keras_serializable("audiogan_lib")
class Magnitudes(keras.layers.Layer):
    """STFT magnitudes ``(batch, frames, 1 + n_fft / 2, 1)`` of waveforms ``(batch, samples)``.

    They are ``spectral.stft``'s, of a waveform padded by reflection as long as it hops.
    """

    def __init__(self, n_fft, hop_length, win_length, **kwargs):
        super().__init__(**{"dtype": "float32"} | kwargs)
        self.n_fft, self.hop_length, self.win_length = n_fft, hop_length, win_length

    def call(self, waveforms):
        pad = (self.n_fft - self.hop_length) // 2
        waveforms = ops.pad(waveforms, ((0, 0), (pad, pad)), mode="reflect")
        real, imaginary = ops.stft(
            waveforms, self.win_length, self.hop_length, self.n_fft, center=False
        )
        # Where a bin is empty the square root has no gradient.
        powers = ops.maximum(ops.square(real) + ops.square(imaginary), 1e-12)
        return ops.expand_dims(ops.sqrt(powers), -1)

    def get_config(self):
        sizes = {"n_fft": self.n_fft, "hop_length": self.hop_length, "win_length": self.win_length}
        return super().get_config() | sizes


def conv(x, channels, kernel, **options):
    """Apply a weight-normalised convolution that keeps the number of steps."""
    return WeightNorm(layers.Conv1D(channels, kernel, padding="same", **options))(x)


def upsample(x, channels, stride, slope, dtype):
    """Apply [steps, before] -> [steps * stride, channels]."""
    x = layers.LeakyReLU(slope, dtype=dtype)(x)
    options = {"strides": stride, "padding": "same", "dtype": dtype}
    return WeightNorm(layers.Conv1DTranspose(channels, 2 * stride, **options))(x)


def as_waveform(x):
    """Apply [steps, 1] -> [steps], bounded."""
    x = layers.Activation("tanh", dtype="float32")(x)
    return layers.Reshape((-1,), dtype="float32", name="waveform")(x)


def discriminator_layer(x, channels, kernel, slope=0.2, **options):
    """Apply a weight-normalised convolution and a leaky ReLU."""
    x = WeightNorm(layers.Conv2D(channels, kernel, padding="same", **options))(x)
    return layers.LeakyReLU(slope, dtype=options["dtype"])(x)


def discriminator_score(x, kernel):
    """Apply the last convolution: a score for each place, in one row."""
    x = WeightNorm(layers.Conv2D(1, kernel, padding="same", dtype="float32"))(x)
    return layers.Reshape((-1,), dtype="float32")(x)


def discriminator_model(waveform, maps, scores, name):
    """Gather the sub-discriminators."""
    return keras.Model(waveform, {"scores": scores, "feature_maps": maps}, name=name)
