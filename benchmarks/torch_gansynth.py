"""GANSynth in PyTorch: the strided form of ``audiogan_lib.models.gansynth``."""

from itertools import pairwise

import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn

from benchmarks.torch_layers import EqualizedRate, downsample, upsample


def _pixel_norm(x):
    return x * torch.rsqrt(x.float().square().mean(1, keepdim=True) + 1e-8).to(x.dtype)


def _sizes(frames, bins, blocks, base, limit, patch):
    factor = patch * 2 ** (blocks - 1)
    widths = [min(base // 2**block, limit) for block in range(blocks + 1)]
    return (frames // factor, bins // factor), widths


class Generator(nn.Module):
    """From latents and pitches to images ``[batch, frames, bins, 2]``."""

    def __init__(self, frames, bins, blocks, base, limit, latent_dim, labels, patch, form):
        super().__init__()
        start, widths = _sizes(frames, bins, blocks, base, limit, patch)
        self.labels, self.patch = labels[0], patch
        first = nn.ConvTranspose2d(latent_dim + self.labels, widths[1], start)
        layers = [first, *(upsample(*pair, 4, 2) for pair in pairwise(widths[1:]))]
        self.layers = nn.ModuleList(EqualizedRate(layer) for layer in layers)
        self.image = EqualizedRate(nn.Conv2d(widths[-1], 2 * patch**2, 1), gain=1.0)

    def forward(self, latents, labels):
        """Generate."""
        hot = F.one_hot(labels[:, 0].long(), self.labels).to(latents.dtype)
        x = _pixel_norm(torch.cat([latents, hot], 1)[..., None, None])
        for layer in self.layers:
            x = _pixel_norm(F.leaky_relu(layer(x), 0.2))
        x = F.pixel_shuffle(self.image(x).float(), self.patch)
        return torch.tanh(x).permute(0, 2, 3, 1)


class Discriminator(nn.Module):
    """From images to scores and logits of the pitches."""

    def __init__(self, frames, bins, blocks, base, limit, labels, patch, form, group=4):
        super().__init__()
        start, widths = _sizes(frames, bins, blocks, base, limit, patch)
        self.patch, self.group = patch, group
        layers = [
            nn.Conv2d(2 * patch**2, widths[-1], 1),
            *(downsample(*pair, 4, 2) for pair in pairwise(widths[:0:-1])),
        ]
        last = [downsample(widths[1] + 1, widths[1], 3, 1), nn.Conv2d(widths[1], widths[0], start)]
        self.layers = nn.ModuleList(EqualizedRate(layer) for layer in layers)
        self.last = nn.ModuleList(EqualizedRate(layer) for layer in last)
        heads = [nn.Linear(widths[0], units) for units in (1, labels[0])]
        self.heads = nn.ModuleList(EqualizedRate(head, gain=1.0) for head in heads)

    def _deviation(self, x):
        """Return one more channel: the deviation over groups of neighbours."""
        grouped = x.float().reshape(-1, self.group, *x.shape[1:])
        deviation = (grouped.var(1, unbiased=False) + 1e-8).sqrt().mean((1, 2, 3))
        channel = deviation.repeat_interleave(self.group).reshape(-1, 1, 1, 1)
        return channel.expand(-1, 1, *x.shape[2:]).to(x.dtype)

    def forward(self, images, labels=None):
        """Score."""
        x = F.pixel_unshuffle(images.permute(0, 3, 1, 2), self.patch)
        for layer in self.layers:
            x = F.leaky_relu(layer(x), 0.2)
        x = torch.cat([x, self._deviation(x)], 1)
        for layer in self.last:
            x = F.leaky_relu(layer(x), 0.2)
        x = x.flatten(1)
        score, logits = (head(x).float() for head in self.heads)
        return {"scores": [score], "label_logits": logits}
