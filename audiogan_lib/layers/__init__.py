"""Operations that Keras lacks or does otherwise, and the parts that several networks share.

Their layers are registered: ``import audiogan_lib.layers`` lets ``keras.models.load_model`` read a
``.keras`` file that has some. Other rooms register theirs: ``models.vocoder``,
``models.transcriber``, ``quick`` and, for a judge's network, ``classifiers``.
"""

from audiogan_lib.layers.conditioning import (
    LabelEmbedding,
    condition_sizes,
    generator_inputs,
    projection_score,
)
from audiogan_lib.layers.feature_norms import MinibatchStd, PixelNorm
from audiogan_lib.layers.kernel_norms import EqualizedRate, SpectralNorm, WeightNorm
from audiogan_lib.layers.patches import chain, from_patches, to_patches
from audiogan_lib.layers.shifts import PhaseShuffle, RandomShift

__all__ = [
    "EqualizedRate",
    "LabelEmbedding",
    "MinibatchStd",
    "PhaseShuffle",
    "PixelNorm",
    "RandomShift",
    "SpectralNorm",
    "WeightNorm",
    "chain",
    "condition_sizes",
    "from_patches",
    "generator_inputs",
    "projection_score",
    "to_patches",
]
