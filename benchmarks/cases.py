"""The networks that are timed: sizes, batches and losses, in words that both frameworks read."""

from dataclasses import dataclass, field

import numpy as np

_SPECTROGRAMS = {"frames": 128, "bins": 128}
_SMALL_SPECGAN = _SPECTROGRAMS | {"width": 32, "labels": (10, 6), "kernel": 4, "patch": 2}
_SMALL_WAVEGAN = {"samples": 16384, "width": 16, "form": "subpixel"}
_NOTES = {"frames": 128, "bins": 256, "blocks": 5, "base": 1024, "limit": 128, "labels": (24,)}
_NOTES |= {"patch": 4, "form": "strided"}
_VOCODER_LOSSES = {"loss": "least_squares", "feature_matching": 2.0, "log_mel": 45.0}
_TEXT_LOSSES = {"gradient_penalty": 1.5, "smoothness": 0.5, "diversity": 4.0}


@dataclass(frozen=True)
class Case:
    """A pair of networks and how they are trained.

    Parameters
    ----------
    title : str
        For the table.
    network : str
        Module in ``audiogan_lib.models`` and, with ``torch_`` before it, here.
    batch : int > 0
        Examples in a step.
    example : tuple of int
        Shape of an example.
    generator, discriminator : dict
        Arguments of the builders.
    latent_dim : int
        Length of a latent; 0 where the generator starts from ``condition``.
    condition : tuple of int
        Shape of what else the generator takes, if not latents.
    labels : tuple of int
        Classes of each condition.
    losses : dict
        Those beside or in place of the non-saturating loss, with their weights.
    recommended : bool
        Whether the book recommends it for two cores; then its share of the limit is a goal.
    """

    title: str
    network: str
    batch: int
    example: tuple[int, ...]
    generator: dict
    discriminator: dict
    latent_dim: int = 100
    condition: tuple[int, ...] = ()
    labels: tuple[int, ...] = ()
    losses: dict = field(default_factory=dict)
    recommended: bool = False

    def data(self, seed=0):
        """Draw a batch.

        Parameters
        ----------
        seed : int
            Of the numbers.

        Returns
        -------
        real : ndarray [shape=(batch, ...)], float32 in [-1, 1]
            Examples; texts are one-hot.
        condition : ndarray or None
            Labels int32 ``[batch, conditions]``, or what the generator takes.
        """
        rng = np.random.default_rng(seed)
        real = rng.uniform(-1, 1, (self.batch, *self.example)).astype(np.float32)
        if self.network == "transcriber":
            real = np.eye(self.example[-1], dtype=np.float32)[real.argmax(-1)]
        if self.condition:
            shape = (self.batch, *self.condition)
            return real, rng.normal(size=shape).astype(np.float32)
        if not self.labels:
            return real, None
        columns = [rng.integers(0, size, self.batch) for size in self.labels]
        return real, np.stack(columns, 1).astype(np.int32)


CASES = {
    "dense_lstm": Case(
        title="dense and LSTM, mended",
        network="dense_lstm",
        batch=32,
        example=(2048, 1),
        generator={},
        discriminator={},
    ),
    "wavegan": Case(
        title="WaveGAN, sub-pixel, width 16",
        network="wavegan",
        batch=32,
        example=(16384, 1),
        generator=_SMALL_WAVEGAN,
        discriminator=_SMALL_WAVEGAN,
        recommended=True,
    ),
    "wavegan_paper": Case(
        title="WaveGAN, as published",
        network="wavegan",
        batch=16,
        example=(16384, 1),
        generator={},
        discriminator={},
    ),
    "specgan": Case(
        title="SpecGAN, the digits' recipe",
        network="specgan",
        batch=32,
        example=(128, 128),
        generator=_SMALL_SPECGAN | {"latent_dim": 64, "batch_norm": True},
        discriminator=_SMALL_SPECGAN,
        latent_dim=64,
        labels=_SMALL_SPECGAN["labels"],
        recommended=True,
    ),
    "specgan_paper": Case(
        title="SpecGAN, as published",
        network="specgan",
        batch=16,
        example=(128, 128),
        generator={},
        discriminator={},
    ),
    "gansynth": Case(
        title="GANSynth, for two cores",
        network="gansynth",
        batch=16,
        example=(128, 256, 2),
        generator=_NOTES | {"latent_dim": 128},
        discriminator=_NOTES,
        latent_dim=128,
        labels=_NOTES["labels"],
        losses={"label_loss": 10.0},
    ),
    "vocoder": Case(
        title="vocoder, inverse STFT, small",
        network="vocoder",
        batch=16,
        example=(8192,),
        generator={},
        discriminator={},
        latent_dim=0,
        condition=(128, 40),
        losses=_VOCODER_LOSSES,
    ),
    "transcriber": Case(
        title="transcriber",
        network="transcriber",
        batch=160,
        example=(40, 20),
        generator={"phones": 20, "positions": 40, "dim": 64},
        discriminator={"phones": 20, "positions": 40, "width": 64},
        latent_dim=0,
        condition=(40, 64),
        losses=_TEXT_LOSSES,
    ),
}
