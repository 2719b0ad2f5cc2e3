"""``look``: what a folder of sounds is like, before anything is learnt from it."""

from pathlib import Path

from audiogan_lib.commands import printing

SUMMARY = "hear what your sounds are like, before training on them"

DESCRIPTION = """\
Listen to a folder of sounds, a zip of one, or a long recording: how much there
is of each label, at which rates and levels, what is damaged, silent, clipped or
there twice, and three sentences of advice. In the table "silent" is a share of
the time, "clipped" and "twice" are numbers of files. Nothing is written."""

EXAMPLES = {
    "A folder whose sub-folders are the labels": "audiogan look my_sounds",
    "All that is known, for another program": "audiogan look my_sounds --json",
}


def add_arguments(parser):
    """Say what the command takes."""
    parser.add_argument("data", help="a folder of audio, a zip of one, or a long recording")
    printing.add_json(parser)


def run(arguments):
    """Print a table and three sentences of advice."""
    if not Path(arguments.data).exists():
        raise ValueError(f"{arguments.data}: there is no such folder or file")
    from audiogan_lib import datasets

    heard = datasets.look(arguments.data)
    if arguments.json:
        printing.print_json(heard.as_dict())
    else:
        print(heard)
