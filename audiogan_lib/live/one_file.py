"""A generator as one file: a page that plays it, opened from disk anywhere."""

import base64
import html
import json
from pathlib import Path
from string import Template

import numpy as np

from audiogan_lib.live.export import CONTROLS, PAGE, as_script, conditions_of

#: What such a page may weigh, in bytes: little enough to send by mail.
MOST_BYTES = 6_000_000

_KNOBS = 3
_KNOB_RANGE = (-2, 2)

_SCORES = {
    "accuracy": "Recognised as asked",
    "inception_score": "Inception score",
    "frechet_distance": "Fréchet distance",
}


def one_file(generator, name):
    """Write a page that holds a generator, all that plays it, and what its card says.

    Its latent player starts as ``widgets.LatentPlayer`` does, at the latent of seed 0, with the
    morph leading to that of seed 1. Where nobody has found knobs that change what one hears, there
    are three along the first axes of the latent, which are as good as any: latents are drawn alike
    in all directions.

    Parameters
    ----------
    generator : pretrained.Generator
        Of any recipe's networks.
    name : str
        The page's title, and the beginning of the names of files that are saved from it.

    Returns
    -------
    page : str
        HTML of at most 6 MB that asks for nothing outside itself.
    rounded : bool
        Whether the weights are rounded to 16 bits, because the page would be larger otherwise: then
        its sounds differ from those of Python.

    Raises
    ------
    ValueError
        As `export`; or if the page would be larger, rounded or not.

    Examples
    --------
    >>> from audiogan_lib import live, pretrained
    >>> page, rounded = live.one_file(pretrained.load("drums"), "drums")
    >>> round(len(page) / 1e6), rounded
    (4, False)
    """
    for rounded in False, True:
        page = _page(generator, name, rounded)
        size = len(page.encode())
        if size <= MOST_BYTES:
            return page, rounded
    raise ValueError(
        f"the page would have {size / 1e6:.1f} MB, and {MOST_BYTES / 1e6:.0f} are the most: a run "
        "of less width fits"
    )


def _page(generator, name, rounded):
    scripts = (*CONTROLS["latent-player"], "plain_kernel.js")
    sources = [(PAGE / script).read_text("utf-8") for script in scripts]
    # A class may be called "</script>"; in the strings of the script, < can be written so.
    sources.append(as_script(generator, name, rounded).replace("<", "\\u003c"))
    template = Template((PAGE / "one_file.html").read_text("utf-8"))
    return template.substitute(
        title=html.escape(name),
        style=(PAGE / "controls.css").read_text("utf-8"),
        settings=html.escape(json.dumps(_settings(generator, name))),
        facts="\n".join(
            f'<tr><th scope="row">{html.escape(fact)}</th><td>{html.escape(text)}</td></tr>'
            for fact, text in _facts(generator, rounded).items()
        ),
        scripts="\n".join(f"<script>\n{source}</script>" for source in sources),
    )


def _settings(generator, name):
    """Say what the player starts from, as ``latent_player.js`` takes it."""
    start, end = (generator.latents(1, seed=seed)[0] for seed in (0, 1))
    directions = np.eye(len(start))[: 0 if generator.knobs else _KNOBS]
    return {
        "generator": name,
        "conditions": conditions_of(generator),
        "choices": {condition: classes[0] for condition, classes in generator.conditions.items()},
        "qualities": generator.knobs.names if generator.knobs else [],
        "knobs": [f"knob {number + 1}" for number in range(len(directions))],
        "range": _KNOB_RANGE,
        "start": _as_text(start),
        "end": _as_text(end),
        "directions": [_as_text(direction) for direction in directions],
    }


def _as_text(numbers):
    return base64.b64encode(np.asarray(numbers, "<f8").tobytes()).decode()


def _facts(generator, rounded):
    """Put the card into words, without the path of anybody's folder."""
    recipe, card = generator.recipe, generator.card
    training = card.get("training", {})
    duration_s = recipe.samples / recipe.sample_rate
    return {
        "Sounds": f"{duration_s:.2f} s, {recipe.samples} samples at {recipe.sample_rate} Hz",
        **{
            one["title"].capitalize().replace("_", " "): ", ".join(one["classes"])
            for one in conditions_of(generator)
        },
        "Recipe": f"{recipe.name}: {recipe.network}, {generator.network.count_params():,} weights",
        "Data": _amount(Path(recipe.data).name, training.get("clips"), "clips"),
        "Training": _amount(f"{training.get('minutes', 0)} minutes", training.get("step"), "steps"),
        **_scores(card),
        "Weights": (
            "rounded to 16 bits, so that this page stays small: sounds differ a little from those "
            "of the run"
            if rounded
            else "exact: the same sounds as in Python"
        ),
        "Licence": (
            "The scripts of this page are part of audiogan_lib, Apache License 2.0. Sounds and "
            "weights come from the data named above: what their licence and their speakers or "
            "players allow decides what may be done with them."
        ),
    }


def _amount(text, count, unit):
    return text if count is None else f"{text}, {count} {unit}"


def _scores(card):
    """Return the scores that a card has: a shipped generator's, or those of a run's best look."""
    columns = card.get("scores", {})
    generated, real = columns.get("generated", {}), columns.get("test", {})
    if not generated:
        generated = card.get("best", {})
    scores = {}
    for key, title in _SCORES.items():
        if key in generated:
            beside = f" (recordings: {real[key]:.3g})" if key in real else ""
            scores[title] = f"{generated[key]:.3g}{beside}"
    return scores or {"Scores": "none in the card"}
