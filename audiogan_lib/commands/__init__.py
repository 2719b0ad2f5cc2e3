"""The command line: what ``audiogan`` and ``python -m audiogan_lib`` do.

One file a command: ``SUMMARY``, ``DESCRIPTION``, ``EXAMPLES``, ``add_arguments(parser)`` and
``run(arguments)``; ``program`` lists them. What a command is asked to do is checked before
TensorFlow is loaded, which takes seconds: so each imports what it works with after its checks.
"""

from audiogan_lib.commands.program import main

__all__ = ["main"]
