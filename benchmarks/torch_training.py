"""One adversarial step in PyTorch, with the arithmetic of ``audiogan_lib.training.GAN``."""

import copy
from importlib import import_module

import librosa
import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn

from benchmarks import torch_transcriber

#: How a network can be run on a processor: each as it is and with bfloat16.
FORMS = ("eager", "channels_last", "compile")


def build(case, vocoder_sizes=None):
    """Build generator and discriminator.

    Parameters
    ----------
    case : cases.Case
        Which.
    vocoder_sizes : dict, optional
        ``vocoder.SMALL``, which only our library knows.

    Returns
    -------
    generator, discriminator : nn.Module
        With fresh weights.
    """
    module = import_module(f"benchmarks.torch_{case.network}")
    if case.network != "vocoder":
        return module.Generator(**case.generator), module.Discriminator(**case.discriminator)
    generator = module.Generator(**vocoder_sizes["generator"])
    return generator, module.Discriminator(vocoder_sizes["period"], vocoder_sizes["spectrogram"])


def trained(network):
    """List the parameters that are trained."""
    return [p for p in network.parameters() if not getattr(p, "frozen", False)]


class _LogMel(nn.Module):
    """Mean absolute difference of log-mels of waveforms at 8 kHz."""

    def __init__(self):
        super().__init__()
        mels = librosa.filters.mel(sr=8000, n_fft=256, n_mels=40)
        self.register_buffer("matrix", torch.from_numpy(mels.T.copy()))
        self.register_buffer("window", torch.hann_window(256))

    def forward(self, real, fake):
        """Compare."""
        with torch.autocast("cpu", enabled=False):
            spectra = [
                torch.stft(x, 256, 64, window=self.window, center=False, return_complex=True)
                for x in (real, fake)
            ]
            mels = [(x.abs().transpose(1, 2) @ self.matrix).clamp(min=1e-5) for x in spectra]
        return (mels[0].log() - mels[1].log()).abs().mean()


class GAN:
    """Two networks and their optimisers.

    Parameters
    ----------
    case : cases.Case
        Batch and losses.
    generator, discriminator : nn.Module
        From `build`.
    form : str
        One of `FORMS`.
    bfloat16 : bool
        Whether to multiply in bfloat16.
    """

    def __init__(self, case, generator, discriminator, form="eager", bfloat16=False):
        self.case, self.form, self.steps = case, form, 0
        if form == "channels_last":
            generator.to(memory_format=torch.channels_last)
            discriminator.to(memory_format=torch.channels_last)
        self.average = copy.deepcopy(generator).requires_grad_(False)
        self.generator, self.discriminator = generator, discriminator
        options = {"lr": 4e-4, "betas": (0.5, 0.99), "eps": 1e-7, "fused": True}
        networks = generator, discriminator
        self.optimisers = [torch.optim.Adam(trained(n), **options) for n in networks]
        self.autocast = torch.autocast("cpu", torch.bfloat16, enabled=bfloat16)
        terms = {"smoothness": torch_transcriber.smoothness, "log_mel": _LogMel()}
        terms["diversity"] = torch_transcriber.diversity
        self.terms = {name: f for name, f in terms.items() if name in case.losses}
        for name in ("_generate", "_discriminator_loss", "_generator_loss"):
            function = getattr(self, name)
            setattr(self, name, torch.compile(function) if form == "compile" else function)
        self.real_score, self.fake_score = {
            "non_saturating": (lambda s: F.softplus(-s).mean(), lambda s: F.softplus(s).mean()),
            "least_squares": (lambda s: (s - 1).square().mean(), lambda s: s.square().mean()),
        }[case.losses.get("loss", "non_saturating")]

    def _generate(self, inputs, labels):
        return self.generator(inputs, labels)

    def _judge(self, examples, labels):
        answer = self.discriminator(examples, labels)
        return answer if isinstance(answer, dict) else {"scores": [answer]}

    def _discriminator_loss(self, real, fake, labels):
        twice = None if labels is None else torch.cat([labels, labels])
        answer = self._judge(torch.cat([real, fake]), twice)
        loss = 0.0
        for scores in answer["scores"]:
            of_real, of_fake = scores.chunk(2)
            loss = loss + self.real_score(of_real) + self.fake_score(of_fake)
        if weight := self.case.losses.get("label_loss"):
            logits = answer["label_logits"][: len(real)]
            loss = loss + weight * F.cross_entropy(logits, labels[:, 0].long())
        return loss

    def _generator_loss(self, inputs, labels, real, maps):
        fake = self.generator(inputs, labels)
        answer = self._judge(fake, labels)
        loss = sum(self.real_score(scores) for scores in answer["scores"])
        if weight := self.case.losses.get("feature_matching"):
            pairs = zip(maps, answer["feature_maps"], strict=True)
            loss = loss + weight * sum((r - f).abs().float().mean() for r, f in pairs)
        if weight := self.case.losses.get("label_loss"):
            loss = loss + weight * F.cross_entropy(answer["label_logits"], labels[:, 0].long())
        for name, function in self.terms.items():
            loss = loss + self.case.losses[name] * function(real, fake)
        return loss

    def _penalty(self, real, fake, labels):
        """Two-sided gradient penalty between real and fake."""
        mix = torch.rand(len(real), *[1] * (real.dim() - 1))
        points = (mix * real + (1 - mix) * fake).requires_grad_()
        scores = sum(part.sum() for part in self._judge(points, labels)["scores"])
        slopes = torch.autograd.grad(scores, points, create_graph=True)[0]
        norms = (slopes.square().flatten(1).sum(1) + 1e-12).sqrt()
        return self.case.losses["gradient_penalty"] * (norms - 1.0).square().mean()

    def step(self, real, condition):
        """Update both networks and the moving average once; return the generator's loss."""
        latent = self.case.latent_dim
        labels = condition if latent else None
        draw = (lambda: torch.randn(len(real), latent)) if latent else (lambda: condition)
        with self.autocast:
            with torch.no_grad():
                fake = self._generate(draw(), labels)
            loss = self._discriminator_loss(real, fake, labels)
            if "gradient_penalty" in self.case.losses:
                loss = loss + self._penalty(real, fake, labels)
        self._update(1, loss)
        self.discriminator.requires_grad_(False)
        with self.autocast:
            maps = None
            if "feature_matching" in self.case.losses:
                with torch.no_grad():
                    maps = self._judge(real, labels)["feature_maps"]
            loss = self._generator_loss(draw(), labels, real, maps)
        self._update(0, loss)
        self.discriminator.requires_grad_(True)
        self._follow()
        return loss.detach().item()

    def _update(self, network, loss):
        self.optimisers[network].zero_grad(set_to_none=True)
        loss.backward()
        self.optimisers[network].step()

    @torch.no_grad()
    def _follow(self):
        """Move the average towards the generator."""
        rate = 1.0 - min(0.998, (1.0 + self.steps) / (10.0 + self.steps))
        self.steps += 1
        averages, values = (
            [t for t in network.state_dict().values() if t.is_floating_point()]
            for network in (self.average, self.generator)
        )
        torch._foreach_lerp_(averages, values, rate)


def step_function(case, form, bfloat16, vocoder_sizes=None):
    """Return a function that makes one training step, and the number of parameters.

    Parameters
    ----------
    case, form, bfloat16, vocoder_sizes
        As in `GAN` and `build`.

    Returns
    -------
    step : callable
        One step on the case's batch.
    parameters : int
        What both networks train.
    """
    torch.manual_seed(0)
    networks = build(case, vocoder_sizes)
    gan = GAN(case, *networks, form, bfloat16)
    data = [None if part is None else torch.from_numpy(part) for part in case.data()]
    count = sum(p.numel() for network in networks for p in trained(network))
    return lambda: gan.step(*data), count
