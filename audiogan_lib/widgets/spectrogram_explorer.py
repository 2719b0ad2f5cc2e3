"""The spectrogram explorer: one sound under many windows."""

from __future__ import annotations

from audiogan_lib import display
from audiogan_lib.widgets import panel

N_FFT = tuple(2**power for power in range(6, 13))
#: Hops as shares of the window.
OVERLAPS = (2, 4, 8, 16)
RANGE_DB = (-80, 0)

#: On a page: the first sounds with so long windows.
PAGE_N_FFT = (128, 512, 2048)
PAGE_SOUNDS = 2


class SpectrogramExplorer(panel.TwoFaces):
    """Choose window, hop, frequency scale and range of levels, and see what becomes of a sound.

    ``settings`` is what `display.spectrogram` is asked for now.

    Parameters
    ----------
    sounds : dict of str to array_like [shape=(samples,), in [-1, 1]]
        By name, of any lengths.
    sample_rate : int > 0
        Their rate in Hz.

    Raises
    ------
    ValueError
        When there are no sounds.

    Examples
    --------
    >>> snare = np.random.default_rng(0).uniform(-1, 1, 4000) * np.exp(-np.arange(4000) / 800)
    >>> SpectrogramExplorer({"snare": snare}, 16000).settings["n_fft"]
    512
    """

    def __init__(self, sounds, sample_rate):
        if not sounds:
            raise ValueError("sounds must hold at least one sound, received none")
        rows = panel.as_rows(sounds.values())
        self.sounds, self.sample_rate = dict(zip(sounds, rows, strict=True)), sample_rate
        self._build()
        self._choose()

    @property
    def settings(self):
        """Say how the controls stand."""
        n_fft = self._n_fft.value
        return {
            "scale": self._scale.value,
            "n_fft": n_fft,
            "hop_length": n_fft // self._overlap.value,
            "range_db": tuple(self._range_db.value),
        }

    def page(self):
        """Render, for a page without a kernel, players and pictures under three windows."""
        names = list(self.sounds)[:PAGE_SOUNDS]
        sounds = [self.sounds[name] for name in names]
        caption = (
            "In a live notebook this is a panel that draws a sound with any window, hop, frequency "
            f"scale and range of levels. These are windows of {', '.join(map(str, PAGE_N_FFT))} "
            "samples."
        )
        parts = [display.players(sounds, self.sample_rate, names, caption)]
        for n_fft in PAGE_N_FFT:
            labels = [f"{name}, {n_fft}" for name in names]
            settings = self.settings | {"n_fft": n_fft, "hop_length": n_fft // 4}
            parts.append(display.spectrogram(sounds, self.sample_rate, labels, **settings))
        options = {"sample_rate": self.sample_rate}
        return panel.alive("spectrogram-explorer", options, panel.together(*parts))

    def _build(self):
        import ipywidgets as widgets

        hops = [(f"n_fft / {overlap}", overlap) for overlap in OVERLAPS]
        levels = {"value": RANGE_DB, "min": -120, "max": 0, "step": 5}
        self._sound = panel.control("Dropdown", "sound", options=list(self.sounds))
        self._n_fft = panel.control("SelectionSlider", "n_fft", options=N_FFT, value=512)
        self._overlap = panel.control("Dropdown", "hop_length", options=hops, value=4)
        self._scale = widgets.ToggleButtons(options=["linear", "mel"], description="frequency")
        self._range_db = panel.control("IntRangeSlider", "levels (dB)", **levels)
        self._player, self._picture = widgets.HTML(), widgets.HTML()
        self._sound.observe(self._choose, "value")
        for control in (self._n_fft, self._overlap, self._scale, self._range_db):
            control.observe(self._draw, "value")
        controls = [self._sound, self._n_fft, self._overlap, self._scale, self._range_db]
        self.panel = widgets.VBox([*controls, self._player, self._picture])

    def _choose(self, change=None):
        name = self._sound.value
        self._player.value = display.players(self.sounds[name], self.sample_rate, name).html
        self._draw()

    def _draw(self, change=None):
        low_db, high_db = self._range_db.value
        if low_db == high_db:
            return
        name = self._sound.value
        sound = self.sounds[name]
        picture = display.spectrogram(sound, self.sample_rate, name, **self.settings)
        self._picture.value = picture.html
