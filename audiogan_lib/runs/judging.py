"""What a judge and other ears say of a generator beside recordings."""

import numpy as np

from audiogan_lib import classifiers, datasets, metrics


def sounds_like(generator, test, count=300, seed=0):
    """Generate sounds for which the same was asked as stands in the test split, as often.

    A condition that the test split answers otherwise than the generator can, such as by voices that
    it never heard, runs through all that the generator has. Returns sounds ``[count, samples]``,
    and for each condition the names of their classes.

    Parameters
    ----------
    generator : pretrained.Generator
        Makes the sounds.
    test : datasets.Dataset
        Real sounds.
    count, seed : int
        Number of generated sounds, and seed of the latents.
    """
    labels, names = datasets.condition_labels(test, generator.recipe.conditions)
    rows = labels[np.arange(count) * len(labels) // count]
    same = {
        name: [names[name][index] for index in column]
        for name, column in zip(names, rows.T, strict=True)
        if set(names[name]) <= set(generator.conditions[name])
    }
    asked = {
        name: [classes[index] for index in column]
        for (name, classes), column in zip(
            generator.conditions.items(), generator.label_indices(count, **same).T, strict=True
        )
    }
    return generator.sample(count, seed=seed, **asked), asked


def judge_report(generator, train, test, count=300, seed=0, brief=False, sounds=None):
    """Let the judge and other ears compare sounds with the test split, by ``metrics.evaluate``.

    Parameters
    ----------
    generator : pretrained.Generator
        Its recipe names the judge.
    train, test : datasets.Dataset
        Real sounds.
    count, seed : int
        As in :func:`sounds_like`.
    brief : bool
        As in ``metrics.evaluate``.
    sounds : tuple, optional
        What :func:`sounds_like` returned, instead of new sounds.

    Raises
    ------
    ValueError
        If the judge knows other labels than those of the data.
    """
    judge = classifiers.load(generator.recipe.judge)
    if tuple(judge.heads["label"]) != tuple(test.label_names):
        raise ValueError(
            f"the judge {generator.recipe.judge!r} knows {', '.join(judge.heads['label'])}, "
            f"but the data has {', '.join(test.label_names)}"
        )
    sounds, asked = sounds or sounds_like(generator, test, count, seed)
    labels, names = datasets.condition_labels(test, generator.recipe.conditions)
    real = {
        name: np.array(names[name])[column] for name, column in zip(names, labels.T, strict=True)
    }
    recipe, words = generator.recipe, np.array(test.label_names)
    return metrics.evaluate(
        judge,
        train.waveforms,
        test.waveforms,
        numbered(judge, real),
        sounds,
        numbered(judge, asked),
        seed=seed,
        pitches=[float(name) for name in words] if recipe.label_means == "pitch" else None,
        brief=brief,
        train_labels=train.labels,
        recordings=(train.columns["recording"], test.columns["recording"]),
        kits=train.columns.get("kit"),
        ears=_other_ears(recipe),
        codec=lambda clips, labels: recipe.decode(
            recipe.encode(clips, words[labels]), words[labels]
        ),
    )


def _other_ears(recipe):
    """Return the ears beside the recipe's judge, which share neither features nor network."""
    ears = {"scattering": metrics.ScatteringEar(recipe.sample_rate)}
    second = f"{recipe.judge}-mels"
    if second in classifiers.names():
        ears = {"mels": classifiers.load(second)} | ears
    return ears


def numbered(judge, classes):
    """Turn names into the judge's numbers, for the heads whose classes it knows all.

    Parameters
    ----------
    judge : classifiers.Classifier
        With its heads and the classes of each.
    classes : dict of str to sequence of str
        For each condition, the name of the class of each sound.
    """
    return {
        head: np.array([judge.heads[head].index(name) for name in names])
        for head, names in classes.items()
        if set(names) <= set(judge.heads.get(head, ()))
    }
