"""The networks of judges: convolutions over time, along the keys, or over time and frequency."""

import keras
from keras import layers, ops

from audiogan_lib.classifiers.hearing import (
    FEATURES,
    HIGHEST_KEY,
    KEY_BANDS,
    LOWEST_KEY,
    PICTURES,
)

_HARMONICS = 145  # bands, 36 semitones to each side: as far as the eighth harmonic


@keras.saving.register_keras_serializable("audiogan_lib")
class _Hearing(layers.Layer):
    def __init__(self, sample_rate, hears, **kwargs):
        super().__init__(**kwargs)
        self.sample_rate, self.hears = sample_rate, hears

    def call(self, waveforms):
        return FEATURES[self.hears](waveforms, self.sample_rate)

    def get_config(self):
        return super().get_config() | {"sample_rate": self.sample_rate, "hears": self.hears}


def build(samples, sample_rate, heads, width, hears):
    """Build what `classifiers.build` wraps: waveforms to ``"features"`` and each head's logits."""
    if hears not in FEATURES:
        raise ValueError(f"hears must be one of {', '.join(FEATURES)}, got {hears!r}")
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float32")  # whatever Keras is told: judges judge alike
    try:
        return _network(samples, sample_rate, heads, width, hears)
    finally:
        keras.config.set_dtype_policy(policy)


def _network(samples, sample_rate, heads, width, hears):
    sound = keras.Input((samples,))
    features = _Hearing(sample_rate, hears)(sound)  # [frames, 40 or 209]
    x = (_over_pictures if hears in PICTURES else _over_time)(features, width)
    x = layers.BatchNormalization()(layers.Dense(64)(x))
    hidden = layers.ReLU()(x)
    x = layers.Dropout(0.2)(hidden)
    outputs = {head: layers.Dense(len(names), name=head)(x) for head, names in heads.items()}
    if hears == "keys":
        logits = _pitch_logits(features[..., :KEY_BANDS], heads["label"])
        outputs["label"] = layers.Add()([outputs["label"], logits])
    return keras.Model(sound, {"features": hidden, **outputs})


def _over_time(features, width):
    """Turn ``[frames, bands]`` into ``[4 * width]``: five convolutions, mean and maximum."""
    x = layers.BatchNormalization()(features)
    for halves, kernel, stride in ((2, 5, 1), (2, 5, 2), (3, 3, 1), (3, 3, 2), (4, 3, 1)):
        channels = width * halves // 2
        x = layers.Conv1D(channels, kernel, stride, padding="same", use_bias=False)(x)
        x = layers.ReLU()(layers.BatchNormalization()(x))
    pooled = [layers.GlobalAveragePooling1D()(x), layers.GlobalMaxPooling1D()(x)]
    return layers.Dropout(0.2)(layers.Concatenate()(pooled))


def _over_pictures(features, width):
    """Turn ``[frames, bands]`` into what is there on average in each eighth of the bands.

    Four convolutions over time and frequency, of which three halve both.
    """
    x = layers.BatchNormalization()(features)[..., None]
    for quarters, kernel, stride in ((1, 5, 2), (2, 3, 2), (4, 3, 2), (4, 3, 1)):
        channels = width * quarters // 4
        x = layers.Conv2D(channels, kernel, stride, padding="same", use_bias=False)(x)
        x = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.Flatten()(ops.mean(x, axis=1))
    return layers.Dropout(0.2)(x)


def _pitch_logits(bands, names):
    """Move one pattern of harmonics along the keys: what it learns of one pitch serves for all."""
    keys = [int(name) if name.isdecimal() else -1 for name in names]
    if not all(LOWEST_KEY <= key <= HIGHEST_KEY for key in keys):
        raise ValueError(
            f"labels must be MIDI pitches from {LOWEST_KEY} to {HIGHEST_KEY} for hears='keys', "
            f"got {', '.join(names)}"
        )
    x = bands + 1.0  # silence is 0, as beyond the ends
    x = ops.stack([ops.mean(x, axis=1), ops.max(x, axis=1)], axis=-1)  # [bands, 2]
    x = layers.Conv1D(16, _HARMONICS, padding="same", activation="relu", name="harmonics")(x)
    x = layers.Conv1D(1, 1, name="key")(x)[..., 0]
    return ops.take(x, [2 * (key - LOWEST_KEY) for key in keys], axis=1)
