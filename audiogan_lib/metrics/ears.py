"""An ear that nobody trained; `audiogan_lib.metrics` states the conventions."""

import numpy as np
from scipy.fft import dct, fft, fftfreq, ifft

from audiogan_lib import audio, spectral

_BANDS, _WINDOW_S, _HOP_S = 24, 0.032, 0.004
#: Centres of the modulations that are told apart, in Hz: an octave each.
_MODULATIONS_HZ = 96.0 / 2.0 ** np.arange(7)
#: Of each band and modulation so many cosine coefficients over the bands are kept.
_KEPT = 8
#: What lies so far below the loudest band is not heard.
_FLOOR = 1e-3
#: Clips at a time.
_PART = 256


class ScatteringEar:
    """Hears how loud each mel band is, and how much of it flutters how fast.

    A scattering transform (Anden and Mallat 2014), with mel bands in place of its first wavelets,
    instead of a trained judge: no label leaks into it, and it is one for all data sets. The
    envelopes of 24 mel bands (windows of 32 ms every 4 ms) are averaged over the clip; so are the
    magnitudes of what seven wavelets, an octave apart from 1.5 to 96 Hz, find in each, as shares of
    the first. Of the logarithms of each of the eight the first eight cosine coefficients over the
    bands are kept. Level and time shifts hardly matter. Pitfalls: it hears neither the pitch of a
    note nor in which order things happen, and is no listener.

    Parameters
    ----------
    sample_rate : int > 0
        In Hz.

    Examples
    --------
    >>> noise = np.random.default_rng(0).normal(size=(3, 8000))
    >>> ScatteringEar(8000).features(noise).shape
    (3, 64)
    """

    def __init__(self, sample_rate):
        self.sample_rate = sample_rate

    def features(self, waveforms):
        """Turn clips into a vector each: float64 ``[clips, 64]``.

        Parameters
        ----------
        waveforms : array_like [shape=(clips, samples)]
            Sound at ``sample_rate``, at any level.
        """
        waveforms = audio.as_clips(waveforms)
        parts = range(0, len(waveforms), _PART)
        return np.concatenate([self._part(waveforms[start : start + _PART]) for start in parts])

    def _part(self, waveforms):
        n_fft = 1 << (round(_WINDOW_S * self.sample_rate) - 1).bit_length()
        padded = np.pad(np.asarray(waveforms, np.float32), [(0, 0), (n_fft // 2, n_fft // 2)])
        hop_length = round(_HOP_S * self.sample_rate)
        envelopes = spectral.mel(padded, self.sample_rate, n_fft, hop_length, _BANDS).numpy()
        loud = envelopes.mean(axis=1)  # [clips, bands]
        floor = _FLOOR * loud.max(axis=1, keepdims=True) + 1e-20
        frames = envelopes.shape[1]
        # Twice the length: what begins at the end does not flutter into the beginning.
        spectra = fft(envelopes, 2 * frames, axis=1)  # [clips, rates, bands]
        rate_hz = fftfreq(2 * frames, hop_length / self.sample_rate)
        orders = [np.log((loud + floor) / (loud.max(axis=1, keepdims=True) + floor))]
        for centre_hz in _MODULATIONS_HZ:
            wavelet = np.exp(-0.5 * ((rate_hz - centre_hz) / (centre_hz / 3)) ** 2) * (rate_hz > 0)
            found = spectra * wavelet[:, np.newaxis].astype(np.float32)
            flutter = np.abs(ifft(found, axis=1))[:, :frames]
            orders.append(np.log((flutter.mean(axis=1) + floor) / (loud + floor)))
        coefficients = dct(np.stack(orders, axis=1), norm="ortho", axis=2)[..., :_KEPT]
        return coefficients.reshape(len(waveforms), -1)
