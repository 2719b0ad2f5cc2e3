"""Clips to learn from: shipped sounds, public data sets on request, or any folder of audio.

``look`` says what a folder is like before anything is learnt from it.
``load`` returns a `Dataset` of float32 clips of one length with integer labels; ``batches`` turns
arrays into an endless, reproducible stream for training.

``drums``, ``notes`` and ``robot_digits`` are shipped. ``fsdd`` (15 MB), ``speech_commands``
(2.4 GB), ``nsynth`` (25 GB over its three splits), ``open_source_drumkit`` (hits of one real kit,
free to use, without the text of a licence) and ``drum_machines`` (public domain, as its authors
say) are downloaded when first asked for,
checked against their SHA-256 at every load, and kept in the user's cache; a broken download
goes on where it stopped. ``AUDIOGAN_DATA`` may name a folder with copies of the archives.
Shorter clips are padded with zeros, longer ones fade out and are cut: 17 of FSDD's 3000, all of
NSynth's. FSDD is known by a digest over its recordings, since its host may compress them anew;
NSynth's and both drum sets' digests were never published, so an archive is held to that of its
first download.

A *recording* is one take, a *clip* what training sees: clips that were cut from one recording, or
are variants of it, share a value of ``columns["recording"]``. `Dataset.halves` deals recordings out
in two parts; whatever is split, counted or resampled, is so by recording.

A folder may hold sub-folders, each a label; without them its own name is the one label. WAV,
FLAC, OGG, MP3 and whatever else libsndfile decodes is mixed to one channel and resampled. What is
longer than a clip is cut where the next sound begins, by length where none does, into clips that
each begin with sound (above -60 dB of full scale, after a constant offset has been taken off); what
only dies away after a full clip is passed over. A zip counts as the folder that was packed, and a
single file as a folder with one recording. One warning counts the files that cannot be used
(damaged, silent, shorter than 20 ms) and the folders that cannot be looked into, which
``Dataset.skipped`` lists, as are the folders of runs: their sounds are generated; another counts
``Dataset.remarks``. One file in ten, drawn at random, is the test split, with all
its clips; of each label at least one file is for training.

What takes more than 1 GiB goes into the user's cache instead of memory, as float32, and is taken
from there the next time unless a file of the folder has changed. Such `Clips` are taken like rows
of an array, ``waveforms[which]``, and `batches` reads them as they are needed.
"""

from audiogan_lib.datasets.advice import Choice
from audiogan_lib.datasets.batches import batches
from audiogan_lib.datasets.dataset import Clips, Dataset, condition_labels
from audiogan_lib.datasets.loading import FolderWarning, is_known, load
from audiogan_lib.datasets.looking import Look, SoundFile, look
from audiogan_lib.datasets.shipped import SHIPPED
from audiogan_lib.datasets.tunings import retuned

__all__ = [
    "SHIPPED",
    "Choice",
    "Clips",
    "Dataset",
    "FolderWarning",
    "Look",
    "SoundFile",
    "batches",
    "condition_labels",
    "is_known",
    "load",
    "look",
    "retuned",
]
