"""The small vocoder of ``audiogan_lib.models.vocoder`` in PyTorch, with its discriminators."""

import math

import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn
from torch.nn.utils.parametrizations import weight_norm


class Block(nn.Module):
    """Convolve over frames, then widen and narrow each frame, beside a shortcut."""

    def __init__(self, width, kernel, expansion):
        super().__init__()
        self.frames = nn.Conv2d(width, width, (1, kernel), padding="same")
        self.norm = nn.LayerNorm(width, eps=1e-6)
        self.widen = nn.Linear(width, expansion * width)
        self.narrow = nn.Linear(expansion * width, width)

    def forward(self, x):
        """Apply ``[batch, channels, 1, frames]`` to the same."""
        y = self.norm(self.frames(x).permute(0, 2, 3, 1))
        return x + self.narrow(F.gelu(self.widen(y))).permute(0, 3, 1, 2)


class Generator(nn.Module):
    """From mels ``[batch, frames, n_mels]`` to waveforms ``[batch, samples]``."""

    def __init__(self, n_mels, n_fft, hop_length, width, blocks, kernel, expansion, depthwise):
        super().__init__()
        self.n_fft, self.hop_length = n_fft, hop_length
        self.first = nn.Conv2d(n_mels, width, (1, 7), padding="same")
        self.norms = nn.ModuleList(nn.LayerNorm(width, eps=1e-6) for _ in range(2))
        self.blocks = nn.Sequential(*(Block(width, kernel, expansion) for _ in range(blocks)))
        self.polar = nn.Linear(width, 2 + n_fft)
        self.register_buffer("window", torch.hann_window(n_fft))

    def _overlap_add(self, frames):
        """Apply ``[batch, n_fft, frames]`` to ``[batch, samples]``."""
        length = (frames.shape[-1] - 1) * self.hop_length + self.n_fft
        sizes = {"kernel_size": (1, self.n_fft), "stride": (1, self.hop_length)}
        pad = (self.n_fft - self.hop_length) // 2
        return F.fold(frames, (1, length), **sizes).flatten(1)[:, pad : length - pad]

    def forward(self, mels, labels=None):
        """Generate."""
        x = self.first(mels.transpose(1, 2).unsqueeze(2))
        x = self.norms[0](x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        x = self.norms[1](self.blocks(x).permute(0, 2, 3, 1))[:, 0]
        magnitudes, phases = self.polar(x).float().chunk(2, -1)
        spectra = torch.polar(magnitudes.exp().clamp(max=100.0), phases)
        frames = torch.fft.irfft(spectra, self.n_fft) * self.window
        squares = self.window.square()[None, :, None].expand(1, -1, frames.shape[1])
        return self._overlap_add(frames.transpose(1, 2)) / self._overlap_add(squares)


def _convolution(before, after, kernel, stride=(1, 1)):
    padding = tuple(side // 2 for side in kernel)
    return weight_norm(nn.Conv2d(before, after, kernel, stride, padding))


class _Judge(nn.Module):
    """One sub-discriminator: hidden layers, then a score for each place."""

    def __init__(self, sizes, last, slope):
        super().__init__()
        self.layers = nn.ModuleList(_convolution(*size) for size in sizes)
        self.last, self.slope = _convolution(sizes[-1][1], 1, last), slope

    def forward(self, x):
        """Return scores and feature maps."""
        maps = []
        for layer in self.layers:
            x = F.leaky_relu(layer(x), self.slope)
            maps.append(x)
        return self.last(x).float().flatten(1), maps


class Discriminator(nn.Module):
    """Judge waveforms by their periods and by their spectra."""

    def __init__(self, period, spectrogram):
        super().__init__()
        self.periods, self.resolutions = period["periods"], spectrogram["resolutions"]
        width = period["width"]
        widths = (1, width, 4 * width, 16 * width, 32 * width, 32 * width)
        lines = [(widths[i], widths[i + 1], (1, 5), (1, 3) if i < 4 else (1, 1)) for i in range(5)]
        width = spectrogram["width"]
        spectra = [(1, width, (9, 3)), *[(width, width, (9, 3), (2, 1))] * 3]
        spectra.append((width, width, (3, 3)))
        self.by_period = nn.ModuleList(_Judge(lines, (1, 3), 0.1) for _ in self.periods)
        self.by_spectrum = nn.ModuleList(_Judge(spectra, (3, 3), 0.2) for _ in self.resolutions)
        for n_fft, _, win_length in self.resolutions:
            self.register_buffer(f"window_{n_fft}", torch.hann_window(win_length))

    def _spectra(self, waveforms, n_fft, hop_length, win_length):
        """Return magnitudes ``[batch, 1, frames, bins]``."""
        pad = (n_fft - hop_length) // 2
        waveforms = F.pad(waveforms, (pad, pad), mode="reflect")
        window = getattr(self, f"window_{n_fft}")
        spectra = torch.stft(
            waveforms, n_fft, hop_length, win_length, window, center=False, return_complex=True
        )
        powers = torch.view_as_real(spectra).square().sum(-1).clamp(min=1e-12)
        return powers.sqrt().transpose(1, 2).unsqueeze(1)

    def forward(self, waveforms, labels=None):
        """Score."""
        answers = []
        for period, judge in zip(self.periods, self.by_period, strict=True):
            missing = math.ceil(waveforms.shape[1] / period) * period - waveforms.shape[1]
            full = F.pad(waveforms, (0, missing), mode="reflect") if missing else waveforms
            lines = full.reshape(len(full), -1, period).transpose(1, 2).unsqueeze(1)
            answers.append(judge(lines))
        for resolution, judge in zip(self.resolutions, self.by_spectrum, strict=True):
            answers.append(judge(self._spectra(waveforms, *resolution)))
        scores, maps = zip(*answers, strict=True)
        return {"scores": list(scores), "feature_maps": [m for group in maps for m in group]}
