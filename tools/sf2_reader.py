"""Read the recorded samples of a soundfont, one by one, as they were recorded.

A soundfont is a RIFF file. Its chunk ``smpl`` holds all samples as 16-bit numbers end to end, and
``shdr`` a record of 46 bytes for each: name, first and last place, loop, rate, key, link, kind.
What else is in the file, layers, envelopes and filters, tells a synthesiser how to play them.
"""

import re
import struct

import numpy as np

RECORD = struct.Struct("<20s5I2B2H")
CHANNEL = re.compile(r" ?\((L|R)\)?$")  # a name is cut after 20 letters, perhaps in its bracket


def read_samples(path):
    """Return ``{name: (float32 [samples, channels], sample rate)}``; "(L)" and "(R)" are one."""
    data = np.memmap(path, np.uint8, "r")
    chunks = dict(_chunks(data, 0, len(data)))
    numbers = data[chunks[b"smpl"]].view("<i2")
    channels = {}
    for record in RECORD.iter_unpack(data[chunks[b"shdr"]].tobytes()):
        name = record[0].split(b"\0")[0].decode("latin-1")
        sound = numbers[record[1] : record[2]] / np.float32(32768)
        channels.setdefault((CHANNEL.sub("", name).strip(), record[5]), []).append(sound)
    return {name: (_stacked(sounds), rate) for (name, rate), sounds in channels.items()}


def _chunks(data, start, stop):
    """Yield the name and the bytes of each chunk, those inside lists too."""
    while start + 8 <= stop:
        name, length = struct.unpack("<4sI", data[start : start + 8].tobytes())
        if name in (b"RIFF", b"LIST"):
            yield from _chunks(data, start + 12, start + 8 + length)
        else:
            yield name, slice(start + 8, start + 8 + length)
        start += 8 + length + length % 2


def _stacked(sounds):
    """Return channels side by side, as long as the shortest."""
    length = min(map(len, sounds))
    return np.stack([sound[:length] for sound in sounds], axis=1)
