"""Players, plots, source code and networks to scale: what is shown is what was given."""

import base64
import inspect
import io
import itertools
import json
import re
from html import unescape
from html.parser import HTMLParser

import keras
import numpy as np
import pytest
import soundfile
from matplotlib import patches, pyplot
from matplotlib.colors import to_hex
from PIL import Image

from audiogan_lib import audio, display
from audiogan_lib.display import html as shown_html
from audiogan_lib.models import wavegan

RATE = 8000
MINUS = "\N{MINUS SIGN}"


class Parsed(HTMLParser):
    """The elements of a piece of HTML, after a check that they close in order."""

    def __init__(self, html):
        super().__init__()
        self.elements, self._open = [], []
        self.feed(html)
        assert not self._open

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag != "img":
            self._open.append(tag)

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


def payload(address, *kinds):
    head, _, content = address.partition(",")
    assert head in [f"data:{kind};base64" for kind in kinds]
    return base64.b64decode(content, validate=True)


def played(html):
    return [
        soundfile.read(io.BytesIO(payload(player["src"], "audio/flac", "audio/wav")), dtype="int16")
        for player in Parsed(html).all("audio")
    ]


def pictures(html):
    return [
        np.asarray(Image.open(io.BytesIO(payload(image["src"], "image/webp"))).convert("RGBA"))
        for image in Parsed(html).all("img")
    ]


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def sine(frequency_hz, amplitude=0.5, samples=8192):
    time_s = np.arange(samples) / RATE
    return (amplitude * np.sin(2 * np.pi * frequency_hz * time_s)).astype(np.float32)


def test_a_player_holds_the_sound_bit_by_bit(rng):
    steps = rng.integers(-32768, 32768, (3, 700), dtype=np.int16)
    sounds = played(display.players(steps / np.float32(32768), 22050).html)
    for (samples, rate), expected in zip(sounds, steps, strict=True):
        np.testing.assert_array_equal(samples, expected)
        assert rate == 22050


def test_levels_are_not_normalised():
    html = display.players([sine(440, 0.5), sine(440, 0.005)], RATE).html
    (loud, _), (quiet, _) = played(html)
    assert np.abs(loud).max() == pytest.approx(16384, abs=1)
    assert np.abs(quiet).max() == pytest.approx(164, abs=1)
    assert "No sound is normalised" in html


def test_sounds_that_would_clip_are_turned_down_together_and_it_says_so():
    html = display.players([sine(440, 2.0), sine(440, 0.2)], RATE).html
    (loud, _), (quiet, _) = played(html)
    assert np.abs(loud).max() == 32767
    assert np.abs(quiet).max() == pytest.approx(3277, abs=1)
    assert "turned down by 6.0 dB" in html
    assert "No sound is normalised" not in html


@pytest.mark.parametrize("amplitude, level", [(1.0, "3.0"), (0.1, "23.0")])
def test_the_words_are_true(amplitude, level):
    shown = display.players(sine(1000, amplitude), RATE, labels="tone")
    assert repr(shown) == f"tone: 1.02 s, {MINUS}{level} dBFS, strongest near 1000 Hz"
    [picture] = Parsed(shown.html).all("img")
    assert (
        picture["alt"]
        == f"Spectrogram of tone: 1.02 s, {MINUS}{level} dBFS, strongest near 1000 Hz."
    )


def test_silence_and_a_constant_have_no_strongest_frequency():
    assert repr(display.players(np.zeros(800), RATE)) == "sound 1: 0.10 s, silent"
    assert repr(display.players(np.full(800, 0.5), RATE)) == f"sound 1: 0.10 s, {MINUS}6.0 dBFS"
    rumble = sine(10, 0.5) + sine(440, 0.1)
    assert "strongest near 440 Hz" in repr(display.players(rumble, RATE))  # the ear hears from 20
    assert "strongest near 20 Hz" in repr(display.players(sine(20, samples=RATE), RATE))


def test_every_player_has_a_name_a_picture_and_keys():
    parsed = Parsed(display.players([sine(200), sine(300)], RATE, labels=["low", "high"]).html)
    assert [player["aria-label"] for player in parsed.all("audio")] == ["low", "high"]
    assert all("controls" in player and "tabindex" not in player for player in parsed.all("audio"))
    assert all("autoplay" not in player for player in parsed.all("audio"))
    assert len(parsed.all("img")) == 2


def test_the_words_round_the_players_are_those_that_were_asked_for():
    shown = display.players([sine(200), sine(300, samples=9)], RATE, ["low", 3], caption="Two <b>")
    assert shown.text.startswith("Two <b>\nlow: 1.02 s, ")
    assert "<p>Two &lt;b&gt;</p>" in shown.html
    assert f"<small>1.02 s, {MINUS}9.0 dBFS</small>" in shown.html
    note = f"0 to 4000 Hz upward (mel scale), {MINUS}80 to 0 dB from dark to bright, all alike. No "
    assert f">Pictures: 1.02 s across, {note}sound is normalised.</p>" in shown.html
    assert [group["aria-label"] for group in Parsed(shown.html).all("div")[1:]] == ["low", "3"]
    assert [image["style"] for image in Parsed(shown.html).all("img")] == ["width:100%", "width:1%"]
    assert "<p></p>" not in display.players(sine(200), RATE).html


def test_a_blind_test_shows_neither_picture_nor_level():
    shown = display.players([sine(200), sine(300)], RATE, labels=["A", "B"], pictures=False)
    assert shown.text == "A\nB"
    assert not Parsed(shown.html).all("img")
    assert "dB" not in shown.html
    assert '<p class="audiogan-note">No sound is normalised.</p>' in shown.html
    assert [player["aria-label"] for player in Parsed(shown.html).all("audio")] == ["A", "B"]


def test_a_page_of_its_own_has_its_heading_and_its_body():
    page = display.document("Kicks & snares", "<p>None.</p>")
    assert "<title>Kicks &amp; snares</title>" in page
    assert "<h1>Kicks &amp; snares</h1>\n<p>None.</p>\n</main>" in page


def test_levels_over_frequency_end_120_db_below_a_full_sine():
    assert [shown_html.window_length(rate) for rate in (100, 8000, 16000, 22050)] == [
        8,
        256,
        512,
        1024,
    ]
    for scale, bins in (("mel", 80), ("linear", 129)):
        level_db, edges_hz = shown_html.spectrum_db(np.zeros(999), RATE, 256, 64, scale)
        assert level_db.shape == (bins, 16)
        assert len(edges_hz) == bins + 1
        np.testing.assert_array_equal(level_db, -120)


def test_a_grid_has_no_more_columns_than_sounds():
    for count, columns in (3, 2), (3, 4), (1, 4):
        html = display.players([sine(200)] * count, RATE, columns=columns).html
        assert f'style="--columns:{min(count, columns)}"' in html


def test_autoplay_starts_one_sound_only():
    players = Parsed(display.players([sine(200), sine(300)], RATE, autoplay=True).html).all("audio")
    assert ["autoplay" in player for player in players] == [True, False]


def test_labels_are_text_not_html():
    html = display.players(sine(200), RATE, labels='<b>"&', caption="<i>").html
    parsed = Parsed(html)
    assert parsed.all("audio")[0]["aria-label"] == '<b>"&'
    assert len(parsed.all("b")) == 1
    assert not parsed.all("i")


def test_the_page_needs_nothing_beside_itself():
    html = display.players(sine(200), RATE).html + display.waveform(sine(200), RATE).html
    assert not Parsed(html).all("script")
    assert not Parsed(html).all("link")
    assert not re.search(r"https?:|@import|url\(", html)


def test_a_picture_shows_frequency_upward_and_time_to_the_right():
    def row(frequency_hz):
        [picture] = pictures(display.players(sine(frequency_hz), RATE).html)
        return picture[:, :, :3].sum(axis=(1, 2)).argmax() / len(picture)

    assert row(3000) < row(1000) < row(300)
    silent_then_loud = np.concatenate([np.zeros(4096), sine(1000, samples=4096)])
    [picture] = pictures(display.players(silent_then_loud, RATE).html)
    columns = picture[:, :, :3].sum(axis=(0, 2))
    assert columns[180:230].mean() > 2 * columns[10:100].mean()


def test_a_quieter_sound_has_a_darker_picture():
    loud, quiet = pictures(display.players([sine(1000, 0.9), sine(1000, 0.009)], RATE).html)
    assert loud.max(axis=(0, 1))[0] > 240
    assert quiet.max(axis=(0, 1))[0] < 200


def test_pictures_of_different_lengths_share_one_time_axis():
    html = display.players([sine(1000), sine(1000, samples=2048)], RATE).html
    assert [image["style"] for image in Parsed(html).all("img")] == ["width:100%", "width:25%"]
    long, short = pictures(html)
    assert short.shape[1] == pytest.approx(long.shape[1] / 4, abs=1)
    [picture] = pictures(display.players(sine(1000, samples=60_000), RATE).html)
    assert picture.shape[:2] == (80, 240)  # a row for each mel band, however long the sound


@pytest.mark.parametrize("samples", [1, 2, 50, 300])
def test_the_shortest_sounds_are_shown_too(samples, rng):
    html = display.players(rng.uniform(-1, 1, samples), RATE).html
    assert len(played(html)[0][0]) == samples


def test_a_player_costs_little_of_the_page(rng):
    def cost(sound, rate):
        return (len(display.players([sound] * 3, rate).html) - styles) / 3

    styles = len(display.players(np.zeros(80), RATE).html)
    # As in a clip of FSDD, a word over noise of the room fills half of it.
    word = sine(200, 0.1, 4096) + sine(700, 0.05, 4096) + rng.normal(0, 0.002, 4096)
    assert styles < 2_000
    assert cost(audio.fit_length(word, 8192), RATE) < 10_000
    assert cost(rng.uniform(-1, 1, 16384), 16000) < 52_000
    [picture] = Parsed(display.players(rng.uniform(-1, 1, 16384), 16000).html).all("img")
    assert len(picture["src"]) < 12_000


class Tensor:
    """Stands for a tensor of any library: an array only when asked."""

    def __init__(self, values):
        self._values = values

    def __array__(self, dtype=None, copy=None):
        return np.asarray(self._values, dtype)

    def __len__(self):
        return len(self._values)


@pytest.mark.parametrize(
    "sounds, count",
    [
        (np.zeros(9, np.float64), 1),
        (np.zeros((3, 9), np.float16), 3),
        ([np.zeros(9), np.zeros(5)], 2),
        ([0.0, 0.5, 0.0], 1),
        ([[0.0, 0.5], [0.1, 0.2]], 2),
        (Tensor(np.zeros((2, 9), np.float32)), 2),
        ([Tensor(np.zeros(9, np.float32))], 1),
    ],
)
def test_one_sound_or_many_arrays_lists_or_tensors(sounds, count):
    assert len(played(display.players(sounds, RATE).html)) == count


def test_what_is_just_allowed_is_taken():
    sounds, labels = shown_html.as_sounds(np.zeros((256, 300), np.float16), 1, None)
    assert (len(sounds), labels[0], labels[-1]) == (256, "sound 1", "sound 256")
    assert sounds[0].dtype == np.float32
    shown_html.as_sounds([np.array([0.0, -10.0])], RATE, "loud")


@pytest.mark.parametrize(
    "arguments, kind, message",
    [
        (([], RATE), ValueError, "^sounds must hold at least one sound, received none$"),
        ((np.zeros((0, 9)), RATE), ValueError, "at least one"),
        (
            ([np.zeros(9), np.zeros(0)], RATE),
            ValueError,
            r"sounds\[1\] .* received the shape \(0,\)",
        ),
        ((np.zeros((2, 9, 1)), RATE), ValueError, r"\(clips, samples\), .* \(2, 9, 1\)"),
        # Two channels, as soundfile reads them: not so many players of two samples each.
        (
            (np.zeros((44100, 2)), RATE),
            ValueError,
            r"\(clips, samples\), .*\(44100, 2\).*transpose",
        ),
        (([np.zeros((44100, 2))], RATE), ValueError, r"sounds\[0\] must be one row .*\(44100, 2\)"),
        ((np.zeros((257, 300)), RATE), ValueError, "sounds must be 256 at most, received 257"),
        ((np.array([0.0, np.nan]), RATE), ValueError, r"sounds\[0\] must be finite"),
        ((np.array([0.0, np.inf]), RATE), ValueError, "finite"),
        (
            (np.array([0, 120], np.int16), RATE),
            TypeError,
            "received int16; 16-bit integers become so when divided by 32768$",
        ),
        ((np.array([0.0, -10.1]), RATE), ValueError, r"\[-1, 1\], received a peak of 10.1"),
        ((np.zeros(9), 0), ValueError, "sample_rate must be whole and positive .* received 0"),
        ((np.zeros(9), 0.5), ValueError, "sample_rate"),
        (
            (np.zeros((2, 9)), RATE, ["one"]),
            ValueError,
            "labels must be 2, one a sound, received 1",
        ),
    ],
)
@pytest.mark.parametrize("show", [display.players, display.waveform, display.spectrogram])
def test_wrong_arguments_are_named(show, arguments, kind, message):
    with pytest.raises(kind, match=message):
        show(*arguments)
    assert not pyplot.get_fignums()


@pytest.mark.parametrize(
    "draw",
    [
        lambda: display.waveform([sine(440), sine(880)], RATE, labels=["A4", "A5"]),
        lambda: display.spectrogram([sine(440), sine(880)], RATE, labels=["A4", "A5"]),
    ],
)
def test_plots_have_alternative_texts_and_are_closed(draw):
    picture = draw()
    [image] = Parsed(picture.html).all("img")
    assert image["alt"] == picture.text == repr(picture)
    assert f"A4: 1.02 s, {MINUS}9.0 dBFS, strongest near 440 Hz; A5: " in picture.text
    assert not pyplot.get_fignums()
    assert len(picture.html) < 60_000


def test_plots_are_as_wide_as_a_page():
    for picture in (
        display.waveform(sine(440), RATE),
        display.spectrogram(sine(440), RATE),
        display.image_spectrogram(np.eye(3), "level"),
        display.curves({"G": [1, 2]}, "step", "loss"),
    ):
        assert picture.figure.get_figwidth() == 6
        assert picture.figure.get_figheight() < 3.1
        assert picture.figure.get_layout_engine() is not None


def test_a_waveform_is_drawn_with_units_on_one_scale(rng):
    sound = rng.uniform(-0.5, 0.5, 3000).astype(np.float32)
    [axes] = display.waveform(sound, RATE).figure.axes
    time_s, values = axes.lines[0].get_data()
    np.testing.assert_array_equal(values, sound)
    np.testing.assert_allclose(time_s, np.arange(3000) / RATE)
    assert axes.get_xlim() == (0, time_s[-1])
    assert axes.lines[0].get_color() == display.LINES[0][0]
    assert axes.get_ylim() == (-1, 1)
    assert display.waveform(sound, RATE, limit=0.5).figure.axes[0].get_ylim() == (-0.5, 0.5)
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("time (s)", "amplitude")
    two = display.waveform([sound, 2 * sound], RATE, labels=["one", "other"])
    assert [panel.get_title("left") for panel in two.figure.axes] == ["one", "other"]
    assert [panel.get_xlabel() for panel in two.figure.axes] == ["", "time (s)"]
    assert two.figure.axes[0].get_shared_x_axes().joined(*two.figure.axes)
    assert two.figure.get_size_inches().tolist() == [6, pytest.approx(3.2)]
    assert 'style="width:672px;max-width:100%' in two.html  # of the page's column


def test_a_long_waveform_keeps_its_extremes(rng):
    sound = rng.uniform(-0.5, 0.5, 100_000).astype(np.float32)
    sound[[1234, 77_777]] = 0.9, -0.8
    time_s, values = display.waveform(sound, RATE).figure.axes[0].lines[0].get_data()
    assert len(values) < 10_000
    assert values.max() == np.float32(0.9)
    assert time_s[values.argmax()] == pytest.approx(1234 / RATE, abs=0.01)
    assert values.min() == np.float32(-0.8)
    assert time_s[values.argmin()] == pytest.approx(77_777 / RATE, abs=0.01)


@pytest.mark.parametrize("scale", ["mel", "linear"])
def test_a_spectrogram_shows_a_full_sine_at_its_place_with_0_db(scale):
    frequency_hz = 1000
    picture = display.spectrogram(sine(frequency_hz, 1.0), RATE, scale=scale)
    axes, bar = picture.figure.axes
    mesh = axes.collections[0]
    level_db = np.asarray(mesh.get_array())
    edges_hz = mesh.get_coordinates()[:, 0, 1]
    middle = level_db[:, level_db.shape[1] // 2]
    row = middle.argmax()
    assert edges_hz[row] <= frequency_hz <= edges_hz[row + 1]
    assert middle[row] == pytest.approx(0, abs=0.01)
    assert mesh.get_clim() == (-80, 0)
    assert axes.get_xlim() == (0, pytest.approx(8192 / RATE))
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("time (s)", "frequency (Hz)")
    assert bar.get_ylabel() == "level (dB)"
    assert mesh.get_cmap().name == "magma"
    assert axes.get_ylim() == (0, RATE / 2)
    if scale == "mel":
        assert axes.get_yticks().tolist() == [0, 500, 1000, 2000, 4000]
    assert len(axes.get_xticks()) > 3


def test_spectrograms_stand_three_in_a_row_and_empty_places_stay_empty():
    drawing = display.spectrogram([sine(200)] * 4, RATE, labels=list("abcd")).figure
    axes = drawing.axes[:6]
    assert drawing.get_size_inches().tolist() == [6, pytest.approx(4.9)]
    assert [panel.get_title("left") for panel in axes] == [*"abcd", "", ""]
    assert [panel.get_ylabel() != "" for panel in axes] == [True, False, False] * 2
    assert [panel.get_visible() for panel in axes] == [True] * 4 + [False] * 2
    assert {panel.get_subplotspec().get_gridspec().get_geometry() for panel in axes} == {(2, 3)}


def test_a_spectrogram_takes_its_resolution_and_its_range(rng):
    sound = rng.uniform(-1, 1, 4096)
    picture = display.spectrogram(sound, RATE, scale="linear", n_fft=64, hop_length=32)
    assert picture.figure.axes[0].collections[0].get_array().shape == (33, 129)
    edges_s = picture.figure.axes[0].collections[0].get_coordinates()[0, :2, 0]
    np.testing.assert_allclose(edges_s, np.array([-16, 16]) / RATE)  # round the frame at 0 s
    # 32 ms are 256 samples; hops of 16 would be too many columns for this sound.
    picture = display.spectrogram(np.resize(sound, 20_000), RATE, scale="linear")
    assert picture.figure.axes[0].collections[0].get_array().shape == (129, 501)
    picture = display.spectrogram(sound, RATE, range_db=(-60, -10))
    assert picture.figure.axes[0].collections[0].get_clim() == (-60, -10)
    with pytest.raises(ValueError, match="range_db must go from a lower level to a higher"):
        display.spectrogram(sound, RATE, range_db=(-40, -40))
    with pytest.raises(ValueError, match="scale must be 'mel' or 'linear', received 'bark'"):
        display.spectrogram(sound, RATE, scale="bark")


def test_an_array_is_drawn_with_bins_upward():
    values = np.arange(12.0).reshape(4, 3)
    picture = display.image_spectrogram(values, "level")
    image = picture.figure.axes[0].images[0]
    np.testing.assert_array_equal(image.get_array(), values.T)
    assert image.origin == "lower"
    assert image.get_cmap().name == "magma"
    axes, bar = picture.figure.axes
    labels = axes.get_xlabel(), axes.get_ylabel(), bar.get_ylabel()
    assert labels == ("frame", "bin", "level")
    assert axes.get_aspect() == "auto"
    assert repr(picture) == "Picture of level: 4 by 3 (frame by bin), from 0 to 11."
    with pytest.raises(ValueError, match=r"\(frames, bins\), received \(12,\)"):
        display.image_spectrogram(values.ravel(), "level")


def test_curves_differ_in_dashes_and_are_told():
    lines = {"G": [2.0, 5.0, 1.0], "D": [1.0, 0.0, -1.5]}
    picture = display.curves(lines, "step", "loss", x=[0, 5, 10])
    lines = picture.figure.axes[0].lines
    assert len({line.get_linestyle() for line in lines}) == 2
    assert [line.get_color() for line in lines] == [colour for colour, _ in display.LINES[:2]]
    [axes] = picture.figure.axes
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["G", "D"]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("step", "loss")
    [line] = display.curves({"D": [3, 1, 2]}, "step", "loss").figure.axes[0].lines
    assert line.get_xdata().tolist() == [0, 1, 2]
    np.testing.assert_array_equal(lines[1].get_data(), [[0, 5, 10], [1.0, 0.0, -1.5]])
    assert repr(picture) == f"loss over step: G from 2 to 1 (highest 5); D from 1 to {MINUS}1.5."
    gap = float("nan")
    parts = {"a": [2, 0, 5, 3], "b": [1, 2, 1.9999], "c": [gap, 1, 0.5, gap], "d": [1, 1]}
    assert repr(display.curves(parts, "x", "y")) == (
        "y over x: a from 2 to 3 (lowest 0, highest 5); b from 1 to 2; "
        "c from 1 to 0.5 (drawn only in part); d constant at 1."
    )
    for many in ({}, {str(i): [0] for i in range(6)}):
        with pytest.raises(ValueError, match=f"1 to 5 curves, received {len(many)}"):
            display.curves(many, "step", "loss")


def test_any_figure_becomes_readable_on_light_and_dark():
    drawing, axes = pyplot.subplots()
    axes.plot([0, 1], label="line")
    axes.legend()
    axes.set_title("title")
    axes.text(0, 0, "white stays", color="white")
    picture = display.figure(drawing, alt='A "line".')
    assert picture.figure is drawing
    assert not pyplot.get_fignums()
    assert Parsed(picture.html).all("img")[0]["alt"] == 'A "line".'
    [pixels] = pictures(picture.html)
    assert (pixels[:3, :, 3] == 0).all()
    drawn = pixels[pixels[:, :, 3] > 60][:, :3]
    assert not (drawn.max(axis=1) < 100).any()
    assert axes.texts[0].get_color() == "white"
    assert {text.get_color() for text in axes.get_xticklabels()} == {display.INK}
    assert {to_hex(spine.get_edgecolor()) for spine in axes.spines.values()} == {display.INK}
    assert axes.title.get_color() == axes.get_legend().get_texts()[0].get_color() == display.INK
    assert axes.patch.get_alpha() == axes.get_legend().get_frame().get_alpha() == 0
    with pytest.raises(
        ValueError, match=r"^alt must say what the figure shows, received an empty text$"
    ):
        display.figure(drawing, alt=" ")


def contrast(colour, other):
    def luminance(hexadecimal):
        parts = [int(hexadecimal[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return np.dot([0.2126, 0.7152, 0.0722], linear)

    bright, dark = sorted([luminance(colour), luminance(other)], reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def test_colours_stand_out_on_light_and_dark_pages():
    for ground in ("#ffffff", "#121212"):
        assert contrast(display.INK, ground) > 4.1
        for colour, _ in display.LINES:
            assert contrast(colour, ground) > 3
    for pair in re.findall(r"color:light-dark\((#\w+),(#\w+)\)", display.show_source(sine).html):
        for colour, ground in zip(pair, ("#f5f6f8", "#1d2127"), strict=True):
            assert contrast(colour, ground) > 4.5


def code_of(shown):
    return re.sub(r"<[^>]+>", "", shown.html.partition("<pre")[2].partition(">")[2])


def test_source_is_shown_with_the_name_of_its_file():
    shown = display.show_source(audio.normalize_peak)
    code, first = inspect.getsourcelines(audio.normalize_peak)
    assert f"audiogan_lib/audio/clips.py, lines {first} to {first + len(code) - 1}<" in shown.html
    assert "# json/__init__.py, lines " in repr(display.show_source(json.dumps))
    assert '<span class="nf">normalize_peak</span>' in shown.html
    assert code_of(shown).startswith("def normalize_peak(waveforms, peak=0.9):")
    assert '"""Scale each clip' in repr(shown)
    Parsed(shown.html)


def test_source_can_leave_the_docstring_out():
    code = code_of(display.show_source(display.Html._repr_html_, docstring=False))
    assert code.split("\n") == ["def _repr_html_(self):", "    return self.html", ""]
    in_a_dict = {
        "answer": lambda: 42,
    }["answer"]
    assert "lambda: 42" in code_of(display.show_source(in_a_dict, docstring=False))
    assert "lambda" in code_of(display.show_source(lambda: 0, docstring=False))
    code = code_of(display.show_source(shown_html.level, docstring=False))
    lines = inspect.getsource(shown_html.level).splitlines(keepends=True)
    assert unescape(code) == "".join(lines[:1] + lines[2:])


def test_source_of_a_notebook_is_told_to_be_of_it():
    def mine():
        return 1

    mine.__module__ = "__main__"
    assert repr(display.show_source(mine)).startswith("# this notebook, lines ")


def test_source_of_classes_and_properties_but_not_of_values():
    assert "class AudioError" in repr(display.show_source(audio.AudioError))

    class Local:
        @property
        def answer(self):
            return 42

    assert "return 42" in repr(display.show_source(Local.answer))
    for value in (len, 3, audio, np.zeros(3)):
        wanted = r"^obj must be a function, method or class written in Python, received "
        with pytest.raises(TypeError, match=wanted):
            display.show_source(value)


def test_a_sound_of_one_flac_frame_is_a_wav_because_chromium_plays_no_such_flac():
    short, longer = np.zeros(4096, np.float32), np.zeros(4097, np.float32)
    sources = [
        player["src"] for player in Parsed(display.players([short, longer], 8000).html).all("audio")
    ]
    assert [source.partition(";")[0] for source in sources] == ["data:audio/wav", "data:audio/flac"]


def boxes(picture):
    panel = picture.figure.axes[0]
    return [box for box in panel.patches if isinstance(box, patches.Rectangle)]


def test_each_change_of_size_is_a_box_and_each_factor_of_four_adds_the_same_height():
    network = wavegan.build_generator(width=4)
    picture = display.architecture(network, "WaveGAN")
    heights = [box.get_height() for box in boxes(picture)]
    assert heights[0] == 1  # the dense layer has one place
    steps = [after - before for before, after in itertools.pairwise(heights[1:])]
    assert steps == [pytest.approx(2)] * 4
    middles = [box.get_y() + box.get_height() / 2 for box in boxes(picture)]
    assert middles == [pytest.approx(max(heights) / 2)] * len(heights)
    for box, after in itertools.pairwise(boxes(picture)):
        assert after.get_x() - box.get_x() == pytest.approx(max(box.get_width(), 1.4) + 1.2)
    [panel] = picture.figure.axes
    for box, text in zip(boxes(picture), panel.texts, strict=True):
        assert text.get_position()[0] == box.get_x() + box.get_width() / 2
        assert (text.get_ha(), text.get_va()) == ("center", "top")
    assert panel.texts[-1].get_text() == "16384\n1 ch"
    assert (panel.get_title(), panel.axison) == ("WaveGAN", False)
    widths = [box.get_width() for box in boxes(picture)]
    assert widths[1] - widths[2] == pytest.approx(1 / 3)  # half of the channels


def test_the_text_names_sizes_and_weights():
    layers = [keras.Input((6, 5, 1)), keras.layers.Conv2D(3, 3, padding="same")]
    picture = display.architecture(keras.Sequential(layers), "plane")
    assert repr(picture) == "plane: 6x5x3; 30 weights."
    assert picture.figure.axes[0].texts[0].get_text() == "6x5\n3 ch"
    assert picture.figure.get_size_inches().tolist() == [7, pytest.approx(2.6)]
    picture = display.architecture(wavegan.build_discriminator(width=4))
    assert "4096x4, 1024x8, 256x16, 64x32, 16x64, 1x1" in str(picture)
    assert f"{wavegan.build_discriminator(width=4).count_params():,} weights" in str(picture)


def test_of_many_sizes_every_other_is_drawn_and_the_last():
    x = inputs = keras.Input((1,))
    for units in range(1, 42):
        x = keras.layers.Dense(units)(x)
    text = str(display.architecture(keras.Model(inputs, x)))
    assert text.partition(": ")[2].startswith("1x1, 1x4, 1x7, ")
    assert "1x37, 1x40, 1x41; " in text


def test_a_network_without_weights_is_refused():
    inputs = keras.Input((8, 2))
    with pytest.raises(ValueError, match="network: 'empty' has no layer with weights"):
        display.architecture(keras.Model(inputs, keras.layers.ReLU()(inputs), name="empty"))
