"""``evaluate``: scores of generated sounds beside real ones."""

import sys
from pathlib import Path

from audiogan_lib.commands import checks, printing

SUMMARY = "score generated sounds beside real ones"

DESCRIPTION = """\
Let a judge, which was trained on real sounds only, compare generated sounds
with recordings that no training has heard. The chapter on evaluation says what
each line of the table means."""

EXAMPLES = {
    "With a page to hear the worst and the best": "audiogan evaluate drums --page drums.html",
    "For another program": "audiogan evaluate wavegan-drums --json",
}


def add_arguments(parser):
    """Say what the command takes."""
    parser.add_argument("generator", help="a shipped generator's name, or a run's folder")
    parser.add_argument(
        "--count", type=int, default=300, help="number of generated sounds (default: %(default)d)"
    )
    parser.add_argument(
        "--page", type=Path, metavar="FILE.html", help="save a page with sounds to hear"
    )
    printing.add_json(parser)


def run(arguments):
    """Print the table, and save the page where one is asked for."""
    recipe = checks.card(arguments.generator, arguments.count)["recipe"]
    if recipe.get("judge") is None:
        raise ValueError(
            f"{arguments.generator} was trained on {recipe.get('data')}; no shipped classifier "
            "knows its labels, so generate sounds and listen instead"
        )
    if arguments.page is not None and not arguments.page.parent.is_dir():
        raise ValueError(f"--page {arguments.page}: there is no folder {arguments.page.parent}")
    from audiogan_lib import metrics, pretrained, runs

    generator = pretrained.load(arguments.generator)
    recipe = generator.recipe
    train, test = recipe.load_data("train"), recipe.load_data("test")
    sounds, asked = runs.sounds_like(generator, test, arguments.count)
    report = runs.judge_report(generator, train, test, sounds=(sounds, asked))
    if arguments.json:
        printing.print_json(report)
    else:
        print(metrics.format_table(report))
    if arguments.page is not None:
        runs.write_page(arguments.page, recipe.name, report, train, sounds, asked["label"])
        print(f"Hear it: {arguments.page}", file=sys.stderr if arguments.json else sys.stdout)
