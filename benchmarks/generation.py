"""Sounds from the shipped generators, decoded to waveforms, as multiples of real time."""

from audiogan_lib import pretrained, vocoding

CLIPS = 32


def tasks():
    """Return one task for each generator, and the seconds of sound that it makes."""
    work, seconds = {}, {}
    for name in pretrained.names():
        generator = pretrained.load(name)
        work[name] = lambda generator=generator: generator.sample(CLIPS, seed=0)
        seconds[name] = work[name]().size / generator.sample_rate
    vocoder = vocoding.load()
    mels = vocoder.to_mels(pretrained.load("robot-digits").sample(CLIPS, seed=0))
    work["vocoder"] = lambda: vocoder.from_mels(mels)
    seconds["vocoder"] = work["vocoder"]().size / vocoder.sample_rate
    return work, {"seconds": seconds}
