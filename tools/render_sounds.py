"""Render the notes and digits that ship with the library, from recorded instruments and voices.

    python tools/render_sounds.py notes robot_digits

Each name rewrites ``audiogan_lib/sounds/<name>/``: FLAC files with clips end to end, and
``index.csv``, which says where each clip lies. Running it again gives the same audio. It needs
Debian's packages ``fluidsynth fluid-soundfont-gm flite espeak-ng`` and Python's
``pyfluidsynth soxr soundfile``.

A voice is heard in one split only, whatever its rate, so that no test clip is a variant of a
training clip. The tables below state the splits. The drums: ``tools/collect_drums.py``.
"""

import argparse
import csv
import ctypes
import itertools
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import soundfile
import soxr

from audiogan_lib import files

SOUNDS = files.LIBRARY / "sounds"
SOUNDFONT = Path("/usr/share/sounds/sf2/FluidR3_GM.sf2")
RENDER_RATE = 48000
CLIP_S = 1.1  # rendered; at most 1.024 s of it are kept
PEAK = 0.9  # the loudest variant of every recording reaches this
BITS = 12  # kept in 16-bit files: rounding stays 77 dB below full scale and FLAC stores two thirds
MELODIC_BANK = 0
NOTE_VELOCITY = 100

# instrument: (General MIDI program from 0, cents that bring its recordings to A4 = 440 Hz). The
# clarinet is for the test alone; of the others every twelfth key is, another one for each.
NOTES = {
    "grand_piano": (0, -13),
    "electric_piano": (4, 0),
    "celesta": (8, 0),
    "marimba": (12, 0),
    "nylon_guitar": (24, 0),
    "trumpet": (56, 0),
    "oboe": (68, 0),
    "clarinet": (71, 0),
    "flute": (73, -6),
    "kalimba": (108, 0),
}
TEST_INSTRUMENTS = ("clarinet",)
PITCHES = range(36, 85)

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


class Soundfont:
    """FluidR3 played dry: no reverb, no chorus, each note from a silent synthesiser."""

    def __init__(self):
        if not SOUNDFONT.is_file():
            sys.exit(f"The soundfont {SOUNDFONT} is missing: apt-get install fluid-soundfont-gm")
        try:
            import fluidsynth
        except ImportError as error:
            sys.exit(f"{error}: apt-get install fluidsynth; pip install pyfluidsynth")
        # The binding writes 16-bit samples only, and those are dithered.
        integer, pointer = ctypes.c_int, ctypes.c_void_p
        channel = (pointer, integer, integer)  # address, first index, step
        types = (pointer, integer, *channel, *channel)
        arguments = ((f"argument_{i}", kind, 1) for i, kind in enumerate(types))
        self._write = fluidsynth.cfunc("fluid_synth_write_float", integer, *arguments)
        self._synth = fluidsynth.Synth(gain=0.5, samplerate=float(RENDER_RATE))
        self._synth.setting("synth.reverb.active", 0)
        self._synth.setting("synth.chorus.active", 0)
        self._font = self._synth.sfload(str(SOUNDFONT))

    def _run(self, samples):
        """Return the left channel: mixed with the right, often tuned apart, it would sweep."""
        stereo = np.zeros((samples, 2), np.float32)
        address = stereo.ctypes.data
        self._write(self._synth.synth, samples, address, 0, 2, address, 1, 2)
        return stereo[:, 0]

    def play(self, bank, program, key, velocity, sample_rate, *, semitones=0, held_s=CLIP_S):
        """Return `CLIP_S` seconds of one note, float32 at `sample_rate`, let go after `held_s`."""
        synth = self._synth
        synth.system_reset()
        synth.program_select(0, self._font, bank, program)
        for control, value in ((101, 0), (100, 0), (6, 12), (38, 0)):  # bend range: 12 semitones
            synth.cc(0, control, value)
        synth.pitch_bend(0, round(semitones / 12 * 8192))
        held = int(held_s * RENDER_RATE)
        synth.noteon(0, key, velocity)
        start = self._run(held)
        synth.noteoff(0, key)
        sound = np.concatenate([start, self._run(int(CLIP_S * RENDER_RATE) - held)])
        synth.all_sounds_off(0)
        self._run(4096)
        return soxr.resample(sound, RENDER_RATE, sample_rate, quality="VHQ")


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


def cut(sound, sample_rate, samples, *, onset_db, tail_db, lead_s=0.001, fade_s=0.02):
    """Start `lead_s` before the onset, drop the tail, fade both; levels are below the peak."""
    level = np.abs(sound) / np.abs(sound).max()
    lead = round(lead_s * sample_rate)
    start = max(int(np.argmax(level > 10 ** (onset_db / 20))) - lead, 0)
    stop = int(np.flatnonzero(level > 10 ** (tail_db / 20))[-1]) + 1
    clip = sound[start : min(stop, start + samples)].copy()
    clip[:lead] *= np.linspace(0, 1, lead, endpoint=False, dtype=np.float32)
    fade = min(round(fade_s * sample_rate), len(clip) // 4)
    clip[-fade:] *= np.linspace(1, 0, fade, dtype=np.float32)
    return clip


def share_gain(clips):
    """Scale clips by one gain, so that the loudest peaks at `PEAK` and all keep their relations."""
    gain = PEAK / max(np.abs(clip).max() for clip in clips)
    return [gain * clip for clip in clips]


def pack(name, sample_rate, groups):
    """Write ``{file stem: [(row, clip), ...]}`` as FLAC files and their index."""
    folder = SOUNDS / name
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for stem, clips in groups.items():
        path, start = folder / f"{stem}.flac", 0
        for row, clip in clips:
            rows.append({"file": path.name, "start": start, "samples": len(clip), **row})
            start += len(clip)
        steps = 2 ** (BITS - 1)
        audio = np.round(np.concatenate([clip for _, clip in clips]) * steps) / steps
        with files.replacing(path) as beside:
            soundfile.write(beside, audio, sample_rate, "PCM_16", compression_level=1.0)
    with (
        files.replacing(folder / "index.csv") as beside,
        beside.open("w", newline="", encoding="utf-8") as file,
    ):
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    print(f"{name}: {len(rows)} clips in {len(groups)} files")


def render_notes():
    """Render every instrument at every semitone, let go after half a second."""
    rate, samples, font = 16000, 16384, Soundfont()
    groups = {}
    for place, (instrument, (program, cents)) in enumerate(NOTES.items()):
        rows, clips = [], []
        for pitch in PITCHES:
            tuning = {"semitones": cents / 100, "held_s": 0.5}
            sound = font.play(MELODIC_BANK, program, pitch, NOTE_VELOCITY, rate, **tuning)
            clips.append(cut(sound, rate, samples, onset_db=-34, tail_db=-50))
            held_out = instrument in TEST_INSTRUMENTS or (pitch + 5 * place) % 12 == 0
            row = {"label": pitch, "split": "test" if held_out else "train"}
            rows.append(row | {"pitch": pitch, "instrument": instrument})
        groups[instrument] = list(zip(rows, share_gain(clips), strict=True))
    pack("notes", rate, groups)


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


RENDERERS = {"notes": render_notes, "robot_digits": render_robot_digits}


def main():
    """Render the data sets named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="+", choices=RENDERERS)
    for name in parser.parse_args().names:
        RENDERERS[name]()


if __name__ == "__main__":
    main()
