"""Sound in the reader's browser: generators as scripts, and what plays them in a page.

``page/`` has what runs there, with no framework and no request: ``kernel.c``, the loops that take
the time, compiled to WebAssembly (``make kernel``) and repeated in ``plain_kernel.js`` for browsers
without it; ``engine.js``, which runs the operations of a network; ``decoders.js``, which makes sound
of what it draws; ``pcg64.js``, NumPy's random numbers. For the same latent the page, Python and the
command line give the same sound.
"""

from audiogan_lib.live.export import PAGE, SCRIPTS, as_script, export
from audiogan_lib.live.operations import operations

__all__ = ["PAGE", "SCRIPTS", "as_script", "export", "operations"]
