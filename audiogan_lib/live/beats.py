"""Beats that the page's drum machine gave a link to, made again: ``page/rhythm.js`` in Python."""

import itertools
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import numpy as np

from audiogan_lib import audio, files, music

STEPS = 16
SIGNS = ".xX"  # silent, a hit, an accent
VELOCITIES = (0, 100, 127)
VARIATIONS = 4
#: Lowest and highest of each number of a beat, and of a drum of it.
RANGES = {"tempo": (40, 240), "swing": (50, 75), "bars": (1, 4)}
DRUM_RANGES = {"seed": (0, 2**31), "level": (-24, 6), "tune": (-12, 12), "vary": (0, 90)}


@dataclass(frozen=True)
class LinkedDrum:
    """A drum of a `LinkedBeat`.

    Parameters
    ----------
    label : str
        Its class.
    steps : tuple of int
        0, 1 for a hit or 2 for an accent, 16 a bar.
    own : int >= 0
        Seed of the latent that the page came with.
    seed : int >= 0
        Of the page's own random numbers, for another latent; 0 for the one that it came with.
    level, tune, vary : int
        In decibels, in semitones, and in degrees between the first latent and three others.
    """

    label: str
    steps: tuple
    own: int
    seed: int
    level: int
    tune: int
    vary: int

    def latents(self, generator):
        """Return the latents of its sounds, which take turns.

        Parameters
        ----------
        generator : pretrained.Generator
            Of the beat.

        Returns
        -------
        ndarray [shape=(1 or 4, latent_dim)], float32
            The first one's and, where it varies, three others.
        """
        first = generator.latents(1, seed=self.own)[0].astype(np.float32)
        if self.seed:
            first = _normals(len(first), self.seed)
        if not self.vary:
            return first[np.newaxis]
        seeds = (1_000_000 * number + self.seed for number in range(1, VARIATIONS))
        angle = np.deg2rad(self.vary)
        others = [np.cos(angle) * first + np.sin(angle) * _normals(len(first), s) for s in seeds]
        return np.stack([first, *others]).astype(np.float32)

    def sounds(self, generator):
        """Return its sounds, tuned.

        Parameters
        ----------
        generator : pretrained.Generator
            Of the beat.

        Returns
        -------
        list of ndarray [shape=(samples,)]
            At the generator's rate.
        """
        rate = generator.sample_rate
        others = {name: names[0] for name, names in generator.conditions.items()}
        made = generator.from_latents(self.latents(generator), **others | {"label": self.label})
        if not self.tune:
            return list(np.asarray(made))
        faster = round(rate * 2 ** (self.tune / 12))  # and so higher
        return [audio.resample(np.clip(sound, -1, 1), faster, rate) for sound in np.asarray(made)]


@dataclass(frozen=True)
class LinkedBeat:
    """What a link to a beat says.

    Parameters
    ----------
    generator : str
        Name of a shipped generator.
    tempo, swing, bars : int
        Beats in a minute, where in per cent the second step of a pair parts it, and bars.
    drums : tuple of LinkedDrum
        Those that are struck.
    """

    generator: str
    tempo: int
    swing: int
    bars: int
    drums: tuple

    def loop(self, generator):
        """Make its bars, as the page saves them: what rings at the end goes on at the start.

        Parameters
        ----------
        generator : pretrained.Generator
            The one that it names.

        Returns
        -------
        ndarray [shape=(samples,)]
            No sample of it exceeds 1.
        """
        pace = self.tempo, generator.sample_rate
        hits, beats = [], []
        for drum in self.drums:
            turns = itertools.cycle(drum.sounds(generator))
            step = np.flatnonzero(drum.steps)
            louder = np.array(VELOCITIES)[np.array(drum.steps)[step]] / 100
            hits += [10 ** (drum.level / 20) * gain**2 * next(turns) for gain in louder]
            beats.append((step + step % 2 * (self.swing / 50 - 1)) / 4)
        places = music.starts(np.concatenate(beats), *pace)
        mixed = music.mix(hits, places, music.starts(4 * self.bars, *pace), loop=True)
        return mixed / max(1, np.abs(mixed).max())


def read_beat(link):
    """Read the link to a beat that the drum machine of a page has given.

    Parameters
    ----------
    link : str
        With the beat and its drums behind the ``#``.

    Returns
    -------
    LinkedBeat
        Of at least one drum.

    Raises
    ------
    ValueError
        If the link leads to no beat of a shipped generator.

    Examples
    --------
    >>> from audiogan_lib import live
    >>> link = "13_music.html#beat=drums~97~66~1&voice=x...X...x...X...~0~-3~0~0~kick&own=7"
    >>> beat = live.read_beat(link)
    >>> beat.tempo, beat.drums[0].label, beat.drums[0].level
    (97, 'kick', -3)
    """
    said = parse_qs(urlsplit(link).fragment)
    name, *whole = said.get("beat", [""])[0].split("~")
    if name not in files.generators():
        known = ", ".join(files.generators())
        raise ValueError(f"{link!r} leads to no beat: its generator must be one of {known}")
    try:
        numbers = _numbers(whole, RANGES)
        owns = [int(own) for own in said["own"][0].split("~")]
        pairs = zip(said["voice"], owns, strict=True)
        drums = tuple(_drum(text, own, numbers["bars"]) for text, own in pairs)
    except (KeyError, ValueError) as error:
        raise ValueError(f"{link!r} is damaged: its beat cannot be read ({error})") from None
    return LinkedBeat(name, **numbers, drums=drums)


def _drum(text, own, bars):
    """Read a drum."""
    signs, *rest = text.split("~")
    knobs, label = rest[: len(DRUM_RANGES)], "~".join(rest[len(DRUM_RANGES) :])
    if len(signs) != STEPS * bars or set(signs) - set(SIGNS) or own < 0:
        raise ValueError(f"{text!r} is no drum of {bars} bars")
    return LinkedDrum(label, tuple(map(SIGNS.index, signs)), own, **_numbers(knobs, DRUM_RANGES))


def _numbers(texts, ranges):
    """Read whole numbers, each of which lies in its range."""
    values = dict(zip(ranges, map(int, texts), strict=True))
    for name, value in values.items():
        if not ranges[name][0] <= value <= ranges[name][1]:
            raise ValueError(f"{name} must lie in {list(ranges[name])}, received {value}")
    return values


def _normals(count, seed):
    """Draw as the page does (Park and Miller 1988, Box and Muller 1958): ``page/controls.js``."""
    state, uniform = 1 + seed % 2147483646, np.empty(2 * count)
    for i in range(2 * count):
        state = 48271 * state % 2147483647
        uniform[i] = state / 2147483647
    radius, turn = uniform.reshape(count, 2).T
    return (np.sqrt(-2 * np.log(1 - radius)) * np.cos(2 * np.pi * turn)).astype(np.float32)
