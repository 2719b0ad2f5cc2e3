@echo off
rem Opens the notebooks of this folder, without a network; sets up what they need the first time (some minutes).
rem With words after it, runs a command instead: start.bat generate drums --label snare --count 4 --out sounds
cd /d "%~dp0"
if exist environment\ready goto ready
py -@PYTHON@ -c "import venv" 2>nul
if errorlevel 1 (
    echo Running needs Python @PYTHON@, and this computer has none. Listening needs nothing: open pages\index.html.
    pause
    exit /b 1
)
echo Setting up, once: some minutes, 2 GB.
py -@PYTHON@ -m venv --clear environment || exit /b 1
environment\Scripts\python -m pip install -q --no-index --no-deps --find-links wheels\windows -r wheels\windows\requirements.txt || exit /b 1
type nul > environment\ready
:ready
if not "%~1"=="" (
    environment\Scripts\python -m audiogan_lib %*
    exit /b
)
environment\Scripts\python -m jupyterlab --notebook-dir notebooks
