"""``look``: what a folder of sounds is like, before anything is learnt from it."""

import json

SUMMARY = "hear what a folder of your sounds is like, before training on it"


def add_arguments(parser):
    """Say what the command takes."""
    parser.add_argument("data", help="a folder of audio, a zip of one, or a long recording")
    parser.add_argument("--json", action="store_true", help="print all that is known as JSON")


def run(arguments):
    """Print a table and three sentences of advice."""
    from audiogan_lib import datasets

    heard = datasets.look(arguments.data)
    print(json.dumps(heard.as_dict(), indent=1) if arguments.json else heard)
