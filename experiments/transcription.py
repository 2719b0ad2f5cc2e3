"""Speech to text, measured: ``python -m experiments.transcription [seeds]``, some minutes.

Writes ``audiogan_lib/results/transcription.json`` for chapter 15. Downloads the Free Spoken
Digit Dataset (15 MB) unless it is there already. Every run is written down, failures included.
"""

import datetime
import json
import sys
import time
from dataclasses import dataclass

import keras
import numpy as np
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from tqdm import tqdm

from audiogan_lib import classifiers, datasets, files, pretrained, training, transcription
from audiogan_lib.models import transcriber
from benchmarks import machine

_RESULTS = files.LIBRARY / "results"

#: What the chapter uses too.
DIGITS, LENGTH, DIM, KINDS = 10, 8, 16, 40
SOFTNESS, BATCH_SIZE = 0.5, 32
PLAN_SEED = 1

CORPORA = {"robot_digits": ("voice", "robot-digits"), "fsdd": ("speaker", "digits")}
LABELLED = (10, 30, 100, 300)
SKEWS = (0.0, 0.25, 0.5, 1.0)


@dataclass(frozen=True)
class Speech:
    """Spoken numbers: the description of each word, and what was said."""

    words: np.ndarray  # [numbers, LENGTH, features]
    said: np.ndarray  # [numbers, LENGTH]
    sounds: np.ndarray  # [numbers, LENGTH, samples]: the words, cut out and padded


def speech(dataset, voices, numbers, seed):
    """Let a data set's voices speak numbers, find the words again and describe them.

    Numbers in which not as many words are found as a number has digits are left out, as whoever
    knows how long numbers are can do without any label.
    """
    words, kept, sounds, size = [], [], [], dataset.waveforms.shape[1]
    spoken = transcription.speak(dataset, numbers, voices, seed)
    for number, utterance in zip(numbers, spoken, strict=True):
        borders = transcription.find_words(utterance, dataset.sample_rate)
        if len(borders) == LENGTH:
            kept.append(number)
            words.append(transcription.describe_words(utterance, dataset.sample_rate, borders))
            cut = [utterance[a:b][:size] for a, b in borders]
            sounds.append([np.pad(word, (0, size - len(word))) for word in cut])
    return Speech(np.array(words), np.array(kept), np.array(sounds, np.float32))


def reduced(train, *others):
    """Return principal components of descriptions, learnt from the first of them."""
    flat = train.reshape(-1, train.shape[-1])
    projection = PCA(DIM, random_state=0, svd_solver="covariance_eigh").fit(flat)
    return [
        projection.transform(words.reshape(-1, words.shape[-1])).reshape(*words.shape[:2], DIM)
        for words in (train, *others)
    ]


def kinds(train, *others):
    """Return the cluster of each word, learnt from the first of them."""
    means = KMeans(KINDS, n_init=4, random_state=0).fit(train.reshape(-1, DIM))
    return [means.predict(w.reshape(-1, DIM)).reshape(w.shape[:2]) for w in (train, *others)]


def error_rate(said, written):
    """Share of wrong digits, by edit distance."""
    return round(transcription.phoneme_error_rate(said.tolist(), written.tolist()), 4)


def recogniser(words, said):
    """Train a linear recogniser of single words on pairs."""
    flat = words.reshape(-1, DIM)
    return LogisticRegression(max_iter=300).fit(flat, np.ravel(said))


def recognised(model, words):
    """Transcribe with a recogniser of single words."""
    return model.predict(words.reshape(-1, DIM)).reshape(words.shape[:2])


class Unsupervised:
    """A GAN that learns to read; made once, since building its graph takes as long as a run."""

    def __init__(self):
        self.gan = self._fresh(0)

    def _fresh(self, seed):
        keras.utils.set_random_seed(seed)
        gan = training.GAN(
            transcriber.build_generator(DIGITS, LENGTH, KINDS, kernel=1, merge=False),
            transcriber.build_discriminator(DIGITS, LENGTH, width=24, kernel=4),
            latent=False,
            ema=0.0,
        )
        gan.generator.set_weights([0.1 * weight for weight in gan.generator.get_weights()])
        adams = [keras.optimizers.Adam(rate, 0.5, 0.98) for rate in (3e-2, 8e-3)]
        gan.compile(*adams, gradient_penalty=0.1, steps_per_execution=10)
        return gan

    def learn(self, kinds_spoken, written, seed, steps):
        """Train from the beginning on kinds of words and on numbers that nobody said."""
        restart(self.gan, self._fresh(seed))
        one_hot = np.eye(KINDS, dtype=np.float32)[kinds_spoken]
        texts = np.eye(DIGITS, dtype=np.float32)[written]
        texts = (1 - SOFTNESS) * texts + SOFTNESS / DIGITS
        batches = datasets.batches((texts, one_hot), BATCH_SIZE, seed)
        self.gan.fit(batches, steps_per_epoch=steps, shuffle=False, verbose=0)
        return self.gan.generator.get_weights()[0][0].argmax(axis=1)  # a digit for each kind


def restart(gan, fresh):
    """Bring a run back to the beginning, with the state of one that was just built."""
    for old, new in zip(_state(gan), _state(fresh), strict=True):
        old.assign(new)


def _state(gan):
    """List all variables of a run."""
    optimizers = gan.generator_optimizer, gan.discriminator_optimizer
    own = [gan.step, *gan.generator.variables, *gan.discriminator.variables]
    return own + [v for optimizer in optimizers for v in optimizer.variables]


def unsupervised_runs(reader, spoken_kinds, test_kinds, test_said, written, seeds, steps):
    """Train once for each seed; return error rates and what can be known without labels."""
    model = transcription.LanguageModel(written.tolist(), DIGITS)
    runs = []
    for seed in tqdm(range(seeds), desc="seeds", leave=False):
        before = time.process_time()
        meanings = reader.learn(spoken_kinds, written, seed, steps)
        perplexity = transcription.weighted_perplexity(meanings[spoken_kinds].tolist(), model)
        runs.append(
            {
                "seed": seed,
                "error": error_rate(test_said, meanings[test_kinds]),
                "perplexity": round(perplexity, 3),
                "cpu_s": round(time.process_time() - before, 1),
                "meanings": meanings.tolist(),
            }
        )
    return runs


def deciphered(spoken_kinds, test_kinds, test_said, plan, starts=8):
    """Find the mapping without a GAN; keep the most likely start."""
    runs = [
        transcription.decipher(list(spoken_kinds), KINDS, plan, 30, seed=seed)
        for seed in range(starts)
    ]
    meanings, likelihood = max(runs, key=lambda run: run[1])
    errors = [error_rate(test_said, run[0][test_kinds]) for run in runs]
    chosen = error_rate(test_said, meanings[test_kinds])
    return {"error": chosen, "log_likelihood": round(likelihood, 4), "all_errors": errors}


def supervised(words, said, test_words, test_said, generated=None, seeds=5):
    """Error rates by number of labelled words, for several choices of these words.

    ``generated`` are further words and their labels, added to each choice.
    """
    words, said, rows = words.reshape(-1, DIM), said.ravel(), {}
    for count in (*LABELLED, len(words)):
        errors = []
        for seed in range(seeds if count < len(words) else 1):
            chosen = _even(said, count, seed) if count < len(words) else np.arange(count)
            pairs = [(words[chosen], said[chosen])] + ([generated] if generated else [])
            model = recogniser(*(np.concatenate(part) for part in zip(*pairs, strict=True)))
            errors.append(error_rate(test_said, recognised(model, test_words)))
        rows["all" if count == len(words) else str(count)] = errors
    return rows


def _even(said, count, seed):
    """Choose words, as many of each digit."""
    rng = np.random.default_rng(seed)
    each = [rng.permutation(np.flatnonzero(said == digit)) for digit in range(DIGITS)]
    return np.concatenate([places[: count // DIGITS] for places in each])


def generated_clips(each=5):
    """Let the shipped generator say each digit in each voice."""
    generator = pretrained.load("digits")
    conditions = tuple(generator.conditions["speaker"])
    labels = np.tile(np.arange(DIGITS), each * len(conditions))
    speakers = np.repeat(np.arange(len(conditions)), each * DIGITS)
    sounds = generator.sample(len(labels), labels.tolist(), seed=0, speaker=speakers.tolist())
    columns, rate = {"speaker": np.array(conditions)[speakers]}, generator.sample_rate
    return datasets.Dataset("generated", sounds, labels, generator.label_names, rate, columns)


def measure_corpus(name, plan, reader, generated, seeds, steps, numbers=(600, 100)):
    """Measure one data set: chance, supervised, with generated data, unsupervised."""
    voices, judge = CORPORA[name]
    data = datasets.load(name)
    said = [plan.texts(count, seed) for count, seed in zip(numbers, (1, 2), strict=True)]
    train, test = (
        speech(data.split(split), voices, texts, seed)
        for split, texts, seed in zip(("train", "test"), said, (1, 2), strict=True)
    )
    written = plan.texts(numbers[0], 3)  # by nobody in the train split
    words, test_words, made = reduced(train.words, test.words, generated.words)
    spoken_kinds, test_kinds = kinds(words, test_words)
    pairs = words, train.said, test_words, test.said
    spoken = made.reshape(-1, DIM), generated.said.ravel()
    table = np.zeros((KINDS, DIGITS))
    np.add.at(table, (spoken_kinds, train.said), 1)
    commonest = np.bincount(written.ravel()).argmax()
    rng = np.random.default_rng(0)
    judged = classifiers.load(judge).probabilities(test.sounds.reshape(-1, test.sounds.shape[-1]))
    return {
        "numbers": {"train": len(train.said), "test": len(test.said), "spoken": numbers},
        "clips": {split: len(data.split(split)) for split in ("train", "test")},
        "chance": {
            "random digits": error_rate(test.said, rng.integers(0, DIGITS, test.said.shape)),
            "always the commonest": error_rate(test.said, np.full_like(test.said, commonest)),
        },
        "supervised": supervised(*pairs),
        "supervised_and_generated": supervised(*pairs, spoken),
        "generated_alone": error_rate(test.said, recognised(recogniser(*spoken), test_words)),
        "judge": error_rate(test.said, judged.argmax(axis=1).reshape(test.said.shape)),
        "kinds_with_labels": error_rate(test.said, table.argmax(axis=1)[test_kinds]),
        "deciphered": deciphered(spoken_kinds, test_kinds, test.said, plan),
        "unsupervised": unsupervised_runs(
            reader, spoken_kinds, test_kinds, test.said, written[: len(spoken_kinds)], seeds, steps
        ),
    }, (train, spoken_kinds)


def measure_skews(train, spoken_kinds, reader, seeds, steps):
    """Deal the words of a data set into numbers of other plans; the GAN reads each.

    The labels serve to deal the words, and to count errors; no reader sees them.
    """
    places = [np.flatnonzero(train.said.ravel() == digit) for digit in range(DIGITS)]
    rows = []
    for skew in SKEWS:
        plan, rng = (
            transcription.NumberPlan(DIGITS, LENGTH, skew, PLAN_SEED),
            np.random.default_rng(0),
        )
        said = plan.texts(len(spoken_kinds), 5)
        dealt = np.vectorize(lambda digit, rng=rng: rng.choice(places[digit]))(said)
        kinds_spoken = spoken_kinds.ravel()[dealt]
        cut = len(said) * 5 // 6
        parts = kinds_spoken[:cut], kinds_spoken[cut:], said[cut:]
        swaps = [plan.divergence(_swapped(a, b)) for a in range(DIGITS) for b in range(a)]
        rows.append(
            {
                "skew": skew,
                "least_divergence": round(min(swaps), 4),
                "deciphered": deciphered(*parts, plan),
                "runs": unsupervised_runs(reader, *parts, plan.texts(cut, 6), seeds, steps),
            }
        )
    return rows


def _swapped(a, b):
    """Return the permutation that exchanges two digits."""
    names = list(range(DIGITS))
    names[a], names[b] = b, a
    return names


def measure(seeds, steps=500, skew=1.0):
    """Measure everything; return what is written down."""
    plan, reader = transcription.NumberPlan(DIGITS, LENGTH, skew, PLAN_SEED), Unsupervised()
    numbers = np.random.default_rng(7).integers(0, DIGITS, (60, LENGTH))
    generated = speech(generated_clips(), "speaker", numbers, seed=3)
    corpora = {}
    for name in CORPORA:
        corpora[name], spoken = measure_corpus(name, plan, reader, generated, seeds, steps)
        if name == "robot_digits":
            skews = measure_skews(*spoken, reader, seeds, steps)
    return {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "machine": machine.describe(),
        "seeds": seeds,
        "steps": steps,
        "generated_words": int(generated.said.size),
        "corpora": corpora,
        "skews": skews,
    }


if __name__ == "__main__":
    results = measure(int(sys.argv[1]) if len(sys.argv) > 1 else 10)
    files.write_text(_RESULTS / "transcription.json", json.dumps(results, indent=1) + "\n")
