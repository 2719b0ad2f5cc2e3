"""Trained generators by name, or from a run's folder, ready to make sound.

A generator stands in a folder: ``card.json`` says what it was trained on, with which recipe and how
it scored, and gives the SHA-256 of the weights beside it. Shipped ones stand in
``audiogan_lib/weights``.
"""

import numpy as np

from audiogan_lib import files, recipes
from audiogan_lib.files import WEIGHTS
from audiogan_lib.latents import QualityKnobs, label_indices

__all__ = ["WEIGHTS", "Generator", "load", "names"]

_BATCH = 64


class Generator:
    """A trained generator: from latents and labels to sound.

    Parameters
    ----------
    recipe : recipes.Recipe
        How it was made.
    conditions : dict of str to tuple of str
        What can be asked for: the names of the classes of each condition.
    network : keras.Model
        From latents, or latents and labels, to what the recipe decodes.
    card : dict
        The machine-readable model card.
    knobs : latents.QualityKnobs, optional
        Which change what one hears of its sounds, if somebody has found them.
    """

    def __init__(self, recipe, conditions, network, card, knobs=None):
        self.recipe, self.network, self.card, self.knobs = recipe, network, card, knobs
        self.conditions = {name: tuple(classes) for name, classes in conditions.items()}

    @property
    def sample_rate(self):
        """In Hz."""
        return self.recipe.sample_rate

    @property
    def label_names(self):
        """What ``label`` takes; empty for a generator without labels."""
        return self.conditions.get("label", ())

    def latents(self, count, seed=None):
        """Draw latents, standard normal numbers: float32 ``[count, latent_dim]``.

        Parameters
        ----------
        count : int >= 0
            How many.
        seed : int, optional
            For the same latents again.
        """
        if count < 0:
            raise ValueError(f"count={count}: must be 0 or more")
        shape = (count, self.recipe.latent_dim)
        return np.random.default_rng(seed).standard_normal(shape, dtype=np.float32)

    def label_indices(self, count, **asked):
        """Number the classes asked for, and count through the others: ``[count, conditions]``.

        Parameters
        ----------
        count : int >= 0
            Number of sounds.
        **asked : str, int, sequence of these, or None
            One class for all sounds or one for each: its name, or its number in ``conditions``.
            Conditions that are None or left out run through all their classes, so that with each
            asked class every combination is equally frequent. Where the label has another name,
            such as ``pitch`` (see ``recipe.label_means``), a number given under it is the name of a
            class; a key may be asked for by its note, ``"C4"`` for MIDI 60.

        Raises
        ------
        ValueError
            If a condition or a class is unknown, or the number of classes is not ``count``.
        """
        return label_indices(self.conditions, count, asked, self.recipe.label_means)

    def from_latents(self, latents, label=None, **conditions):
        """Turn latents into sounds.

        Parameters
        ----------
        latents : array-like [shape=(count, latent_dim)]
            From :meth:`latents`, or any mixture of such.
        label : str, int, or sequence of these, optional
            See :meth:`label_indices`.
        **conditions : str, int, or sequence of these
            Further conditions by name.

        Returns
        -------
        ndarray [shape=(count, samples)], float32 in [-1, 1]
            The same latents and labels always give the same sounds.

        Raises
        ------
        ValueError
            If the latents have the wrong shape, or as :meth:`label_indices`.
        """
        latents = np.asarray(latents, np.float32)
        if latents.ndim != 2 or latents.shape[1] != self.recipe.latent_dim:
            raise ValueError(
                f"latents: shape {latents.shape}, need (count, {self.recipe.latent_dim})"
            )
        asked = conditions if label is None else {"label": label} | conditions
        labels = self.label_indices(len(latents), **asked)
        column = [*self.conditions].index("label") if self.label_names else slice(0)
        names = [self.label_names[index] for index in labels[:, column].flat]
        sounds = [np.zeros((0, self.recipe.samples), np.float32)]
        for start in range(0, len(latents), _BATCH):
            part = slice(start, start + _BATCH)
            inputs = [latents[part], labels[part]] if self.conditions else latents[part]
            sounds.append(self.recipe.decode(self.network(inputs, training=False), names[part]))
        return np.concatenate(sounds)

    def sample(self, count, label=None, seed=None, **conditions):
        """Make sounds.

        Parameters
        ----------
        count : int >= 0
            How many.
        label : str, int, or sequence of these, optional
            See :meth:`label_indices`, errors too.
        seed : int, optional
            For the same sounds again.
        **conditions : str, int, or sequence of these
            Further conditions by name, such as ``speaker="theo"``.

        Returns
        -------
        ndarray [shape=(count, samples)], float32 in [-1, 1]
            The sounds.
        """
        return self.from_latents(self.latents(count, seed), label, **conditions)


def names():
    """List the shipped generators: what :func:`load` takes."""
    return files.generators()


def load(name_or_path):
    """Load a shipped `Generator` by name, or one from the folder of a run.

    Parameters
    ----------
    name_or_path : str or path-like
        One of :func:`names`, or a folder with a ``card.json``: that of a run, or ``best`` in it. A
        path is a path: ``"./drums"`` and ``Path("drums")`` are folders.

    Raises
    ------
    ValueError
        If there is no such generator, its card is damaged, or its weights or knobs are missing or
        not those of the card.

    Examples
    --------
    >>> from audiogan_lib import pretrained
    >>> drums = pretrained.load("drums")
    >>> drums.sample(2, label="snare", seed=0).shape
    (2, 16384)
    """
    folder = files.find_generator(name_or_path)
    card, weights = files.read_card(folder, "recipe", "conditions")
    recipe = recipes.Recipe.from_dict(card["recipe"])
    sizes = tuple(len(classes) for classes in card["conditions"].values())
    network = recipe.build_generator(sizes)
    network.load_weights(weights)
    knobs = _read_knobs(folder / "knobs.npz", card["knobs"], sizes) if "knobs" in card else None
    return Generator(recipe, card["conditions"], network, card, knobs)


def _read_knobs(path, facts, sizes):
    """Read what ``tools/find_knobs.py`` wrote."""
    if not files.is_whole(path, facts["sha256"]):
        raise ValueError(f"{path} is missing or damaged: its SHA-256 is not that of the card")
    with np.load(path) as arrays:
        count = len(arrays.files) // 2  # beside the table, a kernel and a bias for each layer
        layers = tuple((arrays[f"kernel_{i}"], arrays[f"bias_{i}"]) for i in range(count))
        starts = tuple(sum(sizes[:i]) for i in range(len(sizes)))
        return QualityKnobs(tuple(facts["names"]), arrays["table"], starts, layers)
