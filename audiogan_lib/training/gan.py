"""The adversarial training loop as a Keras model."""

import keras
import tensorflow as tf

from audiogan_lib.quick import Adam, quicken
from audiogan_lib.training import machine
from audiogan_lib.training.answers import answer, check_fit, combine
from audiogan_lib.training.machine import is_chief, strategy
from audiogan_lib.training.objective import Objective


class GAN(keras.Model):
    """Two networks that train each other.

    Made in the scope of a ``tf.distribute`` strategy, it trains on several devices: each takes its
    part of the batch and of the latents, and batch statistics (normalisation, minibatch deviation,
    relativistic means) are those of the part.

    Called with what the generator takes, it generates with the averaged weights.

    Parameters
    ----------
    generator : keras.Model
        From latents ``[batch, latent_dim]``, or ``[latents, labels]``, to sounds or spectrograms
        ``[batch, ...]``; with ``latent=False`` from whatever comes with the data.
    discriminator : keras.Model or list of keras.Model
        From those, or ``[those, labels]``, to scores ``[batch, ...]`` before any sigmoid, or to a
        dict of ``"scores"`` (one tensor, or a list with one a sub-discriminator) and optionally
        ``"feature_maps"`` (a list of tensors) and ``"label_logits"`` ``[batch, classes]``. Several
        discriminators are joined into one.
    augment : callable, optional
        Random change that the discriminator sees real and generated examples through (Zhao et al.
        2020), such as ``layers.RandomShift``.
    ema : float in [0, 1)
        Decay of the moving average of the generator's weights, ``averaged_generator``, which sounds
        better than the weights of any one step.
    seed : int
        Of the latents.
    latent : bool
        Whether the generator starts from latents, drawn here. If not, it takes what comes with the
        data: a vocoder mels, a transcriber speech features.
    **kwargs
        For ``keras.Model``.

    Raises
    ------
    ValueError
        If the networks do not fit each other, or Keras does not run on TensorFlow.

    Examples
    --------
    >>> from audiogan_lib.training import GAN, Adam
    >>> latent, sound = keras.Input((4,)), keras.Input((2,))
    >>> generator = keras.Model(latent, keras.layers.Dense(2)(latent))
    >>> discriminator = keras.Model(sound, keras.layers.Dense(1)(sound))
    >>> gan = GAN(generator, discriminator)
    >>> gan.compile(Adam(2e-4), Adam(2e-4), loss="hinge")
    >>> real = np.random.default_rng(0).normal(size=(64, 2)).astype(np.float32)
    >>> history = gan.fit(real, batch_size=16, epochs=2, verbose=0)
    >>> int(gan.step.numpy()), gan.predict(np.zeros((1, 4)), verbose=0).shape
    (8, (1, 2))
    """

    def __init__(
        self, generator, discriminator, augment=None, ema=0.998, seed=0, latent=True, **kwargs
    ):
        if keras.backend.backend() != "tensorflow":
            raise ValueError(
                f"KERAS_BACKEND={keras.backend.backend()}: training needs tensorflow; "
                "set it before Python starts"
            )
        # Under a global mixed policy the networks keep theirs; what goes between them is float32.
        super().__init__(**{"dtype": "float32"} | kwargs)
        discriminator = combine(discriminator)
        check_fit(generator, discriminator, latent)
        self.generator, self.discriminator = generator, discriminator
        self.augment, self.ema, self.seed = augment or tf.identity, ema, seed
        self.averaged_generator = keras.models.clone_model(generator)
        self.averaged_generator.set_weights(generator.get_weights())
        self.averaged_generator.trainable = False
        self.latent_dim = generator.inputs[0].shape[-1] if latent else None
        self.step, self.elapsed_s = (
            self.add_weight(
                name=name,
                dtype=dtype,
                initializer="zeros",
                trainable=False,
                aggregation="only_first_replica",
            )
            for name, dtype in (("step", "int64"), ("elapsed_s", "float32"))
        )
        self._generator_rests = False
        self.built = True

    def compile(
        self,
        generator_optimizer,
        discriminator_optimizer,
        loss="non_saturating",
        r1=0.0,
        r2=0.0,
        gradient_penalty=0.0,
        penalty_every=1,
        critic_steps=1,
        clip_weights=0.0,
        drift=0.0,
        feature_matching=0.0,
        label_loss=0.0,
        generator_terms=None,
        **kwargs,
    ):
        """Choose optimisers, loss and regularisers; a weight of 0 leaves a term out.

        Keras's own callbacks see the generator's optimiser as ``optimizer``.

        Parameters
        ----------
        generator_optimizer, discriminator_optimizer : keras.optimizers.Optimizer
            One for each network.
        loss : str or pair of callables
            A name in ``losses.NAMES``, or functions as there: the discriminator's of
            ``(real_scores, fake_scores)``, the generator's of ``(fake_scores)``, or of
            ``(fake_scores, real_scores)`` if ``losses.relativistic`` marks it. Over several
            sub-discriminators they are summed.
        r1, r2, gradient_penalty : float >= 0
            Gamma of the zero-centred gradient penalties on real and on generated examples, and
            lambda of the two-sided one between them.
        penalty_every : int > 0
            Steps between two penalties, each then weighted by this number (Karras et al. 2020,
            section 3.1).
        critic_steps : int > 0
            Discriminator steps for each generator step.
        clip_weights : float >= 0
            Largest size of a discriminator's weight (Arjovsky et al. 2017).
        drift, feature_matching : float >= 0
            Weights of the losses of these names.
        label_loss : float >= 0
            Weight of the cross-entropy of ``"label_logits"`` (Odena et al. 2017), for the
            discriminator on real examples, for the generator on its own.
        generator_terms : dict of str to (float, callable), optional
            Weight and ``function(real, fake)`` of further terms of the generator's loss.
        **kwargs
            For ``keras.Model.compile``, for example ``steps_per_execution``.

        Raises
        ------
        ValueError
            If a loss has no such name, or an option is out of its range or does not fit another.
        """
        self.objective = Objective(
            loss=loss,
            r1=r1,
            r2=r2,
            gradient_penalty=gradient_penalty,
            penalty_every=penalty_every,
            critic_steps=critic_steps,
            clip_weights=clip_weights,
            drift=drift,
            feature_matching=feature_matching,
            label_loss=label_loss,
            generator_terms=generator_terms or {},
        )
        if critic_steps > 1 and kwargs.get("steps_per_execution", 1) != 1:
            raise ValueError(f"{critic_steps=} cannot be combined with several steps_per_execution")
        # XLA is slower than plain graphs for convolutions on processors.
        super().compile(optimizer=generator_optimizer, **{"jit_compile": False} | kwargs)
        self.generator_optimizer = generator_optimizer
        self.discriminator_optimizer = discriminator_optimizer
        generator_optimizer.build(self.generator.trainable_variables)
        discriminator_optimizer.build(self.discriminator.trainable_variables)
        self.objective.constrain(self.discriminator.trainable_variables)
        names = "discriminator_loss", "generator_loss", "real_score", "fake_score"
        self.trackers = {n: keras.metrics.Mean(name=n) for n in (*names, *self.objective.parts)}

    @property
    def metrics(self):
        """Running means that ``fit`` shows and resets."""
        return list(getattr(self, "trackers", {}).values())

    def call(self, inputs, training=False):
        return self.averaged_generator(inputs, training=False)

    def make_train_function(self, force=False):
        """Build what ``fit`` calls; for several critic steps also one without the generator."""
        if self.objective.critic_steps == 1 or (self.train_function and not force):
            super().make_train_function(force)
            return
        functions = []  # an optimiser inside a condition of the graph fails on several devices
        for _ in (False, True):
            super().make_train_function(force=True)
            functions.append(self.train_function)

        def critic_or_both(iterator):
            self._generator_rests = bool((self.step + 1) % self.objective.critic_steps)
            return functions[not self._generator_rests](iterator)

        self.train_function = critic_or_both

    def _maybe_symbolic_build(self, iterator=None, data_batch=None):
        """Do nothing: all is built, and Keras's own fails on several machines."""

    def _inputs(self, conditions, batch, draw):
        """What the generator takes; draw 0 is for the discriminator's step, 1 for its own."""
        if not self.latent_dim:
            return conditions
        seed = self.seed, 2 * tf.cast(self.step, tf.int64) + draw
        latents = machine.draw(tf.random.stateless_normal, batch, [self.latent_dim], seed)
        return [latents, conditions] if len(self.generator.inputs) == 2 else latents

    def _generate(self, conditions, batch, draw):
        """Let the generator make a batch."""
        fake = self.generator(self._inputs(conditions, batch, draw), training=True)
        return tf.cast(fake, tf.float32)

    def _discriminator_step(self, real, conditions):
        """Update the discriminator once; return its loss and mean scores."""
        variables = self.discriminator.trainable_variables
        fake = self._generate(conditions, tf.shape(real)[0], draw=0)
        seen = self.augment(tf.concat([real, fake], 0))
        twice = None if conditions is None else tf.concat([conditions, conditions], 0)
        with tf.GradientTape() as tape:
            of_real, of_fake = answer(self.discriminator, seen, twice).halves()
            loss = self.objective.discriminator_loss(of_real, of_fake, conditions)
        gradients = tape.gradient(loss, variables)
        if self.objective.penalised:
            seed = self.seed + 1, self.step
            mix = machine.draw(tf.random.stateless_uniform, tf.shape(real)[0], [], seed)
            seen = *tf.split(seen, 2), conditions, mix
            penalty = self.objective.penalty_gradients(self.discriminator, self.step, *seen)
            gradients = [p if g is None else g + p for g, p in zip(gradients, penalty, strict=True)]
        machine.apply(self.discriminator_optimizer, gradients, variables, loss)
        return loss, of_real.mean_score(), of_fake.mean_score()

    def _generator_step(self, real, conditions):
        """Update the generator and its moving average once; return the loss and its parts."""
        variables, of_real = self.generator.trainable_variables, None
        if self.objective.generator_sees_real:
            of_real = answer(self.discriminator, self.augment(real), conditions)
        with tf.GradientTape() as tape:
            fake = self._generate(conditions, tf.shape(real)[0], draw=1)
            of_fake = answer(self.discriminator, self.augment(fake), conditions)
            loss, parts = self.objective.generator_loss(of_real, of_fake, conditions, real, fake)
        machine.apply(self.generator_optimizer, tape.gradient(loss, variables), variables, loss)
        done = tf.cast(self.step, tf.float32)
        rate = 1.0 - tf.minimum(self.ema, (1.0 + done) / (10.0 + done))
        machine.follow(self.averaged_generator.variables, self.generator.variables, rate)
        return loss, parts

    def train_step(self, data):
        """Make one discriminator step and, every ``critic_steps``, one generator step.

        ``data`` are real examples ``[batch, ...]``; beside them, in a tuple, labels int ``[batch,
        conditions]`` for conditional networks, or, with ``latent=False``, what the generator takes.
        Returns running means: losses of both, mean scores, parts of the generator's loss.
        """
        real, conditions = self._unpack(data)
        of_discriminator = self._discriminator_step(real, conditions)
        rests = self._generator_rests
        loss, parts = (None, {}) if rests else self._generator_step(real, conditions)
        self.step.assign_add(1)
        return self._track(of_discriminator, loss, parts)

    def test_step(self, data):
        """Score held-out examples, and what the averaged generator makes beside them."""
        real, conditions = self._unpack(data)
        inputs = self._inputs(conditions, tf.shape(real)[0], draw=0)
        fake = tf.cast(self.averaged_generator(inputs, training=False), tf.float32)
        asked = conditions, False
        of_real, of_fake = (answer(self.discriminator, part, *asked) for part in (real, fake))
        loss = self.objective.discriminator_loss(of_real, of_fake, conditions)
        of_discriminator = loss, of_real.mean_score(), of_fake.mean_score()
        generator = self.objective.generator_loss(of_real, of_fake, conditions, real, fake)
        return self._track(of_discriminator, *generator)

    def _unpack(self, data):
        """Return real examples and what comes with them, None if nothing is asked for."""
        real, conditions, _ = keras.utils.unpack_x_y_sample_weight(data)
        networks = self.generator, self.discriminator
        asked = not self.latent_dim or any(len(network.inputs) == 2 for network in networks)
        if not (asked or self.objective.label_loss):
            return real, None
        if conditions is None:
            raise ValueError("data: no labels, but the networks take some; give (real, labels)")
        return real, conditions

    def _track(self, of_discriminator, generator_loss, parts):
        """Take loss and mean scores of the one, and the other's, into the running means."""
        names = "discriminator_loss", "real_score", "fake_score"
        values = dict(zip(names, of_discriminator, strict=True))
        if generator_loss is not None:
            values |= {"generator_loss": generator_loss} | parts
        for name, value in values.items():
            self.trackers[name].update_state(value)
        return {name: machine.shown(t.result()) for name, t in self.trackers.items()}
