"""The program: its commands, and how it ends."""

import argparse
import sys

from audiogan_lib.commands import evaluate, export, generate, train

COMMANDS = {"train": train, "generate": generate, "evaluate": evaluate, "export": export}


def parser():
    """Return the program's parser, with one for each command."""
    whole = argparse.ArgumentParser(prog="python -m audiogan_lib", description=__doc__)
    commands = whole.add_subparsers(dest="command", required=True)
    for name, command in COMMANDS.items():
        part = commands.add_parser(name, help=command.SUMMARY, description=command.SUMMARY)
        command.add_arguments(part)
    return whole


def main(arguments=None):
    """Run one command.

    Parameters
    ----------
    arguments : list of str, optional
        Instead of those of the process.

    Returns
    -------
    int
        0; 2 after one sentence on standard error that says what was wrong; 130 after one when the
        command was interrupted from the keyboard.
    """
    parsed = parser().parse_args(arguments)
    if hasattr(sys.stdout, "reconfigure"):  # a console or a pipe may lack a label's letters
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        COMMANDS[parsed.command].run(parsed)
    except KeyboardInterrupt as stop:
        print(": ".join(["audiogan_lib: stopped", *map(str, stop.args)]), file=sys.stderr)
        return 130
    except (ValueError, OSError, RuntimeError, FloatingPointError) as error:
        print(f"audiogan_lib: {error}", file=sys.stderr)
        return 2
    return 0
