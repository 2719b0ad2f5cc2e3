"""Sound in the reader's browser: generators as scripts, and what plays them in a page.

What runs in a page stands in ``page/``, with no framework and no request. ``kernel.c`` has the
loops that take the time, compiled to WebAssembly; ``plain_kernel.js`` repeats them for browsers
without it. ``engine.js`` runs the operations of a network, ``decoders.js`` makes sound of what it
draws, and ``pcg64.js`` has NumPy's random numbers; ``sound.js`` plays and saves, ``drawing.js``
draws, ``controls.js`` has what controls share, and each control is a file. For the
same latent the page, Python and the command line give the same sound. `one_file` puts all of it
into one page, which a reader takes home.
"""

from audiogan_lib.live.beats import LinkedBeat, LinkedDrum, read_beat
from audiogan_lib.live.export import CONTROLS, ON_DEMAND, PAGE, SCRIPTS, as_script, export
from audiogan_lib.live.links import read_link
from audiogan_lib.live.one_file import one_file
from audiogan_lib.live.operations import operations

__all__ = [
    "CONTROLS",
    "ON_DEMAND",
    "PAGE",
    "SCRIPTS",
    "LinkedBeat",
    "LinkedDrum",
    "as_script",
    "export",
    "one_file",
    "operations",
    "read_beat",
    "read_link",
]
