"""What the vocoder's adversary adds: ``python -m experiments.adversary runs/adversary``.

From one warm start (the recipe's training without discriminators), two arms of as many steps on the
same batches with the same optimiser: with discriminators, and with the mel and STFT losses alone.
Distances of each test word and of all test words together, by arm, go to
``audiogan_lib/results/adversary.json`` for chapter 14, a few words of each arm to
``adversary.flac``. With the package ``pesq`` (a C compiler builds it) there is a column of it.

Half an hour on two free cores, for one seed; a run that was stopped goes on with the arm in which
it was. Needs FSDD (downloaded, 15 MB, unless it is there).
"""

import argparse
import datetime
import importlib.util
import json
import time
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np

from audiogan_lib import audio, classifiers, datasets, files, metrics, vocoding
from benchmarks import machine

RESULTS = files.LIBRARY / "results"
ARMS = ("before", "as long without", "with")
#: Words of the two robot voices that nobody learnt, kept as sound; recording, then arm by arm.
KEPT = (4, 26, 58, 75)
#: Who knows the words of a data set; another judge hears mels, and scattering knows no words.
JUDGES = {"fsdd": "digits", "robot_digits": "robot-digits"}


def regress(recipe, generator, stream, steps, rate, ema=None):
    """Train a generator with the mel and STFT losses alone.

    Parameters
    ----------
    recipe : vocoding.VocoderRecipe
        Gives the losses.
    generator : keras.Model
        From mel levels to sound.
    stream : tf.data.Dataset
        Of the recipe's ``batches``.
    steps : int > 0
        How many.
    rate : float > 0
        Of Adam.
    ema : float, optional
        Decay of a moving average, which then takes the weights' place. Its Adam is that of the
        arm with discriminators; without, that of the recipe's warm-up.
    """
    average = {"use_ema": True, "ema_momentum": ema} if ema else {}
    adam = keras.optimizers.Adam(rate, 0.8, 0.9 if ema else 0.99, **average)
    trainee = recipe.build_regression(generator, adam)
    pairs = stream.map(lambda real, mels: (mels, real))
    trainee.fit(pairs, steps_per_epoch=steps, epochs=1, shuffle=False, verbose=2)
    if ema:
        trainee.optimizer.finalize_variable_values(trainee.trainable_variables)


def train(recipe, run, warm_steps, steps):
    """Train what the run's folder lacks; return the minutes of each arm and a network with each.

    The discriminators join as in the recipe: with their first weights, at the recipe's rates.
    """
    waveforms, gan = recipe.load_data(), recipe.build_gan()
    inner = next(layer for layer in gan.generator.layers if isinstance(layer, keras.Model))

    def before():
        regress(recipe, gan.generator, recipe.batches(waveforms), warm_steps, recipe.warm_up_rate)

    def without():
        stream = recipe.batches(waveforms, warm_steps)
        regress(recipe, gan.generator, stream, steps, recipe.learning_rate, recipe.ema)

    def adversarial():
        gan.averaged_generator.set_weights(gan.generator.get_weights())
        stream = recipe.batches(waveforms, warm_steps)
        gan.fit(stream, steps_per_epoch=steps, epochs=1, shuffle=False, verbose=2)
        gan.generator.set_weights(gan.averaged_generator.get_weights())

    minutes = files.read_json(run / "minutes.json") if (run / "minutes.json").exists() else {}
    for arm, work in zip(ARMS, (before, without, adversarial), strict=True):
        path = run / f"{arm.replace(' ', '-')}.weights.h5"
        if arm not in minutes:
            if arm != ARMS[0]:
                inner.load_weights(run / f"{ARMS[0]}.weights.h5")
            began = time.perf_counter()
            work()
            files.save_weights(inner, path)
            minutes[arm] = round((time.perf_counter() - began) / 60, 1)
            files.write_text(run / "minutes.json", json.dumps(minutes))
        network = recipe.build_generator()
        network.load_weights(path)
        yield arm, minutes[arm], vocoding.Vocoder(recipe, network, {})


def scores(real, copies, sample_rate):
    """Return the distances of each word, and PESQ of every ten words in a row where it is there."""
    rows = vocoding.distances(real, copies, sample_rate)
    if importlib.util.find_spec("pesq"):
        rows["PESQ"] = vocoding.pesq_of_tens(real, copies, sample_rate)
    return {name: np.round(values, 3).tolist() for name, values in rows.items()}


def sets(name, real, copies, sample_rate):
    """Return the Fréchet distance of all copies to all words by three ears."""
    ears = {judge: classifiers.load(judge) for judge in (JUDGES[name], f"{JUDGES[name]}-mels")}
    ears["scattering"] = metrics.ScatteringEar(sample_rate)
    features = {ear: (by.features(real), by.features(copies)) for ear, by in ears.items()}
    return {ear: round(metrics.frechet_distance(*both), 4) for ear, both in features.items()}


def measure(recipe, run, warm_steps, steps):
    """Train both arms of a recipe; return what is written down, and sounds [words, samples]."""
    rounds = (recipe.rounds_in_training, recipe.rounds)
    tests = {
        name: audio.normalize_peak(datasets.load(name, split="test").waveforms, 0.9)
        for name in recipe.data
    }
    facts = {"seed": recipe.seed, "warm_steps": warm_steps, "steps": steps, "arms": {}}
    kept = [tests[recipe.data[-1]][list(KEPT)]]
    for arm, minutes, vocoder in train(recipe, run, warm_steps, steps):
        rows, together = {}, {}
        for name, real in tests.items():
            mels = vocoder.to_mels(real)
            for count in rounds:
                copies = vocoder.from_mels(mels, count)[:, : real.shape[1]]
                part = f"{name}, {count} rounds"
                rows[part] = scores(real, copies, recipe.sample_rate)
                together[part] = sets(name, real, copies, recipe.sample_rate)
        kept.append(copies[list(KEPT)])
        facts["arms"][arm] = {"minutes": minutes, "scores": rows, "frechet": together}
    return facts, np.concatenate(kept)


def main():
    """Measure, and write down."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path, help="folder of the run")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--warm-steps", type=int, default=3222, help="as the shipped vocoder's")
    parser.add_argument("--steps", type=int, default=1380, help="of each arm")
    arguments = parser.parse_args()
    arguments.run.mkdir(parents=True, exist_ok=True)
    recipe = replace(vocoding.RECIPE, seed=arguments.seed)
    facts, kept = measure(recipe, arguments.run, arguments.warm_steps, arguments.steps)
    facts |= {"date": str(datetime.date.today()), "machine": machine.describe()}
    facts |= {"commit": files.commit(), "words": list(KEPT)}
    audio.write(RESULTS / "adversary.flac", kept.reshape(-1), recipe.sample_rate)
    files.write_text(RESULTS / "adversary.json", json.dumps(facts) + "\n")


if __name__ == "__main__":
    main()
