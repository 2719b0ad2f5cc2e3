"""A report as a table of text."""

from audiogan_lib.metrics.accuracy import wilson_interval

#: Scores of a report's columns: key, title, how a number is written.
_ROWS = (
    ("pitch_accuracy", "within 20 cents", "{:.3f}"),
    ("pitch_error_cents", "  out of tune (cents)", "{:.1f}"),
    ("inception_score", "inception score", "{:.2f}"),
    ("modified_inception_score", "  modified", "{:.0f}"),
    ("am_score", "AM score", "{:.3f}"),
    ("density", "density", "{:.2f}"),
    ("coverage", "coverage", "{:.2f}"),
    ("different_bins", "different bins of 20", "{}"),
    ("kernel_distance", "kernel distance x 100, cubic", "{:.3g}"),
    ("gaussian_kernel_distance", "  Gaussian", "{:.3g}"),
    ("train_distance_db", "nearest training clip (dB)", "{:.1f}"),
    ("nearer", "  nearer than a test clip's", "{:.2f}"),
    ("apart_db", "nearest other clip (dB)", "{:.1f}"),
    ("level_db", "level (dB)", "{:.1f}"),
    ("flatness", "flatness", "{:.3f}"),
    ("attack_ms", "attack (ms)", "{:.1f}"),
    ("attack_difference_ms", "  difference, label by label", "{:.1f}"),
    ("frechet_distance_infinity", "Frechet distance, no end", "{:.2f}"),
    ("frechet_distance", "Frechet distance", "{:.2f}"),
)

#: What is too small to be read.
_TIMES = {"kernel_distance": 100, "gaussian_kernel_distance": 100}


def format_table(report):
    """Lay out what `evaluate` returned as lines of text.

    Parameters
    ----------
    report : dict
        From `evaluate`, brief or not.

    Returns
    -------
    table : str
        One column for the real test split, one for the generated clips, then each head's shares.
        Intervals (95 %) stand in brackets.
    """
    columns = test, generated = report["test"], report["generated"]
    rows = [("", "test split", "generated")]
    rows.append(("clips", f"{test['clips']}", f"{generated['clips']}"))
    rows.append(_row("recognised as asked", "{:.3f}", columns, "accuracy", "interval"))
    heads = generated.get("accuracies", {})  # of which the test may have other classes
    rows += [(f"  {head}", *(_share(column, head) for column in columns)) for head in heads]
    for key, title, form in _ROWS:
        if key in generated:
            rows.append(_row(title, form, columns, key))
        if key == "nearer" and "train_distance_db" in report:
            rows.append(("  among training clips", f"{report['train_distance_db']:.1f}", ""))
    floor = f"{report['floor']:.2f}"
    rows.append((f"  real against real, {report['equal_count']} clips", floor, ""))
    for head, shares in test["shares"].items():
        rows.append((f"share of each {head}", "", ""))
        rows += [
            (f"  {name}", f"{share:.3f}", f"{generated['shares'][head][name]:.3f}")
            for name, share in shares.items()
        ]
    width = max(len(row[0]) for row in rows)
    lines = [f"{a:<{width}}  {b:>22}  {c:>22}".rstrip() for a, b, c in rows]
    return "\n".join([*lines, *_alarms(generated)])


def _row(title, form, columns, key, interval=None):
    cells, times = [], _TIMES.get(key, 1)
    for column in columns:
        limits = column.get("intervals", {}).get(key) if interval is None else column[interval]
        scaled = limits and [times * limit for limit in limits]
        cells.append(_cell(form, times * column[key], scaled) if key in column else "")
    return (title, *cells)


def _share(column, head):
    share = column.get("accuracies", {}).get(head)
    return "" if share is None else _cell("{:.3f}", share, wilson_interval(share, column["clips"]))


def _cell(form, value, limits):
    if limits is None:
        return form.format(value)
    low, high = (form.format(limit) for limit in limits)
    return f"{form.format(value)} [{low}, {high}]"


def _alarms(column):
    return [f"alarm, {name}: {seen}" for name, seen in column.get("alarms", {}).items()]
