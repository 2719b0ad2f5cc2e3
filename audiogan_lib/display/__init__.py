"""What a notebook shows: players, plots and source code.

Everything here returns `Html`: leave it as the last expression of a cell. It holds its sounds and
pictures itself, so it needs no script, no network and, once a page is rendered, no kernel. No sound
is ever normalised: what is quieter sounds quieter and looks darker.
"""

from audiogan_lib.display.architecture import architecture
from audiogan_lib.display.html import Html, document
from audiogan_lib.display.players import players
from audiogan_lib.display.plots import (
    INK,
    LINES,
    Picture,
    curves,
    figure,
    image_spectrogram,
    spectrogram,
    waveform,
)
from audiogan_lib.display.source import show_source

__all__ = [
    "INK",
    "LINES",
    "Html",
    "Picture",
    "architecture",
    "curves",
    "document",
    "figure",
    "image_spectrogram",
    "players",
    "show_source",
    "spectrogram",
    "waveform",
]
