"""Render the sounds that ship with the library, from recorded instruments and voices.

    python tools/render_sounds.py drums notes robot_digits

Each name rewrites ``audiogan_lib/sounds/<name>/``: one FLAC per group with its clips end to end, and ``index.csv``,
which says where each clip lies. Running it again gives the same audio. It needs the Debian packages
``fluidsynth fluid-soundfont-gm flite espeak-ng`` and the Python packages ``pyfluidsynth soxr soundfile``.

A recording of the soundfont (or a voice) is heard in one split only, whatever its tuning or velocity, so a
test clip is never a variant of a training clip. The tables below state the splits.
"""

import argparse
import csv
import ctypes
import itertools
import os
import sys
from pathlib import Path

import numpy as np
import soundfile
import soxr

SOUNDS = Path(__file__).resolve().parents[1] / "audiogan_lib" / "sounds"
SOUNDFONT = Path("/usr/share/sounds/sf2/FluidR3_GM.sf2")
RENDER_RATE = 48000
PEAK = 0.9  # the loudest variant of every recording reaches this
BITS = 12  # kept in 16-bit files: rounding stays 77 dB below full scale and FLAC stores two thirds
MAX_FILE_BYTES = 4_000_000
DRUM_BANK, MELODIC_BANK = 128, 0


# label: (semitones, velocities, training recordings, test recordings); a recording is (name in the
# soundfont, kit, key). The kits Standard 1, Standard 5 and Power 2 are for the test alone. Most keys
# above 40 play the same recording in every kit, so those keys are held out in every kit.
STANDARD, STANDARD_1, STANDARD_5, POWER_2, ELECTRONIC, TR_808, ORCHESTRA = 0, 1, 5, 18, 24, 25, 48
TEST_VELOCITIES = (127, 96)
DRUMS = {
    "kick": (
        (-2, 0, 2),
        (127, 96),
        (
            ("Std Kick", STANDARD, 35),
            ("Std Kick 3", 2, 35),
            ("Std Kick 7", 3, 35),
            ("Std Kick 5", 4, 35),
            ("Std Kick 4", 6, 35),
            ("Std Kick 1", 7, 35),
            ("Room Kick", 11, 35),
            ("Power Bass Drum 1", 16, 35),
            ("Power Bass Drum 2", 16, 36),
            ("Power Kick", 17, 35),
            ("Power Kick 3", 19, 35),
            ("808 Kick 1", TR_808, 35),
            ("808 Kick 2", TR_808, 36),
            ("Elec Kick1", ELECTRONIC, 35),
            ("Elec Kick2", ELECTRONIC, 36),
        ),
        (
            ("Std Kick 2", STANDARD_1, 35),
            ("Std Kick 6", STANDARD_5, 35),
            ("Power Kick 2", POWER_2, 35),
        ),
    ),
    "snare": (
        (-2, 0, 2),
        (127, 96),
        (
            ("Std Snr 1", STANDARD, 38),
            ("Std Snr 2", STANDARD, 40),
            ("Piccolo 1-1", 2, 38),
            ("Piccolo 1-2", 2, 40),
            ("Snr 2-1", 3, 38),
            ("Snr 2-2", 3, 40),
            ("RmPwr 1-1", 11, 38),
            ("RmPwr 1-2", 11, 40),
            ("Power Snare 1", 16, 38),
            ("Power Snare 2", 16, 40),
            ("808 Snare 1", TR_808, 38),
            ("808 Snare 2", TR_808, 40),
            ("Electronic Snr 1", ELECTRONIC, 38),
            ("Electronic Snr 2", ELECTRONIC, 40),
            ("Brush Snr 1", 40, 38),
            ("Orch Snare", ORCHESTRA, 38),
        ),
        (
            ("Snr 1-2", STANDARD_1, 38),
            ("Snr 1-1", STANDARD_1, 40),
            ("RmPwr 2-1", POWER_2, 38),
            ("RmPwr 2-2", POWER_2, 40),
        ),
    ),
    "closed_hat": (
        range(-4, 5),
        (127, 112, 96, 80),
        (("Hi-Hat Closed", STANDARD, 42), ("808 Closed Hat", TR_808, 42)),
        (("Hi-Hat Foot", STANDARD_1, 44),),
    ),
    "open_hat": (
        range(-3, 4),
        (127, 112, 96, 80),
        (("808 Open Hat", TR_808, 44), ("808 Open Hat", TR_808, 46)),
        (("Hi-Hat Half-Open", STANDARD_1, 46),),
    ),
    "tom": (
        (-2, 0, 2),
        (127, 96),
        (
            ("Low Flr Studio", STANDARD, 41),
            ("Low Studio", STANDARD, 45),
            ("Md Studio", STANDARD, 47),
            ("MdHi Studio", STANDARD, 48),
            ("Hi Studio", STANDARD, 50),
            ("Tom Floor", 16, 41),
            ("Tom Low", 16, 45),
            ("Tom Hi", 16, 50),
            ("808 Tom 1", TR_808, 41),
            ("808 Tom 2", TR_808, 43),
            ("808 Tom 3", TR_808, 45),
            ("808 Tom 4", TR_808, 47),
            ("808 Tom 5", TR_808, 48),
            ("808 Tom 6", TR_808, 50),
            ("ElectTom", ELECTRONIC, 45),
        ),
        (("Flr Studio", STANDARD_1, 43), ("Tom Med", POWER_2, 47)),
    ),
    "crash": (
        range(-3, 4),
        (127, 96, 80),
        (
            ("Crsh 1", STANDARD, 49),
            ("China Crash", STANDARD, 52),
            ("Splash", STANDARD, 55),
            ("Orchcrash", ORCHESTRA, 57),
        ),
        (("Crsh 2", STANDARD_1, 57),),
    ),
    "ride": (
        range(-3, 4),
        (127, 96, 80),
        (
            ("Ride1", STANDARD, 51),
            ("BellRide", STANDARD, 53),
            ("808 Ride and Ride1", TR_808, 51),
        ),
        (("Ride2", STANDARD_1, 59),),
    ),
    "bell": (
        range(-4, 5),
        (127, 96, 80),
        (
            ("Cow Bell", STANDARD, 56),
            ("808 Cowbell", TR_808, 56),
            ("High Agogo", STANDARD, 67),
        ),
        (("Low Agogo", STANDARD_1, 68),),
    ),
    "conga": (
        range(-3, 4),
        (127, 96, 80),
        (
            ("Closed Slap", STANDARD, 62),
            ("Low Tumba", STANDARD, 64),
            ("808 High Conga", TR_808, 62),
            ("808 Mid Conga", TR_808, 63),
            ("808 Low Conga", TR_808, 64),
        ),
        (("High Conga", STANDARD_1, 63),),
    ),
    "woodblock": (
        range(-4, 5),
        (127, 96, 80),
        (
            ("808 Clave", TR_808, 75),
            ("High Woodblock", STANDARD, 76),
            ("Low Woodblock", STANDARD, 77),
        ),
        (("Clave", STANDARD_1, 75),),
    ),
}


class Soundfont:
    """FluidR3 played dry: no reverb, no chorus, each note from a silent synthesiser."""

    def __init__(self):
        if not SOUNDFONT.is_file():
            sys.exit(f"The soundfont {SOUNDFONT} is missing: apt-get install fluid-soundfont-gm")
        try:
            import fluidsynth
        except ImportError as error:
            sys.exit(f"fluidsynth is missing ({error}): apt-get install fluidsynth; pip install pyfluidsynth")
        integer, pointer = ctypes.c_int, ctypes.c_void_p
        names = ("synth", "len", "left", "left_start", "left_step", "right", "right_start", "right_step")
        types = (pointer, integer, pointer, integer, integer, pointer, integer, integer)
        # The binding offers 16-bit output only, and that is dithered.
        self._write = fluidsynth.cfunc(
            "fluid_synth_write_float", integer, *((n, t, 1) for n, t in zip(names, types, strict=True))
        )
        self._synth = fluidsynth.Synth(gain=0.5, samplerate=float(RENDER_RATE))
        self._synth.setting("synth.reverb.active", 0)
        self._synth.setting("synth.chorus.active", 0)
        self._font = self._synth.sfload(str(SOUNDFONT))

    def _run(self, samples):
        stereo = np.zeros((samples, 2), np.float32)
        address = stereo.ctypes.data
        self._write(self._synth.synth, samples, address, 0, 2, address, 1, 2)
        return stereo[:, 0]  # many recordings differ in pitch left and right: their mixture sweeps like a comb

    def play(self, bank, program, key, velocity, semitones, samples, sample_rate):
        """Return one struck and held note, float32 [samples] at `sample_rate`."""
        synth = self._synth
        synth.system_reset()
        synth.program_select(0, self._font, bank, program)
        for control, value in ((101, 0), (100, 0), (6, 12), (38, 0)):  # bend range: 12 semitones
            synth.cc(0, control, value)
        synth.pitch_bend(0, round(semitones / 12 * 8192))
        synth.noteon(0, key, velocity)
        sound = self._run(-(-samples * RENDER_RATE // sample_rate) + RENDER_RATE // 10)
        synth.all_sounds_off(0)
        self._run(4096)
        return soxr.resample(sound, RENDER_RATE, sample_rate, quality="VHQ")


def cut(sound, sample_rate, samples, threshold_db=-60.0):
    """Start 1 ms before the onset (2 % of the peak), drop the silent tail, fade both ends."""
    level = np.abs(sound)
    lead = sample_rate // 1000
    start = max(int(np.argmax(level > 0.02 * level.max())) - lead, 0)
    stop = int(np.flatnonzero(level > 10 ** (threshold_db / 20) * level.max())[-1]) + 1
    clip = sound[start : min(stop, start + samples)].copy()
    clip[:lead] *= np.linspace(0, 1, lead, endpoint=False, dtype=np.float32)
    fade = min(sample_rate // 50, len(clip) // 4)
    clip[-fade:] *= np.linspace(1, 0, fade, dtype=np.float32)
    return clip


def share_gain(clips, peak=PEAK):
    """Scale all variants of a recording by one gain, so their velocities keep their levels."""
    gain = peak / max(np.abs(clip).max() for clip in clips)
    return [gain * clip for clip in clips]


def pack(name, sample_rate, groups):
    """Write ``{file stem: [(row, clip), ...]}`` as FLAC files and ``index.csv``, each beside and then renamed."""
    folder = SOUNDS / name
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for stem, clips in groups.items():
        start = 0
        for row, clip in clips:
            rows.append({"file": f"{stem}.flac", "start": start, "samples": len(clip), **row})
            start += len(clip)
        path = folder / f"{stem}.flac"
        beside = path.with_suffix(".part")
        steps = 2 ** (BITS - 1)
        audio = np.round(np.concatenate([clip for _, clip in clips]) * steps) / steps
        soundfile.write(
            beside, audio, sample_rate, format="FLAC", subtype="PCM_16", compression_level=1.0
        )
        if beside.stat().st_size > MAX_FILE_BYTES:
            sys.exit(f"{path} would take {beside.stat().st_size} bytes, more than {MAX_FILE_BYTES}")
        os.replace(beside, path)
    beside = folder / "index.part"
    with open(beside, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    os.replace(beside, folder / "index.csv")
    print(f"{name}: {len(rows)} clips in {len(groups)} files")


def render_drums():
    """Render every drum at its tunings and velocities."""
    sample_rate, samples = 16000, 16384
    font = Soundfont()
    groups = {}
    for label, (tunings, velocities, train, test) in DRUMS.items():
        groups[label] = []
        for split, recordings, levels in (
            ("train", train, velocities),
            ("test", test, TEST_VELOCITIES),
        ):
            for recording, kit, key in recordings:
                variants = list(itertools.product(tunings, levels))
                clips = [
                    cut(
                        font.play(DRUM_BANK, kit, key, velocity, tuning, samples, sample_rate),
                        sample_rate,
                        samples,
                    )
                    for tuning, velocity in variants
                ]
                for (tuning, velocity), clip in zip(variants, share_gain(clips), strict=True):
                    row = {"label": label, "split": split, "kit": kit, "key": key}
                    row |= {"velocity": velocity, "tuning": tuning, "recording": recording}
                    groups[label].append((row, clip))
    pack("drums", sample_rate, groups)


RENDERERS = {"drums": render_drums}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="+", choices=RENDERERS)
    for name in parser.parse_args().names:
        RENDERERS[name]()


if __name__ == "__main__":
    main()
