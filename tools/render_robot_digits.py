"""Let voices of two programs say the digits that ship with the library.

    python tools/render_robot_digits.py

Rewrites ``audiogan_lib/sounds/robot_digits/``: FLAC files with clips end to end, and ``index.csv``,
which says where each clip lies. Running it again gives the same audio. It needs Debian's packages
``flite espeak-ng`` and Python's ``soxr soundfile``.

A voice is heard in one split only, whatever its rate, so that no test clip is a variant of a
training clip. The tables below state the splits.
"""

import itertools
import shutil
import subprocess
import sys
import tempfile

import numpy as np
import soundfile
import soxr
from packing import PEAK, cut, pack

# voice: (program, its name for the voice, rates, pitches). For flite a rate stretches the duration
# and a pitch multiplies the fundamental, which rms ignores; for espeak-ng they are words per minute
# and a scale from 0 to 99. Two voices are for the test alone.
FLITE = ((0.75, 0.95), (0.9, 1.1))
ESPEAK = ((150, 190), (35, 60))
VOICES = {
    "flite_kal": ("flite", "kal16", *FLITE),
    "flite_awb": ("flite", "awb", *FLITE),
    "flite_rms": ("flite", "rms", (0.65, 0.75, 0.85, 0.95), (1.0,)),
    "flite_slt": ("flite", "slt", *FLITE),
    "espeak_us": ("espeak-ng", "en-us", *ESPEAK),
    "espeak_us_klatt": ("espeak-ng", "en-us+klatt2", *ESPEAK),
    "espeak_us_steph": ("espeak-ng", "en-us+steph", *ESPEAK),
    "espeak_us_anika": ("espeak-ng", "en-us+anika", *ESPEAK),
    "espeak_rp_f2": ("espeak-ng", "en-gb-x-rp+f2", *ESPEAK),
    "espeak_scotland_m7": ("espeak-ng", "en-gb-scotland+m7", *ESPEAK),
    "espeak_caribbean_f4": ("espeak-ng", "en-029+f4", *ESPEAK),
    "espeak_lancaster_m6": ("espeak-ng", "en-gb-x-gbclan+m6", *ESPEAK),
}
TEST_VOICES = ("flite_awb", "espeak_us_steph")
WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def speak(program, voice, rate, pitch, word, sample_rate):
    """Return one spoken word, float32 at `sample_rate`."""
    if shutil.which(program) is None:
        sys.exit(f"The program {program} is missing: apt-get install {program}")
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/word.wav"
        if program == "flite":
            settings = ("--setf", f"duration_stretch={rate}", "--setf", f"f0_shift={pitch}")
            command = [program, "-voice", voice, *settings, "-t", word, "-o", path]
        else:
            command = [program, "-v", voice, "-s", f"{rate}", "-p", f"{pitch}", "-w", path, word]
        subprocess.run(command, check=True)
        sound, voice_rate = soundfile.read(path, dtype="float32")
    return soxr.resample(sound, voice_rate, sample_rate, quality="VHQ")


def share_gain(clips):
    """Scale clips by one gain, so that the loudest peaks at `PEAK` and all keep their relations."""
    gain = PEAK / max(np.abs(clip).max() for clip in clips)
    return [gain * clip for clip in clips]


def render_robot_digits():
    """Let every voice say every digit at its rates and pitches."""
    rate, samples = 8000, 8192
    groups = {}
    for name, (program, voice, speeds, pitches) in VOICES.items():
        rows, clips = [], []
        for (digit, word), speed, pitch in itertools.product(enumerate(WORDS), speeds, pitches):
            sound = speak(program, voice, speed, pitch, word, rate)
            clips.append(cut(sound, rate, samples, onset_db=-40, tail_db=-45))
            row = {"label": digit, "split": "test" if name in TEST_VOICES else "train"}
            rows.append(row | {"voice": name, "rate": speed, "pitch": pitch})
        groups[name] = list(zip(rows, share_gain(clips), strict=True))
    pack("robot_digits", rate, groups)


if __name__ == "__main__":
    render_robot_digits()
