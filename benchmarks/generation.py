"""Sounds from the shipped generators, decoded to waveforms, as multiples of real time."""

from audiogan_lib import pretrained, vocoding

CLIPS = 32


def tasks():
    """Return one task for each generator, and the seconds of sound that it makes."""
    found, seconds = {}, {}
    for name in pretrained.names():
        generator = pretrained.load(name)
        found[name] = lambda generator=generator: generator.sample(CLIPS, seed=0)
        seconds[name] = found[name]().size / generator.sample_rate
    vocoder = vocoding.load()
    mels = vocoder.to_mels(pretrained.load("robot-digits").sample(CLIPS, seed=0))
    found["vocoder"] = lambda: vocoder.from_mels(mels)
    seconds["vocoder"] = found["vocoder"]().size / vocoder.sample_rate
    return found, {"seconds": seconds}
