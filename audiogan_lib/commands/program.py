"""The program: its commands, their help, and how it ends."""

import argparse
import os
import sys
from pathlib import Path

from audiogan_lib import __version__, files
from audiogan_lib.commands import catalogue, classes, evaluate, export, generate, look, train

COMMANDS = {
    "list": catalogue,
    "generate": generate,
    "look": look,
    "train": train,
    "evaluate": evaluate,
    "export": export,
    "class": classes,
}

DESCRIPTION = """\
Generate sound with adversarial networks: by generators that are here already,
or by one that you train, on the sounds of a recipe or on your own."""

EXAMPLES = {
    "What is there": "audiogan list",
    "Eight snares as WAV files": "audiogan generate drums --label snare --out sounds",
    "What a command takes": "audiogan generate --help",
}

#: What the program tells whoever started it; a test holds the README to this.
EXIT_CODES = {
    0: "done",
    1: "not finished, though the command is right: a disk, a network, a bug",
    2: "what the command asks for cannot be had; one sentence says why",
    130: "interrupted from the keyboard; training keeps what was learnt",
    141: "the reader of the output has gone, such as `head`",
}


class Parser(argparse.ArgumentParser):
    """A parser that refuses in one sentence, with the nearest name.

    Parameters
    ----------
    examples : dict of str to str
        Command lines by what they are for.
    epilog : str
        What follows them in the help.
    **options : dict
        As in ``argparse.ArgumentParser``.
    """

    def __init__(self, *, examples, epilog="", **options):
        shown = [f"  {purpose}:\n    {line}" for purpose, line in examples.items()]
        super().__init__(
            formatter_class=argparse.RawDescriptionHelpFormatter,
            epilog="\n".join(["examples:", *shown, epilog]),
            **options,
        )
        self.names = ()

    def parse_known_args(self, args=None, namespace=None):
        """Refuse what is no command and no option, before argparse asks for what is missing."""
        options = tuple(self._option_string_actions)
        for word in args[:1] if self.names else args:
            if word.startswith("--") and len(word) > 2:
                option = word.partition("=")[0]
                if not any(known.startswith(option) for known in options):
                    self.error(f"there is no option {option}{files.nearest(option, options)}")
            elif self.names and not word.startswith("-") and word not in self.names:
                known = ", ".join(self.names)
                proposal = files.nearest(word, self.names)
                self.error(f"no command {word!r}{proposal}: it must be one of {known}")
        return super().parse_known_args(args, namespace)

    def error(self, message):
        """Refuse."""
        raise ValueError(f"{message}; see {self.prog} --help")


def parser():
    """Return the program's parser, with one for each command."""
    codes = [f"  {code:<5}{meaning}" for code, meaning in EXIT_CODES.items()]
    whole = Parser(
        prog="audiogan",
        description=DESCRIPTION,
        examples=EXAMPLES,
        epilog="\n".join(["\nexit codes:", *codes]),
    )
    whole.add_argument("--version", action="version", version=f"audiogan {__version__}")
    commands = whole.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, command in COMMANDS.items():
        part = commands.add_parser(
            name, help=command.SUMMARY, description=command.DESCRIPTION, examples=command.EXAMPLES
        )
        command.add_arguments(part)
    whole.names = tuple(COMMANDS)
    return whole


def main(arguments=None):
    """Run one command; ``audiogan --help`` lists them.

    Parameters
    ----------
    arguments : list of str, optional
        Instead of those of the process.

    Returns
    -------
    int
        0; 1 when what was asked for could not be finished, 2 when it cannot be done, each after one
        sentence on standard error; 130 after one when the command was interrupted from the
        keyboard; 141 when nobody reads the output any more.

    Examples
    --------
    >>> from audiogan_lib import commands
    >>> commands.main(["--version"])
    audiogan ...
    0
    """
    if hasattr(sys.stdout, "reconfigure"):  # a console or a pipe may lack a label's letters
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        parsed = parser().parse_args(sys.argv[1:] if arguments is None else arguments)
        COMMANDS[parsed.command].run(parsed)
        sys.stdout.flush()
    except SystemExit as end:  # after --help and --version
        return end.code
    except KeyboardInterrupt as stop:
        return _refused(": ".join(["stopped", *map(str, stop.args)]), 130)
    except BrokenPipeError:
        with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
            os.dup2(nowhere.fileno(), sys.stdout.fileno())  # Python flushes once more at its end
        return 141
    except (OSError, RuntimeError, FloatingPointError) as error:
        return _refused(error, 1)
    except ValueError as error:
        return _refused(error, 2)
    return 0


def _refused(why, code):
    print(f"audiogan: {why}", file=sys.stderr)
    return code
