"""What the vocoder is trained with: data, sizes, losses and schedule."""

from dataclasses import asdict, dataclass

import keras
import numpy as np
import tensorflow as tf

from audiogan_lib import audio, datasets, losses, spectral, training
from audiogan_lib.models import vocoder


class ImposeMel(keras.layers.Layer):
    """Rounds of ``spectral.impose_mel`` as the last layer of a network in training.

    ``sizes`` are arguments of ``spectral.LogSpectrogram``. Called with waveforms ``(batch,
    samples)`` and levels ``(batch, frames, n_mels)``, it returns waveforms.
    """

    def __init__(self, sizes, rounds, **kwargs):
        super().__init__(**{"dtype": "float32"} | kwargs)
        self.sizes, self.rounds = sizes, rounds

    def call(self, waveforms, levels):
        shape, codec = [None, self.sizes["samples"]], spectral.LogSpectrogram(**self.sizes)
        sounds = codec.impose(tf.ensure_shape(waveforms, shape), levels, self.rounds)
        return tf.ensure_shape(sounds, shape)

    def compute_output_shape(self, waveforms_shape, levels_shape):
        return waveforms_shape

    def get_config(self):
        return super().get_config() | {"sizes": self.sizes, "rounds": self.rounds}


@dataclass(frozen=True)
class VocoderRecipe:
    """Everything that training a vocoder needs to know.

    Parameters
    ----------
    data : tuple of str
        Data sets of speech, as ``datasets.load`` names them.
    sample_rate, n_fft, hop_length, n_mels, floor_db
        As in ``spectral.LogSpectrogram``.
    width, blocks : int > 0
        See ``models.vocoder.build_vocos_generator``.
    rounds, rounds_in_training : int >= 0
        Of ``spectral.impose_mel`` after the network. With some in training, losses and
        discriminators hear what comes after them, and the network learns what rounds cannot mend.
    frames, batch_size : int > 0
        Frames in a crop and crops in a step.
    quietest_db : float <= 0
        Crops are made quieter by up to this.
    warm_up_minutes, minutes, warm_up_rate, learning_rate : float > 0
        Training without and with discriminators, and the rates of Adam in the two parts.
    mel, stft, feature_matching : float >= 0
        Weights beside the adversarial loss: of the mean difference of mel levels in nepers, of
        ``losses.multi_resolution_stft`` and of ``losses.feature_matching``.
    ema : float in [0, 1)
        Decay of the generator's moving average.
    dtype : str
        Precision of training.
    seed : int
        Of weights and crops.
    """

    data: tuple[str, ...] = ("fsdd", "robot_digits")
    sample_rate: int = 8000
    n_fft: int = 256
    hop_length: int = 64
    n_mels: int = 40
    floor_db: float = -75.0
    width: int = 192
    blocks: int = 6
    rounds: int = 30
    rounds_in_training: int = 4
    frames: int = 64
    batch_size: int = 16
    quietest_db: float = -12.0
    warm_up_minutes: float = 12.0
    minutes: float = 14.0
    warm_up_rate: float = 1e-3
    learning_rate: float = 5e-4
    mel: float = 15.0
    stft: float = 5.0
    feature_matching: float = 2.0
    ema: float = 0.998
    dtype: str = "mixed_bfloat16"
    seed: int = 0

    def codec(self, frames):
        """Return the ``spectral.LogSpectrogram`` between mel levels and sound.

        Parameters
        ----------
        frames : int > 0
            Length of a clip in hops.
        """
        return spectral.LogSpectrogram(
            self.sample_rate,
            frames * self.hop_length,
            self.n_fft,
            self.hop_length,
            n_mels=self.n_mels,
            floor_db=self.floor_db,
        )

    def build_generator(self, dtype=None):
        """Build the network, which starts from the mel's own magnitudes and from pulses.

        Parameters
        ----------
        dtype : str, optional
            Precision; float32 when not given.
        """
        sizes = {"n_fft": self.n_fft, "hop_length": self.hop_length, "width": self.width}
        dense = {"blocks": self.blocks, "kernel": 3, "expansion": 2, "depthwise": False}
        with training.policy("float32"):
            network = vocoder.build_vocos_generator(
                self.n_mels, **sizes, **dense, shortcut=True, dtype=dtype
            )
        nepers = -np.log(10.0) * self.floor_db / 40  # what one unit of level is
        bins = 1 + self.n_fft // 2
        matrix = spectral.mel_matrix(self.sample_rate, self.n_fft, self.n_mels)
        centres = np.arange(bins) @ (matrix / matrix.sum(0))
        spread = np.stack([np.interp(range(bins), centres, row) for row in np.eye(self.n_mels)])
        kernel = np.concatenate([nepers * spread, np.zeros_like(spread)], 1)
        loudest = np.full(bins, np.log(self.n_fft / 4) - nepers)
        # Of phases 0, pi, 0, pi ... the sum is a pulse in the middle of the window.
        bias = np.concatenate([loudest, np.pi * (np.arange(bins) % 2)])
        network.get_layer("shortcut").set_weights([kernel, bias])
        return network

    def build_gan(self):
        """Build all networks and compile them: a ``training.GAN``, ready for :meth:`batches`."""
        dtype, samples = training.supported_precision(self.dtype), self.frames * self.hop_length
        keras.utils.set_random_seed(self.seed)
        small = vocoder.SMALL
        discriminators = [
            vocoder.build_period_discriminator(samples, **small["period"], dtype=dtype),
            vocoder.build_spectrogram_discriminator(samples, **small["spectrogram"], dtype=dtype),
        ]
        discriminators = [training.quicken(network) for network in discriminators]
        generator = training.quicken(self.build_generator(dtype))
        if self.rounds_in_training:
            mel = keras.Input((self.frames, self.n_mels), name="mel")
            rounds = ImposeMel(asdict(self.codec(self.frames)), self.rounds_in_training)
            generator = keras.Model(mel, rounds(generator(mel), mel))
        gan = training.GAN(generator, discriminators, latent=False, ema=self.ema, seed=self.seed)
        gan.compile(
            *(training.Adam(self.learning_rate, 0.8, 0.9) for _ in range(2)),
            loss="least_squares",
            feature_matching=self.feature_matching,
            generator_terms=self.terms(),
        )
        return gan

    def terms(self):
        """Return weight and function of the losses that need no discriminator, by name."""
        codec = self.codec(self.frames)
        nepers = -np.log(10.0) * self.floor_db / 40
        resolutions = vocoder.SMALL["spectrogram"]["resolutions"]

        def mel(real, fake):
            return nepers * tf.reduce_mean(tf.abs(codec.encode(real) - codec.encode(fake)))

        def stft(real, fake):
            return losses.multi_resolution_stft(real, fake, resolutions)

        return {"mel": (self.mel, mel), "stft": (self.stft, stft)}

    def build_regression(self, generator, optimizer):
        """Compile a generator to learn without discriminators, by the weighted :meth:`terms`.

        A ``keras.Model`` with the generator's own weights, for pairs ``(levels, waveforms)``.

        Parameters
        ----------
        generator : keras.Model
            From levels ``[batch, frames, n_mels]`` to sounds.
        optimizer : keras.optimizers.Optimizer
            Fresh.
        """
        terms = self.terms().values()
        trainee = keras.Model(generator.input, generator.output)
        trainee.compile(
            optimizer,
            loss=lambda real, fake: sum(weight * term(real, fake) for weight, term in terms),
            jit_compile=False,  # XLA is slower than plain graphs for convolutions on processors
        )
        return trainee

    def load_data(self, split="train"):
        """Load all clips, each scaled to a peak of 0.9.

        Parameters
        ----------
        split : str
            Which part.
        """
        sets = [datasets.load(name, split=split) for name in self.data]
        clips = np.concatenate([one.waveforms for one in sets])
        return audio.normalize_peak(clips, 0.9)

    def batches(self, waveforms, first_step=0):
        """Stream crops of sounds, most of them where there is sound, and their mel levels.

        Pairs ``(waveforms [batch, frames * hop_length], levels [batch, frames, n_mels])``.

        Parameters
        ----------
        waveforms : ndarray [shape=(clips, samples)]
            What to learn from.
        first_step : int >= 0
            Step to begin with.
        """
        samples, pad = self.frames * self.hop_length, (self.n_fft - self.hop_length) // 2
        codec = self.codec(self.frames)
        padded = np.pad(np.float32(waveforms), ((0, 0), (pad, pad)))
        loud = np.abs(waveforms) > 0.01
        ends = waveforms.shape[1] - loud[:, ::-1].argmax(1)
        last = np.clip(ends - samples // 2, 0, waveforms.shape[1] - samples).astype(np.int32)

        def crop(clips, last, numbers):
            seed = tf.stack([tf.cast(self.seed, tf.int64), numbers[0]])
            share, gain_db = tf.unstack(tf.random.stateless_uniform([2, self.batch_size], seed))
            first = tf.cast(share * tf.cast(last + 1, tf.float32), tf.int32)
            places = first[:, None] + tf.range(samples + 2 * pad)
            gain = 10.0 ** (gain_db * self.quietest_db / 20)
            clips = tf.gather(clips, places, batch_dims=1) * gain[:, None]
            clips = tf.ensure_shape(clips, [self.batch_size, samples + 2 * pad])
            spectra = spectral.stft(clips, self.n_fft, self.hop_length)
            return clips[:, pad:-pad], codec.levels(tf.abs(spectra))

        stream = datasets.batches((padded, last), self.batch_size, self.seed, first_step)
        numbers = tf.data.Dataset.counter(first_step).batch(1)
        both = tf.data.Dataset.zip(stream, numbers)
        return both.map(lambda clips, number: crop(*clips, number)).prefetch(2)
