"""What carries reading without labels, measured: ``python -m experiments.ablation [seeds]``.

Writes ``audiogan_lib/results/ablation.json`` for chapter 15: a language made up of six phonemes,
each heard as one or two segments, read by a GAN as wav2vec-U reads (features, smoothness,
diversity), and then without each of the three. Every run is written down, failures included.
"""

import datetime
import itertools
import json
import sys

import keras
import numpy as np
import tensorflow as tf
from tqdm import tqdm

from audiogan_lib import files, training, transcription
from audiogan_lib.models import transcriber
from benchmarks import machine
from experiments.transcription import restart

RESULTS = files.LIBRARY / "results" / "ablation.json"

PHONES, POSITIONS, DIM = 6, 24, 16
NOISE = 0.3  # of each segment's features, whose phonemes lie 5 to 6 apart

#: What a setting changes.
SETTINGS = {
    "all three": {},
    "poorer features": {"noise": 1.2},
    "no smoothness": {"smoothness": 0.0},
    "no diversity": {"diversity": 0.0},
    "neither penalty": {"smoothness": 0.0, "diversity": 0.0},
}


class Language:
    """A made-up language: texts, and "speech" of one noisy vector for each segment.

    With ``skewed`` some phonemes follow others more often; without, all renamings fit as well.
    """

    def __init__(self, skewed=True, noise=NOISE):
        self.rng, self.noise = np.random.default_rng(5), noise
        follows = np.ones((PHONES, PHONES))
        if skewed:
            follows = np.exp(self.rng.normal(size=(PHONES, PHONES))) / np.arange(1, PHONES + 1)
        np.fill_diagonal(follows, 0)
        self.follows = follows / follows.sum(axis=1, keepdims=True)
        self.starts = np.eye(PHONES)[0] if skewed else np.full(PHONES, 1 / PHONES)
        self.sounds = self.rng.normal(size=(PHONES, DIM))
        self.said, self.written = self.texts(1000), self.texts(2000)
        self.speech = transcription.pack([self.say(text) for text in self.said], POSITIONS)
        self.model = transcription.LanguageModel(self.written, PHONES)

    def texts(self, count):
        """Draw texts of 8 to 12 phonemes."""
        return [self.text(length) for length in self.rng.integers(8, 13, count)]

    def text(self, length):
        """Draw a text in which no phoneme follows itself."""
        text = [int(self.rng.choice(PHONES, p=self.starts))]
        while len(text) < length:
            text.append(int(self.rng.choice(PHONES, p=self.follows[text[-1]])))
        return text

    def say(self, text):
        """Return features [segments, DIM]: each phoneme once or twice, with noise."""
        sounds = np.repeat(self.sounds[text], self.rng.integers(1, 3, len(text)), axis=0)
        return sounds + self.noise * self.rng.normal(size=sounds.shape)

    def ceiling(self):
        """Return the error rate of whoever knows the sound of each phoneme."""
        read = []
        for segments in self.speech:
            heard = segments[np.any(segments != 0, axis=1)]
            nearest = np.linalg.norm(heard[:, None] - self.sounds, axis=2).argmin(axis=1)
            read.append([int(phone) for phone, _ in itertools.groupby(nearest)])
        return transcription.phoneme_error_rate(self.said, read)

    def learn(self, gan, seed, steps=160):
        """Train on speech and on texts that nobody said; return error rate and perplexity."""
        texts = transcription.one_hot(self.written, PHONES, POSITIONS)
        pair = [tf.data.Dataset.from_tensor_slices(half) for half in (texts, self.speech)]
        batches = tf.data.Dataset.zip(*(d.shuffle(2000, seed).repeat().batch(64) for d in pair))
        gan.fit(batches, steps_per_epoch=steps, shuffle=False, verbose=0)
        transcripts = transcription.read(gan.predict(self.speech, batch_size=500, verbose=0))
        error_rate = transcription.phoneme_error_rate(self.said, transcripts)
        return error_rate, transcription.weighted_perplexity(transcripts, self.model)


def build_gan(seed, smoothness=0.05, diversity=0.5):
    """Return a reader and a discriminator of texts, untrained, with weights for two penalties."""
    keras.utils.set_random_seed(seed)
    gan = training.GAN(
        transcriber.build_generator(PHONES, POSITIONS, DIM, kernel=1),
        transcriber.build_discriminator(PHONES, POSITIONS, 32, kernel=3),
        latent=False,
    )
    gan.compile(
        keras.optimizers.Adam(1e-2, 0.5, 0.98),
        keras.optimizers.Adam(2e-3, 0.5, 0.98),
        gradient_penalty=1.5,
        generator_terms={
            "smoothness": (smoothness, transcriber.smoothness),
            "diversity": (diversity, transcriber.diversity),
        },
    )
    return gan


def measure(seeds, steps=160):
    """Read with and without each of the three; return what is written down."""
    runs, ceilings = {}, {}
    for name, changes in SETTINGS.items():
        language = Language(noise=changes.get("noise", NOISE))
        ceilings[name] = round(language.ceiling(), 4)
        penalties = {key: weight for key, weight in changes.items() if key != "noise"}
        gan, found = build_gan(0, **penalties), []
        for seed in tqdm(range(seeds), desc=name):
            restart(gan, build_gan(seed, **penalties))  # its graph is there already
            found.append(language.learn(gan, seed, steps))
        runs[name] = [
            {"seed": seed, "error": round(error, 4), "perplexity": round(perplexity, 3)}
            for seed, (error, perplexity) in enumerate(found)
        ]
    return {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "machine": machine.describe(),
        "seeds": seeds,
        "steps": steps,
        "ceilings": ceilings,
        "runs": runs,
    }


if __name__ == "__main__":
    results = measure(int(sys.argv[1]) if len(sys.argv) > 1 else 10)
    files.write_text(RESULTS, json.dumps(results, indent=1) + "\n")
