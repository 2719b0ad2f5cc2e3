"""What a discriminator answers, in one form for every kind of discriminator."""

from typing import NamedTuple

import keras
import tensorflow as tf


class Answers(NamedTuple):
    """Of all sub-discriminators: scores, feature maps, logits of each condition."""

    scores: list
    feature_maps: list
    label_logits: list

    def halves(self):
        """Split the answer to ``[real, fake]`` into the answers to real and to fake."""
        pairs = [[tf.split(tensor, 2) for tensor in tensors] for tensors in self]
        return tuple(Answers(*([pair[i] for pair in part] for part in pairs)) for i in (0, 1))

    def mean_score(self):
        """Average over examples, positions and sub-discriminators."""
        return tf.add_n([tf.reduce_mean(scores) for scores in self.scores]) / len(self.scores)


def answer(discriminator, examples, labels, training=True):
    """Ask a discriminator, which takes labels or not, and sort its answer."""
    takes_labels = len(discriminator.inputs) == 2
    raw = discriminator([examples, labels] if takes_labels else examples, training=training)
    parts = raw if isinstance(raw, dict) else {"scores": raw}
    scores, maps, logits = (keras.tree.flatten(parts.get(name, [])) for name in Answers._fields)
    return Answers([tf.cast(s, tf.float32) for s in scores], maps, logits)


def combine(discriminators):
    """Join several discriminators of the same examples into one; return a single one as it is."""
    if isinstance(discriminators, keras.Model):
        return discriminators
    shapes = {model.inputs[0].shape[1:] for model in discriminators}
    if len(shapes) != 1:
        raise ValueError(f"discriminator: all must take the same examples, these take {shapes}")
    richest = max(discriminators, key=lambda model: len(model.inputs))
    inputs = [keras.Input(i.shape[1:], dtype=i.dtype, name=i.name) for i in richest.inputs]
    together = {name: [] for name in Answers._fields}
    for model in discriminators:
        raw = model(inputs if len(model.inputs) == 2 else inputs[0])
        for name, part in (raw if isinstance(raw, dict) else {"scores": raw}).items():
            together[name].extend(keras.tree.flatten(part))
    return keras.Model(inputs, {name: part for name, part in together.items() if part})


def check_fit(generator, discriminator, latent):
    """Refuse networks of which one cannot take what the other makes; Keras would broadcast."""
    made, taken = generator.outputs[0].shape[1:], discriminator.inputs[0].shape[1:]
    known = zip(made, taken, strict=False)  # an axis of any length is None
    if len(made) != len(taken) or any(m != t for m, t in known if None not in (m, t)):
        raise ValueError(f"the generator makes {made}, but the discriminator takes {taken}")
    inputs = len(generator.inputs), len(discriminator.inputs)
    if inputs not in ([(1, 1), (2, 1), (2, 2)] if latent else [(1, 1)]):
        raise ValueError(
            f"the generator has {inputs[0]} inputs, the discriminator {inputs[1]}: both must have "
            "1; with labels 2, or the generator alone; with latent=False both have 1"
        )
    if isinstance(discriminator.output, dict):
        unknown = set(discriminator.output) - set(Answers._fields)
        if unknown or "scores" not in discriminator.output:
            raise ValueError(
                f"the discriminator answers {', '.join(discriminator.output)}: it must answer "
                "'scores' and may answer 'feature_maps' and 'label_logits'"
            )
