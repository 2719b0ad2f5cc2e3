"""The shipped vocoder."""

from pathlib import Path

import numpy as np
import tensorflow as tf

from audiogan_lib import files
from audiogan_lib.vocoding.recipe import VocoderRecipe

FOLDER, _FILE = files.WEIGHTS / "vocoder", "vocoder.weights.h5"
_BATCH = 64

#: The shipped vocoder's.
RECIPE = VocoderRecipe()


class Vocoder:
    """A trained vocoder: from mel levels to sound.

    Parameters
    ----------
    recipe : VocoderRecipe
        How it was made.
    network : keras.Model
        From mel levels to waveforms.
    card : dict
        The machine-readable model card.
    """

    def __init__(self, recipe, network, card):
        self.recipe, self.network, self.card = recipe, network, card
        self._run = tf.function(network, reduce_retracing=True)

    @property
    def sample_rate(self):
        """In Hz."""
        return self.recipe.sample_rate

    def to_mels(self, waveforms):
        """Return the mel levels of sounds, all that the vocoder is told.

        They are float32 ``[clips, frames, n_mels]``, see ``spectral.LogSpectrogram.encode``.

        Parameters
        ----------
        waveforms : array-like [shape=(clips, samples)]
            Sound in [-1, 1]; the last frame is completed with silence.
        """
        waveforms = np.asarray(waveforms, np.float32)
        frames = -(-waveforms.shape[1] // self.recipe.hop_length)
        missing = frames * self.recipe.hop_length - waveforms.shape[1]
        return self.recipe.codec(frames).encode(np.pad(waveforms, ((0, 0), (0, missing))))

    def from_mels(self, mels, rounds=None):
        """Turn mel levels into sound.

        The same mels always give the same sounds, float32 ``[clips, frames * hop_length]``.

        Parameters
        ----------
        mels : array-like [shape=(clips, frames, n_mels)]
            As :meth:`to_mels` returns them.
        rounds : int >= 0, optional
            Of ``spectral.impose_mel``; 0 is the network alone. The recipe's when not given.

        Raises
        ------
        ValueError
            If the mels have another shape.
        """
        mels = tf.convert_to_tensor(mels, tf.float32)
        if mels.ndim != 3 or mels.shape[2] != self.recipe.n_mels:
            raise ValueError(
                f"mels: shape {tuple(mels.shape)}, need (clips, frames, {self.recipe.n_mels})"
            )
        rounds = self.recipe.rounds if rounds is None else rounds
        codec, sounds = self.recipe.codec(mels.shape[1]), []
        for start in range(0, len(mels), _BATCH):
            part = mels[start : start + _BATCH]
            sounds.append(codec.impose(self._run(part), part, rounds))
        return np.clip(np.concatenate(sounds), -1.0, 1.0)


def load(folder=None):
    """Load the shipped `Vocoder`, or one from another folder.

    Parameters
    ----------
    folder : path-like, optional
        With ``card.json`` and the weights; those that ship when not given.

    Raises
    ------
    ValueError
        If there is no vocoder, or its weights are not those of the card.
    """
    folder = Path(folder or FOLDER)
    if not (folder / "card.json").is_file():
        raise ValueError(f"no vocoder in {folder}: need card.json and {_FILE}")
    card, weights = files.read_card(folder, "recipe", weights=_FILE)
    values = {key: tuple(v) if isinstance(v, list) else v for key, v in card["recipe"].items()}
    recipe = VocoderRecipe(**values)
    network = recipe.build_generator()
    network.load_weights(weights)
    return Vocoder(recipe, network, card)
