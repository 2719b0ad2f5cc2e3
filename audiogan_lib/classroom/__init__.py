"""A class: what its listeners heard, pooled.

The unit is the listener. Trials of one pair of ears are alike, so a room of ten people with eight
trials each is no sample of eighty.
"""

from audiogan_lib.classroom.pooling import Listener, pool, pool_page, read_listeners, share_interval

__all__ = ["Listener", "pool", "pool_page", "read_listeners", "share_interval"]
