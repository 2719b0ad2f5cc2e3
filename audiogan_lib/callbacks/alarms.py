"""Alarms that say in plain words what goes wrong in a run."""

import warnings

import keras
import numpy as np

from audiogan_lib.metrics import symptoms, vital_signs

#: What each alarm means and what to try.
ADVICE = {
    "nan": (
        "The numbers have left what floating point can hold. The run is lost from here on.",
        "go back to the checkpoint before, with a learning rate three to ten times lower; "
        "look for silent or damaged recordings.",
    ),
    "silence": (
        "The generator draws next to nothing, whatever the latent.",
        "listen to the recordings first: are they silent at the same places, are they scaled to "
        "one peak? Then a lower learning rate, or new initial values: a last layer that is stuck "
        "at zero does not learn.",
    ),
    "noise": (
        "Power is spread evenly over all frequencies: hiss. The generator has learnt nothing, or "
        "has lost what it had learnt.",
        "compare with earlier sounds. If they were better, go back to that checkpoint and lower "
        "the learning rate; if not, train longer, then try a larger network.",
    ),
    "whine": (
        "One frequency stands out in all sounds alike. Lines at simple fractions of the sample "
        "rate are the footprint of upsampling layers with a stride.",
        "interpolation and a plain convolution, or a filter after the network; phase shuffle in "
        "the discriminator, though not for the last layer's lines; a longer run.",
    ),
    "collapse": (
        "Different latents give nearly the same sound: mode collapse.",
        "a lower learning rate, a stronger gradient penalty, minibatch standard deviation in the "
        "discriminator, more varied recordings.",
    ),
    "won": (
        "The discriminator tells nearly everything apart and the generator only falls behind: it "
        "gets no hint of what would be better.",
        "augmentation of real and generated sounds, a stronger gradient penalty, a lower learning "
        "rate of the discriminator, more recordings.",
    ),
}

#: Share of its loss at equal scores below which a discriminator counts as winning.
_WINNING = 0.05


class AlarmWarning(UserWarning):
    """An alarm has rung; the message says what is seen, what it means and what to try."""


class Alarms(keras.callbacks.Callback):
    """Look out for silence, noise, a whine, collapse, a discriminator that has won, and NaN.

    Sounds are judged by what they have in common with recordings: level, flatness of the spectrum,
    lines in it, differences between one sound and the next. An alarm rings, as a warning, when its
    sign has been there for ``patience`` steps; that of NaN rings at once.

    ``rung`` has the step at which each alarm has rung first: ``"nan"``, ``"silence"``, ``"noise"``,
    ``"whine"``, ``"collapse"``, ``"won"``.

    Parameters
    ----------
    listen : callable, optional
        Returns ``(waveforms [clips, samples], sample_rate)``, from different latents, several for
        each label. Without it only losses and scores are watched.
    recordings : array_like [shape=(clips, samples)], optional
        Real sounds to compare with, in the same mix of labels and at least as many.
    patience : int >= 0
        Steps. Young networks hiss, and that is no failure.
    every : int > 0
        Epochs between two looks at the sounds.
    stop : collection of str
        Alarms that end the training, names as in ``rung``.

    Raises
    ------
    ValueError
        If there are sounds but no recordings, or an alarm of ``stop`` does not exist.

    Notes
    -----
    Limits, by measurement wide enough for the recordings of this library: 20 dB below the median
    level of the recordings (silence); 10 times their flatness, at least 0.2 and at most half the
    way from theirs to 1 (noise); a line 12 dB higher above its surroundings than theirs (whine);
    nearest neighbours 4 times as near (collapse). A discriminator has won when its loss at the mean
    scores is below 5 % of that at equal scores, and the generator's loss does not fall. A
    Wasserstein critic cannot win: it is meant to be as good as it can (Arjovsky et al. 2017,
    section 3).
    """

    def __init__(self, listen=None, recordings=None, patience=1000, every=1, stop=("nan",)):
        super().__init__()
        if (listen is None) != (recordings is None):
            raise ValueError("listen and recordings: give both, or neither")
        if unknown := sorted(set(stop) - set(ADVICE)):
            raise ValueError(
                f"stop={stop!r}: no alarm {unknown[0]!r}; there are {', '.join(ADVICE)}"
            )
        self.listen, self.patience, self.every, self.stop = listen, patience, every, stop
        self._recordings = None if recordings is None else np.asarray(recordings, np.float32)
        self.rung = {}

    def on_train_begin(self, logs=None):
        """Forget earlier signs."""
        self._since, self._caught_up_to = {}, np.inf

    def on_epoch_end(self, epoch, logs=None):
        """Look at losses and, when due, at sounds."""
        logs = logs or {}
        signs = {"nan": _not_finite(logs), "won": None if _not_finite(logs) else self._won(logs)}
        if self.listen and not signs["nan"] and (epoch + 1) % self.every == 0:
            signs |= self._signs_of(*self.listen())
        step = int(self.model.step.numpy())
        for name, seen in signs.items():
            if not seen:
                self._since.pop(name, None)
                continue
            since = self._since.setdefault(name, step)
            if since is not None and (name == "nan" or step - since >= self.patience):
                self._ring(name, seen, step)

    def _ring(self, name, seen, step):
        """Warn, once for as long as the sign stays."""
        self._since[name] = None
        self.rung.setdefault(name, step)
        means, remedy = ADVICE[name]
        warnings.warn(f"Step {step}: {seen}. {means} Try: {remedy}", AlarmWarning, stacklevel=2)
        if name in self.stop:
            self.model.stop_training = True

    def _won(self, logs):
        """Say how far apart the scores are, if that is far and the generator does not catch up."""
        if not {"real_score", "fake_score", "generator_loss"} <= set(logs):
            return None
        pair_loss = self.model.objective.pair[0]
        real, fake, loss = (logs[n] for n in ("real_score", "fake_score", "generator_loss"))
        even = min(_at(pair_loss, level, level) for level in (0.0, 0.5))
        if even <= 0 or real <= fake or _at(pair_loss, real, fake) >= _WINNING * even:
            self._caught_up_to = np.inf
            return None
        caught_up, self._caught_up_to = loss < self._caught_up_to, min(loss, self._caught_up_to)
        if caught_up and "won" in self._since:
            return None
        return (
            f"real sounds score {real:.1f} on average, generated ones {fake:.1f}, and the "
            f"generator's loss has not fallen below {self._caught_up_to:.1f}"
        )

    def _signs_of(self, waveforms, sample_rate):
        """Compare the sounds with as many recordings."""
        waveforms = np.asarray(waveforms, np.float32)
        if not np.isfinite(waveforms).all():
            return {"nan": "the sounds hold values that are not finite"}
        if len(self._recordings) < len(waveforms):
            raise ValueError(
                f"recordings: {len(self._recordings)} clips for {len(waveforms)} generated ones; "
                "give at least as many"
            )
        chosen = np.arange(len(waveforms)) * len(self._recordings) // len(waveforms)
        real = vital_signs(self._recordings[chosen], sample_rate)
        fake = vital_signs(waveforms, sample_rate)
        return symptoms(fake, real)


def _at(loss, real, fake):
    return float(loss(np.float32([[real]]), np.float32([[fake]])))


def _not_finite(logs):
    """Name the values that are not finite, None if all are."""
    names = [name for name, value in logs.items() if not np.isfinite(value)]
    return f"{', '.join(names)}: not a finite number" if names else None
