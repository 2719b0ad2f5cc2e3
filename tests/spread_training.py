"""Train tiny GANs on one or several devices and print their losses; run by test_training."""

import json
import sys

from audiogan_lib import training


def main(devices, each_options):
    """Make the strategy first: TensorFlow's devices cannot be split once they run."""
    strategy = training.strategy(devices)
    import tiny_gan

    data = tiny_gan.examples(48)
    runs = [train(strategy, tiny_gan, data, options) for options in each_options]
    spread = {"replicas": strategy.num_replicas_in_sync, "chief": training.is_chief(strategy)}
    print(json.dumps(spread | {"runs": runs}))


def train(strategy, tiny_gan, data, options):
    """Train once; return the losses, and what became of the weights."""
    import keras

    # Adam makes whole steps of the rounding of a gradient that is zero: the critic's bias has one.
    critic = options["loss"] == "wasserstein"
    kind = keras.optimizers.SGD if critic else training.Adam
    with strategy.scope():
        gan = tiny_gan.build(labels=3, optimizers=[kind(0.01), kind(0.02)], **options)
    history = tiny_gan.train(gan, data, steps=1, epochs=6).history
    names = ("discriminator_loss", "real_score", "fake_score")
    weights = gan.averaged_generator.get_weights()
    size = float(sum(abs(weight).sum() for weight in weights))
    return {"step": int(gan.step.numpy()), "average": size} | {n: history[n] for n in names}


if __name__ == "__main__":
    main(**json.loads(sys.argv[1]))
