"""What a generator takes: a place in latent space, and the classes that it is asked for.

Arithmetic only, without a network, for a control in a notebook or a page to follow: `LatentWalk`
and `QualityKnobs` lead through latent space; `label_indices` numbers what is asked for.
"""

from audiogan_lib.latents.conditions import label_indices
from audiogan_lib.latents.walks import LatentWalk, QualityKnobs, random_directions

__all__ = ["LatentWalk", "QualityKnobs", "label_indices", "random_directions"]
