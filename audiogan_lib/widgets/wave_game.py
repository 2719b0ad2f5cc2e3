"""The game behind the duel of waveforms: a small WaveGAN, in NumPy."""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from audiogan_lib.widgets.pitch_game import Draws
from audiogan_lib.widgets.wave_networks import LATENT_DIM, SAMPLES, Discriminator, Generator

SAMPLE_RATE = 4_000

#: The two recorded tones, and in how many samples they fall to 1/e.
TONES_HZ, DECAY = (200.0, 500.0), 250

#: Clips of a step, and those that are heard and counted.
BATCH, KEPT = 16, 32

#: How much faster the discriminator learns than the generator.
HASTE = 2

#: Of the generator's weights, for the one that is heard.
AVERAGE = 0.99

#: What share of a clip's energy must be of one kind of recording, and the least energy.
_LIKE, _LEAST = 0.6, 1.0


class WaveGame:
    """Two small networks: one makes waveforms, the other tells them from recorded ones.

    Both are of the non-saturating loss, with R1 at recorded clips in every step. Recorded are two
    tones that die away, each as often as the other, or one sound; loudness varies, and so does by
    one percent a tone's pitch. With the usual penalty the generator finds both tones in some 350
    steps, and with none it settles on one.

    Parameters
    ----------
    r1 : float >= 0
        Gamma, as in ``training.GAN.compile``.
    rate : float >= 0
        Adam's learning rate, of the generator; that of the discriminator is twice as much.
    seed : int >= 0
        Of first weights and all draws.
    sound : array_like [shape=(samples,), in [-1, 1]], optional
        What to learn in place of the tones: its first 1024 samples, at 4000 Hz.

    Attributes
    ----------
    step : int
        How many were played.
    losses : tuple of float
        Of discriminator and generator, in the last step.

    Raises
    ------
    ValueError
        When a number is out of range, or the sound is no row of samples.

    Examples
    --------
    >>> game = WaveGame()
    >>> game.play(2)
    >>> game.made().shape, game.shares()
    ((32, 1024), array([0., 0.]))
    """

    def __init__(self, r1=5.0, rate=0.004, seed=0, sound=None):
        for name, value in {"r1": r1, "rate": rate}.items():
            if not value >= 0:
                raise ValueError(f"{name} must be 0 or more, received {value}")
        self.r1, self.rate, self.seed, self.sound = r1, rate, seed, None
        if sound is not None:
            self.sound = np.asarray(sound, float)
            if self.sound.ndim != 1 or not self.sound.any():
                raise ValueError(f"sound must be a row of samples, received {sound!r}")
        self._draws = Draws(seed)
        self._generator, self._discriminator = Generator(self._draws), Discriminator(self._draws)
        self._average = [[w.copy() for w in joint.weights] for joint in self._generator.joints]
        self._latents = _latents(Draws(1), KEPT)
        self.step, self.losses = 0, (0.0, 0.0)

    def recorded(self, count, draws=None):
        """Draw recorded clips.

        Parameters
        ----------
        count : int > 0
            How many.
        draws : Draws, optional
            Where chance comes from; the game's own if not given.

        Returns
        -------
        clips : np.ndarray [shape=(count, 1024), in [-0.9, 0.9]]
            One of the two tones or the game's sound each, a little varied.
        """
        which, pitch, gain = (draws or self._draws).uniform(3 * count).reshape(-1, 3).T
        if self.sound is not None:
            clips = np.tile(_fitted(self.sound), (count, 1))
        else:
            hz = np.where(which < 0.5, *TONES_HZ) * (1 + 0.01 * (pitch - 0.5))
            clips = _tone(hz[:, np.newaxis])
        return (0.6 + 0.3 * gain)[:, np.newaxis] * clips

    def made(self):
        """Generate clips, always of the same latents.

        Returns
        -------
        clips : np.ndarray [shape=(32, 1024), in [-1, 1]]
            By the generator whose weights are the average of past ones, newer ones weighing more.
        """
        own = [joint.weights for joint in self._generator.joints]
        for joint, weights in zip(self._generator.joints, self._average, strict=True):
            joint.weights = weights
        clips = self._generator(self._latents)[0]
        for joint, weights in zip(self._generator.joints, own, strict=True):
            joint.weights = weights
        return clips

    def shares(self):
        """Count which generated clips are of a kind of recording, by where their energy lies.

        Returns
        -------
        shares : np.ndarray [shape=(kinds,), in [0, 1]]
            Of the low tone and the high one, or of the one sound.
        """
        clips = self.made()
        if self.sound is not None:
            kinds = [[_fitted(self.sound)]]
        else:
            kinds = [[_tone(hz), _tone(hz, np.pi / 2)] for hz in TONES_HZ]
        energy = (clips**2).sum(axis=1)
        alike = [sum((clips @ part) ** 2 / (part @ part) for part in kind) for kind in kinds]
        return ((energy > _LEAST) & (np.array(alike) > _LIKE * energy)).mean(axis=1)

    def play(self, steps=1):
        """Let both learn.

        Parameters
        ----------
        steps : int >= 0
            Of each player, the discriminator first.
        """
        for _ in range(steps):
            self.step += 1
            self.losses = self._teach_discriminator(), self._teach_generator()

    def _teach_discriminator(self):
        discriminator, sums, loss = self._discriminator, [], 0.0
        for sign, r1 in (-1, self.r1 / BATCH), (1, 0.0):
            clips = self.recorded(BATCH) if sign < 0 else self._invented()[0]
            scores, _, known = discriminator(clips)
            by_scores = sign * expit(sign * scores) / BATCH
            sums.append(discriminator.gradients(known, by_scores, r1))
            loss += np.logaddexp(0, sign * scores).mean()
        for joint, real, fake in zip(discriminator.joints, *sums, strict=True):
            gradients = [one + other for one, other in zip(real, fake, strict=True)]
            joint.learn(gradients, HASTE * self.rate, self.step)
        return loss

    def _teach_generator(self):
        kept = self._invented()
        scores, slopes, _ = self._discriminator(kept[0])
        by_samples = slopes * (-expit(-scores) / BATCH)[:, np.newaxis]
        gradients = self._generator.gradients(kept, by_samples)
        for joint, own, average in zip(
            self._generator.joints, gradients, self._average, strict=True
        ):
            joint.learn(own, self.rate, self.step)
            for mean, weight in zip(average, joint.weights, strict=True):
                mean += (1 - AVERAGE) * (weight - mean)
        return np.logaddexp(0, -scores).mean()

    def _invented(self):
        return self._generator(_latents(self._draws, BATCH))


def _latents(draws, count):
    return draws.normal(count * LATENT_DIM).reshape(count, LATENT_DIM)


def _tone(hz, turn=0.0):
    place = np.arange(SAMPLES)
    return np.exp(-place / DECAY) * np.sin(2 * np.pi * hz / SAMPLE_RATE * place + turn)


def _fitted(sound):
    return np.pad(sound[:SAMPLES], (0, max(0, SAMPLES - len(sound))))
