"""Adam with one operation a variable."""

from audiogan_lib.quick import backend  # which has a word to say before Keras is loaded

# isort: split
import keras
import tensorflow as tf


@keras.saving.register_keras_serializable("audiogan_lib")
class Adam(keras.optimizers.Adam):
    """Keras's Adam (Kingma and Ba 2015) in TensorFlow's fused form: the same steps sooner.

    Keras writes a step as about ten small operations for each variable, which small networks wait
    for and which make their graphs slow to build; this is one. All else is Keras's own: options,
    schedules, what a checkpoint holds.

    Parameters
    ----------
    *args, **kwargs
        For ``keras.optimizers.Adam``.

    Raises
    ------
    ValueError
        With ``amsgrad``, which has no fused form.
    """

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.amsgrad:
            raise ValueError("amsgrad=True: use keras.optimizers.Adam")

    def update_step(self, gradient, variable, learning_rate):
        """Move one variable along its gradient.

        Parameters
        ----------
        gradient : tensor
            A dense one.
        variable : keras.Variable
            One of those that the optimiser was built for.
        learning_rate : float or tensor
            Size of the step.
        """
        index = self._get_variable_index(variable)
        steps = tf.cast(self.iterations + 1, variable.dtype)
        beta_1, beta_2 = (tf.cast(beta, variable.dtype) for beta in (self.beta_1, self.beta_2))
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=self._momentums[index].value.handle,
            v=self._velocities[index].value.handle,
            beta1_power=beta_1**steps,
            beta2_power=beta_2**steps,
            lr=tf.cast(learning_rate, variable.dtype),
            beta1=beta_1,
            beta2=beta_2,
            epsilon=tf.cast(self.epsilon, variable.dtype),
            grad=tf.cast(gradient, variable.dtype),
        )
