"""The adversarial training loop as a Keras model.

``GAN`` knows neither networks nor data: they arrive as arguments. All of a run's state stands in
the model's variables: networks, moving average, optimisers, step, seconds. Latents are drawn from
(seed, step) alone. A run that is stopped and resumed goes on as if it had never been stopped.
"""

from audiogan_lib.quick import Adam, quicken
from audiogan_lib.training.gan import GAN
from audiogan_lib.training.machine import is_chief, policy, strategy, supported_precision

__all__ = ["GAN", "Adam", "is_chief", "policy", "quicken", "strategy", "supported_precision"]
