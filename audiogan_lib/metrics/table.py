"""A report as a table of text."""

from audiogan_lib.metrics.accuracy import wilson_interval
from audiogan_lib.metrics.scores import SCORES


def format_table(report):
    """Lay out what `evaluate` returned as lines of text.

    One column for the real test split, one for the generated clips, then each head's shares.
    Intervals (95 %) stand in brackets.

    Parameters
    ----------
    report : dict
        From `evaluate`, brief or not.
    """
    columns = test, generated = report["test"], report["generated"]
    rows = [("", "test split", "generated")]
    rows.append(("clips", f"{test['clips']}", f"{generated['clips']}"))
    rows.append(_row("recognised as asked", "{:.3f}", columns, "accuracy", "interval"))
    heads = generated.get("accuracies", {})  # of which the test may have other classes
    rows += [(f"  {head}", *(_share(column, head) for column in columns)) for head in heads]
    for key, score in SCORES.items():
        if key in generated:
            rows.append(_row(score.title, score.form, columns, key, times=score.times))
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
    alarms = generated.get("alarms", {}).items()
    return "\n".join([*lines, *(f"alarm, {name}: {seen}" for name, seen in alarms)])


def _row(title, form, columns, key, interval=None, times=1):
    cells = []
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
