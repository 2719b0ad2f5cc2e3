"""``class pool``: the blind tests of a room, as a table and a page."""

import csv
import io
from pathlib import Path

from audiogan_lib import files


def add_arguments(parser):
    """Say what the action takes."""
    parser.add_argument("folder", type=Path, help="with the results as .csv or .txt files")
    parser.add_argument(
        "--out", type=Path, default=Path("pooled"), help="folder (default: %(default)s)"
    )


def run(arguments):
    """Write the table and the page; print the room's line for each question."""
    from audiogan_lib import classroom

    listeners, refused = classroom.read_listeners(arguments.folder)
    rows = classroom.pool(listeners)
    table = io.StringIO(newline="")
    writer = csv.DictWriter(table, rows[0], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    arguments.out.mkdir(parents=True, exist_ok=True)
    files.write_text(arguments.out / "pool.csv", table.getvalue())
    files.write_text(arguments.out / "pool.html", classroom.pool_page(rows, refused))
    for row in rows:
        if row["of"] == "all":
            print(
                f"{row['task']}: {row['listeners']} listeners, {row['right']} of {row['trials']} "
                f"right, 95 % interval {100 * row['low']:.0f} to {100 * row['high']:.0f} %"
            )
    print(f"{arguments.out}: pool.csv and pool.html; {len(refused)} rows left out")
