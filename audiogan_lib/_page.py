"""A page on which the sounds behind a report can be heard."""

from html import escape

from . import display
from ._safe_files import write_text
from .metrics import format_table

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>{title}</title>
<style>
:root{{color-scheme:light dark}}
body{{font:16px/1.5 system-ui,sans-serif;max-width:1100px;margin:0 auto;padding:16px}}
pre{{overflow-x:auto;font-size:14px}}
</style>
</head>
<body>
<main>
<h1>{title}</h1>
<pre tabindex="0" role="region" aria-label="Scores">{table}</pre>
{sections}
</main>
</body>
</html>
"""


def write_page(path, name, report, train, sounds, asked):
    """Save one file with the table, and the worst, best and most copied sounds to hear.

    Parameters
    ----------
    path : path-like
        Of the HTML file; replaced whole or not at all.
    name : str
        Of the generator.
    report : dict
        From ``metrics.evaluate``, not brief.
    train : datasets.Dataset
        What the generator learnt from.
    sounds : np.ndarray [shape=(clips, samples)]
        What was judged.
    asked : sequence of str
        Label that was asked for, of each.
    """
    column = report["generated"]
    sections = []
    for key, heading in (
        ("worst", "What the judge recognised least"),
        ("best", "What the judge recognised best"),
    ):
        labels = [
            f"{asked[clip]}: {sure:.3f}" + (f", heard as {heard}" if heard != asked[clip] else "")
            for clip, sure, heard in column[key]
        ]
        clips = sounds[[clip for clip, *_ in column[key]]]
        caption = "Label asked for, and its probability to the judge."
        sections.append(_section(heading, clips, train.sample_rate, labels, caption))
    clips, labels = [], []
    for clip, neighbour, distance_db in column["nearest_pairs"]:
        clips += [sounds[clip], train.waveforms[neighbour]]
        labels += [f"{asked[clip]}, generated", f"training clip {neighbour}: {distance_db:.1f} dB"]
    caption = "Each generated sound is followed by the training clip that is most like it."
    sections.append(_section("Nearest to a copy", clips, train.sample_rate, labels, caption))
    page = _PAGE.format(
        title=escape(f"How {name} scores"),
        table=escape(format_table(report)),
        sections="\n".join(sections),
    )
    write_text(path, page)


def _section(heading, clips, sample_rate, labels, caption):
    players = display.players(list(clips), sample_rate, labels, caption=caption)
    return f"<section><h2>{escape(heading)}</h2>{players.html}</section>"
