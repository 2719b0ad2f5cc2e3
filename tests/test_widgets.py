"""The controls: what is set is what is heard and drawn, and both their faces are there."""

import base64
import html
import io
import json
import re
import subprocess
import sys
from dataclasses import replace
from types import SimpleNamespace

import ipywidgets
import nbconvert
import numpy as np
import pytest
import soundfile
from matplotlib.colors import to_hex
from nbformat import v4
from scipy import stats

from audiogan_lib import audio, display, latents, widgets
from audiogan_lib.widgets import drum_machine, panel

RATE = 8000


def all_widgets(widget):
    yield widget
    for child in getattr(widget, "children", ()):
        yield from all_widgets(child)


def controls(player):
    """All widgets of the panel by their description."""
    return {getattr(w, "description", ""): w for w in all_widgets(player.panel)}


def played(html_text):
    """The sounds of a page, in steps of 16 bits."""
    sources = re.findall(r'src="data:audio/(?:flac|wav);base64,([^"]+)"', html_text)
    return [soundfile.read(io.BytesIO(base64.b64decode(s)), dtype="int16")[0] for s in sources]


def tone(frequency_hz, level, samples=5000):
    return np.float32(level * np.sin(2 * np.pi * frequency_hz * np.arange(samples) / RATE))


def assert_both_faces(control):
    """A live front end gets the panel, a page what `page` renders, without a dead control."""
    bundle = control._repr_mimebundle_()
    view = bundle["application/vnd.jupyter.widget-view+json"]
    assert view["model_id"] == control.panel.model_id
    assert bundle["text/html"] == control.page().html
    assert not re.search(r"<(input|button|select)", bundle["text/html"])


@pytest.fixture
def drawings(monkeypatch):
    """Note what a control has drawn, without drawing it."""
    asked = []

    def note(sound, sample_rate, label, **settings):
        assert len(sound)
        asked.append((label, settings))
        return display.Html(f"<img alt='{label}'>", f"Spectrogram of {label}.")

    monkeypatch.setattr(display, "spectrogram", note)
    return asked


@pytest.mark.parametrize("answers", [True, False])
def test_a_program_that_answers_no_questions_gets_the_page_alone(monkeypatch, answers, comparison):
    request = {"content": {"allow_stdin": answers}}
    shell = SimpleNamespace(kernel=SimpleNamespace(get_parent=lambda: request))
    monkeypatch.setattr(panel, "get_ipython", lambda: shell)
    bundle = comparison._repr_mimebundle_()
    assert ("application/vnd.jupyter.widget-view+json" in bundle) == answers
    assert "<audio" in bundle["text/html"]


def test_a_notebook_turned_into_html_has_players_and_no_dead_control(root, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(root))
    code = "import numpy as np\nfrom audiogan_lib import widgets\n"
    code += "widgets.Comparison({'a': np.zeros((1, 800)), 'b': np.zeros((1, 800))}, 8000, ['one'])"
    notebook = v4.new_notebook(cells=[v4.new_code_cell(code)])
    nbconvert.preprocessors.ExecutePreprocessor(timeout=120).preprocess(notebook)
    text, _ = nbconvert.HTMLExporter(sanitize_html=False).from_notebook_node(notebook)
    assert len(played(text)) == 2
    assert 'type="application/vnd.jupyter.widget-view+json">' not in text


@pytest.mark.parametrize("shape", [(9000,), (9000, 2), (3, 9000, 1)])
def test_controls_take_rows_of_samples(shape):
    sounds = np.ones(shape, np.float32)
    sentence = "(rows|the shape).* samples.*, received.*" + "transpose it" * (shape[-1] == 2)
    for control in (
        lambda: widgets.BlindTest(sounds, sounds),
        lambda: widgets.Comparison({"a": sounds}, RATE, ["x"] * len(sounds)),
    ):
        with pytest.raises(ValueError, match=sentence):
            control()
    for sound in (np.ones((2, 900)), np.ones((900, 2))):
        with pytest.raises(ValueError, match="rows of samples each, received"):
            widgets.SpectrogramExplorer({"a": sound}, RATE)


def test_importing_the_room_does_not_load_ipywidgets():
    code = "import sys; import audiogan_lib.widgets; sys.exit('ipywidgets' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def limits(control):
    """How far each slider and field of numbers goes, and in which steps."""
    found = [w for w in all_widgets(control.panel) if hasattr(w, "min")]
    return {w.description: (w.min, w.max, w.step) for w in found}


SEEDS = (0, 2**31 - 1, 1)


@pytest.mark.parametrize(
    ("make", "ranges"),
    [
        (
            lambda: widgets.LatentPlayer(Tones(), knobs=1),
            {"knob 1": (-2, 2, 0.05), "seed": SEEDS, "morph to seed": SEEDS, "morph": (0, 1, 0.05)},
        ),
        (
            lambda: widgets.DrumMachine(Clicks(), {"high": FOUR}),
            {"tempo (bpm)": (40, 240, 1), "bars": (1, 8, 1)},
        ),
        (lambda: widgets.Keyboard(Pitches()), {"seed": SEEDS}),
        (lambda: widgets.SpokenNumber(Words(), "1"), {"seed": SEEDS}),
        (
            lambda: widgets.SpectrogramExplorer({"a": tone(200, 0.3)}, RATE),
            {"levels (dB)": (-120, 0, 5)},
        ),
        (
            widgets.PitchDuel,
            {"G's rate": (0, 0.02, 0.001), "D's rate": (0, 0.02, 0.001)}
            | {"R1": (0, 2, 0.1), "noise": (0, 0.5, 0.05)},
        ),
        (widgets.WaveDuel, {"R1": (0, 20, 0.5)}),
        (
            lambda: widgets.LossPlayground(steps=2),
            {"learning rate": (0.01, 1, 0.01), "penalty every": (1, 64, 1)}
            | {"start at theta": (-2, 2, 0.05), "clip weights": (0, 2, 0.05)}
            | dict.fromkeys(("R1", "grad. penalty"), (0, 4, 0.05)),
        ),
    ],
)
@pytest.mark.usefixtures("drawings")
def test_controls_go_as_far_as_they_may_and_stand_in_one_column(make, ranges):
    control = make()
    assert limits(control) == ranges
    for name in ranges:
        widget = controls(control)[name]
        assert widget.layout.width == "min(380px, 98%)"
        assert widget.style.description_width == "100px"
    rows = [w for w in all_widgets(control.panel) if isinstance(w, ipywidgets.HBox)]
    assert all(w.layout.flex_flow == "wrap" for w in rows if w.layout.flex_flow)
    if not isinstance(control, widgets.PitchDuel | widgets.WaveDuel):  # which are heard anew
        sliders = [w for w in all_widgets(control.panel) if isinstance(w, ipywidgets.FloatSlider)]
        assert not any(slider.continuous_update for slider in sliders)


def handed_over(page):
    """The name of the script that a page calls, and what it is told."""
    [(name, settings)] = re.findall(r'data-control="([^"]+)" data-settings="([^"]+)"', page.html)
    return name, json.loads(html.unescape(settings))


def numbers(text, kind):
    return np.frombuffer(base64.b64decode(text), kind)


IN_A_BOOK = "In a live notebook and, with scripts, in the book "


def test_the_page_of_a_shipped_generator_is_told_what_a_player_is_set_to(monkeypatch):
    monkeypatch.setattr(panel, "shipped_name", lambda generator: "mine")
    direction = np.array([0, 0, 5.0, 0, 0, 0])
    player = widgets.LatentPlayer(
        *(SpokenTones(), {"decay": direction}, 3), label="middle", loudness="full"
    )
    name, told = handed_over(player.page())
    assert (name, told.pop("generator")) == ("latent-player", "mine")
    [along], ends = told.pop("directions"), (told.pop("start"), told.pop("end"))
    np.testing.assert_array_equal(numbers(along, "<f8"), direction / 5)
    for text, seed in zip(ends, (3, 4), strict=True):
        np.testing.assert_array_equal(numbers(text, "<f8"), Tones().latents(1, seed)[0])
    assert told == {
        "conditions": [
            {"name": "label", "title": "label", "classes": list(LABELS)},
            {"name": "loudness", "title": "loudness", "classes": ["soft", "full"]},
        ],
        "choices": {"label": "middle", "loudness": "full"},
        "qualities": [],
        "knobs": ["decay"],
        "range": [-2, 2],
    }
    assert f"{IN_A_BOOK}this is a panel with menus, knobs and a morph" in player.page().text
    _, told = handed_over(widgets.LatentPlayer(TurnedTones(), loudness="full").page())
    assert (told["qualities"], told["knobs"]) == (["pitch", "decay"], [])
    _, told = handed_over(widgets.LatentPlayer(Notes()).page())
    assert told["conditions"][0]["title"] == "pitch"


def test_the_page_of_a_shipped_generator_is_told_what_a_drum_machine_is_set_to(
    monkeypatch, machine
):
    monkeypatch.setattr(panel, "shipped_name", lambda generator: "mine")
    name, told = handed_over(machine.page())
    for drum in told["drums"]:
        latent = Clicks().latents(1, seed=drum["own"])[0]
        np.testing.assert_array_equal(numbers(drum.pop("start"), "<f4"), latent)
    high = {"label": "high", "key": 0, "own": 5, "steps": "x.x.x.x.x.x.x.x."}
    low = {"label": "low", "key": 1, "own": 6, "steps": "x.......x......."}
    assert name == "drum-machine"
    assert told == {"generator": "mine", "rate": RATE, "tempo": 120, "drums": [high, low]}
    assert f"{IN_A_BOOK}this is a drum machine: " in machine.page().text
    keys = drum_machine._midi_keys(["kick", "gong", "snare"])
    assert keys == {"kick": 36, "gong": 0, "snare": 38}


class SpokenWords:
    """A generator of words with a second condition."""

    sample_rate, label_names = RATE, tuple("0123456789")
    conditions = {"label": label_names, "voice": ("ann", "bob")}  # noqa: RUF012

    def latents(self, count, seed):
        return Words().latents(count, seed)

    def from_latents(self, latents, label, voice):
        return Words().from_latents(latents, label)


def test_the_pages_of_keyboard_and_number_are_told_what_is_set(monkeypatch):
    monkeypatch.setattr(panel, "shipped_name", lambda generator: "mine")
    page = widgets.Keyboard(Pitches(), lowest=64, seed=1, register="high").page()
    name, told = handed_over(page)
    np.testing.assert_array_equal(numbers(told.pop("start"), "<f4"), np.float32([0.3]))
    conditions = [
        {"name": "label", "classes": list(Pitches.label_names)},
        {"name": "register", "classes": ["low", "high"]},
    ]
    same = {"generator": "mine", "rate": RATE}
    choices = {"register": "high"}
    assert name == "keyboard"
    assert told == same | {"conditions": conditions, "choices": choices, "lowest": 64}
    assert f"{IN_A_BOOK}this is a keyboard of such notes." in page.text
    page = widgets.SpokenNumber(SpokenWords(), "1/20", seed=4, voice="bob").page()
    name, told = handed_over(page)
    latents = [numbers(text, "<f4") for text in told.pop("latents")]
    np.testing.assert_array_equal(latents, Words().latents(3, seed=4))
    conditions = [
        {"name": "label", "classes": list("0123456789")},
        {"name": "voice", "classes": ["ann", "bob"]},
    ]
    assert name == "spoken-number"
    choices = {"voice": "bob"}
    assert told == same | {"conditions": conditions, "choices": choices, "text": "1/20"}
    assert f"{IN_A_BOOK}any number can be typed." in page.text
    assert "1/20, bob: " in page.text


# --- the latent player ---------------------------------------------------------------------------


LABELS = ("low", "middle", "high")


class Tones:
    """A generator of decaying tones: latents choose pitch and decay, the label the octave."""

    sample_rate = 8000
    label_names = LABELS
    latent_dim = 6

    def latents(self, count, seed):
        draws = np.random.default_rng(seed).standard_normal((count, self.latent_dim))
        return draws.astype(np.float32)

    def from_latents(self, latents, label):
        assert latents.dtype == np.float32
        time_s = np.arange(2000) / self.sample_rate
        octave = 2.0 ** self.label_names.index(label)
        pitch_hz = 200 * octave * 2 ** (latents[:, :1] / 8)
        decay = np.exp(
            -time_s * (6 + latents[:, 1:2]) - latents[:, 2:].sum(1, keepdims=True) ** 2 / 50
        )
        return (0.8 * decay * np.sin(2 * np.pi * pitch_hz * time_s)).astype(np.float32)


class SpokenTones(Tones):
    """The same with a second condition."""

    conditions = {"label": LABELS, "loudness": ("soft", "full")}  # noqa: RUF012

    def from_latents(self, latents, label, loudness):
        return super().from_latents(latents, label) * {"soft": 0.1, "full": 1.0}[loudness]


class PlainTones(Tones):
    """The same without conditions."""

    label_names = ()

    def from_latents(self, latents):
        return Tones().from_latents(latents, "low")


def page(player):
    """The HTML that the panel shows now."""
    texts = [w.value for w in player.panel.children if isinstance(w, ipywidgets.HTML)]
    [text] = [text for text in texts if "<audio" in text]
    return text


def shown(player):
    """What the panel plays, in steps of 16 bits."""
    [samples] = played(page(player))
    return samples


def of(generator, latent, **conditions):
    return audio.to_int16(generator.from_latents(latent[np.newaxis], **conditions)[0])


@pytest.fixture
def player():
    return widgets.LatentPlayer(Tones(), knobs=2, seed=3, label="middle")


def test_it_starts_with_the_sound_of_its_seed_and_label(player):
    expected = of(Tones(), Tones().latents(1, seed=3)[0], label="middle")
    np.testing.assert_array_equal(shown(player), expected)
    np.testing.assert_array_equal(audio.to_int16(player.sound), expected)


def test_a_knob_makes_the_sound_of_its_latent(player):
    controls(player)["knob 2"].value = -1.5
    latent = player.walk.latent([0, -1.5])
    np.testing.assert_array_equal(shown(player), of(Tones(), latent, label="middle"))
    assert np.abs(latent - Tones().latents(1, seed=3)[0]).max() > 0.1


def test_the_menu_makes_the_sound_of_its_label(player):
    for label in LABELS:
        controls(player)["label"].value = label
        expected = of(Tones(), Tones().latents(1, seed=3)[0], label=label)
        np.testing.assert_array_equal(shown(player), expected)


def test_the_morph_ends_at_the_sound_of_the_second_seed(player):
    controls(player)["morph to seed"].value = 11
    np.testing.assert_array_equal(
        shown(player), of(Tones(), Tones().latents(1, seed=3)[0], label="middle")
    )
    controls(player)["morph"].value = 1.0
    np.testing.assert_array_equal(
        shown(player), of(Tones(), Tones().latents(1, seed=11)[0], label="middle")
    )


def test_random_draws_a_seed_that_can_be_typed_again(player):
    before = shown(player)
    controls(player)["Random seed"].click()
    drawn, seed = shown(player), controls(player)["seed"].value
    assert seed != 3
    assert np.abs(drawn.astype(int) - before).max() > 100
    controls(player)["seed"].value = 3
    np.testing.assert_array_equal(shown(player), before)
    controls(player)["seed"].value = seed
    np.testing.assert_array_equal(shown(player), drawn)


def test_a_change_plays_at_once_unless_told_otherwise(player):
    assert "autoplay" not in page(player)
    controls(player)["knob 1"].value = 1.0
    assert "<audio autoplay" in page(player)
    controls(player)["play each change"].value = False
    controls(player)["knob 1"].value = 0.5
    assert "autoplay" not in page(player)


@pytest.mark.parametrize("ending", ["wav", "flac"])
def test_save_writes_what_plays(player, ending, tmp_path):
    controls(player)["knob 1"].value = 0.7
    controls(player)["file name"].value = str(tmp_path / f"mine.{ending}")
    controls(player)["Save"].click()
    saved, rate = soundfile.read(tmp_path / f"mine.{ending}", dtype="int16")
    np.testing.assert_array_equal(saved, shown(player))
    assert rate == 8000
    told = f"Saved {tmp_path / f'mine.{ending}'}"
    assert player.panel.children[-1].value == f'<span role="status">{told}</span>'


def test_a_file_that_cannot_be_written_is_told_not_raised(player, tmp_path):
    for name, reason in (
        ("a.mp3", ".wav or .flac"),
        (f"{tmp_path}/<none>/a.wav", "a folder that exists"),
    ):
        controls(player)["file name"].value = name
        controls(player)["Save"].click()
        message = player.panel.children[-1].value
        assert "Not saved" in message
        assert reason in html.unescape(message)
        assert "<none>" not in message


def test_every_condition_has_a_menu():
    player = widgets.LatentPlayer(SpokenTones(), seed=3, loudness="full")
    assert controls(player)["loudness"].options == ("soft", "full")
    loud = shown(player)
    controls(player)["loudness"].value = "soft"
    np.testing.assert_allclose(shown(player), loud / 10, atol=1)
    assert "<b>low, soft</b>" in page(player)
    assert "behind it, loudness soft." in player.page().text


def test_a_generator_without_labels_has_no_menu():
    player = widgets.LatentPlayer(PlainTones(), knobs=1)
    assert not [w for w in controls(player).values() if isinstance(w, ipywidgets.Dropdown)]
    np.testing.assert_array_equal(shown(player), of(PlainTones(), Tones().latents(1, seed=0)[0]))
    assert len(played(player.page().html)) == 6


def test_knobs_can_be_given_by_name():
    direction = np.array([0, 0, 5.0, 0, 0, 0])
    player = widgets.LatentPlayer(Tones(), knobs={"decay": direction})
    np.testing.assert_array_equal(player.walk.directions, [direction / 5])
    controls(player)["decay"].value = 2.0
    latent = player.walk.latent([2.0])
    np.testing.assert_array_equal(shown(player), of(Tones(), latent, label="low"))
    for wrong in (np.zeros(6), np.ones(5)):
        with pytest.raises(ValueError, match="knobs must be directions of 6 numbers"):
            widgets.LatentPlayer(Tones(), knobs={"wrong": wrong})


class TurnedTones(SpokenTones):
    """The same with knobs that are named after what they change."""

    knobs = latents.QualityKnobs(
        ("pitch", "decay"),
        np.array([[0.0, 0], [1, 0], [0, 0], [0, 0], [0, 1]]),
        (0, 3),
        [(np.eye(6)[:, :2] / 4, np.zeros(2)), (4 * np.eye(2), np.zeros(2))],
    )


def test_knobs_of_qualities_stand_first_and_are_found_anew_for_each_label():
    player = widgets.LatentPlayer(TurnedTones(), seed=3, loudness="full")
    sliders = [w for w in all_widgets(player.panel) if isinstance(w, ipywidgets.FloatSlider)]
    assert [w.description for w in sliders] == ["pitch", "decay", "morph"]
    start, plain = Tones().latents(1, seed=3)[0], shown(player)
    controls(player)["pitch"].value = 1.5
    for label, number in ("low", 0), ("middle", 1):
        controls(player)["label"].value = label
        moved = TurnedTones.knobs.latent(start, (number, 1), (1.5, 0))
        assert np.abs(moved - start).max() > 0.1
        expected = of(SpokenTones(), moved, label=label, loudness="full")
        np.testing.assert_array_equal(shown(player), expected)
    controls(player)["label"].value = "low"
    controls(player)["Reset knobs"].click()
    np.testing.assert_array_equal(shown(player), plain)
    assert "<b>low, pitch at +1</b>" in player.page().html


def test_knobs_of_qualities_start_from_where_directions_and_morph_lead():
    player = widgets.LatentPlayer(TurnedTones(), knobs=1, seed=3, loudness="full")
    controls(player)["knob 1"].value, controls(player)["morph"].value = 0.5, 0.25
    controls(player)["decay"].value = -1.0
    latent = TurnedTones.knobs.latent(player.walk.latent([0.5], 0.25), (0, 1), (0, -1))
    expected = of(SpokenTones(), latent, label="low", loudness="full")
    np.testing.assert_array_equal(shown(player), expected)


class Notes(Tones):
    """Labels that mean a pitch."""

    recipe = SimpleNamespace(label_means="pitch")
    label_names = ("60", "61", "62")


def test_a_label_goes_by_the_name_of_what_it_means():
    player = widgets.LatentPlayer(Notes(), pitch=61)
    assert controls(player)["pitch"].value == "61"
    np.testing.assert_array_equal(
        shown(player), of(Notes(), Notes().latents(1, seed=0)[0], label="61")
    )


def test_keys_go_by_the_names_of_notes_too():
    assert controls(widgets.LatentPlayer(Notes(), pitch="C#4"))["pitch"].value == "61"
    assert controls(widgets.LatentPlayer(Notes(), label="D4"))["pitch"].value == "62"
    keys = widgets.Keyboard(Notes(), lowest="C4")
    np.testing.assert_array_equal(keys.strike("Db4"), keys.strike(61))
    with pytest.raises(ValueError, match="received 'H4'"):
        widgets.Keyboard(Notes(), lowest="H4")


def test_random_knobs_come_from_the_seed():
    directions = [widgets.LatentPlayer(Tones(), seed=seed).walk.directions for seed in (3, 4)]
    np.testing.assert_array_equal(directions[0], widgets.random_directions(3, 6, seed=3))
    assert np.abs(directions[0] - directions[1]).max() > 0.1


def test_an_unknown_choice_is_named():
    with pytest.raises(ValueError, match=r"label must be one of \('low', .*received 'bass'"):
        widgets.LatentPlayer(Tones(), label="bass")
    with pytest.raises(ValueError, match="speaker must be one of None"):
        widgets.LatentPlayer(Tones(), speaker="theo")


def test_the_page_plays_the_control_as_it_is_set(player):
    controls(player)["morph to seed"].value = 9
    static = player.page()
    assert_both_faces(player)
    names = re.findall(r"<b>([^<]+)</b>", static.html)
    assert names[:4] == [
        "middle, knob 1 at \N{MINUS SIGN}1",
        "middle, knob 1 at 0",
        "middle, knob 1 at +1",
        "low, knob 1 at \N{MINUS SIGN}1",
    ]
    assert names[-3:] == ["middle, seed 3", "middle, half-way to seed 9", "middle, seed 9"]
    sounds = dict(zip(names, played(static.html), strict=True))
    latents = {
        "high, knob 1 at +1": (player.walk.latent([1, 0]), "high"),
        "low, knob 1 at 0": (player.walk.start, "low"),
        "middle, half-way to seed 9": (player.walk.latent(morph=0.5), "middle"),
        "middle, seed 9": (Tones().latents(1, seed=9)[0], "middle"),
    }
    for name, (latent, label) in latents.items():
        np.testing.assert_array_equal(sounds[name], of(Tones(), latent, label=label))
    assert "In a live notebook this is a panel with menus" in static.html


# --- listening ----------------------------------------------------------------------------------


KINDS = ("recorded", "generated")


def tones(level):
    return [tone(frequency_hz, level) for frequency_hz in (200, 300, 400)]


def squares(level):
    return [np.sign(sound).astype(np.float32) * level for sound in tones(1.0)]


@pytest.fixture(params=["abx", "which"])
def test(request):
    return widgets.BlindTest(tones(0.5), squares(0.1), KINDS, request.param, trials=10, seed=4)


def is_square(sound):
    return len(np.unique(np.abs(sound[sound != 0]).round(4))) == 1


def test_the_solution_is_what_the_sounds_say(test):
    letters = []
    for trial in range(test.trials):
        sounds = test.sounds(trial)
        if test.task == "abx":
            assert not is_square(sounds["A"])
            assert is_square(sounds["B"])
            same = [letter for letter in "AB" if (sounds[letter] == sounds["X"]).all()]
        else:
            same = [letter for letter in "AB" if is_square(sounds[letter])]
        assert same == [test.solution(trial)]
        letters.append(same[0])
    assert set(letters) == {"A", "B"}


def test_another_seed_asks_in_another_order(test):
    letters = [
        [one.solution(i) for i in range(10)]
        for one in (
            test,
            widgets.BlindTest(tones(0.5), squares(0.1), KINDS, test.task, trials=10, seed=5),
        )
    ]
    assert letters[0] != letters[1]


def test_levels_tell_nothing(test):
    for trial in range(test.trials):
        levels_db = [audio.level_db(sound) for sound in test.sounds(trial).values()]
        np.testing.assert_allclose(levels_db, -20, atol=0.1)


def test_every_pair_has_its_turn_before_one_comes_again(test):
    strongest = [np.abs(np.fft.rfft(test.sounds(i)["A"])).argmax() for i in range(9)]
    for start in (0, 3, 6):
        assert len(set(strongest[start : start + 3])) == 3


def test_coins_are_fair():
    test = widgets.BlindTest(tones(0.5), squares(0.1), trials=2000, seed=0)
    share = np.mean([test.solution(i) == "A" for i in range(2000)])
    assert abs(share - 0.5) < 0.04


def test_the_score_counts_right_answers(test):
    assert (test.interval(), test.chance()) == ((0.0, 1.0), 1.0)
    for trial in range(10):
        said = test.solution(trial) if trial < 8 else "BA"["AB".index(test.solution(trial))]
        assert test.answer(said) == (trial < 8)
    assert test.right == 8
    # Clopper and Pearson by the quantiles of the beta distribution.
    low, high = stats.beta.ppf(0.025, 8, 3), stats.beta.ppf(0.975, 9, 2)
    np.testing.assert_allclose(test.interval(), (low, high))
    wider = stats.beta.ppf(0.005, 8, 3), stats.beta.ppf(0.995, 9, 2)
    np.testing.assert_allclose(test.interval(0.99), wider)
    assert test.chance() == pytest.approx((45 + 10 + 1) / 2**10)
    assert test.score().startswith("8 of 10 right (95 % interval 44 to 97 %)")
    with pytest.raises(ValueError, match="all 10 trials have been answered"):
        test.answer("A")


def test_all_right_still_leaves_an_interval():
    test = widgets.BlindTest(tones(0.5), squares(0.1), trials=5)
    for trial in range(5):
        test.answer(test.solution(trial))
    low, high = test.interval()
    assert low == pytest.approx(0.025 ** (1 / 5))
    assert high == 1


def test_what_cannot_be_tested_is_named():
    sentence = r"^first and second must hold equally many sounds, at least one, received 3 and 2"
    with pytest.raises(ValueError, match=sentence):
        widgets.BlindTest(tones(0.5), squares(0.1)[:2])
    with pytest.raises(ValueError, match="task must be 'abx' or 'which', received 'mushra'"):
        widgets.BlindTest(tones(0.5), squares(0.1), task="mushra")
    with pytest.raises(ValueError, match=r"rows of samples each, received the shape \(900, 2\)"):
        widgets.BlindTest([np.ones((900, 2))], [np.ones(900)])
    with pytest.raises(ValueError, match="trials must be positive, received 0"):
        widgets.BlindTest(tones(0.5), squares(0.1), trials=0)
    with pytest.raises(ValueError, match="letter must be 'A' or 'B', received 'X'"):
        widgets.BlindTest(tones(0.5), squares(0.1)).answer("X")


def test_answers_lead_from_trial_to_trial(test):
    panel = widgets.ListeningTest(test, RATE)
    said = "X is {}" if test.task == "abx" else "{} is generated"
    assert list(panel._buttons) == ["A", "B"]
    assert "Trial 1 of 10" in panel._sounds.value
    for sound, expected in zip(played(panel._sounds.value), test.sounds(0).values(), strict=True):
        np.testing.assert_array_equal(sound, audio.to_int16(expected))
    controls(panel)[said.format(test.solution(0))].click()
    assert "Right: " in panel._status.value
    assert "1 of 1 right" in panel._status.value
    for sound, expected in zip(played(panel._sounds.value), test.sounds(1).values(), strict=True):
        np.testing.assert_array_equal(sound, audio.to_int16(expected))
    wrong = "BA"["AB".index(test.solution(1))]
    controls(panel)[said.format(wrong)].click()
    assert "Wrong: " in panel._status.value
    assert "1 of 2 right" in panel._status.value
    for _ in range(8):
        controls(panel)[said.format("A")].click()
    assert "The test is over." in panel._status.value
    assert controls(panel)[said.format("A")].disabled


def test_nothing_but_the_sound_tells_what_is_what(test):
    control = widgets.ListeningTest(test, RATE)
    for html_text in (control.page().html, control._sounds.value):
        assert "<img" not in html_text
        assert "dBFS" not in html_text
        assert "strongest" not in html_text
    assert "strongest" not in control.page().text


def test_the_page_folds_the_answers(test):
    control = widgets.ListeningTest(test, RATE)
    page = control.page()
    assert_both_faces(control)
    each = 3 if test.task == "abx" else 2
    sounds = played(page.html)
    assert len(sounds) == 8 * each
    settings = json.loads(html.unescape(re.search(r'data-settings="([^"]+)"', page.html)[1]))
    for pair in settings["pairs"]:
        assert [is_square(sounds[place]) for place in pair] == [False, True]
    for trial in range(8):
        expected = audio.to_int16(np.stack(list(test.sounds(trial).values())))
        np.testing.assert_array_equal(sounds[each * trial : each * (trial + 1)], expected)
        letter = test.solution(trial)
        kind = KINDS["AB".index(letter)]
        answer = f"X was {letter} ({kind})." if each == 3 else f"{letter} was generated."
        answers = re.findall(r"<details><summary>Answer \d</summary><p>([^<]+)</p>", page.html)
        assert answers[trial] == answer
    asked = "A is recorded, B is generated. Which of them is X?"
    assert page.text.startswith(asked if each == 3 else "Which one is generated?")


@pytest.fixture
def comparison():
    sources = {"recorded": tones(0.5), "generated": squares(0.1)}
    return widgets.Comparison(sources, RATE, ["low", "middle", "high"])


def test_a_comparison_plays_one_sound_from_all_sources(comparison):
    controls(comparison)["sound"].value = 2
    real, fake = played(comparison._sounds.value)
    np.testing.assert_array_equal(fake, audio.to_int16(squares(0.1)[2]))
    assert audio.level_db(real / 32768) == pytest.approx(audio.level_db(fake / 32768), abs=0.1)
    controls(comparison)["equal levels"].value = False
    real, _ = played(comparison._sounds.value)
    np.testing.assert_array_equal(real, audio.to_int16(tones(0.5)[2]))


def test_a_comparison_has_a_page(comparison):
    page = comparison.page()
    assert_both_faces(comparison)
    names = re.findall(r"<b>([^<]+)</b>", page.html)
    assert names[:3] == ["low, recorded", "low, generated", "middle, recorded"]
    assert len(played(page.html)) == 6
    assert "each row at one level" in page.text
    with pytest.raises(ValueError, match=r"sources\['a'\] must hold 2, got 3"):
        widgets.Comparison({"a": tones(0.5)}, RATE, ["low", "high"])


def test_silence_has_no_level_to_equal():
    pair = [np.zeros(100, np.float32)], [np.full(100, 0.5, np.float32)]
    sounds = widgets.BlindTest(*pair).sounds(0)
    assert not sounds["A"].any()
    np.testing.assert_array_equal(sounds["B"], pair[1][0])


# --- the drum machine ----------------------------------------------------------------------------


FOUR = "x...x...x...x..."


class Clicks:
    """A generator whose latents choose how loud a click is, its labels which of two clicks."""

    sample_rate = RATE
    label_names = ("high", "low")

    def latents(self, count, seed):
        return np.random.default_rng(seed).uniform(0.2, 0.4, (count, 1)).astype(np.float32)

    def from_latents(self, latents, label):
        sound = np.exp(-np.arange(2000) / 50) * (-1.0) ** np.arange(2000)
        return (latents * (sound if label == "high" else np.abs(sound))).astype(np.float32)


def beat(pattern=FOUR, tempo_bpm=120, voice=(0.5, 0.25)):
    return widgets.Beat({"drum": np.float32(voice)}, {"drum": pattern}, tempo_bpm, RATE)


@pytest.fixture
def machine():
    pattern = {"high": "x.x.x.x.x.x.x.x.", "low": "x.......x......."}
    return widgets.DrumMachine(Clicks(), pattern, tempo_bpm=120, seed=5)


def looped(machine):
    [sound] = played(machine._player.value)
    return sound


def test_hits_fall_on_the_samples_of_their_steps():
    for tempo_bpm in (60, 97, 233):
        sound = beat("x..x......x....x", tempo_bpm).loop()
        struck = np.flatnonzero(sound == 0.5)
        expected = [round(step / 4 * 60 / tempo_bpm * RATE) for step in (0, 3, 10, 15)]
        np.testing.assert_array_equal(struck, expected)
        np.testing.assert_array_equal(np.flatnonzero(sound == 0.25), np.add(expected, 1))
        assert len(sound) == round(4 * 60 / tempo_bpm * RATE)


def test_bars_follow_without_a_gap_or_drift():
    two = beat(tempo_bpm=97)
    sound, starts = two.loop(bars=3), two.starts(bars=3)["drum"]
    np.testing.assert_array_equal(np.flatnonzero(sound == 0.5), starts)
    assert len(starts) == 12
    assert np.abs(starts - np.arange(12) * 60 / 97 * RATE).max() <= 0.5


def test_what_rings_at_the_end_goes_on_at_the_start():
    sound = beat("...............x", voice=np.linspace(0.9, 0.1, 2000)).loop()
    np.testing.assert_allclose(sound[15_000:], np.linspace(0.9, 0.1, 2000)[:1000], rtol=1e-6)
    np.testing.assert_allclose(sound[:1000], np.linspace(0.9, 0.1, 2000)[1000:], rtol=1e-6)


def test_a_loop_is_turned_down_as_a_whole_only_where_it_would_clip():
    quiet = beat(voice=(0.5, 0.25)).loop()
    assert quiet.max() == 0.5
    drums = {"a": np.float32([0.8, 0.4]), "b": np.float32([0.7])}
    loud = widgets.Beat(drums, {"a": FOUR, "b": "x" + 15 * "."}, 120, RATE).loop()
    assert np.abs(loud).max() == 1
    assert loud[0] == pytest.approx(1)
    assert loud[1] == pytest.approx(0.4 / 1.5)
    assert loud[4000] == pytest.approx(0.8 / 1.5)


def test_an_empty_bar_is_silent():
    assert not beat("." * 16).loop().any()


@pytest.mark.parametrize("steps", ["x...", FOUR + "x", "x---x---x---x---"])
def test_a_pattern_has_sixteen_steps(steps):
    with pytest.raises(ValueError, match=r"pattern\['drum'\] must be 16 signs .* received"):
        beat(steps)


def test_what_cannot_be_played_is_named():
    with pytest.raises(ValueError, match="pattern names 'bass', must be one of drum"):
        widgets.Beat({"drum": np.ones(1)}, {"bass": FOUR}, 120, RATE)
    with pytest.raises(
        ValueError, match=r"^pattern must have steps for at least one drum, received none"
    ):
        widgets.Beat({"drum": np.ones(1)}, {}, 120, RATE)
    with pytest.raises(ValueError, match="some of high, low, received gong"):
        widgets.DrumMachine(Clicks(), {"gong": FOUR})
    with pytest.raises(ValueError, match=r"tempo_bpm must lie in \[40, 240\], received 20"):
        widgets.DrumMachine(Clicks(), {"high": FOUR}, tempo_bpm=20)


def test_the_machine_starts_with_its_pattern_in_the_sounds_of_its_seed(machine):
    high = Clicks().from_latents(Clicks().latents(1, seed=5), "high")[0]
    low = Clicks().from_latents(Clicks().latents(1, seed=6), "low")[0]
    np.testing.assert_array_equal(machine.sound[:2000], high + low)
    np.testing.assert_array_equal(machine.sound[2000:4000], high)
    np.testing.assert_array_equal(looped(machine), audio.to_int16(machine.sound))
    assert len(machine.sound) == 16_000
    assert "<audio loop" in machine._player.value
    assert "autoplay" not in machine._player.value


def test_a_step_can_be_set_and_cleared(machine):
    before = looped(machine)
    machine._steps["low"][4].value = True
    assert machine.beat.pattern["low"] == "x...x...x......."
    low = machine.beat.voices["low"]
    difference = machine.sound - before / np.float32(32768)
    np.testing.assert_allclose(difference[4000:6000], low, atol=1e-4)
    assert "autoplay" in machine._player.value
    machine._steps["low"][4].value = False
    np.testing.assert_array_equal(looped(machine), before)


def test_the_tempo_moves_the_steps(machine):
    controls(machine)["tempo (bpm)"].value = 240
    assert len(machine.sound) == 8000
    expected = machine.beat.loop()
    assert machine.beat.starts()["low"].tolist() == [0, 4000]
    np.testing.assert_array_equal(looped(machine), audio.to_int16(expected))
    controls(machine)["bars"].value = 5
    assert len(looped(machine)) == 5 * 8000


@pytest.mark.parametrize("name, other", [("low", "high"), ("high", "low")])
def test_another_drum_changes_that_drum_alone(machine, name, other):
    before = dict(machine.beat.voices)
    buttons = {getattr(w, "tooltip", ""): w for w in all_widgets(machine.panel)}
    buttons[f"another {name}"].click()
    assert (machine.beat.voices[other] == before[other]).all()
    assert np.abs(machine.beat.voices[name] - before[name]).max() > 1e-4
    np.testing.assert_array_equal(looped(machine), audio.to_int16(machine.beat.loop()))


def test_a_pattern_is_drawn_with_a_row_for_each_drum_from_the_top(machine):
    [axes] = machine.beat.picture().figure.axes
    squares = [np.asarray(marks.get_offsets()).tolist() for marks in axes.collections[1::2]]
    assert squares == [[[i, 0] for i in range(0, 16, 2)], [[0, 1], [8, 1]]]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["high", "low"]
    assert axes.yaxis_inverted()
    assert [label.get_text() for label in axes.get_xticklabels()] == list("1234")
    assert axes.get_xticks().tolist() == [0, 4, 8, 12]
    assert (axes.get_xlabel(), axes.get_xlim()) == ("beat", (-0.6, 15.6))
    dots = [np.asarray(marks.get_offsets()).tolist() for marks in axes.collections[::2]]
    assert dots == [[[i, line] for i in range(16)] for line in (0, 1)]
    colours = [to_hex(marks.get_facecolor()[0]) for marks in axes.collections[:2]]
    assert colours == [display.INK, display.LINES[0][0]]


def test_every_step_can_be_told_by_its_name(machine):
    names = {getattr(w, "tooltip", None) for w in all_widgets(machine.panel)}
    assert {f"{drum}, step {i}" for drum in ("high", "low") for i in range(1, 17)} <= names


def test_save_writes_the_loop(machine, tmp_path):
    controls(machine)["file name"].value = str(tmp_path / "beat.wav")
    controls(machine)["Save"].click()
    saved, rate = soundfile.read(tmp_path / "beat.wav", dtype="int16")
    np.testing.assert_array_equal(saved, looped(machine))
    assert rate == RATE


def test_the_page_shows_the_pattern_and_plays_the_loop(machine):
    machine._steps["low"][4].value = True
    page = machine.page()
    loop, high, low = played(page.html)
    np.testing.assert_array_equal(loop, looped(machine))
    np.testing.assert_array_equal(high, audio.to_int16(machine.beat.voices["high"]))
    np.testing.assert_array_equal(low, audio.to_int16(machine.beat.voices["low"]))
    assert "low x...x...x......." in page.text
    assert 'alt="A bar of 16 steps at 120 bpm' in page.html
    assert page.html.count("<audio loop") == 1
    assert_both_faces(machine)


# --- the keyboard --------------------------------------------------------------------------------


class Pitches:
    """A generator of tones: labels are pitches, and a register may lie an octave higher."""

    sample_rate = RATE
    label_names = tuple(str(pitch) for pitch in range(60, 85))

    def __init__(self):
        self.conditions = {"label": self.label_names, "register": ("low", "high")}

    def latents(self, count, seed):
        return np.full((count, 1), 0.2 + 0.1 * seed, np.float32)

    def from_latents(self, latents, label, register):
        pitches = np.atleast_1d(label).astype(float) + 12 * (register == "high")
        turns = 440 * 2 ** ((pitches - 69) / 12) * np.arange(4000)[:, np.newaxis] / RATE
        return (latents * np.sin(2 * np.pi * turns).T).astype(np.float32)


def test_keys_play_the_pitch_of_their_name_as_menus_and_seed_are_set():
    keys = widgets.Keyboard(Pitches(), lowest=64, seed=1, register="high")
    buttons = {getattr(w, "description", ""): w for w in all_widgets(keys.panel)}
    assert keys.sound is None
    buttons["A4"].click()
    expected = 0.3 * np.sin(2 * np.pi * 880 * np.arange(4000) / RATE)
    np.testing.assert_allclose(keys.sound, expected, atol=1e-4)
    assert "autoplay" in keys._player.value
    buttons["register"].value = "low"
    buttons["A4"].click()
    assert np.abs(np.fft.rfft(keys.sound)).argmax() == 220
    assert {"E4", "F♯4", "E5"} <= buttons.keys()


def test_the_page_of_a_keyboard_plays_a_broken_chord():
    keys = widgets.Keyboard(Pitches())
    [chord] = played(keys.page().html)
    notes = np.split(chord, 4)
    spectra = [np.abs(np.fft.rfft(note, RATE)).argmax() for note in notes]
    np.testing.assert_allclose(spectra, [262, 330, 392, 523], atol=2)
    text = keys.page().text
    assert text.startswith("In a live notebook this is a keyboard of such notes.\n")
    assert "C4, E4, G4, C5, low" in text
    assert_both_faces(keys)


def test_a_keyboard_names_what_it_cannot_play():
    with pytest.raises(ValueError, match=r"lowest must be one of 60, .* received 36"):
        widgets.Keyboard(Pitches(), lowest=36)
    with pytest.raises(ValueError, match=r"pitches for labels, received .*high"):
        widgets.Keyboard(Clicks())
    with pytest.raises(ValueError, match=r"register must be one of .*, received 'middle'"):
        widgets.Keyboard(Pitches(), register="middle")


# --- the spoken number ---------------------------------------------------------------------------


class Words:
    """A generator of words: a digit is a tone of its length, with silence around it."""

    sample_rate = RATE
    label_names = tuple("0123456789")

    def latents(self, count, seed):
        return np.random.default_rng(seed).uniform(0.1, 0.9, (count, 1)).astype(np.float32)

    def from_latents(self, latents, label):
        words = np.zeros((len(latents), RATE), np.float32)
        for word, latent, digit in zip(words, latents, label, strict=True):
            word[800 : 1600 + 800 * int(digit) : 2] = latent
            word[801 : 1600 + 800 * int(digit) : 2] = -latent
        return words


def test_a_silent_word_leaves_its_pause():
    silence, tone = np.zeros(800), np.sin(np.arange(800))
    joined = widgets.spoken_number.utterance([tone, silence], [["1", "2"]], 8000)
    alone = widgets.spoken_number.utterance([tone], [["1"]], 8000)
    assert 0 < len(joined) - len(alone) < 8000


def test_a_number_is_its_words_trimmed_to_one_level_with_pauses():
    number = widgets.SpokenNumber(Words(), "1/20")
    lengths = [1600 + 320, 480, 2400 + 320, 800 + 320]  # words with 20 ms on either side
    starts = np.cumsum([0, lengths[0] + 2000, lengths[2] + 480])
    assert len(number.sound) == starts[-1] + lengths[3] + 2000
    for start, length in zip(starts, (1600, 2400, 800), strict=True):
        word = number.sound[start + 160 : start + 160 + length]
        np.testing.assert_allclose(np.abs(word), 0.2, atol=1e-5)
        assert not number.sound[start : start + 160].any()


def test_what_is_typed_is_said_and_what_has_no_digit_is_told():
    number = widgets.SpokenNumber(Words(), "7")
    before = number.sound
    controls(number)["number"].value = "77"
    assert len(number.sound) > 1.9 * len(before) - 2000
    assert "autoplay" in number._player.value
    controls(number)["number"].value = "none"
    assert "No digit to say." in number._player.value
    with pytest.raises(ValueError, match=r"text must have some of 0, .*, received 'x'"):
        widgets.SpokenNumber(Words(), "x")
    with pytest.raises(ValueError, match="labels of one sign"):
        widgets.SpokenNumber(Clicks())
    assert_both_faces(widgets.SpokenNumber(Words(), "12"))


# --- the scrubber --------------------------------------------------------------------------------


STEPS = (0, 100, 250, 400, 1000)


@pytest.fixture
def history():
    sounds = [[tone(200 * (i + 1), 0.1 + step / 2000) for i in range(2)] for step in STEPS]
    return widgets.History(STEPS, np.array(sounds), RATE, ("low", "high"))


def test_a_folder_is_read_in_the_order_of_its_steps(tmp_path, history):
    for step, sounds in zip(STEPS, history.sounds, strict=True):
        audio.write(tmp_path / f"step-{step:08d}.wav", np.concatenate(sounds), RATE)
    (tmp_path / "step-notes.txt").touch()
    read = widgets.History.from_folder(tmp_path, ["low", "high"])
    assert (read.steps, read.sample_rate) == (STEPS, RATE)
    np.testing.assert_allclose(read.sounds, history.sounds, atol=1 / 32768)
    with pytest.raises(ValueError, match=r"labels must share out the 10000 samples .* received 3"):
        widgets.History.from_folder(tmp_path, ["a", "b", "c"])


def test_a_run_that_kept_more_sounds_than_labels_gives_the_first_of_each(tmp_path):
    eight = np.repeat(np.linspace(0.1, 0.8, 8), 600)
    audio.write(tmp_path / "step-00000010.wav", eight, RATE)
    first = [0.1, 0.2, 0.3]
    by_hand = widgets.History.from_folder(tmp_path, "abc", samples=600)
    (tmp_path / "card.json").write_text(json.dumps({"recipe": {"samples": 600}}))
    for history in (by_hand, widgets.History.from_folder(tmp_path, "abc")):
        assert history.sounds.shape == (1, 3, 600)
        np.testing.assert_allclose(history.sounds[0, :, 0], first, atol=1e-4)
        np.testing.assert_allclose(history.sounds[0, :, -1], first, atol=1e-4)
    for labels, samples in (("abcdefghi", 600), ("ab", 601), ("", 600)):
        with pytest.raises(ValueError, match=f"{samples} each, received {len(labels)}"):
            widgets.History.from_folder(tmp_path, labels, samples)


def test_a_history_that_does_not_match_is_refused(tmp_path, history):
    with pytest.raises(ValueError, match=r"must have the shape \(5, 1, samples\), .* \(5, 2, 5000"):
        widgets.History(STEPS, history.sounds, RATE, ("low",))
    with pytest.raises(ValueError, match=r"steps must ascend, received \[0, 100, 100\]"):
        widgets.History((0, 100, 100), history.sounds[:3], RATE, history.labels)
    with pytest.raises(ValueError, match=r"folder must hold files like step-00000100\.wav"):
        widgets.History.from_folder(tmp_path, ["low"])


def test_the_slider_moves_along_the_run(history, drawings):
    scrubber = widgets.TrainingScrubber(history)
    np.testing.assert_array_equal(scrubber.sound, history.sounds[-1][0])
    controls(scrubber)["step"].value = 1
    controls(scrubber)["sound"].value = 1
    np.testing.assert_array_equal(scrubber.sound, history.sounds[1][1])
    [shown] = played(scrubber._player.value)
    np.testing.assert_array_equal(shown, audio.to_int16(history.sounds[1][1]))
    assert "<b>high, step 100</b>" in scrubber._player.value
    assert "autoplay" in scrubber._player.value
    assert drawings[-1] == ("high, step 100", {})
    assert scrubber._picture.value == "<img alt='high, step 100'>"


@pytest.mark.usefixtures("drawings")
def test_the_scrubbers_page_goes_from_the_first_step_to_the_last(history):
    scrubber = widgets.TrainingScrubber(history)
    page = scrubber.page()
    names = re.findall(r"<b>([^<]+)</b>", page.html)
    assert names[:4] == ["low, step 0", "low, step 100", "low, step 400", "low, step 1,000"]
    assert names[-1] == "high, step 1,000"
    chosen = [(i, k) for i in (0, 1) for k in (0, 1, 3, 4)]
    for sound, (which, at) in zip(played(page.html), chosen, strict=True):
        np.testing.assert_array_equal(sound, audio.to_int16(history.sounds[at][which]))
    assert_both_faces(scrubber)


def test_a_history_with_losses_and_alarms_tells_them(history):
    losses = {"D": [1.23456, 1.0], "G": [0.5, np.nan]}
    history = replace(history, losses=losses, alarms={0: "noise", 250: "", 1000: ""})
    scrubber = widgets.TrainingScrubber(history)
    assert "loss over step: D from 1.23" in scrubber.panel.children[0].value
    assert "Alarms: none" in scrubber._alarm.value
    controls(scrubber)["step"].value = 0
    assert "Alarms: noise" in scrubber._alarm.value
    controls(scrubber)["step"].value = 1
    assert "Alarms" not in scrubber._alarm.value
    page = scrubber.page().html
    assert "loss over step: D from 1.23" in page
    settings = json.loads(html.unescape(re.search(r'data-settings="([^"]+)"', page)[1]))
    assert settings == {
        "steps": [0, 100, 400, 1000],
        "labels": ["low", "high"],
        "sample_rate": RATE,
        "losses": {"D": [1.235, 1.0], "G": [0.5, None]},  # JSON has no NaN
        "alarms": {"0": "noise", "1000": ""},
    }


# --- the explorer --------------------------------------------------------------------------------


@pytest.fixture
def explorer():
    sounds = {"low": tone(200, 0.3, 900), "high": tone(1500, 0.2, 900)}
    return widgets.SpectrogramExplorer(sounds, RATE)


def test_the_explorer_draws_and_plays_what_is_set(drawings, explorer):
    settings = {"scale": "linear", "n_fft": 512, "hop_length": 128, "range_db": (-80, 0)}
    assert drawings == [("low", settings)]
    for name, value, changed in (
        ("n_fft", 1024, {"n_fft": 1024, "hop_length": 256}),
        ("hop_length", 8, {"hop_length": 128}),
        ("frequency", "mel", {"scale": "mel"}),
        ("levels (dB)", (-60, -10), {"range_db": (-60, -10)}),
    ):
        controls(explorer)[name].value = value
        settings |= changed
        assert drawings[-1] == ("low", settings)
        assert explorer.settings == settings
    controls(explorer)["sound"].value = "high"
    assert drawings[-1] == ("high", settings)
    [shown] = played(explorer._player.value)
    np.testing.assert_array_equal(shown, audio.to_int16(explorer.sounds["high"]))
    count = len(drawings)
    controls(explorer)["levels (dB)"].value = (-40, -40)  # nothing lies in between
    assert len(drawings) == count


def test_the_explorers_page_is_drawn_as_the_controls_stand(drawings, explorer):
    controls(explorer)["frequency"].value = "mel"
    controls(explorer)["levels (dB)"].value = (-60, -10)
    drawings.clear()
    page = explorer.page()
    assert len(played(page.html)) == 2
    assert page.html.count("<img") == 2 + 3
    assert handed_over(page) == ("spectrogram-explorer", {"sample_rate": RATE})
    assert not re.search(r"<(input|button|select)", page.html)
    set_now = {"scale": "mel", "range_db": (-60, -10)}
    assert drawings == [
        ([f"low, {n_fft}", f"high, {n_fft}"], set_now | {"n_fft": n_fft, "hop_length": n_fft // 4})
        for n_fft in (128, 512, 2048)
    ]
    with pytest.raises(ValueError, match=r"^sounds must hold at least one sound, received none"):
        widgets.SpectrogramExplorer({}, RATE)
