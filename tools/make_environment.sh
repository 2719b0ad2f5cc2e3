#!/bin/sh
# make_environment.sh FOLDER [REQUIREMENTS [FIRST]]: a virtual environment with everything in requirements.txt.
# PYTHON names the interpreter to use; without it, the first suitable one on the path is taken, FIRST before others.
set -eu
folder=$1
requirements=${2:-requirements.txt}
first=${3:-}

suitable() {
    "$1" -c 'import sys, ensurepip, venv; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null
}

find_python() {
    if [ -n "${PYTHON:-}" ]; then
        suitable "$PYTHON" && echo "$PYTHON"
        return
    fi
    for candidate in $first python3 python3.13 python3.12 python3.11; do
        if suitable "$candidate"; then
            echo "$candidate"
            return
        fi
    done
}

python=$(find_python) || true
if [ -z "$python" ]; then
    echo "No suitable Python${PYTHON:+ (PYTHON=$PYTHON was asked for)}: this book needs Python 3.11, 3.12 or 3.13 with the venv module." >&2
    echo "Install one (Debian and Ubuntu: apt-get install python3-venv; macOS: brew install python@3.13), then run make again." >&2
    exit 1
fi

wanted=$("$python" -c 'import sys; print(sys.version)')
if [ "$("$folder/bin/python" -c 'import sys; print(sys.version)' 2>/dev/null)" != "$wanted" ]; then
    echo "Making a virtual environment in $folder with Python ${wanted%% *}."
    "$python" -m venv --clear "$folder"
fi
echo "Installing $requirements into $folder: about 2.5 GB on disk, a few minutes the first time."
"$folder/bin/python" -m pip install --disable-pip-version-check -r "$requirements"
# Two notebooks that are the first to compile the same functions of librosa spoil them for good (Numba's issue 10128).
echo "Compiling what librosa compiles at first use."
"$folder/bin/python" -c 'import librosa, numpy
y = numpy.sin(numpy.arange(22050) / 9)
librosa.onset.onset_detect(y=y), librosa.yin(y, fmin=60, fmax=500), librosa.effects.hpss(y)
librosa.feature.tempo(y=y), librosa.lpc(y, order=4)'
