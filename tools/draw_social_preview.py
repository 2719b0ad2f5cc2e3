"""Draw what a link to the book shows elsewhere: ``python tools/draw_social_preview.py``."""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from audiogan_lib import pretrained, spectral

PATH = Path(__file__).parents[1] / "book" / "static" / "social.png"
_SIZE_PX, _DPI = (1200, 630), 100


def main():
    """Write the picture: five generated digits in a row."""
    speech = pretrained.load("digits")
    sounds = speech.sample(5, label=list("01234"), speaker="theo", seed=4)
    magnitudes = np.abs(spectral.stft(np.concatenate(sounds)[np.newaxis], 512, 64))[0]
    size = [side / _DPI for side in _SIZE_PX]
    figure = plt.figure(figsize=size, dpi=_DPI, facecolor="black")
    panel = figure.add_axes((0, 0, 1, 0.72))
    levels_db = 20 * np.log10(magnitudes.T + 1e-3)
    panel.imshow(levels_db, aspect="auto", origin="lower", cmap="magma")
    panel.axis("off")
    figure.text(0.04, 0.86, "Audio GANs by Ear", color="white", fontsize=52, va="center")
    note = "five generated digits, as a spectrogram"
    figure.text(0.04, 0.755, note, color="0.75", fontsize=22, va="center")
    figure.savefig(PATH, dpi=_DPI)


if __name__ == "__main__":
    main()
