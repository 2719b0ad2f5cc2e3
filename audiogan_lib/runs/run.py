"""A training run in its folder: train, resume."""

import functools
import hashlib
import unicodedata
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import tensorflow as tf

from audiogan_lib import (
    callbacks,
    classifiers,
    datasets,
    files,
    metrics,
    pretrained,
    recipes,
    training,
)
from audiogan_lib.runs.judging import numbered, sounds_like

_STEPS_PER_EPOCH = 20


class _Checkpoint(callbacks.Checkpoint):
    """Keep the averaged generator and its card as current as the checkpoints are.

    The first card goes before the first checkpoint: a start after a kill compares the data by it.
    """

    def __init__(self, run, every_s):
        super().__init__(run.folder / "checkpoints", every_s)
        self.run = run

    def save(self):
        """Write both now."""
        if not (self.run.folder / "card.json").exists():
            self.run.export(self.model)
        super().save()
        self.run.export(self.model)


class Run:
    """One training run in one folder.

    Parameters
    ----------
    recipe : recipes.Recipe
        What to train.
    folder : path-like
        Made when missing. If it holds a run of the same recipe, that run goes on.
    ear : object, optional
        Whatever has ``features(waveforms)``: what chooses the best weights where there is no judge.

    Raises
    ------
    ValueError
        If the folder holds a run of another recipe or of other data, or the data cannot be used.
    """

    def __init__(self, recipe, folder, ear=None):
        self.recipe, self.folder, self.ear = recipe, Path(folder), ear
        card = self._card_before()
        data = recipe.load_data("train")
        chooses = recipe.judge or ear
        self.train_data, self.held_back = data.hold_back() if chooses else (data, None)
        self.labels, self.conditions = datasets.condition_labels(self.train_data, recipe.conditions)
        if card is not None:
            self._check_same_data(card)
        self.sizes = tuple(len(classes) for classes in self.conditions.values())
        # In float32, whatever the precision of training: what is heard and scored is exported.
        self.network = recipe.build_generator(self.sizes)
        self.commit = files.commit()  # now, for the code may change while the run goes on
        self.folder.mkdir(parents=True, exist_ok=True)

    def _card_before(self):
        """Return the card of the run that is to go on, if there is one and it is of this recipe."""
        path = self.folder / "card.json"
        if not path.exists():
            if (self.folder / "checkpoints" / "checkpoints.json").exists():
                print(f"{self.folder} has no card: that its data are the same cannot be told.")
            return None
        card = files.read_json(path, "recipe", "conditions")
        before = recipes.Recipe.from_dict(card["recipe"])
        # How long to go on and which judge it is are no part of what is trained, nor where a folder
        # is. Whether there is a judge is: then recordings are held back.
        same = {"minutes": self.recipe.minutes}
        if before.judge and self.recipe.judge:
            same["judge"] = self.recipe.judge
        if not any(datasets.is_known(recipe.data) for recipe in (before, self.recipe)):
            same |= {"data": self.recipe.data, "name": self.recipe.name}
        before, now = asdict(replace(before, **same)), asdict(self.recipe)
        if other := [name for name in now if before[name] != now[name]]:
            raise ValueError(
                f"{self.folder} holds a run of another recipe (other: {', '.join(other)}); "
                "choose another folder"
            )
        return card

    def _check_same_data(self, card):
        """Refuse other classes and other recordings; where they lie does not matter."""
        held = f"{self.folder} holds a run that learnt"
        for name, classes in card["conditions"].items():
            now = self.conditions[name]
            # A folder without sub-folders is its own label, and may have been renamed.
            if tuple(classes) != now and not len(classes) == len(now) == 1:
                new, gone = set(now) - set(classes), set(classes) - set(now)
                raise ValueError(
                    f"{held} {name} {', '.join(classes)}, but the data have {', '.join(now)} "
                    f"(new: {', '.join(sorted(new)) or 'none'}; "
                    f"gone: {', '.join(sorted(gone)) or 'none'}); choose another folder"
                )
        before, now = card.get("data"), _description(self.train_data)
        if before is None:  # a card of an earlier version
            return
        pairs = zip(now["clips"], before["clips"].values(), now["clips"].values(), strict=True)
        if other := [f"{name} {old}, now {new}" for name, old, new in pairs if old != new]:
            raise ValueError(
                f"{held} from other numbers of clips ({'; '.join(other)}): the split into training "
                "and test is another; choose another folder"
            )
        if before["files_sha256"] != now["files_sha256"]:
            raise ValueError(
                f"{held} from files of other names than those of {self.recipe.data}; "
                "choose another folder"
            )
        self.conditions = {name: tuple(classes) for name, classes in card["conditions"].items()}

    def facts(self, gan):
        """Return what the card says beside the weights.

        They are ``recipe``, ``conditions``, ``data`` (clips of each label, and a digest of the
        names of their files) and ``training`` (step, minutes, clips and commit).

        Parameters
        ----------
        gan : training.GAN
            Of this run.
        """
        return {
            "recipe": asdict(self.recipe),
            "conditions": self.conditions,
            "data": _description(self.train_data),
            "training": {
                "step": int(gan.step.numpy()),
                "minutes": round(float(gan.elapsed_s.numpy()) / 60, 2),
                "clips": len(self.train_data),
                "commit": self.commit,
            },
        }

    def export(self, gan):
        """Write the averaged generator and the card.

        Parameters
        ----------
        gan : training.GAN
            Of this run.
        """
        name = f"generator-{int(gan.step.numpy()):08d}.weights.h5"
        files.write_card(self.folder, gan.averaged_generator, self.facts(gan), name)
        files.keep_only(self.folder, "generator-*.weights.h5", [name])

    def _generator(self, gan):
        self.network.set_weights(gan.averaged_generator.get_weights())
        return pretrained.Generator(self.recipe, self.conditions, self.network, {})

    @functools.cached_property
    def _judge(self):
        return classifiers.load(self.recipe.judge)

    def _score(self, gan):
        """Return a row of scores beside the recordings that were held back."""
        generator, real = self._generator(gan), self.held_back
        sounds, asked = sounds_like(generator, real)
        if self.recipe.judge is None:
            heard = [self.ear.features(clips) for clips in (sounds, real.waveforms)]
            return {"frechet_distance": round(metrics.frechet_distance(*heard), 4)}
        judge = self._judge
        probabilities = {head: judge.probabilities(sounds, head) for head in judge.heads}
        row = {
            "accuracy" if head == "label" else f"{head}_accuracy": metrics.label_accuracy(
                probabilities[head], labels
            )
            for head, labels in numbered(judge, asked).items()
        }
        row["inception_score"] = metrics.inception_score(probabilities["label"])
        row["frechet_distance"] = metrics.frechet_distance(
            judge.features(sounds), judge.features(real.waveforms)
        )
        if self.recipe.label_means == "pitch":
            midi = [float(name) for name in asked["label"]]
            errors_cents = metrics.pitch_errors(sounds, self.recipe.sample_rate, midi)
            row["pitch_accuracy"] = metrics.pitch_accuracy(errors_cents)
        return {key: round(value, 4) for key, value in row.items()}

    def _fit(self, gan, step, watchers):
        """Train from a step on until one of the watchers stops it."""
        gan.fit(
            self.recipe.batches(self.train_data, step),
            steps_per_epoch=_STEPS_PER_EPOCH,
            epochs=np.iinfo(np.int32).max,
            initial_epoch=step // _STEPS_PER_EPOCH,
            shuffle=False,
            verbose=0,
            callbacks=watchers,
        )

    def _looks(self, gan, looks, patience):
        """Return what listens to a run, takes its scores, keeps the best and may end it."""
        count = max((*self.sizes[:1], 8))
        chooses = self.held_back is not None
        watch = callbacks.Watch(
            self.folder,
            self.recipe.minutes / looks,
            listen=lambda: (self._generator(gan).sample(count, seed=0), self.recipe.sample_rate),
            score=(lambda: self._score(gan)) if chooses else None,
        )
        if not chooses:
            return [watch]
        least = ("frechet_distance", "min")
        best = callbacks.BestWeights(self.folder / "best", *least, lambda: self.facts(gan))
        ends = [callbacks.Patience(*least, patience)] if patience else []
        return [watch, best, *ends]

    def train(
        self,
        checkpoint_every_s=60.0,
        looks=12,
        verbose=True,
        strategy=None,
        patience=None,
        watchers=(),
    ):
        """Train until the recipe's minutes are spent, going on from the last checkpoint.

        Returns the averaged generator, a ``pretrained.Generator``.

        A run that is interrupted from the keyboard saves what it has learnt before it ends.

        Parameters
        ----------
        checkpoint_every_s : float > 0
            Seconds between two checkpoints.
        looks : int > 0
            How often, over the whole run, sounds are written and scores are taken.
        verbose : bool
            Show a progress bar.
        strategy : tf.distribute.Strategy, optional
            Of ``training.strategy``. Several machines need the folder in common; the first writes.
        patience : int > 0, optional
            End the run after so many looks in a row without a better score, counted anew where a
            run goes on; of no effect on several machines, only one of which looks.
        watchers : sequence of keras.callbacks.Callback
            Called after the looks, with their scores.
        """
        strategy = strategy or tf.distribute.get_strategy()
        chief = training.is_chief(strategy)
        with strategy.scope():
            gan = self.recipe.build_gan(self.sizes)
        checkpoint = _Checkpoint(self, checkpoint_every_s)
        step = checkpoint.resume(gan)
        minutes = float(gan.elapsed_s.numpy()) / 60
        if step:
            print(f"Going on from step {step}, after {minutes:.1f} minutes of training.")
        limit = callbacks.TimeLimit(self.recipe.minutes, progress=verbose and chief)
        alone = not isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy)
        writers = [*self._looks(gan, looks, patience if alone else None), checkpoint, *watchers]
        if minutes < self.recipe.minutes:
            try:
                self._fit(gan, step, [limit, *(writers if chief else [])])
            except KeyboardInterrupt:
                if int(gan.step.numpy()) > step:  # otherwise the data were still being encoded
                    limit.on_train_end()
                    if chief:
                        checkpoint.save()
                raise
        if chief:
            self.export(gan)
        return self._generator(gan)


def _description(dataset):
    """Return the clips of each label, and a digest of their files' names; the path is left out."""
    clips = np.bincount(dataset.labels, minlength=len(dataset.label_names)).tolist()
    names = sorted(unicodedata.normalize("NFC", name) for name in dataset.columns.get("file", ()))
    return {
        "clips": dict(zip(dataset.label_names, clips, strict=True)),
        "files_sha256": hashlib.sha256("\n".join(names).encode()).hexdigest(),
    }
