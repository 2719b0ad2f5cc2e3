"""What each shipped generator is trained with."""

from dataclasses import replace
from pathlib import Path

from audiogan_lib.recipes.recipe import Recipe

_DIGITS_FAST = Recipe(
    name="digits-fast",
    data="fsdd",
    sample_rate=8000,
    samples=8192,
    conditions=("label", "speaker"),
    minutes=4,
    judge="digits",
)

_DIGITS = replace(
    _DIGITS_FAST,
    name="digits",
    r1=1.0,
    shift=0,  # seen through shifts, words begin at any time
    ema=0.999,
    minutes=40,
)

_DRUMS = Recipe(
    name="drums",
    data="drums",
    sample_rate=16000,
    samples=16384,
    n_fft=512,
    hop_length=128,
    tuning=1 / 8,  # a semitone and a half; further, and a tom becomes another one
    iterations=12,  # noise and pulses need fewer rounds than voices
    batch_size=24,
    r1=2.0,  # with 0.5 each label ends in two or three sounds, whatever the latent
    shift=0,  # shifted examples would teach the generator to strike late
    minutes=40,
    judge="drums",
)

_NOTES = Recipe(
    name="notes",
    data="notes",
    sample_rate=16000,
    samples=16384,
    conditions=("label", "instrument"),
    label_means="pitch",
    network="pitched_specgan",
    n_fft=1024,
    hop_length=256,
    iterations=4,  # phases are near from the start; more rounds follow errors of the levels
    batch_size=24,
    shift=3,
    minutes=45,
    judge="notes",
)

_GANSYNTH = replace(
    _NOTES,
    name="gansynth-notes",
    network="gansynth",
    learning_rate=3e-3,
    betas=(0.0, 0.99),
    batch_size=16,
    r1=10.0,
    label_loss=10.0,
    shift=0,
    minutes=60,
)

# The settings of the chapter on WaveGAN, at its full length and with labels.
_WAVEGAN = replace(
    _DRUMS,
    name="wavegan-drums",
    network="wavegan",
    width=16,
    betas=(0.0, 0.99),
    batch_size=16,
    r1=0.5,
    shift=8,
    minutes=29,
)

# As published (Donahue et al. 2019), at a quarter of the width; latents are normal, with labels.
_WAVEGAN_GP = replace(
    _WAVEGAN,
    name="wavegan-gp-drums",
    network="published_wavegan",
    latent_dim=100,
    loss="wasserstein",
    learning_rate=1e-4,
    betas=(0.5, 0.9),
    batch_size=64,
    r1=0.0,
    penalty_every=1,
    gradient_penalty=10.0,
    critic_steps=5,
    shift=0,
    ema=0.0,
    dtype="float32",
)

# A sixteenth of the article's widths, since the last layer has a weight for each unit and sample.
_ARTICLE = replace(
    _DRUMS,
    name="article",
    network="dense_lstm",
    width=2,
    latent_dim=100,
    learning_rate=2e-4,
    batch_size=32,
    r1=1000.0,
    penalty_every=2,
    shift=0,
    dtype="float32",
    minutes=6,
)

_RECIPES = (
    _DIGITS,
    _DIGITS_FAST,
    replace(
        _DIGITS_FAST,
        name="robot-digits",
        data="robot_digits",
        conditions=("label", "voice"),
        minutes=14,
        judge="robot-digits",
    ),
    _DRUMS,
    _WAVEGAN,
    _WAVEGAN_GP,
    _ARTICLE,
    _NOTES,
    _GANSYNTH,
)

NAMES = {recipe.name: recipe for recipe in _RECIPES}


def for_folder(path, sample_rate=16000, samples=16384):
    """Make a recipe for a folder of anybody's sounds: that of the drums, without a judge.

    Nothing is retuned: what labels mean may be the pitch.

    Parameters
    ----------
    path : path-like
        Of the folder, also where a data set is called so; its sub-folders are the labels. Or of a
        zip, or of a recording, as ``datasets.load`` takes them.
    sample_rate, samples : int > 0
        Rate in Hz and length of the clips, as ``datasets.look(path).choose()`` finds them. Windows
        last as long as at 16 kHz (at 44.1 kHz less), and longer clips have more minutes.
    """
    data = f"./{path}" if str(path).isidentifier() else str(path)  # as the names of data sets are
    drums = NAMES["drums"]
    wider = 1 if sample_rate <= 8000 else 2 if sample_rate <= 16000 else 4
    sizes = {"n_fft": 256 * wider, "hop_length": 64 * wider}
    minutes = max(10, round(15 * samples / drums.samples))
    return replace(
        drums,
        name=Path(path).name,
        data=data,
        tuning=0.0,
        judge=None,
        sample_rate=sample_rate,
        samples=samples,
        minutes=minutes,
        **sizes,
    )
