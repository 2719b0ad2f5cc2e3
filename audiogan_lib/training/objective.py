"""What the two networks of a GAN are trained for, as functions of answers."""

from collections.abc import Callable
from dataclasses import dataclass, field

import keras
import tensorflow as tf

from audiogan_lib import losses
from audiogan_lib.training.answers import answer


@dataclass(frozen=True)
class Objective:
    """The options of ``training.GAN.compile``, checked, and the sums that they stand for."""

    loss: str | tuple[Callable, Callable]
    r1: float
    r2: float
    gradient_penalty: float
    penalty_every: int
    critic_steps: int
    clip_weights: float
    drift: float
    feature_matching: float
    label_loss: float
    generator_terms: dict[str, tuple[float, Callable]] = field(default_factory=dict)

    def __post_init__(self):
        if isinstance(self.loss, str) and self.loss not in losses.NAMES:
            raise ValueError(f"loss={self.loss!r}: must be one of {', '.join(losses.NAMES)}")
        for name in ("penalty_every", "critic_steps"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name}={getattr(self, name)}: must be 1 or more")
        weights = "r1", "r2", "gradient_penalty", "drift", "feature_matching", "label_loss"
        for name in (*weights, "clip_weights"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name}={getattr(self, name)}: must be 0 or more")

    @property
    def pair(self):
        """The loss of the discriminator and that of the generator."""
        return losses.NAMES[self.loss] if isinstance(self.loss, str) else self.loss

    @property
    def relativistic(self):
        """Whether the generator's loss compares with the scores of real examples."""
        return getattr(self.pair[1], "relativistic", False)

    @property
    def generator_sees_real(self):
        """Whether the generator's step needs the answer to real examples."""
        return self.relativistic or bool(self.feature_matching)

    @property
    def penalised(self):
        """Whether there is a penalty on gradients with respect to the discriminator's input."""
        return bool(self.r1 or self.r2 or self.gradient_penalty)

    @property
    def parts(self):
        """Names of what is added to the generator's adversarial loss."""
        own = ("feature_matching", "label_loss")
        return (*(name for name in own if getattr(self, name)), *self.generator_terms)

    def constrain(self, variables):
        """Let the optimiser clip the discriminator's weights, or no longer."""
        for variable in variables:
            variable.constraint = _Clip(self.clip_weights) if self.clip_weights else None

    def discriminator_loss(self, of_real, of_fake, labels):
        """Sum over sub-discriminators, with drift and auxiliary classifier."""
        pairs = zip(of_real.scores, of_fake.scores, strict=True)
        loss = tf.add_n([self.pair[0](real, fake) for real, fake in pairs])
        if self.drift:
            loss += self.drift * tf.add_n([losses.drift(scores) for scores in of_real.scores])
        if self.label_loss:
            loss += self.label_loss * _cross_entropy(labels, of_real.label_logits)
        return loss

    def generator_loss(self, of_real, of_fake, labels, real, fake):
        """Sum all; return the sum and, by name, the unweighted parts beside the adversarial one."""
        if self.relativistic:
            both = zip(of_fake.scores, of_real.scores, strict=True)
            loss = tf.add_n([self.pair[1](*scores) for scores in both])
        else:
            loss = tf.add_n([self.pair[1](scores) for scores in of_fake.scores])
        parts = {}
        if self.feature_matching:
            targets = [tf.stop_gradient(part) for part in of_real.feature_maps]
            parts["feature_matching"] = losses.feature_matching(targets, of_fake.feature_maps)
            loss += self.feature_matching * parts["feature_matching"]
        if self.label_loss:
            parts["label_loss"] = _cross_entropy(labels, of_fake.label_logits)
            loss += self.label_loss * parts["label_loss"]
        for name, (weight, function) in self.generator_terms.items():
            parts[name] = function(real, fake)
            loss += weight * parts[name]
        return loss, parts

    def penalty_gradients(self, discriminator, step, real, fake, labels, mix):
        """Gradients of the penalty for a discriminator's weights; zeros between two penalties."""
        variables = discriminator.trainable_variables

        def compute():
            with tf.GradientTape() as tape:
                penalty = self._penalty(discriminator, real, fake, labels, mix)
            gradients = tape.gradient(penalty, variables)
            return [
                tf.zeros_like(v) if g is None else tf.convert_to_tensor(g)
                for g, v in zip(gradients, variables, strict=True)
            ]

        if self.penalty_every == 1:
            return compute()
        due = step % self.penalty_every == 0
        return tf.cond(due, compute, lambda: [tf.zeros_like(v) for v in variables])

    def _penalty(self, discriminator, real, fake, labels, mix):
        """Add up the penalties on gradients of the scores with respect to the examples."""

        def slopes(examples):
            with tf.GradientTape() as tape:
                tape.watch(examples)
                scores = answer(discriminator, examples, labels).scores
                total = tf.add_n([tf.reduce_sum(part) for part in scores])
            return tape.gradient(total, examples)

        total = 0.0
        if self.r1:
            total += 0.5 * self.r1 * losses.r1(slopes(real))
        if self.r2:
            total += 0.5 * self.r2 * losses.r1(slopes(fake))
        if self.gradient_penalty:
            points = losses.interpolate(real, fake, mix)
            total += self.gradient_penalty * losses.gradient_penalty(slopes(points))
        return total * self.penalty_every


class _Clip(keras.constraints.Constraint):
    """Keep every weight within [-limit, limit]."""

    def __init__(self, limit):
        self.limit = limit

    def __call__(self, weight):
        return keras.ops.clip(weight, -self.limit, self.limit)


def _cross_entropy(labels, logits):
    """Mean over examples of -log p(label), summed over conditions."""
    columns = tf.unstack(labels, len(logits), axis=1)
    return tf.add_n(
        [
            tf.reduce_mean(
                keras.losses.sparse_categorical_crossentropy(
                    column, tf.cast(part, tf.float32), from_logits=True
                )
            )
            for column, part in zip(columns, logits, strict=True)
        ]
    )
