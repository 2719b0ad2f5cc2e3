"""One file with the scores of a generator, and the sounds behind them to hear."""

from html import escape

from audiogan_lib import display, files, metrics


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
    for key, word in ("worst", "least"), ("best", "best"):
        labels = [
            f"{asked[clip]}: {probability:.3f}"
            + (f", heard as {answer}" if answer != asked[clip] else "")
            for clip, probability, answer in column[key]
        ]
        clips = sounds[[clip for clip, *_ in column[key]]]
        caption = "Label asked for, and its probability to the judge."
        heading = f"What the judge recognised {word}"
        sections.append(_section(heading, clips, train.sample_rate, labels, caption))
    clips, labels = [], []
    for clip, neighbour, distance_db in column["nearest_pairs"]:
        clips += [sounds[clip], train.waveforms[neighbour]]
        labels += [f"{asked[clip]}, generated", f"training clip {neighbour}: {distance_db:.1f} dB"]
    caption = "Each generated sound is followed by the training clip that is most like it."
    sections.append(_section("Nearest to a copy", clips, train.sample_rate, labels, caption))
    table = escape(metrics.format_table(report))
    scores = f'<pre tabindex="0" role="region" aria-label="Scores">{table}</pre>'
    page = display.document(f"How {name} scores", "\n".join([scores, *sections]))
    files.write_text(path, page)


def _section(heading, clips, sample_rate, labels, caption):
    players = display.players(list(clips), sample_rate, labels, caption=caption)
    return f"<section><h2>{escape(heading)}</h2>{players.html}</section>"
