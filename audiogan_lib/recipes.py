"""What each shipped generator was trained with: data, representation, networks, loss and schedule.

A recipe is the whole description, a frozen dataclass: ``python -m audiogan_lib train NAME`` runs
it, and ``pretrained.load(NAME)`` rebuilds its generator from it. To try something else, use
``dataclasses.replace``.
"""

from dataclasses import replace
from pathlib import Path

from audiogan_lib._recipe import Recipe

__all__ = ["NAMES", "Recipe", "for_folder"]

_RECIPES = (
    Recipe(
        name="digits",
        data="fsdd",
        sample_rate=8000,
        samples=8192,
        conditions=("label", "speaker"),
        minutes=20,
        judge="digits",
    ),
    Recipe(
        name="drums",
        data="drums",
        sample_rate=16000,
        samples=16384,
        n_fft=512,
        hop_length=128,
        batch_size=24,
        minutes=40,
        judge="drums",
    ),
    Recipe(
        name="notes",
        data="notes",
        sample_rate=16000,
        samples=16384,
        conditions=("label", "instrument"),
        label_means="pitch",
        network="gansynth",
        n_fft=1024,
        hop_length=256,
        learning_rate=3e-3,
        betas=(0.0, 0.99),
        batch_size=16,
        r1=10.0,
        label_loss=10.0,
        shift=0,
        minutes=60,
    ),
)

NAMES = {recipe.name: recipe for recipe in _RECIPES}


def for_folder(path):
    """Make a recipe for a folder of anybody's sounds.

    Parameters
    ----------
    path : path-like
        Of the folder; its sub-folders are the labels.

    Returns
    -------
    Recipe
        That of the drums, without a judge.
    """
    return replace(NAMES["drums"], name=Path(path).name, data=str(path), minutes=20, judge=None)
