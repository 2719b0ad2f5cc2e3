"""A report as a table of text."""

from audiogan_lib.metrics.accuracy import wilson_interval
from audiogan_lib.metrics.scores import SCORES


def format_table(report):
    """Lay out what `evaluate` returned as lines of text.

    One column for the real test split, one for the generated clips: first what the judge says, then
    what each ear does, then each head's shares. Intervals (95 %) stand in brackets.

    Parameters
    ----------
    report : dict
        From `evaluate`, brief or not.
    """
    columns = test, generated = report["test"], report["generated"]
    rows = [("", "test split", "generated")]
    rows.append(("clips", f"{test['clips']}", f"{generated['clips']}"))
    if "recordings" in test:
        rows.append(("  of recordings", f"{test['recordings']}", ""))
    rows.append(_row("recognised as asked", "{:.3f}", columns, "accuracy", "interval"))
    heads = generated.get("accuracies", {})  # of which the test may have other classes
    rows += [(f"  {head}", *(_share(column, head) for column in columns)) for head in heads]
    for key, score in SCORES.items():
        if key in test or key in generated:
            rows.append(_row(score.title, score.form, columns, key, times=score.times))
        if key == "copy_distance_db":
            rows += _yardsticks(report.get("yardsticks", {}))
        if key == "nearer" and "train_distance_db" in report:  # of an earlier version
            rows.append(("  among training clips", f"{report['train_distance_db']:.1f}", ""))
    floor = f"{report['floor']:.2f}"
    rows.append((f"  real against real, {report['equal_count']} clips", floor, ""))
    for name, columns_of_ear in report.get("ears", {}).items():
        rows += _ear(name, columns_of_ear)
    worst = report.get("worst_ear", {})
    rows += [(f"worst ear, {_titled(score)}", "", f"{ear}") for score, (ear, _) in worst.items()]
    for head, shares in test["shares"].items():
        rows.append((f"share of each {head}", "", ""))
        rows += [
            (f"  {name}", f"{share:.3f}", f"{generated['shares'][head][name]:.3f}")
            for name, share in shares.items()
        ]
    width = max(len(row[0]) for row in rows)
    lines = [f"{a:<{width}}  {b:>22}  {c:>22}".rstrip() for a, b, c in rows]
    alarms = generated.get("alarms", {}).items()
    lines += [f"alarm, {name}: {seen}" for name, seen in alarms]
    unlike = report.get("excesses", {}).items()
    return "\n".join([*lines, *(f"unlike recordings, {name}: {seen}" for name, seen in unlike)])


#: How the yardsticks of copies are called.
_YARDSTICKS = {
    "codec": "  a training clip by the codec",
    "retuned": "  one by a semitone or two",
    "recording": "  another recording of the label",
    "kit": "  another kit",
}


def _yardsticks(found):
    return [(_YARDSTICKS[name], f"{value:.1f}", "") for name, value in found.items()]


def _titled(score):
    return "recognised" if score == "accuracy" else SCORES[score].title


#: Where it stands alone, a title says more.
_EARS_TITLES = {"gaussian_kernel_distance": "  Gaussian kernel distance x 100"}


def _ear(name, sets):
    """Lay out what one ear measures, and what the codec alone costs under it."""
    rows, columns = [(f"heard by {name}", "", "")], (sets["test"], sets["generated"])
    if "accuracy" in sets["generated"]:
        rows.append(_row("  recognised as asked", "{:.3f}", columns, "accuracy"))
    for key, score in SCORES.items():
        if not score.heard or key not in sets["generated"]:
            continue
        title = _EARS_TITLES.get(key, f"  {score.title}")
        rows.append(_row(title, score.form, columns, key, times=score.times))
        if "codec" in sets and key in ("coverage", "frechet_distance"):
            rows.append(("    of the test by the codec", score.form.format(sets["codec"][key]), ""))
    return rows


def _row(title, form, columns, key, interval=None, times=1):
    cells = []
    for column in columns:
        limits = column.get("intervals", {}).get(key) if interval is None else column[interval]
        scaled = limits and [times * limit for limit in limits]
        cells.append(_cell(form, times * column[key], scaled) if key in column else "")
    return (title, *cells)


def _share(column, head):
    share, count = column.get("accuracies", {}).get(head), column.get("recordings", column["clips"])
    return "" if share is None else _cell("{:.3f}", share, wilson_interval(share, count))


def _cell(form, value, limits):
    if limits is None:
        return form.format(value)
    form = "{:.0f}" if max(limits) >= 100 else form  # no more digits than are known, and fit
    low, high = (form.format(limit) for limit in limits)
    return f"{form.format(value)} [{low}, {high}]"
