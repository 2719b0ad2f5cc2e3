"""What goes to standard output for other programs to read."""

import json
import math


def add_json(parser):
    """Let a command take ``--json``."""
    parser.add_argument("--json", action="store_true", help="as JSON, for another program")


def print_json(value):
    """Print a value as JSON in ASCII, any console's letters; null for what is no finite number.

    Parameters
    ----------
    value : object
        Of dicts, lists, text and numbers.
    """
    print(json.dumps(_finite(value), indent=1, allow_nan=False))


def _finite(value):
    if isinstance(value, dict):
        return {key: _finite(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
