"""The network of a judge: convolutions over time, and for notes also along the keys."""

import keras
from keras import layers, ops

from audiogan_lib.classifiers.hearing import FEATURES, HIGHEST_KEY, KEY_BANDS, LOWEST_KEY

_F32 = {"dtype": "float32"}  # whatever precision is chosen for all of Keras: judges judge alike
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
    sound = keras.Input((samples,))
    features = _Hearing(sample_rate, hears, **_F32)(sound)  # [frames, 40 or 209]
    x = layers.BatchNormalization(**_F32)(features)
    for halves, kernel, stride in ((2, 5, 1), (2, 5, 2), (3, 3, 1), (3, 3, 2), (4, 3, 1)):
        options = {"padding": "same", "use_bias": False, **_F32}
        x = layers.Conv1D(width * halves // 2, kernel, stride, **options)(x)
        x = layers.ReLU(**_F32)(layers.BatchNormalization(**_F32)(x))
    pooled = [layers.GlobalAveragePooling1D(**_F32)(x), layers.GlobalMaxPooling1D(**_F32)(x)]
    x = layers.Dropout(0.2, **_F32)(layers.Concatenate(**_F32)(pooled))  # [4 * width]
    x = layers.BatchNormalization(**_F32)(layers.Dense(64, **_F32)(x))
    hidden = layers.ReLU(**_F32)(x)
    x = layers.Dropout(0.2, **_F32)(hidden)
    outputs = {
        head: layers.Dense(len(names), name=head, **_F32)(x) for head, names in heads.items()
    }
    if hears == "keys":
        logits = _pitch_logits(features[..., :KEY_BANDS], heads["label"])
        outputs["label"] = layers.Add(**_F32)([outputs["label"], logits])
    return keras.Model(sound, {"features": hidden, **outputs})


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
    options = {"padding": "same", "activation": "relu", "name": "harmonics", **_F32}
    x = layers.Conv1D(16, _HARMONICS, **options)(x)
    x = layers.Conv1D(1, 1, name="key", **_F32)(x)[..., 0]
    return ops.take(x, [2 * (key - LOWEST_KEY) for key in keys], axis=1)
