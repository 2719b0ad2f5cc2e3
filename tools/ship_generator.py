"""Turn a finished run into a shipped generator: weights, scores, model card, sounds by step.

The two commands that make a shipped generator again, from the repository's root::

    python -m audiogan_lib train digits --out runs/digits
    python tools/ship_generator.py digits runs/digits

Knobs that a generator had are found anew, by ``tools/find_knobs.py``. Without a run, what ships is
scored again: after a change of scores, of judges or of what counts as a recording.
"""

import argparse
import csv
import json
import tempfile
from pathlib import Path

import h5py
import numpy as np
import soundfile
from ml_dtypes import bfloat16

from audiogan_lib import audio, classifiers, files, metrics, pretrained, runs, spectral

LOOKS, SOUNDS = 6, 12
#: Generators whose way is played in the book, so that sounds by step ship with them.
HEARD_BY_STEP = ("digits", "drums")
CARD = """# Generator of {name}

{label_count} classes on request ({labels}){also}; {sample_rate} Hz, {samples} samples a sound.

**Data.** `{data}`, training split: {clips} clips, each scaled to a peak of {peak}. {origin}

**Recipe.** `audiogan_lib/recipes`, `{name}`: {network}, {parameters:,} parameters, {draws}.
{loss} loss{terms}, batches of {batch_size}, learning rate {learning_rate:g},
moving average {ema:g}, seed {seed}.

**Made again by** (a run stops by the clock, so another machine reaches another step)

```
python -m audiogan_lib train {name} --out runs/{name}
python tools/ship_generator.py {name} runs/{name}{best}
```

{step} steps in {minutes} minutes of training on two cores that other work shared; commit {commit}.
{chosen}The weights are rounded to bfloat16, before the scores were taken.
SHA-256 of the weights: `{sha256}`

**Scores** of {count} generated sounds, labels as in the test split, by
`audiogan_lib/weights/judge-{judge}`, a classifier that was trained on real sounds only and hears
other features (see its card):

```
{table}
```

{unheard}"Real against real" is the distance of as many training clips to the other training clips:
what no generator is expected to go below. Intervals speak of other sounds of this generator and of
other recordings; they leave out what another run of the recipe would give.

**Over time** (`curve` in `card.json`{by_step}):

| step | minutes | recognised | inception score | Fréchet distance |
| ---: | ---: | ---: | ---: | ---: |
{curve}

**Limits.** {limits}
"""
CHOSEN = """The run went on for {whole:.0f} minutes; this is the look whose sounds were nearest, by
the Fréchet distance under the judge named below, to the training recordings held back.
"""
ORIGIN = {
    "fsdd": "Free Spoken Digit Dataset, CC BY-SA 4.0, six speakers; recordings 0 to 4 of each "
    "speaker and digit are the test split and had no part in training.",
    "drums": "Shipped with the library (origin, licence and split: "
    "`audiogan_lib/sounds/drums/LICENSE.md`); the test split holds other kits. Training heard "
    "each label equally often: its recordings, and copies retuned by up to a semitone and a half.",
    "notes": "Shipped with the library (origin, licence and split: "
    "`audiogan_lib/sounds/notes/LICENSE.md`); the test split holds other recordings: of "
    "five instruments from another source, of the others of some keys.",
    "robot_digits": "Shipped with the library (origin, licence and split: "
    "`audiogan_lib/sounds/robot_digits/LICENSE.md`); the test split holds other voices.",
}
_GRIFFIN_LIM = "Griffin-Lim invents the phase, which is heard as a slight roughness."
_PEOPLE = (
    "The voices are those of six people who gave their recordings to research; do not pass the "
    f"sounds off as theirs. {_GRIFFIN_LIM} Only these speakers, only these ten words, in English."
)
_KITS = (
    "Some classes know few kits: rides are of two by one maker, congas of two, wood blocks and "
    "eight of nine open hi-hats of one."
)
_NOTES = (
    "One length, and for most keys of an instrument one to three recordings; thirteen instruments, "
    "each in its own range: outside it, what is drawn is a guess."
)
LIMITS = {
    "digits": _PEOPLE,
    "digits-fast": _PEOPLE,
    "robot-digits": "The voices are ten of two speech synthesisers, with their accents. "
    f"{_GRIFFIN_LIM} Only these voices, only these ten words, in English. It "
    "learnt from four clips of each word and voice and stays near them: see the distances to the "
    "nearest training clip.",
    "drums": f"{_KITS} Griffin-Lim invents the phase, which is heard in the long ringing of "
    "cymbals.",
    "wavegan-drums": f"{_KITS} Meant for comparison with `drums`. The strides of its layers "
    "are heard as a whine.",
    "notes": f"{_NOTES} What is drawn for a key that training heard is near a recording of it: see "
    "the distances to the nearest training clip. The pitch is not learnt: the network draws "
    "levels along multiples of it, and the codec plays them at the one asked for. Phases "
    "start from exact multiples; vibrato and a piano's stretched partials come back only as far as "
    "Griffin-Lim finds them in the levels.",
    "gansynth-notes": f"{_NOTES} Phases are drawn, not found: a wrong one is heard as a warble.",
    "wavegan-gp-drums": f"{_KITS} Meant for comparison with `drums`.",
    "article": f"{_KITS} Meant for comparison with `drums`: most of what it makes is not "
    "recognised. The sounds hiss, since each sample has weights of its own.",
}


def main():
    """Ship the run that the command line names, or score again what ships."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", choices=sorted(LIMITS))
    parser.add_argument("run", type=Path, nargs="?", help="folder of the finished run")
    parser.add_argument(
        "--best", action="store_true", help="ship the look that scored best, not the last weights"
    )
    arguments = parser.parse_args()
    name, folder = arguments.name, pretrained.WEIGHTS / arguments.name
    if arguments.run:
        generator, facts = of_run(arguments.run, arguments.best)
    else:
        generator = pretrained.load(name)
        facts = dict(generator.card)
    recipe = generator.recipe
    train, test = (recipe.load_data(split) for split in ("train", "test"))
    facts["scores"] = runs.judge_report(generator, train, test)
    if recipe.label_means == "pitch":
        facts["unheard"] = unheard(generator, train.hold_back()[0], test)
    if arguments.run:
        folder.mkdir(parents=True, exist_ok=True)
        if name in HEARD_BY_STEP:
            step = facts["training"]["step"]
            copy_samples(arguments.run, folder / "samples", recipe.samples, step)
        facts["sha256"] = save_small(generator.network, folder / facts["weights"])
    knobs = ""
    if "knobs" in facts:
        knobs = "".join((folder / "card.md").read_text("utf-8").partition("\n**Knobs.**")[1:])
    files.write_text(folder / "card.json", json.dumps(facts, indent=1) + "\n")
    files.write_text(folder / "card.md", describe(name, generator, facts) + knobs)
    print((folder / "card.md").read_text(encoding="utf-8"))


def of_run(run, best=False):
    """Return a run's generator, its weights rounded, and the card's facts."""
    generator = pretrained.load(run / "best" if best else run)
    round_weights(generator.network)
    facts = generator.card | {"weights": "generator.weights.h5"}
    with (run / "scores.csv").open(encoding="utf-8") as file:
        facts["curve"] = [{k: float(v) for k, v in row.items()} for row in csv.DictReader(file)]
    return generator, facts


def round_weights(network):
    """Round the weights to bfloat16, as they ship."""
    network.set_weights([weight.astype(bfloat16) for weight in network.get_weights()])


def save_small(network, path):
    """Round the weights to bfloat16 and save them compressed; return the file's SHA-256."""
    round_weights(network)
    with tempfile.TemporaryDirectory() as folder, files.replacing(path) as beside:
        plain = Path(folder) / "plain.weights.h5"
        network.save_weights(plain)
        compress(plain, beside)
    return files.sha256(path)


def compress(source, target):
    """Copy an HDF5 file, its arrays compressed."""
    with h5py.File(source) as plain, h5py.File(target, "w") as small:

        def copy(name, item):
            if isinstance(item, h5py.Dataset):
                how = {"compression": "gzip", "shuffle": True} if item.shape else {}
                new = small.create_dataset(name, data=item[()], **how)
            else:
                new = small.require_group(name)
            new.attrs.update(item.attrs)

        plain.visititems(copy)
        small.attrs.update(plain.attrs)


def unheard(generator, train, test):
    """Score the test split's keys that training has of no such instrument, real and generated."""

    def keys(dataset):
        return list(zip(*(dataset.columns[name] for name in ("instrument", "pitch")), strict=True))

    heard = set(keys(train))
    test = test.select([key not in heard for key in keys(test)])
    pitches, instruments = test.columns["pitch"].astype(float), test.columns["instrument"].tolist()
    asked = {"pitch": test.columns["pitch"].tolist(), "instrument": instruments}
    judge = classifiers.load(generator.recipe.judge)
    wanted = [judge.heads["instrument"].index(name) for name in instruments]

    def shares(sounds):
        errors_cents = metrics.pitch_errors(sounds, test.sample_rate, pitches)
        probabilities = judge.probabilities(sounds, head="instrument")
        return {
            "pitch_accuracy": metrics.pitch_accuracy(errors_cents),
            "instrument_accuracy": metrics.label_accuracy(probabilities, wanted),
        }

    made = shares(generator.sample(len(test), seed=0, **asked))
    return {"clips": len(test), "test": shares(test.waveforms), "generated": made}


def say_unheard(scores):
    """Put what :func:`unheard` measured into a sentence."""
    made, real = (
        "{pitch_accuracy:.3f} of the notes are within 20 cents and {instrument_accuracy:.3f} are "
        "heard as the instrument".format(**scores[name])
        for name in ("generated", "test")
    )
    count = f"the {scores['clips']} keys of these instruments that training left out"
    return f"Asked once for each of {count}, {made}; of the recordings, {real}.\n\n"


def copy_samples(run, folder, samples, last):
    """Keep sounds of a few steps up to the last, evenly in the logarithm of the step."""
    folder.mkdir(exist_ok=True)
    for old in folder.glob("*.flac"):
        old.unlink()
    looks = [look for look in sorted(run.glob("step-*.wav")) if int(look.stem[5:]) <= last]
    steps = np.log([int(look.stem[5:]) for look in looks])
    wanted = np.linspace(steps[0], steps[-1], LOOKS)
    for index in sorted({int(np.abs(steps - one).argmin()) for one in wanted}):
        waveform, sample_rate = soundfile.read(looks[index], dtype="float32")
        sounds = waveform.reshape(-1, samples)
        some = sounds[:: 1 + (len(sounds) - 1) // SOUNDS].reshape(-1)
        audio.write(folder / f"{looks[index].stem}.flac", some, sample_rate)


def drawn(recipe):
    """Say what the network draws, and how that becomes sound."""
    frames, bins = recipe.codec.shape[:2]
    size = f"{frames} frames of {recipe.hop_length} samples and {bins} bins"
    levels = f"a log-magnitude spectrogram of {size}"
    windows = " at most, in windows of 4, 8, 16, ... periods of the note"
    rounds = f"sound by {recipe.iterations} rounds of fast Griffin-Lim"
    what = {
        spectral.WaveformCodec: "the waveform itself",
        spectral.LogSpectrogram: f"{levels}; {rounds}",
        spectral.PitchedSpectrogram: f"{levels}{windows}; {rounds}",
        spectral.InstantaneousFrequency: f"log-magnitudes and instantaneous frequencies, {size}",
    }
    return f"draws {what[type(recipe.codec)]}"


def terms(recipe):
    """List the terms beside the adversarial loss, and the steps of the critic."""
    every = f" every {recipe.penalty_every} steps" if recipe.penalty_every > 1 else ""
    parts = {
        f"R1 penalty {recipe.r1:g}{every}": recipe.r1,
        f"gradient penalty {recipe.gradient_penalty:g}{every}": recipe.gradient_penalty,
        f"label loss {recipe.label_loss:g}": recipe.label_loss,
        f"{recipe.critic_steps} critic steps": recipe.critic_steps > 1,
    }
    return "".join(f", {part}" for part, used in parts.items() if used)


def describe(name, generator, facts):
    """Return the model card as Markdown."""
    recipe = generator.recipe
    others = [
        f"`{key}` ({', '.join(v)})" for key, v in generator.conditions.items() if key != "label"
    ]
    rows = (
        "| {step:.0f} | {minutes:.1f} | {accuracy:.3f} | {inception_score:.2f} "
        "| {frechet_distance:.2f} |".format(**row)
        for row in facts["curve"]
    )
    return CARD.format(
        **{key: value for key, value in facts["recipe"].items() if key not in ("minutes", "name")},
        **{key: facts["training"][key] for key in ("step", "minutes", "commit", "clips")},
        name=name,
        sha256=facts["sha256"],
        label_count=len(generator.label_names),
        labels=", ".join(generator.label_names),
        also=f", and {', '.join(others)}" if others else "",
        origin=ORIGIN[recipe.data],
        limits=LIMITS[name],
        draws=drawn(recipe),
        terms=terms(recipe),
        parameters=generator.network.count_params(),
        count=facts["scores"]["generated"]["clips"],
        table=metrics.format_table(facts["scores"]),
        unheard=say_unheard(facts["unheard"]) if "unheard" in facts else "",
        best=" --best" if "best" in facts else "",
        chosen=CHOSEN.format(whole=facts["curve"][-1]["minutes"]) if "best" in facts else "",
        by_step="; `samples/`: the same latents at some of these steps"
        if name in HEARD_BY_STEP
        else "",
        curve="\n".join(rows),
    )


if __name__ == "__main__":
    main()
