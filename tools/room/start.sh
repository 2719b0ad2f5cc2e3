#!/bin/sh
# Opens the notebooks of this folder, without a network; sets up what they need the first time (some minutes).
# With words after it, runs a command instead: sh start.sh generate drums --label snare --count 4 --out sounds
set -eu
cd "$(dirname "$0")"
case "$(uname -s)" in Darwin) wheels=wheels/mac ;; *) wheels=wheels/linux ;; esac

if [ ! -f environment/ready ]; then
    for python in "${PYTHON:-}" python@PYTHON@ python3 python; do
        [ -n "$python" ] && "$python" -c 'import sys, ensurepip, venv; sys.exit("%d.%d" % sys.version_info[:2] != "@PYTHON@")' 2>/dev/null && break
        python=
    done
    if [ -z "$python" ]; then
        echo "Running needs Python @PYTHON@ with its venv module, and this computer has none. Listening needs nothing: open pages/index.html." >&2
        exit 1
    fi
    echo "Setting up, once: some minutes, 2 GB."
    "$python" -m venv --clear environment
    environment/bin/python -m pip install -q --no-index --no-deps --find-links "$wheels" -r "$wheels/requirements.txt"
    touch environment/ready
fi
[ $# -gt 0 ] && exec environment/bin/python -m audiogan_lib "$@"
exec environment/bin/python -m jupyterlab --notebook-dir notebooks
