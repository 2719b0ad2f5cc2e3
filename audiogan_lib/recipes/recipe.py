"""The dataclass behind ``recipes``, and how it becomes data and networks."""

from dataclasses import dataclass, fields

import keras
import numpy as np

from audiogan_lib import audio, datasets, layers, training
from audiogan_lib.recipes import networks

#: So many times the clips of the most frequent label are heard of each, where copies are made.
_TIMES = 3


@dataclass(frozen=True)
class Recipe:
    """Everything that a training run needs to know.

    Parameters
    ----------
    name : str
        Of the recipe.
    data : str
        Name of a data set, or the path of a folder of audio, as ``datasets.load`` takes it.
    sample_rate, samples : int > 0
        Rate in Hz and length of a clip.
    conditions : tuple of str
        What can be asked for: ``"label"`` and names of the data set's columns.
    label_means : str, optional
        Another name of the label, under which the data's own words count, numbers too: with
        ``"pitch"``, ``pitch=60`` asks for ``label="60"``, not for the class of number 60.
    network : str
        Family of the networks: ``"specgan"``, ``"pitched_specgan"``, ``"gansynth"``, ``"wavegan"``,
        ``"published_wavegan"`` or ``"dense_lstm"``. The second is the first on spectrograms whose
        windows follow the pitch, which the labels must be. ``"published_wavegan"`` are WaveGAN's
        own, transposed convolutions and Glorot's initial values, where ``"wavegan"`` is the quicker
        sub-pixel form.
    width, latent_dim : int > 0
        Channels, see the builders, and length of a latent.
    n_fft, hop_length : int > 0
        Of the spectrogram; for ``"pitched_specgan"`` the longest window.
    floor_db : float < 0
        Level that counts as silence in the spectrogram.
    iterations : int >= 0
        Of Griffin-Lim, for both kinds of SpecGAN.
    peak : float in (0, 1]
        Level to which each clip is scaled before training; ``None`` leaves levels as they are.
    tuning : float >= 0
        Largest change of tuning, in octaves, of the copies that training hears beside the clips:
        as many as make each label three times as frequent as the most frequent one was. With 0
        there are none.
    loss : str
        A name in ``losses.NAMES``.
    learning_rate : float > 0
        Of both Adam optimisers.
    discriminator_rate : float > 0, optional
        Of the discriminator's, where it is another.
    betas : pair of float
        Decay of the optimisers' two moving averages.
    batch_size : int > 0
        Clips in a step.
    r1, penalty_every : float >= 0, int > 0
        Gamma of the R1 penalty, and steps between two penalties.
    gradient_penalty, critic_steps, label_loss : float >= 0, int > 0, float >= 0
        See ``training.GAN.compile``; ``"gansynth"`` learns conditions by its label loss alone.
    shift : int >= 0
        Largest random shift that the discriminator sees real and generated examples through:
        frames, or samples for networks of waveforms; 0 for ``"gansynth"``, whose first frame is
        unlike the others.
    ema : float in [0, 1)
        Decay of the generator's moving average.
    dtype : str
        Precision of training, float32 where the machine has no bfloat16; generation is float32.
    minutes : float > 0
        Training time on two cores.
    seed : int
        Of weights, latents and the order of the data.
    judge : str, optional
        Name of the classifier that scores the sounds, for ``classifiers.load``.
    """

    name: str
    data: str
    sample_rate: int
    samples: int
    conditions: tuple[str, ...] = ("label",)
    label_means: str | None = None
    network: str = "specgan"
    width: int = 32
    latent_dim: int = 64
    n_fft: int = 256
    hop_length: int = 64
    floor_db: float = -75.0
    iterations: int = 30
    peak: float | None = 0.9
    tuning: float = 0.0
    loss: str = "non_saturating"
    learning_rate: float = 4e-4
    discriminator_rate: float | None = None
    betas: tuple[float, float] = (0.5, 0.99)
    batch_size: int = 32
    r1: float = 0.5
    penalty_every: int = 8
    gradient_penalty: float = 0.0
    critic_steps: int = 1
    label_loss: float = 0.0
    shift: int = 6
    ema: float = 0.998
    dtype: str = "mixed_bfloat16"
    minutes: float = 20.0
    seed: int = 0
    judge: str | None = None

    @classmethod
    def from_dict(cls, values):
        """Rebuild a recipe from what ``dataclasses.asdict`` and JSON made of it.

        Parameters
        ----------
        values : dict
            One value for each field.

        Raises
        ------
        ValueError
            If a field is unknown: the card is of another version of the library.
        """
        if unknown := set(values) - {field.name for field in fields(cls)}:
            raise ValueError(f"a recipe has no field {min(unknown)!r}; is the library up to date?")
        return cls(**{k: tuple(v) if isinstance(v, list) else v for k, v in values.items()})

    @property
    def codec(self):
        """What stands between sound and network, a ``spectral.Codec``."""
        return networks.find(self.network).codec(self)

    def load_data(self, split="train"):
        """Load the data set, with its levels as this recipe trains on them.

        Parameters
        ----------
        split : str
            Which part.
        """
        known = datasets.is_known(self.data)
        options = {} if known else {"sample_rate": self.sample_rate, "samples": self.samples}
        dataset = datasets.load(self.data, split=split, **options)
        if self.peak is None:
            return dataset
        return dataset.map(lambda waveforms: audio.normalize_peak(waveforms, self.peak))

    def encode(self, waveforms, labels=None):
        """Turn sounds into what the networks see, float32 ``[clips, ...]``.

        Parameters
        ----------
        waveforms : ndarray [shape=(clips, samples)]
            Sound in [-1, 1].
        labels : sequence of str, optional
            The name of each clip's label, for codecs whose form depends on it.
        """
        parts = [slice(start, start + 256) for start in range(0, len(waveforms), 256)]
        names = [None if labels is None else labels[part] for part in parts]
        pairs = zip(parts, names, strict=True)
        return np.concatenate([self.codec.encode(waveforms[part], some) for part, some in pairs])

    def decode(self, drawn, labels=None):
        """Turn what the generator draws into sounds, ``[clips, samples]`` in [-1, 1].

        Parameters
        ----------
        drawn : tensor
            As :meth:`encode` returns it.
        labels : sequence of str, optional
            The name of the label that each sound was asked to have.
        """
        return np.asarray(self.codec.decode(drawn, labels))

    def build_generator(self, labels, dtype=None):
        """Build the generator, a ``keras.Model`` with fresh weights.

        Parameters
        ----------
        labels : tuple of int
            Classes of each condition.
        dtype : str, optional
            Precision; float32 when not given.
        """
        options = {"latent_dim": self.latent_dim, "labels": labels, "dtype": dtype}
        with training.policy("float32"):
            return networks.find(self.network).generator(self, **options)

    def build_discriminator(self, labels, dtype=None):
        """Build the discriminator, a ``keras.Model`` with fresh weights.

        Parameters
        ----------
        labels, dtype
            As for :meth:`build_generator`.
        """
        with training.policy("float32"):
            return networks.find(self.network).discriminator(self, labels=labels, dtype=dtype)

    def build_gan(self, labels):
        """Build both networks and compile them: a ``training.GAN``, ready for ``fit``.

        Parameters
        ----------
        labels : tuple of int
            Classes of each condition.
        """
        dtype = training.supported_precision(self.dtype)
        keras.utils.set_random_seed(self.seed)
        augment = None
        if self.shift:
            augment = layers.RandomShift(self.shift, self.codec.silence, self.seed)
        generator = self.build_generator(labels, dtype)
        discriminator = self.build_discriminator(labels, dtype)
        gan = training.GAN(
            training.quicken(generator),
            training.quicken(discriminator),
            augment=augment,
            ema=self.ema,
            seed=self.seed,
        )
        rates = self.learning_rate, self.discriminator_rate or self.learning_rate
        gan.compile(
            *(training.Adam(rate, *self.betas) for rate in rates),
            loss=self.loss,
            r1=self.r1,
            penalty_every=self.penalty_every,
            gradient_penalty=self.gradient_penalty,
            critic_steps=self.critic_steps,
            label_loss=self.label_loss,
        )
        return gan

    def batches(self, dataset, first_step=0):
        """Stream a data set as the networks see it.

        They are pairs ``(examples, labels int32 [batch, conditions])``, without end.

        Parameters
        ----------
        dataset : datasets.Dataset
            What to learn from.
        first_step : int >= 0
            Step to begin with.
        """
        if self.tuning:
            count = _TIMES * np.bincount(dataset.labels).max()
            dataset = datasets.retuned(dataset, self.tuning, count, self.seed)
        labels = datasets.condition_labels(dataset, self.conditions)[0]
        examples = dataset.encoded(self.codec.encode)
        return datasets.batches((examples, labels), self.batch_size, self.seed, first_step)
