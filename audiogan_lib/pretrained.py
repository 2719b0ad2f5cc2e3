"""Trained generators by name, or from a run's folder, ready to make sound.

A generator stands in a folder: ``card.json`` says what it was trained on, with which recipe and how
it scored, and gives the SHA-256 of the weights beside it. Shipped ones stand in
``audiogan_lib/weights``.
"""

import unicodedata

import numpy as np

from audiogan_lib import files, recipes
from audiogan_lib.files import WEIGHTS

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
    """

    def __init__(self, recipe, conditions, network, card):
        self.recipe, self.network, self.card = recipe, network, card
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

    def label_indices(self, count, **conditions):
        """Number the classes asked for, and count through the others: ``[count, conditions]``.

        Parameters
        ----------
        count : int >= 0
            Number of sounds.
        **conditions : str, int, sequence of these, or None
            One class for all sounds or one for each: its name, or its number in ``conditions``.
            Conditions that are None or left out run through all their classes, so that with each
            asked class every combination is equally frequent. Where the label has another name,
            such as ``pitch`` (see ``recipe.label_means``), a number given under it is the name of a
            class.

        Raises
        ------
        ValueError
            If a condition or a class is unknown, or the number of classes is not ``count``.
        """
        asked = {name: value for name, value in conditions.items() if value is not None}
        meant = self.recipe.label_means
        if meant in asked and "label" not in asked:
            asked["label"] = _as_words(asked.pop(meant))
        if unknown := set(asked) - set(self.conditions):
            known = ", ".join(self.conditions) or "none"
            known += f" ({meant} is the label, to be given once)" if meant else ""
            raise ValueError(f"unknown condition {min(unknown)!r}; this generator has: {known}")
        columns = {
            name: _numbers(name, asked[name], classes, count)
            for name, classes in self.conditions.items()
            if name in asked
        }
        # Sounds that ask for the same take their turns one after another, as those of the next
        # classes do from there: so the rest is even within each asked class, and over all.
        rows = list(zip(*columns.values(), strict=True)) or [()] * count
        first = {row: position for position, row in reversed([*enumerate(rows)])}
        turns = np.argsort(sorted(range(count), key=lambda position: first[rows[position]]))
        for name, classes in self.conditions.items():
            if name not in asked:
                columns[name] = turns % len(classes)
                turns = turns // len(classes)
        table = np.zeros((count, len(self.conditions)), np.int32)
        for column, name in enumerate(self.conditions):
            table[:, column] = columns[name]
        return table

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


def _as_words(value):
    """Turn one number or word, or a sequence of these, into words."""
    one = isinstance(value, str | int | np.integer)
    return str(value) if one else [str(part) for part in value]


def _numbers(name, value, classes, count):
    """Turn one class, or a sequence of classes, into ``count`` numbers."""
    values = [value] * count if isinstance(value, str | int | np.integer) else list(value)
    if len(values) != count:
        raise ValueError(f"{name}: {len(values)} classes for {count} sounds")
    numbers, known = [], [_composed(name) for name in classes]
    for one in values:
        if _composed(one) in known:
            numbers.append(known.index(_composed(one)))
        elif isinstance(one, int | np.integer) and 0 <= one < len(classes):
            numbers.append(int(one))
        else:
            raise ValueError(f"{name}={one!r}: must be one of {', '.join(classes)}")
    return numbers


def _composed(name):
    """Write accents as keyboards do: file systems may keep them beside their letters."""
    return unicodedata.normalize("NFC", name) if isinstance(name, str) else name


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
        If there is no such generator, its card is damaged, or its weights are missing or not those
        of the card.

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
    return Generator(recipe, card["conditions"], network, card)
