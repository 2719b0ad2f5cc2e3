"""Render the drums and the digits that ship with the library, from recordings and voices.

    python tools/render_sounds.py drums robot_digits

Each name rewrites ``audiogan_lib/sounds/<name>/``: FLAC files with clips end to end, and
``index.csv``, which says where each clip lies. Running it again gives the same audio. It needs
Debian's packages ``fluidsynth fluid-soundfont-gm flite espeak-ng`` and Python's
``pyfluidsynth soxr soundfile``.

A drum recording or a voice is heard in one split only, whatever its tuning, velocity or rate, so
that no test clip is a variant of a training clip. The tables below state the splits.
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
DRUM_BANK = 128

# label: (semitones, velocities, training recordings, test recordings); a recording is (name in the
# soundfont, kit, key). The kits Standard 1, Standard 5 and Power 2 are for the test alone. Most
# keys above 40 play one recording in most kits: such a key, once held out, is held out of them all.
STANDARD, STANDARD_1, STANDARD_5, POWER_2, ELECTRONIC, TR_808, ORCHESTRA = 0, 1, 5, 18, 24, 25, 48
TEST_VELOCITIES = (127, 96)
# fmt: off
DRUMS = {
    "kick": ((-2, 0, 2), (127, 96), (
        ("Std Kick", STANDARD, 35), ("Std Kick 3", 2, 35), ("Std Kick 7", 3, 35),
        ("Std Kick 5", 4, 35), ("Std Kick 4", 6, 35), ("Std Kick 1", 7, 35),
        ("Room Kick", 11, 35), ("Power Bass Drum 1", 16, 35), ("Power Bass Drum 2", 16, 36),
        ("Power Kick", 17, 35), ("Power Kick 3", 19, 35), ("808 Kick 1", TR_808, 35),
        ("808 Kick 2", TR_808, 36), ("Elec Kick1", ELECTRONIC, 35),
        ("Elec Kick2", ELECTRONIC, 36),
    ), (
        ("Std Kick 2", STANDARD_1, 35), ("Std Kick 6", STANDARD_5, 35),
        ("Power Kick 2", POWER_2, 35),
    )),
    "snare": ((-2, 0, 2), (127, 96), (
        ("Std Snr 1", STANDARD, 38), ("Std Snr 2", STANDARD, 40), ("Piccolo 1-1", 2, 38),
        ("Piccolo 1-2", 2, 40), ("Snr 2-1", 3, 38), ("Snr 2-2", 3, 40), ("RmPwr 1-1", 11, 38),
        ("RmPwr 1-2", 11, 40), ("Power Snare 1", 16, 38), ("Power Snare 2", 16, 40),
        ("808 Snare 1", TR_808, 38), ("808 Snare 2", TR_808, 40),
        ("Electronic Snr 1", ELECTRONIC, 38), ("Electronic Snr 2", ELECTRONIC, 40),
        ("Brush Snr 1", 40, 38), ("Orch Snare", ORCHESTRA, 38),
    ), (
        ("Snr 1-2", STANDARD_1, 38), ("Snr 1-1", STANDARD_1, 40), ("RmPwr 2-1", POWER_2, 38),
        ("RmPwr 2-2", POWER_2, 40),
    )),
    "closed_hat": (range(-4, 5), (127, 112, 96, 80), (
        ("Hi-Hat Closed", STANDARD, 42), ("808 Closed Hat", TR_808, 42),
    ), (
        ("Hi-Hat Foot", STANDARD_1, 44),
    )),
    "open_hat": (range(-3, 4), (127, 112, 96, 80), (
        ("808 Open Hat", TR_808, 44), ("808 Open Hat", TR_808, 46),
    ), (
        ("Hi-Hat Half-Open", STANDARD_1, 46),
    )),
    "tom": ((-2, 0, 2), (127, 96), (
        ("Low Flr Studio", STANDARD, 41), ("Low Studio", STANDARD, 45),
        ("Md Studio", STANDARD, 47), ("MdHi Studio", STANDARD, 48), ("Hi Studio", STANDARD, 50),
        ("Tom Floor", 16, 41), ("Tom Low", 16, 45), ("Tom Hi", 16, 50), ("808 Tom 1", TR_808, 41),
        ("808 Tom 2", TR_808, 43), ("808 Tom 3", TR_808, 45), ("808 Tom 4", TR_808, 47),
        ("808 Tom 5", TR_808, 48), ("808 Tom 6", TR_808, 50), ("ElectTom", ELECTRONIC, 45),
    ), (
        ("Flr Studio", STANDARD_1, 43), ("Tom Med", POWER_2, 47),
    )),
    "crash": (range(-3, 4), (127, 96, 80), (
        ("Crsh 1", STANDARD, 49), ("China Crash", STANDARD, 52), ("Splash", STANDARD, 55),
        ("Orchcrash", ORCHESTRA, 57),
    ), (
        ("Crsh 2", STANDARD_1, 57),
    )),
    "ride": (range(-3, 4), (127, 96, 80), (
        ("Ride1", STANDARD, 51), ("BellRide", STANDARD, 53), ("808 Ride and Ride1", TR_808, 51),
    ), (
        ("Ride2", STANDARD_1, 59),
    )),
    "bell": (range(-4, 5), (127, 96, 80), (
        ("Cow Bell", STANDARD, 56), ("808 Cowbell", TR_808, 56), ("High Agogo", STANDARD, 67),
    ), (
        ("Low Agogo", STANDARD_1, 68),
    )),
    "conga": (range(-3, 4), (127, 96, 80), (
        ("Closed Slap", STANDARD, 62), ("Low Tumba", STANDARD, 64),
        ("808 High Conga", TR_808, 62), ("808 Mid Conga", TR_808, 63),
        ("808 Low Conga", TR_808, 64),
    ), (
        ("High Conga", STANDARD_1, 63),
    )),
    "woodblock": (range(-4, 5), (127, 96, 80), (
        ("808 Clave", TR_808, 75), ("High Woodblock", STANDARD, 76),
        ("Low Woodblock", STANDARD, 77),
    ), (
        ("Clave", STANDARD_1, 75),
    )),
}
# fmt: on

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


def cut(sound, sample_rate, samples, *, onset_db, tail_db):
    """Start 1 ms before the onset, drop the tail, fade both ends; levels are below the peak."""
    level = np.abs(sound) / np.abs(sound).max()
    lead = sample_rate // 1000
    start = max(int(np.argmax(level > 10 ** (onset_db / 20))) - lead, 0)
    stop = int(np.flatnonzero(level > 10 ** (tail_db / 20))[-1]) + 1
    clip = sound[start : min(stop, start + samples)].copy()
    clip[:lead] *= np.linspace(0, 1, lead, endpoint=False, dtype=np.float32)
    fade = min(sample_rate // 50, len(clip) // 4)
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


def render_drums():
    """Render every drum at its tunings and velocities."""
    rate, samples, font = 16000, 16384, Soundfont()
    groups = {}
    for label, (tunings, velocities, train, test) in DRUMS.items():
        parts = [("train", recording, velocities) for recording in train]
        parts += [("test", recording, TEST_VELOCITIES) for recording in test]
        groups[label] = []
        for split, (recording, kit, key), levels in parts:
            rows, clips = [], []
            for tuning, velocity in itertools.product(tunings, levels):
                sound = font.play(DRUM_BANK, kit, key, velocity, rate, semitones=tuning)
                clips.append(cut(sound, rate, samples, onset_db=-34, tail_db=-60))
                row = {"label": label, "split": split, "kit": kit, "key": key}
                row |= {"velocity": velocity, "tuning": tuning, "recording": recording}
                rows.append(row)
            groups[label] += zip(rows, share_gain(clips), strict=True)
    pack("drums", rate, groups)


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


RENDERERS = {"drums": render_drums, "robot_digits": render_robot_digits}


def main():
    """Render the data sets named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="+", choices=RENDERERS)
    for name in parser.parse_args().names:
        RENDERERS[name]()


if __name__ == "__main__":
    main()
