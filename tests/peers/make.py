"""Make the arrays that ``tests/test_peers.py`` compares with, by the peers themselves.

Run in an environment of its own, ``python tests/peers/make.py``, with torch 2.14.1, torchaudio
2.11.1, auraloss 0.4.0, torch-fidelity 0.4.0, prdc 0.2 and kadtk 1.1.0 (the last without its
dependencies: one file of it is read). A file for each peer holds inputs, weights and what the peer
made of them, under ``case.name``, in the peer's own order of axes: ``[batch, channels, steps]``.
"""

import ast
import importlib.util
from pathlib import Path

import auraloss
import numpy as np
import torch
import torchaudio
from prdc import compute_prdc
from torch import nn
from torch.nn import functional
from torch_fidelity import metric_fid, metric_isc, metric_kid

HERE = Path(__file__).parent


def drawn(*shape):
    """Draw standard normal numbers; the seed is set in `main`."""
    return torch.randn(shape)


def state(case, module):
    """Name the weights of a module."""
    return {f"{case}.{name}": value for name, value in module.state_dict().items()}


def convolutions():
    """Weight-normalised convolutions as the published vocoders pad them."""
    arrays = {}
    for stride in (2, 8):
        case, x = f"transposed_{stride}", drawn(2, 6, 5)
        layer = nn.ConvTranspose1d(6, 3, 2 * stride, stride, padding=stride // 2)
        layer = nn.utils.weight_norm(layer)
        arrays |= state(case, layer) | {f"{case}.x": x, f"{case}.y": layer(x)}
    x = drawn(2, 4, 12)
    layer = nn.utils.weight_norm(nn.Conv1d(4, 3, 7, dilation=3, padding=9))
    arrays |= state("dilated", layer) | {"dilated.x": x, "dilated.y": layer(x)}
    layer = nn.utils.weight_norm(nn.Conv1d(4, 3, 3, dilation=3))
    padded = nn.ReflectionPad1d(3)(x)
    return arrays | state("reflected", layer) | {"reflected.x": x, "reflected.y": layer(padded)}


def spectral_norms():
    """Kernels after three steps of power iteration from a known direction."""
    arrays = {}
    for case, layer, dim, x in (
        ("dense", nn.Linear(6, 5), 0, drawn(2, 6)),
        ("conv", nn.Conv2d(3, 4, 3, padding=1), 0, drawn(1, 3, 5, 5)),
        ("transposed_conv", nn.ConvTranspose1d(4, 3, 4, 2, padding=1), 1, drawn(1, 4, 5)),
    ):
        layer = nn.utils.spectral_norm(layer, dim=dim)
        arrays |= {f"spectral_{case}.kernel": layer.weight_orig.clone()}
        arrays |= {f"spectral_{case}.u": layer.weight_u.clone()}
        for _ in range(3):
            layer(x)
        arrays |= {f"spectral_{case}.divided": layer.weight.clone()}
    return arrays


def recurrent_discriminator():
    """The score of an LSTM's outputs over frames of 8 samples."""
    x = drawn(3, 32)
    lstm, dense = nn.LSTM(8, 3, batch_first=True), nn.Linear(12, 1)
    score = dense(lstm(x.reshape(3, 4, 8))[0].flatten(1))
    return state("lstm", lstm) | state("lstm.score", dense) | {"lstm.x": x, "lstm.y": score}


def batch_norm():
    """Output and running statistics of one batch in training."""
    layer, x = nn.BatchNorm1d(3, eps=1e-3, momentum=0.1), 2 * drawn(4, 3, 5) + 1
    layer.weight.data, layer.bias.data = drawn(3), drawn(3)
    y = layer(x)
    return state("norm", layer) | {"norm.x": x, "norm.y": y}


def adam():
    """A weight after each of four steps of Adam along given gradients."""
    weight, gradients = nn.Parameter(drawn(5)), drawn(4, 5)
    arrays = {"adam.start": weight.clone(), "adam.gradients": gradients}
    optimizer, path = torch.optim.Adam([weight], 0.05, (0.5, 0.9), 1e-8), []
    for gradient in gradients:
        weight.grad = gradient
        optimizer.step()
        path.append(weight.detach().clone())
    return arrays | {"adam.path": torch.stack(path)}


def penalties():
    """Gradient penalties of a small net, and their slope with respect to its first layer."""
    net = nn.Sequential(nn.Linear(4, 6), nn.LeakyReLU(0.2), nn.Linear(6, 1))
    real, fake, mix = drawn(5, 4), drawn(5, 4), torch.rand(5, 1)
    arrays = state("penalty", net)
    arrays |= {"penalty.real": real, "penalty.fake": fake, "penalty.mix": mix[:, 0]}
    points = {"r1": real, "r2": fake, "gradient_penalty": mix * real + (1 - mix) * fake}
    for name, x in points.items():
        x = x.detach().requires_grad_()
        (slopes,) = torch.autograd.grad(net(x).sum(), x, create_graph=True)
        if name == "gradient_penalty":
            value = 10.0 * ((slopes.norm(dim=1) - 1) ** 2).mean()
        else:
            value = 10.0 / 2 * slopes.square().sum(1).mean()
        (of_first,) = torch.autograd.grad(value, net[0].weight)
        arrays |= {f"penalty.{name}": value, f"penalty.{name}_slope": of_first}
    return arrays


def scores():
    """Losses of scores."""
    real, fake = 3 * drawn(7), 3 * drawn(7)
    entropy = functional.binary_cross_entropy_with_logits
    ones, zeros = torch.ones(7), torch.zeros(7)
    return {
        "scores.real": real,
        "scores.fake": fake,
        "scores.non_saturating": torch.stack(
            [entropy(real, ones) + entropy(fake, zeros), entropy(fake, ones)]
        ),
        "scores.least_squares": torch.stack(
            [
                functional.mse_loss(real, ones) + functional.mse_loss(fake, zeros),
                functional.mse_loss(fake, ones),
            ]
        ),
        "scores.relativistic_average": torch.stack(
            [
                entropy(real - fake.mean(), ones) + entropy(fake - real.mean(), zeros),
                entropy(fake - real.mean(), ones) + entropy(real - fake.mean(), zeros),
            ]
        ),
    }


def transforms():
    """An STFT under a short window in a long frame, and a sound from spectra that no sound has."""
    x, window = drawn(2, 200), torch.hann_window(40)
    options = {"n_fft": 64, "hop_length": 16, "win_length": 40, "window": window}
    spectra = torch.stft(x, **options, center=False, return_complex=True)
    padded = functional.pad(x[:, None], (24, 24), mode="reflect")[:, 0]
    folded = functional.pad(x[:, None], (0, 1), mode="reflect").reshape(2, 67, 3)
    window, sizes = torch.hann_window(64), {"n_fft": 64, "hop_length": 16}
    strange = torch.complex(drawn(2, 33, 9), drawn(2, 33, 9))
    strange[:, [0, -1]] = strange[:, [0, -1]].real + 0j
    return {
        "stft.x": x,
        "stft.real": spectra.real,
        "stft.imaginary": spectra.imag,
        "stft.padded": torch.stft(padded, **options, center=False, return_complex=True).abs(),
        "fold.lines": folded,
        "istft.real": strange.real,
        "istft.imaginary": strange.imag,
        "istft.y": torch.istft(strange, **sizes, window=window),
    }


def mel_filters():
    """Slaney's filters."""
    options = {"n_freqs": 65, "n_mels": 12, "sample_rate": 8000, "norm": "slaney"}
    make = torchaudio.functional.melscale_fbanks
    filters = make(f_min=40.0, f_max=3500.0, mel_scale="slaney", **options)
    return {"mel.matrix": filters}


def spectral_distance():
    """The loss of several resolutions; its spectra are of a sound padded by reflection."""
    real, fake = drawn(1, 1, 400), drawn(1, 1, 400)
    sizes = {"fft_sizes": [128, 64], "hop_sizes": [32, 16], "win_lengths": [128, 48]}
    loss = auraloss.freq.MultiResolutionSTFTLoss(**sizes)
    return {"stft.real": real[0], "stft.fake": fake[0], "stft.loss": loss(fake, real)}


def clouds():
    """Features of two sets: 40 clips to be judged and 30 of a reference."""
    return 0.8 * drawn(40, 6) + 0.3, drawn(30, 6)


def fidelity():
    """Fréchet, kernel and inception scores."""
    features, reference = (cloud.double() for cloud in clouds())
    statistics = [metric_fid.fid_features_to_statistics(cloud) for cloud in (features, reference)]
    logits, others = 2 * drawn(40, 5), drawn(40, 6)
    whole = {"kid_subsets": 1, "kid_subset_size": 40, "rng_seed": 0, "verbose": False}
    kernel = metric_kid.kid_features_to_metric(features, others.double(), **whole)
    inception = metric_isc.isc_features_to_metric(logits, splits=1)
    return {
        "features": features,
        "reference": reference,
        "others": others,
        "logits": logits,
        "frechet": metric_fid.fid_statistics_to_metric(*statistics, False).popitem()[1],
        "kernel": kernel[metric_kid.KEY_METRIC_KID_MEAN],
        "inception": inception[metric_isc.KEY_METRIC_ISC_MEAN],
    }


def neighbours():
    """Density and coverage."""
    features, reference = clouds()
    scores = compute_prdc(reference.numpy(), features.numpy(), nearest_k=5)
    named = {name: scores[name] for name in ("density", "coverage")}
    return {"features": features, "reference": reference, **named}


def kernel_audio_distance():
    """What kadtk prints; its functions are read, for its package imports models."""
    path = Path(importlib.util.find_spec("kadtk").origin).with_name("kad.py")
    wanted = "SCALE_FACTOR", "calc_kernel_audio_distance", "median_pairwise_distance"
    nodes = [
        node
        for node in ast.parse(path.read_text("utf-8")).body
        if getattr(node, "name", ast.unparse(node).split(" = ")[0]) in wanted
    ]
    room = {"torch": torch, "np": np, "Path": Path}
    exec(compile(ast.Module(nodes, []), path, "exec"), room)  # noqa: S102
    features, reference = clouds()
    distance = room["calc_kernel_audio_distance"]
    asked = (None, None), "cpu", None, "gaussian", torch.float64
    return {
        "features": features,
        "reference": reference,
        "distance": distance(features, reference, *asked),
    }


PEERS = {
    "torch": (
        *(convolutions, spectral_norms, recurrent_discriminator, batch_norm, adam),
        *(penalties, scores, transforms),
    ),
    "torchaudio": (mel_filters,),
    "auraloss": (spectral_distance,),
    "torch_fidelity": (fidelity,),
    "prdc": (neighbours,),
    "kadtk": (kernel_audio_distance,),
}


def main():
    """Write all files."""
    for peer, cases in PEERS.items():
        torch.manual_seed(0)
        arrays = {}
        for case in cases:
            arrays |= case()
        arrays = {
            name: np.asarray(torch.as_tensor(value).detach(), np.float32)
            for name, value in arrays.items()
        }
        np.savez_compressed(HERE / f"{peer}.npz", **arrays)


if __name__ == "__main__":
    main()
