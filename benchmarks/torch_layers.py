"""What the PyTorch networks of the comparison share.

Feature maps are ``[batch, channels, height, width]``, those of waveforms of height 1: PyTorch turns
one-dimensional convolutions into these itself, and only two-dimensional ones can be asked to keep
their channels last in memory. Where TensorFlow pads one zero more at the end, these pad it at the
beginning, which spares PyTorch a copy: with mirrored kernels the networks are mirror images.
"""

import math
import random

import torch
import torch.nn.functional as F  # noqa: N812 - PyTorch's own custom
from torch import nn


def _axes(value, flat):
    return (1 if flat else value, value)


def _padding(kernel, stride):
    return tuple(-(-(k - s) // 2) for k, s in zip(kernel, stride, strict=True))


def downsample(before, channels, kernel, stride, flat=False, **options):
    """Return a convolution that divides the sides by ``stride``; ``flat`` for height 1."""
    kernel, stride = _axes(kernel, flat), _axes(stride, flat)
    return nn.Conv2d(before, channels, kernel, stride, _padding(kernel, stride), **options)


def upsample(before, channels, kernel, stride, flat=False, **options):
    """Return a transposed convolution that multiplies the sides by ``stride``."""
    kernel, stride = _axes(kernel, flat), _axes(stride, flat)
    padding = _padding(kernel, stride)
    rest = tuple(2 * p - k + s for p, k, s in zip(padding, kernel, stride, strict=True))
    return nn.ConvTranspose2d(before, channels, kernel, stride, padding, rest, **options)


class EqualizedRate(nn.Module):
    """A layer whose kernel is multiplied by He's constant in each call."""

    def __init__(self, layer, gain=2**0.5):
        super().__init__()
        nn.init.normal_(layer.weight)
        transposed = isinstance(layer, nn.ConvTranspose2d)
        filters = layer.weight.shape[1 if transposed else 0]
        self.layer, self.scale = layer, gain / math.sqrt(layer.weight.numel() / filters)

    def forward(self, x):
        """Apply the layer."""
        layer, weight = self.layer, self.layer.weight * self.scale
        if isinstance(layer, nn.Linear):
            return F.linear(x, weight, layer.bias)
        if isinstance(layer, nn.ConvTranspose2d):
            return F.conv_transpose2d(
                x, weight, layer.bias, layer.stride, layer.padding, layer.output_padding
            )
        return F.conv2d(x, weight, layer.bias, layer.stride, layer.padding)


class LabelEmbedding(nn.Module):
    """The sum of one learned vector for each condition."""

    def __init__(self, sizes, dim, scale=1.0):
        super().__init__()
        self.table = nn.Embedding(sum(sizes), dim)
        nn.init.normal_(self.table.weight, std=scale)
        starts = [sum(sizes[:index]) for index in range(len(sizes))]
        self.register_buffer("starts", torch.tensor(starts))

    def forward(self, labels):
        """Look up and add."""
        return self.table(labels + self.starts).sum(1)


class First(nn.Module):
    """From latents, and labels, to the smallest feature map."""

    def __init__(self, latent_dim, labels, shape, bias=True, embedding_dim=32):
        super().__init__()
        self.embedding = LabelEmbedding(labels, embedding_dim) if labels else None
        features = latent_dim + (embedding_dim if labels else 0)
        self.shape = shape  # height, width, channels
        self.dense = nn.Linear(features, math.prod(shape), bias=bias)

    def forward(self, latents, labels=None):
        """Map."""
        if self.embedding is not None:
            latents = torch.cat([latents, self.embedding(labels)], 1)
        return self.dense(latents).reshape(-1, *self.shape).permute(0, 3, 1, 2)


class Score(nn.Module):
    """From the last feature map, and labels, to scores (Miyato and Koyama 2018)."""

    def __init__(self, features, labels):
        super().__init__()
        self.dense = nn.Linear(features, 1)
        self.embedding = LabelEmbedding(labels, features, 0.02) if labels else None

    def forward(self, x, labels=None):
        """Map."""
        x = x.permute(0, 2, 3, 1).flatten(1)
        score = self.dense(x)
        if self.embedding is not None:
            score = score + (x * self.embedding(labels)).sum(1, keepdim=True)
        return score.float()


class PhaseShuffle(nn.Module):
    """Shift all feature maps by the same few random steps, with reflection."""

    def __init__(self, radius):
        super().__init__()
        self.radius = radius

    def forward(self, x):
        """Shift."""
        if torch.compiler.is_compiling():  # a number drawn by Python would stay in the program
            last = x.shape[-1] - 1
            shift = torch.randint(-self.radius, self.radius + 1, (1,))
            source = torch.arange(last + 1) + shift
            return x.index_select(-1, last - (last - source.abs()).abs())
        shift = random.randint(-self.radius, self.radius)
        if not shift:
            return x
        moved = x[..., shift:] if shift > 0 else x[..., :shift]
        return F.pad(moved, (max(-shift, 0), max(shift, 0), 0, 0), mode="reflect")
