"""SpecGAN in PyTorch: the architecture of ``audiogan_lib.models.specgan``."""

import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn

from benchmarks.torch_layers import First, Score, downsample, upsample


class Generator(nn.Module):
    """From latents to spectrograms ``[batch, frames, bins]``."""

    def __init__(
        self,
        frames=128,
        bins=128,
        width=64,
        latent_dim=100,
        labels=(),
        kernel=5,
        patch=1,
        batch_norm=False,
    ):
        super().__init__()
        stages = 6 - patch.bit_length()
        channels = width * 2 ** (stages - 1)
        self.patch = patch
        smallest = (frames // 32, bins // 32, channels)
        self.first = First(latent_dim, labels, smallest, bias=not batch_norm)
        self.norms, self.layers = nn.ModuleList(), nn.ModuleList()
        for stage in range(stages):
            last = stage == stages - 1
            after = patch**2 if last else channels // 2
            self.norms.append(nn.BatchNorm2d(channels, eps=1e-3) if batch_norm else nn.Identity())
            self.layers.append(upsample(channels, after, kernel, 2, bias=last or not batch_norm))
            channels = after

    def forward(self, latents, labels=None):
        """Generate."""
        x = self.first(latents, labels)
        for norm, layer in zip(self.norms, self.layers, strict=True):
            x = layer(F.relu(norm(x)))
        return torch.tanh(F.pixel_shuffle(x.float(), self.patch)).squeeze(1)


class Discriminator(nn.Module):
    """From spectrograms to scores."""

    def __init__(self, frames=128, bins=128, width=64, labels=(), kernel=5, patch=1):
        super().__init__()
        stages = 6 - patch.bit_length()
        self.patch, before = patch, patch**2
        self.layers = nn.ModuleList()
        for stage in range(stages):
            self.layers.append(downsample(before, width * 2**stage, kernel, 2))
            before = width * 2**stage
        self.score = Score(before * frames * bins // 32**2, labels)

    def forward(self, spectrograms, labels=None):
        """Score."""
        x = F.pixel_unshuffle(spectrograms.unsqueeze(1), self.patch)
        for layer in self.layers:
            x = F.leaky_relu(layer(x), 0.2)
        return self.score(x, labels)
