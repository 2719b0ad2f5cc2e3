"""Parts that train quicker on a processor, with the same numbers."""

from audiogan_lib.quick.adam import Adam
from audiogan_lib.quick.layers import quicken

__all__ = ["Adam", "quicken"]
