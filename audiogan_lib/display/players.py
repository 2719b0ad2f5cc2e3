"""Players of sounds, each with its label, level and spectrogram."""

from __future__ import annotations

import io
from html import escape

import matplotlib
import numpy as np
import soundfile
from PIL import Image

from audiogan_lib import audio
from audiogan_lib.display import html
from audiogan_lib.display.html import Html

#: Pixels across a player's picture, for the longest sound of a grid.
PICTURE_COLUMNS = 240

_PLAYERS_STYLE = """<style>
.audiogan-players{display:grid;gap:16px 12px;margin:8px 0;
grid-template-columns:repeat(auto-fill,minmax(min(100%,max(148px,
calc((100% - (var(--columns) - 1)*12px)/var(--columns)))),1fr))}
.audiogan-players>div{min-width:0;max-width:352px;line-height:1.3}
.audiogan-players b,.audiogan-players small{display:block;overflow-wrap:anywhere}
.audiogan-players b{font-weight:600}
.audiogan-players small,.audiogan-note{font-size:.8em;opacity:.8}
.audiogan-players span{display:block;margin:4px 0;border-radius:4px;overflow:hidden;
background:rgba(128,128,128,.25)}
.audiogan-players img{display:block;height:72px;max-width:none;margin:0;border-radius:0!important}
.audiogan-players audio{display:block;width:100%;height:36px}
.audiogan-note{margin:8px 0;line-height:1.4}
</style>"""


def players(sounds, sample_rate, labels=None, caption="", columns=4, autoplay=False, pictures=True):
    """Show sounds as a grid of players, each with its label, level and spectrogram.

    Levels are kept. Only when a sound exceeds full scale, all are turned down by one common gain,
    and the note under the grid says by how much. All pictures of a grid have the same axes.

    The sounds lie in the page as FLAC (up to 4096 samples: WAV) of 16 bits. With its picture a word
    of FSDD costs 8 KB on average, a second of drum 11 KB, a second of white noise 50 KB.

    Parameters
    ----------
    sounds : array_like [shape=(samples,) or (count, samples), in [-1, 1]] or list of (samples,)
        One sound or several, arrays or tensors, of equal lengths or not. Samples run along the last
        axis: the array of a stereo file, as soundfile reads it, is to be transposed.
    sample_rate : int > 0
        Their rate in Hz.
    labels : str or list of str, optional
        A name for each sound; by default they are numbered.
    caption : str
        What stands over the grid.
    columns : int > 0
        Players side by side where there is room; a narrow page shows fewer.
    autoplay : bool
        Whether the first sound plays as soon as it is shown, where the browser allows it.
    pictures : bool
        Whether to show spectrograms and levels, which would tell in a blind test what is what.

    Raises
    ------
    TypeError
        When the samples are not floating-point numbers.
    ValueError
        When a sound is empty, has another shape, values that are not finite or beyond 10, or when
        there are more than 256 sounds or other than as many labels.

    Examples
    --------
    >>> players(0.5 * np.sin(2 * np.pi * 440 * np.arange(8000) / 8000), 8000, labels="A4")
    A4: 1.00 s, −9.0 dBFS, strongest near 440 Hz
    """
    sounds, labels = html.as_sounds(sounds, sample_rate, labels)
    gain = np.float32(1 / max(1.0, *(np.abs(sound).max() for sound in sounds)))
    sounds = [sound * gain for sound in sounds]
    longest = max(map(len, sounds))
    grid = "".join(
        _player(*each, sample_rate, longest, pictures) for each in zip(sounds, labels, strict=True)
    )
    if autoplay:
        grid = grid.replace("<audio ", "<audio autoplay ", 1)
    page = (
        f"{_PLAYERS_STYLE}<p>{escape(caption)}</p>"
        f'<div class="audiogan-players" style="--columns:{min(int(columns), len(sounds))}">{grid}'
        f'</div><p class="audiogan-note">{_note(gain, longest, sample_rate, pictures)}</p>'
    )
    text = "\n".join(
        [caption, *(html.describe_all(sounds, labels, sample_rate) if pictures else labels)]
    )
    return Html(page.replace("<p></p>", ""), text.lstrip())


def _note(gain, longest, sample_rate, pictures):
    quietest, loudest = (html.number(level_db, ".0f") for level_db in html.RANGE_DB)
    level = "No sound is normalised."
    if gain < 1:
        level = f"All are turned down by {-20 * np.log10(gain):.1f} dB, as the loudest would clip."
    if not pictures:
        return level
    return (
        f"Pictures: {longest / sample_rate:.2f} s across, 0 to {sample_rate / 2:.0f} Hz upward "
        f"(mel scale), {quietest} to {loudest} dB from dark to bright, all alike. {level}"
    )


def _player(sound, label, sample_rate, longest, pictures):
    name = escape(label)
    address = html.data_uri(*_encoded(sound, sample_rate))
    audio_html = f'<audio controls preload="metadata" aria-label="{name}" src="{address}"></audio>'
    if not pictures:
        return f'<div role="group" aria-label="{name}"><b>{name}</b>{audio_html}</div>'
    alt = f"Spectrogram of {name}: {html.describe(sound, sample_rate)}."
    picture = html.data_uri("image/webp", _picture(sound, sample_rate, longest))
    width = max(100 * len(sound) / longest, 1)
    return (
        f'<div role="group" aria-label="{name}"><b>{name}</b>'
        f"<small>{len(sound) / sample_rate:.2f} s, {html.level(sound)}</small>"
        f'<span><img style="width:{width:.4g}%" alt="{alt}" '
        f'src="{picture}"></span>{audio_html}</div>'
    )


def _encoded(sound, sample_rate):
    """Return a sound's media type and bytes."""
    # Chromium cannot play a FLAC file of a single frame, which is at most 4096 samples.
    kind = "FLAC" if len(sound) > 4096 else "WAV"
    file = io.BytesIO()
    soundfile.write(file, audio.to_int16(sound), int(sample_rate), "PCM_16", format=kind)
    return f"audio/{kind.lower()}", file.getvalue()


def _picture(sound, sample_rate, longest):
    """Draw the small spectrogram of a player, its width in proportion to the sound's length."""
    n_fft = html.window_length(sample_rate)
    hop_length = min(max(1, longest // PICTURE_COLUMNS), n_fft // 4)
    level_db, _ = html.spectrum_db(sound, sample_rate, n_fft, hop_length)
    columns = min(level_db.shape[1], max(1, round(PICTURE_COLUMNS * len(sound) / longest)))
    level_db = np.maximum.reduceat(level_db, np.arange(columns) * level_db.shape[1] // columns, 1)
    floor_db, ceiling_db = html.RANGE_DB
    brightness = np.clip((level_db[::-1] - floor_db) / (ceiling_db - floor_db), 0, 1)
    pixels = matplotlib.colormaps[html.COLOURMAP](brightness, bytes=True)[..., :3]
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, format="WEBP", quality=80, method=6)
    return file.getvalue()
