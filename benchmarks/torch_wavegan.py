"""WaveGAN in PyTorch: the architecture of ``audiogan_lib.models.wavegan``."""

import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn

from benchmarks.torch_layers import First, PhaseShuffle, Score, downsample, upsample

STRIDES = {8192: (4, 4, 4, 4, 2), 16384: (4, 4, 4, 4, 4)}  # of the generator, first layer first


def split_steps(x, stride):
    """Turn channels ``[batch, stride * c, 1, steps]`` into ``[batch, c, 1, steps * stride]``."""
    batch, channels, _, steps = x.shape
    x = x.reshape(batch, stride, channels // stride, steps).permute(0, 2, 3, 1)
    return x.reshape(batch, channels // stride, 1, steps * stride)


def join_steps(x, stride):
    """Undo `split_steps`."""
    batch, channels, _, steps = x.shape
    x = x.reshape(batch, channels, steps // stride, stride).permute(0, 3, 1, 2)
    return x.reshape(batch, channels * stride, 1, steps // stride)


class Generator(nn.Module):
    """From latents to waveforms ``[batch, samples, 1]``."""

    def __init__(
        self, samples=16384, width=64, latent_dim=100, labels=(), kernel=25, form="transposed"
    ):
        super().__init__()
        self.strides, self.form = STRIDES[samples], form
        channels = width * 2 ** (len(self.strides) - 1)
        self.first = First(latent_dim, labels, (1, 16, channels))
        self.layers = nn.ModuleList()
        for stage, stride in enumerate(self.strides):
            after = 1 if stage == len(self.strides) - 1 else channels // 2
            if form == "subpixel":
                layer = downsample(channels, after * stride, -(-kernel // stride), 1, flat=True)
            else:
                layer = upsample(channels, after, kernel, stride, flat=True)
            self.layers.append(layer)
            channels = after

    def forward(self, latents, labels=None):
        """Generate."""
        x = self.first(latents, labels)
        for layer, stride in zip(self.layers, self.strides, strict=True):
            x = layer(F.relu(x))
            x = split_steps(x, stride) if self.form == "subpixel" else x
        return torch.tanh(x.float()).flatten(1).unsqueeze(-1)


class Discriminator(nn.Module):
    """From waveforms to scores."""

    def __init__(
        self, samples=16384, width=64, phase_shuffle=2, labels=(), kernel=25, form="transposed"
    ):
        super().__init__()
        self.strides, self.form = STRIDES[samples][::-1], form
        self.shuffle = PhaseShuffle(phase_shuffle) if phase_shuffle else None
        self.layers, before = nn.ModuleList(), 1
        for stage, stride in enumerate(self.strides):
            channels = width * 2**stage
            if form == "subpixel":
                short = -(-kernel // stride)
                layer = downsample(before * stride, channels, short, 1, flat=True)
            else:
                layer = downsample(before, channels, kernel, stride, flat=True)
            self.layers.append(layer)
            before = channels
        self.score = Score(16 * before, labels)

    def forward(self, waveforms, labels=None):
        """Score."""
        x = waveforms.unsqueeze(1).transpose(2, 3)
        for stage, (layer, stride) in enumerate(zip(self.layers, self.strides, strict=True)):
            x = join_steps(x, stride) if self.form == "subpixel" else x
            x = F.leaky_relu(layer(x), 0.2)
            if self.shuffle is not None and stage < 4:
                x = self.shuffle(x)
        return self.score(x, labels)
