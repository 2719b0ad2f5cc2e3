"""Train the vocoder that ships with the library again, and write its card.

From the repository's root, with FSDD (downloaded, 15 MB, unless it is there already)::

    python tools/train_vocoder.py runs/vocoder

A run that was stopped goes on from its last checkpoint. ``--pesq`` adds a column that needs the
package ``pesq``, which is built with a C compiler and so is no requirement of this book.
"""

import argparse
import json
import time
from dataclasses import asdict, replace
from pathlib import Path

import keras
import numpy as np
from ship_generator import save_small

from audiogan_lib import callbacks, datasets, files, vocoding

GRIFFIN_LIM_ROUNDS = 60
CARD = """# Vocoder

From {n_mels} mel bands ({sample_rate} Hz, frames of {n_fft} samples every {hop_length}) to speech:
`vocoding.load().from_mels(mels)`.

**Data.** {clips} clips of the training splits of FSDD (CC BY-SA 4.0, six speakers; recordings 0 to
4 of each speaker and digit are the test) and of the shipped robot digits (two further voices are
the test). Single words only, in quiet.

**Recipe.** `vocoding.RECIPE`: the inverse-STFT generator of Vocos (Siuzdak 2024) with {blocks}
blocks of width {width}, dense kernels of 3 frames and a direct path from the mel, {parameters:,}
parameters. {warm_up_minutes:g} minutes ({warm_up_steps} steps) with the mel and STFT losses alone,
then {minutes:g} minutes ({steps} steps) with period and spectrogram discriminators
(`models.vocoder.SMALL`), least-squares loss, feature matching {feature_matching:g}, mel {mel:g},
STFT {stft:g}, moving average {ema:g}; crops of {frames} frames, batches of {batch_size}, seed
{seed}; two cores that other work shared; commit {commit}.

**After the network** come {rounds} rounds of `spectral.impose_mel`: the sound is changed as little
as its given mel demands. They are part of the vocoder and of its time; the table shows both halves.
In training the losses and the discriminators hear what comes after {rounds_in_training} rounds.

**Made again by** (a run stops by the clock, so another machine reaches another step)

```
python tools/train_vocoder.py runs/vocoder
```

The weights are rounded to bfloat16, before the scores were taken.
SHA-256 of the weights: `{sha256}`

**Scores**, with the half width of a 95 % interval of the mean over clips by the bootstrap (of the
robot digits four clips are variants of one word, so theirs is too narrow); less is better except in
the last columns. `mel`: nepers, in 80 bands of 64 ms that no method was given;
`own mel`: nepers, in the bands that it was given; `STFT`: `losses.multi_resolution_stft` at 64, 32
and 16 ms; `periodicity`: see `vocoding.distances`; `real time`: seconds of sound made in a second,
64 clips at a time, on two cores that other work shared{pesq}.

{tables}

"Random start" is the second half alone, from noise and with as many rounds: what the network adds
is the difference to it.

**Limits.** Speech of single words by few voices, at 8 kHz. The fewer the bands, the more there is
to learn: with 64 instead of {n_mels}, Griffin-Lim has most of what it needs and is hard to beat. A
mel of other settings (bands, frames, floor, logarithm) gives other sounds without a warning. The
voices are those of people who gave their recordings to research; do not pass the sounds off as
theirs.
"""
NAMES = {
    "griffin_lim": f"Griffin-Lim, {GRIFFIN_LIM_ROUNDS} rounds",
    "random": "random start",
    "network": "network alone",
    "vocoder": "**vocoder**",
}


class _Stop(keras.callbacks.Callback):
    """Stop training after so many minutes."""

    def __init__(self, minutes):
        super().__init__()
        self.end = time.monotonic() + 60 * minutes

    def on_train_batch_end(self, batch, logs=None):
        if time.monotonic() > self.end:
            self.model.stop_training = True


def main():
    """Train, or go on training, and ship."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path, help="folder of the run")
    parser.add_argument("--warm-up-minutes", type=float, default=vocoding.RECIPE.warm_up_minutes)
    parser.add_argument("--minutes", type=float, default=vocoding.RECIPE.minutes)
    parser.add_argument("--pesq", action="store_true")
    arguments = parser.parse_args()
    arguments.run.mkdir(parents=True, exist_ok=True)
    recipe = replace(
        vocoding.RECIPE,
        warm_up_minutes=arguments.warm_up_minutes,
        minutes=arguments.minutes,
    )
    train(recipe, arguments.run)
    ship(recipe, arguments.run, arguments.pesq)


def train(recipe, run):
    """Warm up once, then train with discriminators from the last checkpoint on."""
    waveforms, gan = recipe.load_data(), recipe.build_gan()
    checkpoint = callbacks.Checkpoint(run / "checkpoints", 120)
    step = checkpoint.resume(gan)
    warm = run / "warm.weights.h5"
    if not warm.exists():
        files.write_text(run / "commit.txt", files.commit() or "unknown")
        steps = warm_up(recipe, gan.generator, waveforms)
        files.write_text(run / "warm.json", json.dumps({"steps": steps}))
        files.save_weights(gan.generator, warm)
    if not step:
        gan.generator.load_weights(warm)
        gan.averaged_generator.set_weights(gan.generator.get_weights())
    test = load_test("fsdd")[::5]
    listener = vocoding.Vocoder(recipe, recipe.build_generator(), {})
    mels = listener.to_mels(test)

    def score():
        listener.network.set_weights(gan.averaged_generator.get_weights())
        row = {}
        for rounds in (0, recipe.rounds):
            for name, values in vocoding.distances(test, listener.from_mels(mels, rounds)).items():
                row[f"{name}_{rounds}"] = round(float(values.mean()), 4)
        return row

    def listen():
        return listener.from_mels(mels[:10]), recipe.sample_rate

    watch = callbacks.Watch(run, 3.0, listen, score)
    gan.fit(
        recipe.batches(waveforms, step),
        steps_per_epoch=20,
        epochs=10**6,
        initial_epoch=step // 20,
        shuffle=False,
        verbose=0,
        callbacks=[callbacks.TimeLimit(recipe.minutes, progress=True), watch, checkpoint],
    )
    listener.network.set_weights(gan.averaged_generator.get_weights())
    files.save_weights(listener.network, run / _AVERAGED)
    files.write_text(run / "gan.json", json.dumps({"steps": int(gan.step.numpy())}))


_AVERAGED = "averaged.weights.h5"


def warm_up(recipe, generator, waveforms):
    """Train without discriminators; return the number of steps."""
    adam = keras.optimizers.Adam(recipe.warm_up_rate, 0.8, 0.99)
    trainee = recipe.build_regression(generator, adam)
    stream = recipe.batches(waveforms).map(lambda real, mels: (mels, real))
    stop = _Stop(recipe.warm_up_minutes)
    trainee.fit(
        stream, steps_per_epoch=100, epochs=10**6, shuffle=False, verbose=2, callbacks=[stop]
    )
    return int(trainee.optimizer.iterations.numpy())


def load_test(name):
    """Load test clips at a peak of 0.9."""
    clips = datasets.load(name, split="test").waveforms
    return np.float32(clips * (0.9 / np.abs(clips).max(1, keepdims=True)))


def ship(recipe, run, pesq):
    """Write weights, scores and cards into the library."""
    folder = files.WEIGHTS / "vocoder"
    folder.mkdir(parents=True, exist_ok=True)
    network = recipe.build_generator()
    network.load_weights(run / _AVERAGED)
    sha256 = save_small(network, folder / "vocoder.weights.h5")
    vocoder = vocoding.Vocoder(recipe, network, {})
    scores = {name: compare(vocoder, load_test(name), pesq) for name in recipe.data}
    facts = {
        "recipe": asdict(recipe),
        "sha256": sha256,
        "clips": len(recipe.load_data()),
        "parameters": network.count_params(),
        "warm_up_steps": json.loads((run / "warm.json").read_text())["steps"],
        "steps": json.loads((run / "gan.json").read_text())["steps"],
        "commit": (run / "commit.txt").read_text(),
        "scores": scores,
    }
    files.write_text(folder / "card.json", json.dumps(facts, indent=1) + "\n")
    files.write_text(folder / "card.md", describe(facts, pesq))
    print((folder / "card.md").read_text(encoding="utf-8"))


def compare(vocoder, real, pesq):
    """Score every way from mel to sound on test clips."""
    mels, recipe = vocoder.to_mels(real), vocoder.recipe
    codec = replace(recipe.codec(mels.shape[1]), iterations=GRIFFIN_LIM_ROUNDS)
    noise = np.random.default_rng(0).normal(0, 0.01, real.shape).astype(np.float32)
    ways = {
        "griffin_lim": lambda part: codec.decode(part).numpy(),
        "random": lambda part: codec.impose(noise[: len(part)], part, recipe.rounds).numpy(),
        "network": lambda part: vocoder.from_mels(part, 0),
        "vocoder": vocoder.from_mels,
    }
    table = {}
    for name, way in ways.items():
        copies = np.concatenate([way(mels[i : i + 64]) for i in range(0, len(mels), 64)])
        scores = vocoding.distances(real, copies, recipe.sample_rate)
        own = np.abs(vocoder.to_mels(copies) - mels).mean((1, 2))
        scores["own mel"] = own * -np.log(10) * recipe.floor_db / 40
        if pesq:
            scores["PESQ"] = vocoding.pesq_of_tens(real, copies, recipe.sample_rate)
        table[name] = {key: interval(values) for key, values in scores.items()}
        seconds = min(timed(way, mels[:64]) for _ in range(8))
        table[name]["real time"] = [64 * real.shape[1] / recipe.sample_rate / seconds, 0.0]
    return table


def timed(way, mels):
    """Return the seconds that a way takes."""
    start = time.perf_counter()
    way(mels)
    return time.perf_counter() - start


def interval(values, draws=1000):
    """Return the mean over clips and half the width of its 95 % bootstrap interval."""
    rng = np.random.default_rng(0)
    means = values[rng.integers(len(values), size=(draws, len(values)))].mean(1)
    low, high = np.quantile(means, [0.025, 0.975])
    return [round(float(values.mean()), 4), round(float(high - low) / 2, 4)]


def describe(facts, pesq):
    """Return the model card as Markdown."""
    columns = ["mel", "own mel", "stft", "periodicity", *["PESQ"] * pesq, "real time"]
    tables = []
    for data, ways in facts["scores"].items():
        header = f"| {data}, test split | " + " | ".join(columns) + " |"
        rows = [header, "| --- " + "| ---: " * len(columns) + "|"]
        for way, row in ways.items():
            cells = [
                f"{row[c][0]:.0f}" if c == "real time" else f"{row[c][0]:.3f} ± {row[c][1]:.3f}"
                for c in columns
            ]
            rows.append(f"| {NAMES[way]} | " + " | ".join(cells) + " |")
        tables.append("\n".join(rows))
    words = (
        "; `PESQ`: narrow-band, of ten clips in a row, package `pesq` 0.0.4, more is better"
        if pesq
        else ""
    )
    return CARD.format(**facts["recipe"] | facts, tables="\n\n".join(tables), pesq=words)


if __name__ == "__main__":
    main()
