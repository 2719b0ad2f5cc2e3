"""``python -m audiogan_lib``: the same as ``audiogan``."""

import sys

from audiogan_lib.commands import main

if __name__ == "__main__":
    sys.exit(main())
