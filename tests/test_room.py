"""A room without a network: what its archive holds, for which system, and whether it starts."""

import importlib.util
import os
import subprocess
import sys
import zipfile

import pytest


@pytest.fixture(scope="module")
def room():
    from pathlib import Path

    path = Path(__file__).resolve().parents[1] / "tools" / "make_room.py"
    spec = importlib.util.spec_from_file_location("make_room", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def wheel(folder, name, needs=()):
    """Write a wheel that holds a module of its name and says what it needs."""
    info = f"{name}-1.0.dist-info"
    metadata = [f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0"]
    metadata += [f"Requires-Dist: {need}" for need in needs]
    with zipfile.ZipFile(folder / f"{name}-1.0-py3-none-any.whl", "w") as written:
        written.writestr(f"{name}/__init__.py", "")
        written.writestr(f"{name}/__main__.py", "import sys; print('heard', *sys.argv[1:])")
        written.writestr(f"{info}/METADATA", "\n".join(metadata) + "\n")
        written.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\n")
        written.writestr(f"{info}/RECORD", "")


OWN = ("numpy", "keras; extra == 'cpu'", "torch; extra == 'bench'")


@pytest.fixture
def registry(room, monkeypatch):
    """Serve wheels of our own: each package of the list, one of them for no system."""
    served = {
        "numpy": [],
        "keras": ["rich", "colorama; sys_platform == 'win32'"],
        "rich": ["numpy"],
        "colorama": [],
        "jupyterlab": [
            "gone",
            "appnope; platform_system == 'Darwin'",
            "old; python_version < '3.13'",
        ],
        "appnope": [],
    }
    lines = [f"{name}==1.0" for name in (*served, "gone", "old", "torch")]

    def download(pinned, folder, system, python):
        for name in (one.partition("==")[0] for one in pinned):
            if name in served:
                wheel(folder, name, served[name])

    monkeypatch.setattr(room, "download", download)
    monkeypatch.setattr(room, "pins", lambda *_: dict(line.split("==") for line in lines))
    return served


@pytest.mark.parametrize(
    ("system", "more"), [("linux", []), ("mac", ["appnope"]), ("windows", ["colorama"])]
)
def test_a_system_gets_the_wheels_that_its_own_markers_ask_for(
    room, registry, tmp_path, system, more
):
    wheel(tmp_path, "audiogan_lib", OWN)
    missing = room.fetch(tmp_path, system, "3.13")
    names = (tmp_path / "requirements.txt").read_text().split()
    assert names == sorted(["audiogan-lib", "jupyterlab", "keras", "numpy", "rich", *more])
    assert missing == ["gone==1.0"]


def test_the_pins_of_each_system_are_one_version_a_package(room, root):
    lines = (root / "requirements.txt").read_text("utf-8").splitlines()
    pins = {system: room.pins(lines, system, "3.13") for system in room.SYSTEMS}
    assert "tensorflow-cpu" in pins["linux"]
    assert "tensorflow-cpu" not in {**pins["mac"], **pins["windows"]}
    assert "tensorflow" in pins["mac"].keys() & pins["windows"].keys()
    assert "pywinpty" in pins["windows"]
    assert "pywinpty" not in pins["linux"]


@pytest.fixture
def archive(room, registry, tmp_path):
    """A room in small."""
    folder, pages = tmp_path / "work" / "room", tmp_path / "html"
    (folder / "wheels" / "linux").mkdir(parents=True)
    wheel(folder / "wheels" / "linux", "audiogan_lib", OWN)
    missing = room.fetch(folder / "wheels" / "linux", "linux", "3.13")
    pages.mkdir()
    (pages / "index.html").write_text("<title>Audio GANs by Ear</title>")
    python = f"3.{sys.version_info.minor}"
    room.lay_out(folder, python, {"linux": missing}, pages)
    room.pack(folder, tmp_path / "room.zip")
    return tmp_path / "room.zip"


def test_the_archive_holds_pages_notebooks_wheels_and_what_starts_them(archive, root):
    with zipfile.ZipFile(archive) as packed:
        entries = {entry.filename.removeprefix("room/"): entry for entry in packed.infolist()}
        read_me = packed.read("room/READ_ME.txt").decode()
        bat = packed.read("room/start.bat")
    books = {f"notebooks/{path.name}" for path in (root / "book").glob("*.ipynb")}
    assert books | {"pages/index.html", "start.sh", "start.bat", "LICENSE"} <= set(entries)
    assert "linux: gone==1.0" in read_me
    assert not [text for text in (read_me, bat.decode()) if "@" in text.replace("@echo", "")]
    assert bat.count(b"\r\n") == bat.count(b"\n")
    assert entries["start.command"].external_attr >> 16 & 0o111
    assert not entries["READ_ME.txt"].external_attr >> 16 & 0o111


@pytest.mark.skipif(os.name == "nt", reason="the other start script is for Windows")
def test_from_the_archive_alone_the_start_script_sets_up_and_runs(archive, tmp_path):
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(tmp_path / "there")
    bare = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHON": sys.executable}
    command = ["sh", tmp_path / "there" / "room" / "start.sh", "generate", "a drum"]
    for _ in range(2):  # the second time from what was set up
        done = subprocess.run(command, env=bare, capture_output=True, text=True, check=True)
        assert done.stdout.splitlines()[-1] == "heard generate a drum"
        bare["PYTHON"] = "/bin/false"


@pytest.mark.skipif(os.name == "nt", reason="the other start script is for Windows")
def test_without_the_right_python_the_start_script_says_so_and_leaves_nothing(
    room, archive, tmp_path
):
    folder = tmp_path / "there"
    folder.mkdir()
    text = room.fill("start.sh", "3.99", {})
    (folder / "start.sh").write_text(text)
    done = subprocess.run(["sh", folder / "start.sh"], capture_output=True, text=True)
    assert done.returncode == 1
    assert "needs Python 3.99" in done.stderr
    assert "open pages/index.html" in done.stderr
    assert [path.name for path in folder.iterdir()] == ["start.sh"]


def test_what_was_deleted_since_the_last_wheel_does_not_come_back(room, tmp_path, monkeypatch):
    old = tmp_path / "build" / "lib" / "audiogan_lib" / "gone.py"
    old.parent.mkdir(parents=True)
    old.write_text("")

    def build(command, check):
        assert command[-1] == str(tmp_path)
        assert not old.exists()
        wheel(tmp_path, "audiogan_lib")

    monkeypatch.setattr(room, "ROOT", tmp_path)
    monkeypatch.setattr(room.subprocess, "run", build)
    assert room.own_wheel(tmp_path).name == "audiogan_lib-1.0-py3-none-any.whl"
