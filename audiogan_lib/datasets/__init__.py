"""Clips to learn from: shipped sounds, public data sets on request, or any folder of audio.

``load`` returns a `Dataset` of float32 clips of one length with integer labels; ``batches`` turns
arrays into an endless, reproducible stream for training.

``drums``, ``notes`` and ``robot_digits`` are shipped. ``fsdd`` (15 MB), ``speech_commands``
(2.4 GB) and ``nsynth`` (25 GB over its three splits) are downloaded when first asked for,
checked against their SHA-256 at every load, and kept in the user's cache; a broken download
goes on where it stopped. ``AUDIOGAN_DATA`` may name a folder with copies of the archives.
Shorter clips are padded with zeros, longer ones fade out and are cut: 17 of FSDD's 3000, all of
NSynth's. FSDD is known by a digest over its recordings, since its host may compress them anew;
NSynth's digests were never published, so an archive is held to that of its first download.

A folder may hold sub-folders, each a label; without them its own name is the one label. WAV,
FLAC, OGG, MP3 and whatever else libsndfile decodes is mixed to one channel, resampled, and cut
into consecutive clips that each begin with sound (above -60 dB of full scale). A file that
cannot be used (damaged, silent, shorter than 20 ms) is warned of and listed in
``Dataset.skipped``. One file in ten, drawn at random, is the test split, with all its clips.

A folder of more than 1 GiB of clips is not read but indexed: only headers are looked at, and what
was learnt of a thousand files or more is kept in the user's cache for the next time. A batch then
reads, mixes and resamples its own clips. Since nobody has listened to the files beforehand, a clip
begins with the first sound after a fixed place, every clip's length in a file; in the place of
silence stands another clip of the same label. So does one for a file that turns out damaged, or
is changed or removed meanwhile, and a warning names that file. MP3 files of several clips are
decoded once, to FLAC files in the user's cache: one cannot read them from the middle.
"""

from audiogan_lib.datasets.batches import batches
from audiogan_lib.datasets.dataset import Dataset, condition_labels
from audiogan_lib.datasets.loading import is_known, load
from audiogan_lib.datasets.shipped import SHIPPED

__all__ = ["SHIPPED", "Dataset", "batches", "condition_labels", "is_known", "load"]
