"""Audio GANs by Ear: a small library for generating sound with adversarial networks.

Importing the package costs nothing: each module (``audio``, ``datasets``, ``pretrained``, ...) is
imported by name, and only those that need TensorFlow load it.
"""

from audiogan_lib import runtime

__version__ = "0.1.0"

runtime.quiet_tensorflow()
