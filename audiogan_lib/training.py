"""The adversarial training loop as a Keras model.

``GAN`` knows neither networks nor data: they arrive as arguments, and ``compile`` and ``fit`` are
Keras's own. All of a run's state stands in the model's variables: networks, moving average,
optimisers, step, seconds. Latents are drawn from (seed, step) alone. A run that is stopped and
resumed therefore goes on as if it had never been stopped.
"""

import keras
import tensorflow as tf

from audiogan_lib import losses


class GAN(keras.Model):
    """Two networks that train each other.

    Parameters
    ----------
    generator : keras.Model
        From latents ``[batch, latent_dim]``, or ``[latents, labels]``, to sounds or spectrograms
        ``[batch, ...]``.
    discriminator : keras.Model
        From those, or ``[those, labels]``, to scores ``[batch, 1]``, before any sigmoid.
    augment : callable, optional
        Random change that the discriminator sees real and generated examples through (Zhao et al.
        2020), such as ``layers.RandomShift``.
    ema : float in [0, 1)
        Decay of the moving average of the generator's weights, ``averaged_generator``, which sounds
        better than the weights of any one step.
    seed : int
        Of the latents.
    **kwargs
        For ``keras.Model``.

    Raises
    ------
    ValueError
        If the networks do not fit each other.

    Examples
    --------
    >>> gan = GAN(generator, discriminator)  # doctest: +SKIP
    >>> gan.compile(Adam(2e-4), Adam(2e-4), loss="hinge")  # doctest: +SKIP
    >>> gan.fit(batches, steps_per_epoch=100, epochs=10)  # doctest: +SKIP
    """

    def __init__(self, generator, discriminator, augment=None, ema=0.998, seed=0, **kwargs):
        # Under a global mixed policy the networks keep theirs; what goes between them is float32.
        super().__init__(**{"dtype": "float32"} | kwargs)
        _check_fit(generator, discriminator)
        self.generator, self.discriminator = generator, discriminator
        self.augment, self.ema, self.seed = augment or tf.identity, ema, seed
        self.averaged_generator = keras.models.clone_model(generator)
        self.averaged_generator.set_weights(generator.get_weights())
        self.averaged_generator.trainable = False
        self.conditional = len(generator.inputs) == 2
        self.latent_dim = generator.inputs[0].shape[-1]
        self.step = self.add_weight(
            name="step", dtype="int64", initializer="zeros", trainable=False
        )
        self.elapsed_s = self.add_weight(
            name="elapsed_s", dtype="float32", initializer="zeros", trainable=False
        )
        self.built = True

    def compile(
        self,
        generator_optimizer,
        discriminator_optimizer,
        loss="non_saturating",
        r1=0.0,
        gradient_penalty=0.0,
        penalty_every=1,
        critic_steps=1,
        **kwargs,
    ):
        """Choose optimisers, loss and regulariser.

        Keras's own callbacks see the generator's optimiser as ``optimizer``.

        Parameters
        ----------
        generator_optimizer, discriminator_optimizer : keras.optimizers.Optimizer
            One for each network.
        loss : str
            A name in ``losses.NAMES``.
        r1 : float >= 0
            Gamma of the R1 penalty.
        gradient_penalty : float >= 0
            Lambda of the two-sided gradient penalty between real and fake.
        penalty_every : int > 0
            Steps between two penalties, each then weighted by this number (Karras et al. 2020,
            section 3.1).
        critic_steps : int > 0
            Discriminator steps for each generator step.
        **kwargs
            For ``keras.Model.compile``, for example ``steps_per_execution``.

        Raises
        ------
        ValueError
            If the loss is unknown, or a number of steps is not positive.
        """
        if loss not in losses.NAMES:
            raise ValueError(f"loss={loss!r}: must be one of {', '.join(losses.NAMES)}")
        if min(penalty_every, critic_steps) < 1:
            raise ValueError(f"{penalty_every=}, {critic_steps=}: both must be 1 or more")
        # XLA is slower than plain graphs for convolutions on processors.
        super().compile(optimizer=generator_optimizer, **{"jit_compile": False} | kwargs)
        self.discriminator_loss, self.generator_loss = losses.NAMES[loss]
        self.generator_optimizer = generator_optimizer
        self.discriminator_optimizer = discriminator_optimizer
        generator_optimizer.build(self.generator.trainable_variables)
        discriminator_optimizer.build(self.discriminator.trainable_variables)
        self.r1, self.gradient_penalty = r1, gradient_penalty
        self.penalty_every, self.critic_steps = penalty_every, critic_steps
        names = ("discriminator_loss", "generator_loss", "real_score", "fake_score")
        self.trackers = {name: keras.metrics.Mean(name=name) for name in names}

    @property
    def metrics(self):
        """Running means that ``fit`` shows and resets."""
        return list(getattr(self, "trackers", {}).values())

    def call(self, inputs, training=False):
        """Generate with the averaged weights.

        Parameters
        ----------
        inputs : tensor or list
            Latents, or latents and labels.
        training : bool
            Ignored: the average never trains.

        Returns
        -------
        tensor
            What the generator draws.
        """
        return self.averaged_generator(inputs, training=False)

    def _generate(self, latents, labels):
        fake = self.generator([latents, labels] if self.conditional else latents, training=True)
        return tf.cast(fake, tf.float32)

    def _score(self, examples, labels):
        inputs = [examples, labels] if self.conditional else examples
        return tf.cast(self.discriminator(inputs, training=True), tf.float32)

    def _latents(self, batch, draw):
        """Draw latents from (seed, step, draw) alone."""
        seed = tf.stack([tf.cast(self.seed, tf.int64), 2 * tf.cast(self.step, tf.int64) + draw])
        return tf.random.stateless_normal([batch, self.latent_dim], seed)

    def _penalty(self, real, fake, labels):
        """Weighted gradient penalty, R1 or two-sided."""
        total = 0.0
        if self.r1:
            gradients = self._input_gradients(real, labels)
            total += 0.5 * self.r1 * losses.r1(gradients)
        if self.gradient_penalty:
            seed = tf.stack([tf.cast(self.seed, tf.int64) + 1, tf.cast(self.step, tf.int64)])
            mix = tf.random.stateless_uniform([tf.shape(real)[0]], seed)
            gradients = self._input_gradients(losses.interpolate(real, fake, mix), labels)
            total += self.gradient_penalty * losses.gradient_penalty(gradients)
        return total * self.penalty_every

    def _input_gradients(self, examples, labels):
        with tf.GradientTape() as tape:
            tape.watch(examples)
            scores = tf.reduce_sum(self._score(examples, labels))
        return tape.gradient(scores, examples)

    def _penalty_gradients(self, real, fake, labels):
        """Gradients of the penalty with respect to the discriminator's weights."""
        variables = self.discriminator.trainable_variables
        with tf.GradientTape() as tape:
            penalty = self._penalty(real, fake, labels)
        gradients = tape.gradient(penalty, variables)
        return [
            tf.zeros_like(v) if g is None else tf.convert_to_tensor(g)
            for g, v in zip(gradients, variables, strict=True)
        ]

    def _penalty_gradients_when_due(self, real, fake, labels):
        """Gradients of the penalty, zeros in the steps between two penalties."""
        if self.penalty_every == 1:
            return self._penalty_gradients(real, fake, labels)
        return tf.cond(
            self.step % self.penalty_every == 0,
            lambda: self._penalty_gradients(real, fake, labels),
            lambda: [tf.zeros_like(v) for v in self.discriminator.trainable_variables],
        )

    def _discriminator_step(self, real, labels):
        """Update the discriminator once; return its loss and scores."""
        batch = tf.shape(real)[0]
        variables = self.discriminator.trainable_variables
        fake = self._generate(self._latents(batch, 0), labels)
        both = self.augment(tf.concat([real, fake], 0))
        with tf.GradientTape() as tape:
            twice = None if labels is None else tf.concat([labels, labels], 0)
            real_scores, fake_scores = tf.split(self._score(both, twice), 2)
            loss = self.discriminator_loss(real_scores, fake_scores)
        gradients = tape.gradient(loss, variables)
        if self.r1 or self.gradient_penalty:
            real, fake = tf.split(both, 2)
            penalty_gradients = self._penalty_gradients_when_due(real, fake, labels)
            gradients = [g + p for g, p in zip(gradients, penalty_gradients, strict=True)]
        self.discriminator_optimizer.apply(gradients, variables)
        return loss, tf.reduce_mean(real_scores), tf.reduce_mean(fake_scores)

    def _generator_step(self, batch, labels):
        """Update the generator and its moving average once; return the loss."""
        variables = self.generator.trainable_variables
        with tf.GradientTape() as tape:
            fake = self._generate(self._latents(batch, 1), labels)
            loss = self.generator_loss(self._score(self.augment(fake), labels))
        self.generator_optimizer.apply(tape.gradient(loss, variables), variables)
        done = tf.cast(self.step, tf.float32)
        rate = 1.0 - tf.minimum(self.ema, (1.0 + done) / (10.0 + done))
        for average, variable in zip(
            self.averaged_generator.variables, self.generator.variables, strict=True
        ):
            if keras.backend.is_float_dtype(average.dtype):
                average.assign_add(tf.cast(rate, average.dtype) * (variable - average))
        return loss

    def train_step(self, data):
        """Make one discriminator step and, every ``critic_steps``, one generator step.

        Parameters
        ----------
        data : tensor, or tuple of tensors
            Real examples ``[batch, ...]``, with labels int ``[batch, conditions]`` for conditional
            networks.

        Returns
        -------
        dict of str to tensor
            Running means: losses of both and mean scores of real and generated examples.

        Raises
        ------
        ValueError
            If a conditional network gets no labels.
        """
        real, labels, _ = keras.utils.unpack_x_y_sample_weight(data)
        if not self.conditional:
            labels = None
        elif labels is None:
            raise ValueError("data: no labels, but the generator takes some; give (real, labels)")
        loss, real_score, fake_score = self._discriminator_step(real, labels)
        batch = tf.shape(real)[0]
        due = (self.step + 1) % self.critic_steps == 0
        if self.critic_steps == 1:
            generator_loss = self._generator_step(batch, labels)
        else:
            generator_loss = tf.cond(
                due, lambda: self._generator_step(batch, labels), lambda: tf.constant(0.0)
            )
        self.step.assign_add(1)
        # Steps in which the generator rested do not count in the mean of its loss.
        self.trackers["generator_loss"].update_state(generator_loss, tf.cast(due, tf.float32))
        self.trackers["discriminator_loss"].update_state(loss)
        self.trackers["real_score"].update_state(real_score)
        self.trackers["fake_score"].update_state(fake_score)
        return {name: tracker.result() for name, tracker in self.trackers.items()}


def _check_fit(generator, discriminator):
    """Refuse networks of which one cannot take what the other makes; Keras would broadcast."""
    made, taken = generator.outputs[0].shape[1:], discriminator.inputs[0].shape[1:]
    known = zip(made, taken, strict=False)  # an axis of any length is None
    if len(made) != len(taken) or any(m != t for m, t in known if None not in (m, t)):
        raise ValueError(f"the generator makes {made}, but the discriminator takes {taken}")
    inputs = len(generator.inputs), len(discriminator.inputs)
    if inputs not in ((1, 1), (2, 2)):
        raise ValueError(
            f"the generator has {inputs[0]} inputs, the discriminator {inputs[1]}: "
            "both must have 1, or 2 to take labels"
        )
