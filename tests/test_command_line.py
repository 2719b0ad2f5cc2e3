"""The command line, as somebody types it: what it refuses at once, what it writes, how it ends."""

import io
import json
import os
import shlex
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from audiogan_lib import audio, commands, files, pretrained, recipes
from audiogan_lib.commands.train import RECIPES


def python(*arguments, variables=(), **options):
    """Run Python with arguments, as a reader's shell does: nothing set to keep it quiet."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("TF_")}
    return subprocess.run(
        [sys.executable, *arguments],
        env=environment | {"CUDA_VISIBLE_DEVICES": "-1"} | dict(variables),
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
        check=False,
        **options,
    )


@pytest.fixture
def here(tmp_path, monkeypatch):
    """Return an empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def command(line):
    """Run a command in this process; return its exit status."""
    return commands.main(line.split())


def record(folder, *labels):
    """Write three short sounds of each label."""
    time_s = np.arange(8000) / 16000
    for place, label in enumerate(labels):
        (folder / label).mkdir(parents=True)
        for number in range(3):
            wave = 0.5 * np.sin(2 * np.pi * (300 + 200 * place + 40 * number) * time_s)
            soundfile.write(folder / label / f"{number}.wav", wave, 16000)


@pytest.fixture
def quick(monkeypatch):
    """Let recipes for folders train a small network, for a moment."""
    ours = recipes.for_folder

    def small(path):
        values = vars(ours(path)) | {"samples": 4096, "n_fft": 256, "width": 2, "latent_dim": 4}
        return recipes.Recipe(**values | {"batch_size": 4, "minutes": 0.01})

    monkeypatch.setattr(recipes, "for_folder", small)


# --- a quiet start -------------------------------------------------------------------------------


def test_a_notebook_that_imports_the_library_first_starts_without_a_word():
    code = "import audiogan_lib; import keras; from audiogan_lib import training, layers"
    done = python("-c", code)
    assert (done.returncode, done.stderr) == (0, "")


def test_generate_writes_its_sounds_without_a_word_on_standard_error(here):
    line = "generate drums --count 1 --out x"
    done = python("-m", "audiogan_lib", *line.split(), cwd=here)
    assert (done.returncode, done.stderr) == (0, "")
    assert Path(done.stdout.strip()).exists()


@pytest.fixture
def mock(tmp_path):
    """Return a function that imports the library, then a TensorFlow that does as it is told."""

    def imported(*lines, before=""):
        (tmp_path / "tensorflow.py").write_text("\n".join(lines))
        path = f"import sys; sys.path.insert(0, {str(tmp_path)!r})"
        return python(
            "-X", "faulthandler", "-c", f"{path}\n{before}\nimport audiogan_lib, tensorflow"
        )

    return imported


def test_what_else_is_said_while_tensorflow_is_imported_comes_through_even_its_last_words(mock):
    done = mock(
        "import os, warnings",
        "os.write(2, b'WARNING: All log messages before absl::InitializeLog() is called are\\n')",
        "os.write(2, b'I0000 00:00:1.2 3 port.cc:153] oneDNN custom operations are on. You\\n')",
        "os.write(2, b'I0000 00:00:1.2 3 port.cc:9] something else\\n')",
        "os.write(2, b'oneDNN custom operations are on. says somebody\\nthe last words')",
        "warnings.warn('one of Python')",
        "os.abort()",
    )
    assert done.returncode == -signal.SIGABRT
    assert "port.cc:153" not in done.stderr
    assert "InitializeLog" not in done.stderr
    for words in ("something else\n", "somebody\n", "the last words", "one of Python", "Fatal"):
        assert words in done.stderr


def test_an_import_that_fails_says_so_and_one_without_standard_error_works(mock):
    done = mock("import nothing_that_there_is")
    assert "No module named 'nothing_that_there_is'" in done.stderr
    done = mock("print('loaded')", before="import os; os.close(2)")
    assert (done.returncode, done.stdout) == (0, "loaded\n")


def test_the_log_level_is_that_of_warnings_unless_somebody_has_set_it(mock):
    show = "import os; print(os.environ['TF_CPP_MIN_LOG_LEVEL'])"
    assert mock(show).stdout == "1\n"
    assert mock(show, before="import os; os.environ['TF_CPP_MIN_LOG_LEVEL'] = '0'").stdout == "0\n"


# --- what is refused, and when -------------------------------------------------------------------

REFUSED = {
    "generate drum --out x": "did you mean 'drums'?",
    "generate violins --out x": "no generator 'violins'",
    "generate ./drums --out x": "no generator './drums'",
    "generate drums --seed -1 --out x": "--seed -1: must be 0 or more",
    "generate drums --count 0 --out x": "--count 0: must be 1 or more",
    "generate digits --condition theo --out x": "--condition theo: must be NAME=VALUE",
    "evaluate nowhere": "no generator 'nowhere'",
    "evaluate drums --page nowhere/page.html": "there is no folder nowhere",
    "export drums": "export needs --page FILE.html, --keras FILE.keras, or both",
    "export drum --page x.html": "did you mean 'drums'?",
    "export drums --page x.htm": "--page x.htm: its name must end in .html",
    "export drums --page nowhere/x.html": "there is no folder nowhere",
    "export drums --keras x.h5": "--keras x.h5: its name must end in .keras",
    "train --out x": "--data",
    "train drums --data . --out x": "either a recipe's name or --data",
    "train wavegan-drum --out x": "did you mean 'wavegan-drums'?",
    "train --data nowhere --out x": "--data nowhere: there is no such folder",
    "train --data drums --out x": "--data drums: there is no such folder",
    "train --data . --out ./x": "--out x: lies in .",
    "train drums --minutes 0 --out x": "--minutes 0: must be more than 0",
    "train drums --minutes -1 --out x": "--minutes -1: must be more than 0",
    "train drums --minutes nan --out x": "--minutes nan: must be more than 0",
    "train drums --checkpoint-every inf --out x": "--checkpoint-every inf: must be more than 0",
    "train drums --devices 0 --out x": "--devices 0: must be more than 0",
}


def test_another_backend_than_tensorflow_is_named_before_keras_is_loaded():
    done = python("-c", "import audiogan_lib.training", variables={"KERAS_BACKEND": "jax"})
    said, _, fall = done.stderr.partition("Traceback")  # where that backend is not installed
    assert "KERAS_BACKEND=jax: generators play with it, but training needs tensorflow" in said
    assert done.returncode == 0 or "jax" in fall


def test_training_with_another_backend_is_refused_in_one_sentence(here):
    line = "-m audiogan_lib train drums --out x"
    done = python(*line.split(), variables={"KERAS_BACKEND": "torch"}, cwd=here)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "audiogan_lib: KERAS_BACKEND=torch: training needs tensorflow; unset it\n"


def test_wrong_commands_end_in_one_sentence_before_tensorflow_is_loaded(here):
    code = (
        "import json, sys; from audiogan_lib import commands\n"
        "for line in json.loads(sys.argv[1]):\n"
        "    print(line, file=sys.stderr)\n"
        "    print(commands.main(line.split()), *{'tensorflow', 'keras'} & set(sys.modules))\n"
    )
    done = python("-c", code, json.dumps(list(REFUSED)), cwd=here)
    assert done.stdout.splitlines() == ["2"] * len(REFUSED)
    lines = done.stderr.splitlines()
    assert lines[::2] == list(REFUSED)
    for said, words in zip(lines[1::2], REFUSED.values(), strict=True):
        assert said.startswith("audiogan_lib: ")
        assert words in said
    assert list(here.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("generate drums --label gong --out x", "gong"),
        ("generate drums --condition size=big --out x", "size"),
    ],
)
def test_classes_that_there_are_not_are_refused(arguments, words, here, capsys):
    assert command(arguments) == 2
    said = capsys.readouterr().err
    assert words in said
    assert len(said.splitlines()) == 1
    assert list(here.iterdir()) == []


def test_the_recipes_that_are_listed_without_tensorflow_are_those_that_there_are():
    assert list(recipes.NAMES) == list(RECIPES)
    assert pretrained.names() == files.generators()


# --- generate and evaluate -----------------------------------------------------------------------


def test_generate_writes_named_files_that_are_the_samples_and_replaces_none(here, capsys):
    assert command("generate drums --label snare --count 3 --seed 4 --out out") == 0
    paths = sorted(Path("out").iterdir())
    assert [path.name for path in paths] == [f"snare-{number:03d}.wav" for number in range(3)]
    wanted = pretrained.load("drums").sample(3, label="snare", seed=4)
    for path, sound in zip(paths, wanted, strict=True):
        waveform, sample_rate = audio.read(path)
        assert sample_rate == 16000
        np.testing.assert_allclose(waveform, sound, atol=2**-15)
    assert "snare-002.wav" in capsys.readouterr().out
    before = [path.read_bytes() for path in paths]
    assert command("generate drums --label snare --count 5 --seed 5 --out out") == 2
    assert f"{paths[0]} is there already" in capsys.readouterr().err
    assert sorted(Path("out").iterdir()) == paths
    assert [path.read_bytes() for path in paths] == before


def test_generate_takes_further_conditions(here):
    line = "generate digits --label 7 --condition speaker=theo --count 1 --seed 0 --out x"
    assert command(line) == 0
    assert [path.name for path in Path("x").iterdir()] == ["7-theo-000.wav"]


def test_evaluate_prints_real_beside_generated_and_saves_a_page(here, capsys):
    assert command("evaluate drums --count 60 --page drums.html") == 0
    table = capsys.readouterr().out
    for words in ("test split", "generated", "recognised as asked", "Frechet", "real against real"):
        assert words in table
    html = Path("drums.html").read_text(encoding="utf-8")
    assert html.count("<audio ") == 32
    assert table.splitlines()[3] in html


# --- train ---------------------------------------------------------------------------------------


def test_what_a_training_is_asked_for_is_what_it_gets(here, monkeypatch):
    asked = {}

    class Run:
        train_data, conditions = (), {}

        def __init__(self, recipe, folder):
            asked.update(recipe=recipe, folder=folder)

        def train(self, **options):
            asked.update(options)

    monkeypatch.setattr("audiogan_lib.runs.Run", Run)
    assert command("train drums --minutes 3 --checkpoint-every 7 --out run --devices 1") == 0
    assert asked["recipe"] == replace(recipes.NAMES["drums"], minutes=3.0)
    assert (asked["folder"], asked["checkpoint_every_s"]) == (Path("run"), 7.0)
    assert asked["strategy"].num_replicas_in_sync == 1
    assert command("train drums --out run") == 0
    assert (asked["recipe"], asked["checkpoint_every_s"]) == (recipes.NAMES["drums"], 60.0)


def test_a_folder_called_like_a_data_set_is_that_folder_and_so_is_its_run(here, quick, capsys):
    record(Path("drums"), "siren", "whistle")
    for name in ("drums", "./drums", str(here / "drums")):
        assert commands.main(["train", "--data", name, "--out", "notes"]) == 0
        proposed = capsys.readouterr().out.splitlines()[-1].removeprefix("Done. Hear it: ")
        card = json.loads(Path("notes", "card.json").read_text(encoding="utf-8"))
        assert card["conditions"] == {"label": ["siren", "whistle"]}
    python_name, _, module, *arguments = shlex.split(proposed)
    assert (python_name, module) == ("python", "audiogan_lib")
    assert commands.main([*arguments, "--count", "2"]) == 0
    assert {path.name[:5] for path in Path("notes", "sounds").iterdir()} == {"siren", "whist"}
    capsys.readouterr()
    assert command("generate notes --count 1 --out shipped") == 0
    assert "write ./notes" in capsys.readouterr().err
    assert not list(Path("shipped").glob("siren*"))


def test_names_that_shells_consoles_and_file_systems_find_hard_are_written_all_the_same(
    here, quick, capsys, monkeypatch
):
    drum, long = "太鼓", "ä" * 120
    others = "Kick", "kick", "kick ", "kick.", "\U0001f941", "\u202e\u0637\u0628\u0644"
    record(Path("my sounds"), drum, long, *others)
    assert commands.main(["train", "--data", "my sounds", "--out", "it's mine"]) == 0
    proposed = capsys.readouterr().out.splitlines()[-1].removeprefix("Done. Hear it: ")
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(io.BytesIO(), "cp1252"))
    assert commands.main([*shlex.split(proposed)[3:], "--count", "8"]) == 0
    written = {path.name[:-8] for path in Path("it's mine", "sounds").iterdir()}
    assert written == {drum, long[:100], *others}


def test_generated_sounds_do_not_go_among_the_recordings(here, quick, capsys):
    record(Path("mine"), "siren", "whistle")
    assert command("train --data mine --out mine/run") == 2
    assert command("train --data mine --out mine") == 2
    assert command("train --data mine --out run") == 0
    assert command("generate run --out mine/new") == 2
    assert capsys.readouterr().err.count("lies in") == 3
    assert len(list(Path("mine").rglob("*"))) == 8


def test_where_nothing_can_be_written_is_said_in_one_sentence(here, capsys):
    Path("notes.txt").write_text("in the way")
    assert command("generate drums --count 1 --out notes.txt") == 2
    assert command("generate drums --count 1 --out notes.txt/sounds") == 2
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 2
    assert all(line.startswith("audiogan_lib: ") and "notes.txt" in line for line in said)


def test_a_folder_with_nothing_usable_says_so_in_one_sentence(here, capsys):
    Path("sounds").mkdir()
    Path("sounds", "text.wav").write_text("not a sound")
    assert command("train --data sounds --out run") == 2
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1
    assert "text.wav (not a sound file" in said[0]
    assert not Path("run").exists()


@pytest.mark.skipif(os.name == "nt", reason="sends a signal of POSIX")
def test_a_run_that_is_interrupted_saves_says_so_and_goes_on(here):
    record(Path("mine"), "siren", "whistle")
    train = [sys.executable, "-u", "-m", "audiogan_lib", "train", "--data", "mine"]
    train += ["--minutes", "30", "--out", "run"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "encoding": "utf-8"}

    def heed():  # a shell lets what it starts in the background ignore interrupts
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    with subprocess.Popen(train, preexec_fn=heed, **pipes) as run:
        bar = ""
        while "step=" not in bar and run.poll() is None:  # in the first minute: nothing is saved
            bar = bar[-9:] + run.stderr.read(1)
        run.send_signal(signal.SIGINT)
        try:
            said = run.communicate(timeout=120)[1].splitlines()
        finally:
            run.kill()
    assert run.returncode == 130
    assert said[-1] == (
        "audiogan_lib: stopped: what was learnt is saved, and the same command goes on from there"
    )
    assert not [line for line in said if "Traceback" in line]
    step = files.read_json("run/checkpoints/checkpoints.json", "step", kind=list)[0]["step"]
    assert pretrained.load("run").card["training"]["step"] == step > 0
    with subprocess.Popen(train, **pipes) as again:
        first = [next(again.stdout), next(again.stdout)]
        again.kill()
    assert f"Going on from step {step}," in first[1]


def test_an_interrupt_before_there_is_anything_to_save_is_one_word(monkeypatch, here, capsys):
    def interrupted(_):
        raise KeyboardInterrupt

    record(Path("mine"), "siren", "whistle")
    monkeypatch.setattr(recipes, "for_folder", interrupted)
    assert command("train --data mine --out run") == 130
    assert capsys.readouterr().err == "audiogan_lib: stopped\n"
    assert not Path("run").exists()
