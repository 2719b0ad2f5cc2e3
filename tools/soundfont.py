"""Read the recorded samples of a soundfont (SF2), without playing them.

A soundfont is a RIFF file: ``sdta`` holds all samples as 16-bit numbers end to end, ``pdta`` holds
tables of fixed records. A preset has zones, each naming an instrument; an instrument has zones,
each naming a sample; a zone's generators say for which keys and velocities it sounds, and how.
"""

import itertools
import re
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np

# Generators that are read here, by their number in the standard (SoundFont 2.04, section 8.1.2).
INSTRUMENT, KEY_RANGE, VELOCITY_RANGE, SAMPLE = 41, 43, 44, 53
COARSE_TUNE, FINE_TUNE, MODES, ROOT_KEY = 51, 52, 54, 58
ATTACK, HOLD, DECAY, SUSTAIN, RELEASE, DECAY_BY_KEY = 34, 35, 36, 37, 38, 40
RECORDS = {
    "phdr": struct.Struct("<20sHHHIII"),
    "pbag": struct.Struct("<HH"),
    "pgen": struct.Struct("<HH"),
    "inst": struct.Struct("<20sH"),
    "ibag": struct.Struct("<HH"),
    "igen": struct.Struct("<HH"),
    "shdr": struct.Struct("<20sIIIIIBbHH"),
}
RIGHT, ROM = 2, 0x8000
CHANNEL = re.compile(r" ?\((L|R)\)?$")  # a name is cut after 20 letters, perhaps in its bracket


@dataclass(frozen=True)
class Sample:
    """One recorded sample: where it lies, and the key that it was recorded at.

    ``correction`` is in cents; ``kind`` is 1 mono, 2 right, 4 left of a pair, whose other half is
    the sample number ``link``. ``loop`` are positions in the sample.
    """

    number: int
    name: str
    start: int
    end: int
    loop: tuple
    sample_rate: int
    root: int
    correction: int
    link: int
    kind: int


@dataclass(frozen=True)
class Zone:
    """How a preset plays a sample: at which keys and velocities, how tuned, how loud over time.

    At the key ``root`` the sample is tuned by ``tuning`` cents alone. Its level rises over
    ``attack_s``, stays for ``hold_s``, then falls by 100 dB in ``decay_s`` until it lies
    ``sustain_db`` below full, and from the key's release by 100 dB in ``release_s``.
    """

    sample: Sample
    keys: range
    velocities: range
    root: int
    tuning: int
    looped: bool
    attack_s: float
    hold_s: float
    decay_s: float
    sustain_db: float
    release_s: float


class Soundfont:
    """The tables of a soundfont, and its samples on request."""

    def __init__(self, path):
        self.path = Path(path)
        self._audio_at = None
        tables = {}
        with self.path.open("rb") as file:
            for name, position, size in _chunks(file):
                if name == "smpl":
                    self._audio_at = position
                elif name in RECORDS:
                    file.seek(position)
                    tables[name] = list(RECORDS[name].iter_unpack(file.read(size)))
        self._tables = tables
        self.samples = [
            Sample(number, _text(name), start, end, (a - start, b - start), *rest)
            for number, (name, start, end, a, b, *rest) in enumerate(tables["shdr"][:-1])
        ]
        headers = tables["phdr"]
        self._presets = {
            (bank, program): (range(first, following[3]), _text(name))
            for (name, program, bank, first, *_), following in itertools.pairwise(headers)
        }

    @property
    def presets(self):
        """Names by ``(bank, program)``."""
        return {place: name for place, (_, name) in self._presets.items()}

    def zones(self, bank, program):
        """Return all zones that a preset plays, its instruments' ranges within its own."""
        bags, _ = self._presets[bank, program]
        found = []
        for outer in _with_global(self._tables, "pbag", "pgen", bags, INSTRUMENT):
            first = self._tables["inst"][outer[INSTRUMENT]][1]
            last = self._tables["inst"][outer[INSTRUMENT] + 1][1]
            inner = _with_global(self._tables, "ibag", "igen", range(first, last), SAMPLE)
            found += [self._zone(outer, zone) for zone in inner]
        return [zone for zone in found if zone.keys and zone.velocities]

    def _zone(self, outer, inner):
        def amount(generator, default=0):
            return _signed(inner.get(generator, default)) + _signed(outer.get(generator, 0))

        def seconds(generator):
            return 2 ** (amount(generator, -12000) / 1200)

        sample = self.samples[inner[SAMPLE]]
        root = inner.get(ROOT_KEY, sample.root)
        return Zone(
            sample,
            _both(outer.get(KEY_RANGE), inner.get(KEY_RANGE)),
            _both(outer.get(VELOCITY_RANGE), inner.get(VELOCITY_RANGE)),
            root if root < 128 else sample.root,
            100 * amount(COARSE_TUNE) + amount(FINE_TUNE) + sample.correction,
            inner.get(MODES, 0) in (1, 3),
            seconds(ATTACK),
            seconds(HOLD),
            seconds(DECAY) * 2 ** (amount(DECAY_BY_KEY) * (60 - root) / 1200),
            amount(SUSTAIN) / 10,
            seconds(RELEASE),
        )

    def audio(self, sample):
        """Return a sample as float32 at its own rate."""
        if sample.kind & ROM:
            raise ValueError(f"{sample.name} lies in a synthesiser's memory, not in {self.path}")
        with self.path.open("rb") as file:
            file.seek(self._audio_at + 2 * sample.start)
            raw = file.read(2 * (sample.end - sample.start))
        return np.frombuffer(raw, "<i2").astype(np.float32) / 32768


def read_samples(path):
    """Return ``{name: (float32 [samples, channels], sample rate)}``; "(L)" and "(R)" are one."""
    with Path(path).open("rb") as file:
        places = {name: slice(start, start + size) for name, start, size in _chunks(file)}
    data = np.memmap(path, np.uint8, "r")
    numbers = data[places["smpl"]].view("<i2")
    channels = {}
    for name, start, end, _, _, rate, *_ in RECORDS["shdr"].iter_unpack(data[places["shdr"]]):
        sound = numbers[start:end] / np.float32(32768)
        channels.setdefault((CHANNEL.sub("", _text(name)).strip(), rate), []).append(sound)
    return {name: (_stacked(sounds), rate) for (name, rate), sounds in channels.items()}


def _stacked(sounds):
    """Return channels side by side, as long as the shortest."""
    length = min(map(len, sounds))
    return np.stack([sound[:length] for sound in sounds], axis=1)


def _chunks(file):
    """Yield ``(name, position, size)`` of every chunk inside the RIFF's lists."""
    riff, _, kind = struct.unpack("<4sI4s", file.read(12))
    if (riff, kind) != (b"RIFF", b"sfbk"):
        raise ValueError(f"{file.name} is no soundfont: it begins with {riff + kind}")
    while len(header := file.read(8)) == 8:
        name, size = struct.unpack("<4sI", header)
        position = file.tell()
        if name == b"LIST":
            file.seek(position + 4)
            continue
        yield name.decode("ascii"), position, size
        file.seek(position + size + size % 2)


def _with_global(tables, bags, generators, places, last):
    """Return zones as ``{generator: amount}``; the first, if it names nothing, sets the others."""
    shared, zones = {}, []
    for place in places:
        first, stop = tables[bags][place][0], tables[bags][place + 1][0]
        zone = dict(tables[generators][first:stop])
        if last in zone:
            zones.append(shared | zone)
        elif place == places[0]:
            shared = zone
    return zones


def _both(*ranges):
    """Return the overlap of ranges, stored as two bytes; None is the whole."""
    low = max(amount & 255 if amount is not None else 0 for amount in ranges)
    high = min(amount >> 8 if amount is not None else 127 for amount in ranges)
    return range(low, high + 1)


def _signed(amount):
    return amount - 65536 if amount > 32767 else amount


def _text(name):
    return name.split(b"\0")[0].decode("latin-1").strip()
