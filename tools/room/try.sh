#!/bin/sh
# try.sh ARCHIVE PYTHON: from the archive alone, in an empty home folder, to a page and a generated sound; says how long.
# For a proof, run it without a network: unshare --net sh tools/room/try.sh _build/room.zip python3.13
set -eu
archive=$(realpath "$1")
python=$2
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
began=$(date +%s)
"$python" -m zipfile -e "$archive" "$place"
cd "$place/audio-gans-by-ear"
[ -f pages/index.html ]
echo "Unpacked, the page can be opened: $(($(date +%s) - began)) s"
env -i PATH="$PATH" HOME="$place" PYTHON="$python" sh start.sh generate drums --label snare --count 1 --seed 0 --out sounds
ls sounds/*.wav
environment/bin/python -m jupyterlab --version
echo "From the archive to a generated sound: $(($(date +%s) - began)) s"
