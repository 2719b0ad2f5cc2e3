"""Spectrograms of sounds, with axes; public in `display`."""

import librosa.display
import numpy as np
from matplotlib import pyplot, ticker

from audiogan_lib import _html
from audiogan_lib._plots import figure

MEL_TICKS_HZ = (0, 500, 1000, 2000, 4000, 8000, 16000)


def spectrogram(
    sounds,
    sample_rate,
    labels=None,
    scale="mel",
    n_fft=None,
    hop_length=None,
    range_db=_html.RANGE_DB,
):
    """Draw the spectrogram of sounds, side by side on the same axes.

    The colours stand for the same levels whatever the sound, so that pictures compare.

    Parameters
    ----------
    sounds, sample_rate, labels
        As for `players`.
    scale : {"mel", "linear"}
        The frequency axis: 80 mel bands, or the bins of the Fourier transform. A band shows the
        strongest frequency in it.
    n_fft : int > 0, optional
        Length of the Hann window in samples; by default the power of two next above 32 ms.
    hop_length : int > 0, optional
        Samples between frames; by default `n_fft` / 16, for long sounds up to `n_fft` / 4.
    range_db : tuple of float
        Levels of the darkest and the brightest colour, relative to a sine of full scale.

    Returns
    -------
    picture : Picture
        The plot.

    Raises
    ------
    TypeError, ValueError
        As `players`; ValueError also when `scale` is another word, or the range is not one.
    """
    if scale not in ("mel", "linear"):
        raise ValueError(f"scale must be 'mel' or 'linear', received {scale!r}")
    if not range_db[0] < range_db[1]:
        raise ValueError(f"range_db must go from a lower level to a higher, received {range_db}")
    sounds, labels = _html.as_sounds(sounds, sample_rate, labels)
    longest = max(map(len, sounds))
    n_fft = n_fft or _html.window_length(sample_rate)
    hop_length = hop_length or max(1, min(max(n_fft // 16, longest // 500), n_fft // 4))
    columns = min(3, len(sounds))
    rows = -(-len(sounds) // columns)
    drawing, axes = pyplot.subplots(
        *(rows, columns), figsize=(6, 0.5 + 2.2 * rows), squeeze=False, layout="constrained"
    )
    for panel in axes.flat[len(sounds) :]:
        panel.set_visible(False)
    for sound, label, panel in zip(sounds, labels, axes.flat, strict=False):
        mesh = _draw_levels(panel, sound, sample_rate, n_fft, hop_length, scale, range_db)
        panel.set(xlim=(0, longest / sample_rate), xlabel="time (s)", ylabel="frequency (Hz)")
        panel.set_title(label, loc="left", fontsize="medium")
        panel.label_outer()
    drawing.colorbar(mesh, ax=axes, label="level (dB)", pad=0.02)
    told = _html.tell(sounds, labels, sample_rate)
    return figure(drawing, f"Spectrogram of {'; '.join(told)}.")


def _draw_levels(panel, sound, sample_rate, n_fft, hop_length, scale, range_db):
    level_db, edges_hz = _html.spectrum_db(sound, sample_rate, n_fft, hop_length, scale)
    mesh = librosa.display.specshow(
        level_db,
        x_coords=(np.arange(level_db.shape[1] + 1) - 0.5) * hop_length / sample_rate,
        y_coords=edges_hz,
        y_axis=scale,
        ax=panel,
        cmap=_html.COLOURMAP,
        vmin=range_db[0],
        vmax=range_db[1],
    )
    # specshow leaves the ticks of time out, and puts those of mel at powers of two.
    panel.xaxis.set_major_locator(ticker.MaxNLocator(5))
    panel.xaxis.set_major_formatter(ticker.ScalarFormatter())
    if scale == "mel":
        panel.set_yticks([hz for hz in MEL_TICKS_HZ if hz <= sample_rate / 2])
    panel.set_ylim(0, sample_rate / 2)
    return mesh
