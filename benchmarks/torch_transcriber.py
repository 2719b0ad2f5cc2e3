"""The transcriber of ``audiogan_lib.models.transcriber`` in PyTorch, with its losses."""

import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn


def _occupied(sequences):
    return (sequences != 0).any(-1)


def _merge(logits, occupied):
    """Replace each run of positions with one most likely phoneme by the mean of its logits."""
    phones = logits.argmax(-1)
    changes = phones[:, 1:] != phones[:, :-1]
    starts = torch.cat([torch.ones_like(changes[:, :1]), changes], 1)
    runs = (starts & occupied).int().cumsum(1) - 1
    places = torch.arange(logits.shape[1])
    member = ((runs[..., None] == places) & occupied[..., None]).to(logits.dtype)
    sizes = member.sum(1)[..., None]
    means = member.transpose(1, 2) @ logits / sizes.clamp(min=1)
    return means.softmax(-1) * (sizes > 0).to(logits.dtype)


class Generator(nn.Module):
    """From features of speech ``[batch, positions, dim]`` to texts."""

    def __init__(self, phones, positions, dim, kernel=4):
        super().__init__()
        self.dropout = nn.Dropout(0.1)
        self.phones = nn.Conv1d(dim, phones, kernel, bias=False)
        self.padding = ((kernel - 1) // 2, kernel // 2)

    def forward(self, features, labels=None):
        """Write."""
        x = F.pad(self.dropout(features).transpose(1, 2), self.padding)
        return _merge(self.phones(x).transpose(1, 2), _occupied(features))


class Discriminator(nn.Module):
    """From texts ``[batch, positions, phones]`` to scores."""

    def __init__(self, phones, positions, width, kernel=6):
        super().__init__()
        self.padding = (kernel - 1, 0)
        sizes = ((phones, width), (width, width), (width, 1))
        self.layers = nn.ModuleList(nn.Conv1d(*size, kernel) for size in sizes)

    def forward(self, texts, labels=None):
        """Score."""
        embed, hidden, last = self.layers
        x = embed(F.pad(texts.transpose(1, 2), self.padding))
        x = F.gelu(hidden(F.pad(x, self.padding)))
        scores = last(F.pad(x, self.padding))[:, 0]
        occupied = _occupied(texts).to(scores.dtype)
        return (scores * occupied).sum(1, keepdim=True) / occupied.sum(1, keepdim=True).clamp(min=1)


def smoothness(real, fake):
    """Mean squared difference of neighbouring logits."""
    logits = fake.clamp(min=1e-30).log()
    logits = logits - logits.mean(-1, keepdim=True)
    occupied = _occupied(fake)[:, 1:].to(logits.dtype)
    differences = (logits[:, 1:] - logits[:, :-1]).square().mean(-1)
    return (differences * occupied).sum() / occupied.sum().clamp(min=1)


def diversity(real, fake):
    """Share of the phonemes that a batch leaves unused."""
    usage = fake.sum((0, 1)) / _occupied(fake).sum().clamp(min=1)
    return 1.0 - (-(usage * (usage + 1e-7).log()).sum()).exp() / fake.shape[-1]
