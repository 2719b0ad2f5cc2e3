"""The mended network of dense layers and one LSTM in PyTorch."""

from itertools import pairwise

import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn

from benchmarks.torch_layers import Score


class Generator(nn.Module):
    """From latents to waveforms ``[batch, samples, 1]``."""

    def __init__(self, samples=2048, widths=(256, 512, 1024), latent_dim=100):
        super().__init__()
        sizes = (latent_dim, *widths, samples)
        self.layers = nn.ModuleList(nn.Linear(*pair) for pair in pairwise(sizes))

    def forward(self, latents, labels=None):
        """Generate."""
        x = latents
        for layer in self.layers[:-1]:
            x = F.relu(layer(x))
        return torch.tanh(self.layers[-1](x)).unsqueeze(-1)


class Discriminator(nn.Module):
    """From waveforms to scores."""

    def __init__(self, samples=2048, units=64, frame=64):
        super().__init__()
        self.frame = frame
        self.lstm = nn.LSTM(frame, units, batch_first=True)
        nn.init.zeros_(self.lstm.bias_hh_l0)  # PyTorch has two biases where one would do
        self.lstm.bias_hh_l0.frozen = True
        self.score = Score(units * samples // frame, ())

    def forward(self, waveforms, labels=None):
        """Score."""
        x = self.lstm(waveforms.reshape(len(waveforms), -1, self.frame))[0]
        return self.score(x.permute(0, 2, 1).unsqueeze(2))
