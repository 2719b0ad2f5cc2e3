"""The command line, as somebody types it: what it refuses at once, what it writes, how it ends."""

import io
import json
import math
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tomllib
from dataclasses import replace
from functools import partial
from importlib.metadata import EntryPoint
from pathlib import Path

import numpy as np
import pytest
import soundfile

import audiogan_lib
from audiogan_lib import audio, commands, datasets, files, pretrained, recipes, runs
from audiogan_lib.commands import evaluate, printing, program


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
    """Let the recipe for folders, and that of drums, train a small network for a moment."""
    ours = recipes.for_folder
    small_drums = replace(recipes.NAMES["drums"], width=2, batch_size=4, judge=None)
    monkeypatch.setitem(recipes.NAMES, "drums", small_drums)

    def small(*place_and_sizes):
        values = vars(ours(*place_and_sizes)) | {
            "samples": 4096,
            "n_fft": 256,
            "width": 2,
            "latent_dim": 4,
        }
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
    "": "required: COMMAND; see audiogan --help",
    "generat drums --out x": "did you mean 'generate'?): it must be one of list, generate",
    "--verison": "there is no option --verison (did you mean '--version'?)",
    "generate drums --lable snare": "did you mean '--label'?); see audiogan generate --help",
    "generate drums": "required: --out; see audiogan generate --help",
    "generate drums --count two --out x": "argument --count: invalid int value: 'two'",
    "generate drum --out x": "did you mean 'drums'?",
    "generate drums --label gong --out x": "(did you mean 'conga'?): must be one of bell",
    "generate drums --label snar --out x": "did you mean 'snare'?",
    "generate drums --condition size=big --out x": "unknown condition 'size'",
    "generate digits --condition speeker=theo --out x": "did you mean 'speaker'?",
    "generate notes --label H4 --out x": "label='H4': must be one of 36",
    "generate notes --condition pitch=C9 --out x": "label='C9': is MIDI 120, must be one of 36",
    "list generater": "did you mean 'generators'?",
    "generate violins --out x": "no generator 'violins'",
    "generate ./drums --out x": "no generator './drums'",
    "generate drums --seed -1 --out x": "--seed -1: must be 0 or more",
    "generate drums --count 0 --out x": "--count 0: must be 1 or more",
    "generate digits --condition theo --out x": "--condition theo: must be NAME=VALUE",
    "generate --link x#generator=drums --count 2 --out x": "--count or --seed beside it",
    "evaluate nowhere": "no generator 'nowhere'",
    "evaluate drums --page nowhere/page.html": "there is no folder nowhere",
    "export drums": "export needs --page FILE.html, --keras FILE.keras or --onnx FILE.onnx",
    "export drum --page x.html": "did you mean 'drums'?",
    "export drums --page x.htm": "--page x.htm: its name must end in .html",
    "export drums --page nowhere/x.html": "there is no folder nowhere",
    "export drums --keras x.h5": "--keras x.h5: its name must end in .keras",
    "export drums --onnx x.keras": "--onnx x.keras: its name must end in .onnx",
    "train --out x": "--data",
    "train drums --data . --out x": "either a recipe's name or --data",
    "train wavegan-drum --out x": "did you mean 'wavegan-drums'?",
    "look nowhere": "nowhere: there is no such folder or file",
    "train . --out x": "for the sounds of that folder write --data .",
    "train --data fsdd --out x": "recipes for the data set of that name: digits, digits-fast",
    "train --data fsd --out x": "there is no such folder or file (did you mean 'fsdd'?)",
    "train --data nowhere --out x": "--data nowhere: there is no such folder",
    "train --data drums --out x": "--data drums: there is no such folder",
    "train --data . --out ./x": "--out x: lies in .",
    "train drums --minutes 0 --out x": "--minutes 0: must be more than 0",
    "train drums --minutes -1 --out x": "--minutes -1: must be more than 0",
    "train drums --minutes nan --out x": "--minutes nan: must be more than 0",
    "train drums --checkpoint-every inf --out x": "--checkpoint-every inf: must be more than 0",
    "train drums --devices 0 --out x": "--devices 0: must be more than 0",
    "train drums --patience 3 --out x": "--patience is for --data",
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
    assert done.stderr == "audiogan: KERAS_BACKEND=torch: training needs tensorflow; unset it\n"


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
        assert said.startswith("audiogan: ")
        assert words in said
    assert list(here.iterdir()) == []


def test_help_version_and_lists_are_there_before_tensorflow_is_loaded(here):
    lines = ["--version", "list", "list --json", "--help"]
    lines += [f"{name} --help" for name in program.COMMANDS]
    code = (
        "import json, sys; from audiogan_lib import commands\n"
        "for line in json.loads(sys.argv[1]):\n"
        "    code = commands.main(line.split())\n"
        "    print(code, *{'tensorflow', 'keras'} & set(sys.modules), file=sys.stderr)\n"
    )
    done = python("-c", code, json.dumps(lines), cwd=here)
    assert done.stderr.splitlines() == ["0"] * len(lines)
    assert done.stdout.startswith(f"audiogan {audiogan_lib.__version__}\n")


# --- help ----------------------------------------------------------------------------------------


@pytest.fixture
def help_of(capsys, monkeypatch):
    """Return a function that asks a command, or the program, what it says of itself."""
    monkeypatch.setenv("COLUMNS", "80")

    def said(*name):
        capsys.readouterr()
        assert commands.main([*name, "--help"]) == 0
        return capsys.readouterr().out

    return said


def test_the_help_says_what_each_command_is_for_and_how_the_program_ends(help_of):
    said = help_of()
    for name, room in program.COMMANDS.items():
        assert re.search(rf"^    {name} +{re.escape(room.SUMMARY)}$", said, re.MULTILINE)
        assert room.DESCRIPTION in help_of(name)
    for code, meaning in program.EXIT_CODES.items():
        assert re.search(rf"^  {code} +{re.escape(meaning)}$", said, re.MULTILINE)


EVALUATE = "evaluate drums --page drums.html"


def examples_in(said):
    """Return the command lines that a help gives, without the program's name."""
    return [shlex.split(line) for line in re.findall(r"^    audiogan (.+)$", said, re.MULTILINE)]


def hand_in(root):
    """Put exercises here, a student's homework of one line, and a listener's answers."""
    Path("answers").mkdir()
    Path("answers", "ada.csv").write_text("Ada,which,4,3,0.194,0.994,0.3125,1+ 2+ 3- 1+\n")
    (sheet,) = (root / "exercises").glob("05_*.ipynb")
    Path("exercises").mkdir()
    shutil.copy(sheet, "exercises")
    Path("homework", "ada").mkdir(parents=True)
    cell = {"cell_type": "code", "source": "check_circle(2**0.5, damping_at_zero=0)"}
    Path("homework", "ada", sheet.name).write_text(json.dumps({"cells": [cell]}))


def test_each_example_of_each_help_does_what_it_says(
    here, root, quick, help_of, capsys, monkeypatch
):
    monkeypatch.setattr(runs, "judge_report", partial(runs.judge_report, brief=True))
    record(Path("my_sounds"), "siren", "whistle")
    hand_in(root)
    shorter = {"train": ["--minutes", "0.01"], "evaluate": ["--count", "40"]}
    # What trains goes first: others use its runs.
    for name in sorted(program.COMMANDS, key=lambda name: name != "train"):
        examples = examples_in(help_of(name))
        assert len(examples) >= 2
        for line in examples:
            assert line[0] == name
            if " ".join(line) != EVALUATE:  # has a test of its own
                assert commands.main([*line, *shorter.get(name, [])]) == 0, line
        said = capsys.readouterr().out  # the last example of these two is JSON
        if name == "evaluate":
            assert json.loads(said)["generated"]["clips"] == 40
        if name == "look":
            assert "siren" in said.partition("\n{\n")[0]
            known = json.loads("{" + said.partition("\n{")[2])
            assert known["labels"] == {"siren": 3, "whistle": 3}
    for line in examples_in(help_of()):
        assert commands.main(line) == 0, line
    assert {path.name for path in Path("snares").iterdir()} >= {"snare-000.wav", "snare-003.wav"}
    assert Path("flutes", "60-flute-000.wav").exists()
    assert Path("for-students", "test_exercises.py").exists()
    assert "which,all,all,1,4,3,0.75," in Path("pooled", "pool.csv").read_text("utf-8")
    assert ",1,6," in Path("grades", "grades.csv").read_text("utf-8")
    for written in ("drums-to-play.html", "mine.html", "mine.keras"):
        assert Path(written).stat().st_size > 10_000


def test_the_readme_shows_every_command_as_its_help_knows_it_and_all_exit_codes(root):
    readme = (root / "README.md").read_text("utf-8")
    section = readme.partition("\n## Commands\n")[2].partition("\n## ")[0]
    lines = [
        shlex.split(line, comments=True)
        for line in re.findall("^audiogan .+", section, re.MULTILINE)
    ]
    parser = program.parser()
    asked = [parser.parse_args(line[1:]) for line in lines]
    assert {arguments.command for arguments in asked} == set(program.COMMANDS)
    codes = dict(re.findall(r"^\| (\d+) \| (.+) \|$", section, re.MULTILINE))
    assert codes == {str(code): meaning for code, meaning in program.EXIT_CODES.items()}


def test_the_console_script_is_the_same_program(root):
    scripts = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]["scripts"]
    assert list(scripts) == ["audiogan"]
    script = EntryPoint("audiogan", scripts["audiogan"], "console_scripts")
    assert script.load() is commands.main


# --- list ----------------------------------------------------------------------------------------


def listed(kind, capsys):
    """Return what `list` says of a kind, as JSON, by name."""
    assert command(f"list {kind} --json") == 0
    return {row["name"]: row for row in json.loads(capsys.readouterr().out)[kind]}


def test_the_recipes_that_are_listed_without_tensorflow_are_those_that_there_are(capsys):
    rows = listed("recipes", capsys)
    assert list(rows) == list(recipes.NAMES)
    for name, recipe in recipes.NAMES.items():
        for key in ("data", "minutes", "sample_rate", "samples"):
            assert rows[name][key] == getattr(recipe, key), (name, key)


def test_the_data_sets_that_are_listed_are_those_that_there_are(capsys):
    rows, table = listed("datasets", capsys), datasets.load.__doc__
    documented = re.findall(r"^ *``(\w+)`` +(\d+) kHz, (\d+) samples", table, re.MULTILINE)
    assert {name: (row["sample_rate"], row["samples"]) for name, row in rows.items()} == {
        name: (1000 * int(khz), int(samples)) for name, khz, samples in documented
    }
    assert all(datasets.is_known(name) for name in rows)
    for name in datasets.SHIPPED:
        assert (rows[name]["from"], rows[name]["clips"]) == ("shipped", len(datasets.load(name)))


def test_the_generators_that_are_listed_are_those_that_there_are(capsys):
    rows = listed("generators", capsys)
    assert list(rows) == pretrained.names() == files.generators()
    notes = pretrained.load("notes")
    assert rows["notes"]["conditions"] == {name: [*is_] for name, is_ in notes.conditions.items()}
    assert rows["notes"]["sample_rate"] == notes.sample_rate


def test_a_list_has_a_line_for_each_thing_with_size_rate_and_licence(capsys):
    assert command("list") == 0
    said = capsys.readouterr().out
    for name in (*recipes.NAMES, *files.generators(), *datasets.SHIPPED):
        assert re.search(rf"^{name} ", said, re.MULTILINE)
    assert re.search(r"^drums .* 16 +1\.02 +\d+ +shipped +MIT and CC, by kit$", said, re.MULTILINE)
    assert re.search(r"^notes .* \d+ keys from C2 to C6", said, re.MULTILINE)
    assert command("list recipes") == 0
    assert capsys.readouterr().out in said


def test_what_is_no_number_is_null_in_json(capsys):
    printing.print_json({"level_db": -math.inf, "rows": [math.nan, 1.5], "name": "\U0001f941"})
    said = capsys.readouterr().out
    assert said.isascii()
    assert json.loads(said) == {"level_db": None, "rows": [None, 1.5], "name": "\U0001f941"}


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
    assert f"audiogan {EVALUATE}" in evaluate.EXAMPLES.values()
    assert command(f"{EVALUATE} --count 60") == 0
    table = capsys.readouterr().out
    for words in ("test split", "generated", "recognised as asked", "Fréchet", "real against real"):
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
    assert command("generate drums --count 1 --out notes.txt") == 1
    assert command("generate drums --count 1 --out notes.txt/sounds") == 1
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 2
    assert all(line.startswith("audiogan: ") and "notes.txt" in line for line in said)


@pytest.mark.skipif(os.name == "nt", reason="a pipe of POSIX")
def test_a_reader_that_has_gone_is_no_error_to_tell_of():
    reading, writing = os.pipe()
    os.close(reading)
    line = [sys.executable, "-m", "audiogan_lib", "list"]
    done = subprocess.run(line, stdout=writing, stderr=subprocess.PIPE, check=False)
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, b"")


def test_a_folder_with_nothing_usable_says_so_in_one_sentence(here, capsys):
    Path("sounds").mkdir()
    Path("sounds", "text.wav").write_text("not a sound")
    assert command("train --data sounds --out run") == 2
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1
    assert "(text.wav: not a sound file" in said[0]
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
        "audiogan: stopped: what was learnt is saved, and the same command goes on from there"
    )
    assert not [line for line in said if "Traceback" in line]
    step = files.read_json("run/checkpoints/checkpoints.json", "step", kind=list)[0]["step"]
    assert pretrained.load("run").card["training"]["step"] == step > 0
    with subprocess.Popen(train, **pipes) as again:
        said = next((line for line in again.stdout if "Going on" in line), "")
        again.kill()
    assert f"Going on from step {step}," in said


def test_an_interrupt_before_there_is_anything_to_save_is_one_word(monkeypatch, here, capsys):
    def interrupted(*_):
        raise KeyboardInterrupt

    record(Path("mine"), "siren", "whistle")
    monkeypatch.setattr(recipes, "for_folder", interrupted)
    assert command("train --data mine --out run") == 130
    assert capsys.readouterr().err == "audiogan: stopped\n"
    assert not Path("run").exists()
