"""Plots of sounds, arrays and curves, with alternative texts, for light pages and dark ones."""

import io
from dataclasses import dataclass
from html import escape

import librosa.display
import matplotlib.figure
import numpy as np
from matplotlib import pyplot, ticker
from matplotlib.colors import to_rgb
from matplotlib.legend import Legend
from matplotlib.text import Text

from audiogan_lib.display import html

#: Lines: the colours have a contrast of 3 : 1 or more to a white and to a near-black page. In grey
#: they look alike, so each goes with dashes of its own.
LINES = (
    ("#2f7fc1", "-"),
    ("#c2650f", "--"),
    ("#2a8c5f", ":"),
    ("#b0609f", "-."),
    ("#86761c", (0, (6, 1, 1, 1, 1, 1))),
)

#: Text and axes: 4.2 : 1 on white and on near-black, the most that one grey can have on both.
INK = "#7b7b7b"

#: Marks of a mel axis.
MEL_TICKS_HZ = (0, 500, 1000, 2000, 4000, 8000, 16000)


@dataclass(frozen=True, repr=False)
class Picture(html.Html):
    """A figure that a notebook shows, with its alternative text.

    Parameters
    ----------
    html, text : str
        As in `Html`.
    figure : matplotlib.figure.Figure
        What the picture was made from, to be saved in another format.
    """

    figure: matplotlib.figure.Figure


def waveform(sounds, sample_rate, labels=None, limit=1.0):
    """Draw sounds over time, one under the other on the same axes.

    Parameters
    ----------
    sounds, sample_rate, labels
        As for `players`, errors too; what exceeds full scale is drawn as it is.
    limit : float > 0
        The amplitude axis runs from ``-limit`` to ``limit``; at 1, full scale, levels compare.

    Examples
    --------
    >>> waveform(np.zeros(800), 8000, labels="rest")
    Waveform of rest: 0.10 s, silent.
    """
    sounds, labels = html.as_sounds(sounds, sample_rate, labels)
    rows = len(sounds)
    drawing, axes = pyplot.subplots(
        rows, figsize=(6, 0.6 + 1.3 * rows), sharex=True, squeeze=False, layout="constrained"
    )
    for sound, label, panel in zip(sounds, labels, axes[:, 0], strict=True):
        panel.plot(*_outline(sound, sample_rate), color=LINES[0][0], linewidth=0.7)
        panel.set(ylabel="amplitude", ylim=(-limit, limit))
        panel.set_title(label, loc="left", fontsize="medium")
        panel.margins(x=0)
    axes[-1, 0].set_xlabel("time (s)")
    texts = html.describe_all(sounds, labels, sample_rate)
    return figure(drawing, f"Waveform of {'; '.join(texts)}.")


def spectrogram(
    sounds,
    sample_rate,
    labels=None,
    scale="mel",
    n_fft=None,
    hop_length=None,
    range_db=html.RANGE_DB,
):
    """Draw the spectrogram of sounds, side by side on the same axes.

    The colours stand for the same levels whatever the sound, so that pictures compare.

    Parameters
    ----------
    sounds, sample_rate, labels
        As for `players`, errors too.
    scale : {"mel", "linear"}
        The frequency axis: 80 mel bands, or the bins of the Fourier transform. A band shows the
        strongest frequency in it.
    n_fft : int > 0, optional
        Length of the Hann window in samples; by default the power of two next above 32 ms.
    hop_length : int > 0, optional
        Samples between frames; by default `n_fft` / 16, for long sounds up to `n_fft` / 4.
    range_db : tuple of float
        Levels of the darkest and the brightest colour, relative to a sine of full scale.

    Examples
    --------
    >>> spectrogram(np.zeros(800), 8000, labels="rest", scale="linear")
    Spectrogram of rest: 0.10 s, silent.
    """
    if scale not in ("mel", "linear"):
        raise ValueError(f"scale must be 'mel' or 'linear', received {scale!r}")
    if not range_db[0] < range_db[1]:
        raise ValueError(f"range_db must go from a lower level to a higher, received {range_db}")
    sounds, labels = html.as_sounds(sounds, sample_rate, labels)
    longest = max(map(len, sounds))
    n_fft = n_fft or html.window_length(sample_rate)
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
    texts = html.describe_all(sounds, labels, sample_rate)
    return figure(drawing, f"Spectrogram of {'; '.join(texts)}.")


def image_spectrogram(values, label):
    """Draw an array as a network sees it, without units of sound.

    Parameters
    ----------
    values : array_like [shape=(frames, bins)]
        Frames run to the right, bins upward.
    label : str
        What the values are: the name of the colour bar.

    Raises
    ------
    ValueError
        When the array has another number of dimensions.

    Examples
    --------
    >>> image_spectrogram(np.eye(3), "level")
    Picture of level: 3 by 3 (frame by bin), from 0 to 1.
    """
    values = np.asarray(values)
    if values.ndim != 2:
        raise ValueError(f"values must have the shape (frames, bins), received {values.shape}")
    drawing, axes = pyplot.subplots(figsize=(6, 3), layout="constrained")
    image = axes.imshow(values.T, origin="lower", aspect="auto", cmap=html.COLOURMAP)
    axes.set(xlabel="frame", ylabel="bin")
    drawing.colorbar(image, ax=axes, label=label, pad=0.02)
    return figure(
        drawing,
        f"Picture of {label}: {values.shape[0]} by {values.shape[1]} (frame by bin), "
        f"from {html.number(values.min())} to {html.number(values.max())}.",
    )


def curves(lines, x_label, y_label, x=None):
    """Draw curves over one axis, told apart by colour and by dashes.

    Parameters
    ----------
    lines : dict of str to array_like [shape=(points,)]
        The curves by name.
    x_label, y_label : str
        Names of the axes, with their units.
    x : array_like [shape=(points,)], optional
        Where the points lie; by default 0, 1, 2, ...

    Raises
    ------
    ValueError
        When there are no curves, or more than the five that can be told apart.

    Examples
    --------
    >>> curves({"D": [1.0, 0.5], "G": [2.0, 3.0]}, "step", "loss")
    loss over step: D from 1 to 0.5; G from 2 to 3.
    """
    if not 0 < len(lines) <= len(LINES):
        raise ValueError(f"lines must be 1 to {len(LINES)} curves, received {len(lines)}")
    drawing, axes = pyplot.subplots(figsize=(6, 2.8), layout="constrained")
    texts = []
    for (name, values), (colour, dashes) in zip(lines.items(), LINES, strict=False):
        values = np.asarray(values)
        places = np.arange(len(values)) if x is None else x
        axes.plot(places, values, color=colour, linestyle=dashes, label=name)
        texts.append(f"{name} {_course(values)}")
    axes.set(xlabel=x_label, ylabel=y_label)
    axes.legend()
    return figure(drawing, f"{y_label} over {x_label}: {'; '.join(texts)}.")


def _course(values):
    """Say where what is drawn of a curve begins and ends, and how far it goes beyond."""
    finite = np.isfinite(values)
    if not finite.any():
        return "without values"
    seen = np.round(values[finite].astype(float), 12) + 0.0
    ends = seen[0], seen[-1], seen.min(), seen.max()
    first, last, lowest, highest = (html.number(value) for value in ends)
    beyond = [("lowest", lowest), ("highest", highest)]
    parts = [f"{word} {value}" for word, value in beyond if value not in (first, last)]
    parts += [] if finite.all() else ["drawn only in part"]
    course = f"constant at {first}" if lowest == highest else f"from {first} to {last}"
    return f"{course} ({', '.join(parts)})" if parts else course


def figure(drawing, alt):
    """Show any figure of matplotlib with an alternative text, readable on light and dark pages.

    White grounds become transparent, black text and axes mid-grey (`INK`). The figure is closed, so
    that a notebook does not show it a second time.

    Parameters
    ----------
    drawing : matplotlib.figure.Figure
        The finished figure.
    alt : str
        What it shows, for those who do not see it.

    Raises
    ------
    ValueError
        When the alternative text is empty.

    Examples
    --------
    >>> drawing, _ = pyplot.subplots()
    >>> figure(drawing, alt="Empty axes.")
    Empty axes.
    """
    if not alt.strip():
        raise ValueError("alt must say what the figure shows, received an empty text")
    _adapt(drawing)
    # Lines are smaller without loss, pictures of many colours with it.
    versions = []
    for how in ({"lossless": True}, {"quality": 85}):
        drawing.savefig(file := io.BytesIO(), format="webp", dpi=150, pil_kwargs=how)
        versions.append(file.getvalue())
    pyplot.close(drawing)
    image = (
        f'<img alt="{escape(alt)}" style="width:{112 * drawing.get_figwidth():.0f}px;'
        f'max-width:100%;height:auto" src="{html.data_uri("image/webp", min(versions, key=len))}">'
    )
    return Picture(image, alt, drawing)


def _outline(sound, sample_rate, columns=1500):
    """Return times (s) and values to draw: of a long sound only the extremes of each column."""
    if len(sound) <= 2 * columns:
        return np.arange(len(sound)) / sample_rate, sound
    starts = np.arange(columns) * len(sound) // columns
    low, high = np.minimum.reduceat(sound, starts), np.maximum.reduceat(sound, starts)
    return np.repeat(starts / sample_rate, 2), np.stack([low, high], axis=1).ravel()


def _draw_levels(panel, sound, sample_rate, n_fft, hop_length, scale, range_db):
    level_db, edges_hz = html.spectrum_db(sound, sample_rate, n_fft, hop_length, scale)
    mesh = librosa.display.specshow(
        level_db,
        x_coords=(np.arange(level_db.shape[1] + 1) - 0.5) * hop_length / sample_rate,
        y_coords=edges_hz,
        y_axis=scale,
        ax=panel,
        cmap=html.COLOURMAP,
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


def _adapt(drawing):
    """Take white and black out of a figure."""
    for patch in [drawing.patch, *(axes.patch for axes in drawing.axes)]:
        if to_rgb(patch.get_facecolor()) == (1, 1, 1):
            patch.set_alpha(0)
    for axes in drawing.axes:
        axes.tick_params(which="both", color=INK, labelcolor=INK, grid_color=INK, grid_alpha=0.4)
        for spine in axes.spines.values():
            spine.set_edgecolor(INK)
    for legend in drawing.findobj(Legend):
        legend.get_frame().set_alpha(0)
    for text in drawing.findobj(Text):
        if to_rgb(text.get_color()) == (0, 0, 0):
            text.set_color(INK)
