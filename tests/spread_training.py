"""Train a tiny GAN on one or several devices and print its losses; run by test_distribution."""

import json
import sys

from audiogan_lib import training


def main(devices, options):
    """Make the strategy first: TensorFlow's devices cannot be split once they run."""
    strategy = training.strategy(devices)
    import keras
    import tiny_gan

    data = tiny_gan.examples(48)
    # Adam makes whole steps of the rounding of a gradient that is zero: the critic's bias has one.
    critic = options["loss"] == "wasserstein"
    kind = keras.optimizers.SGD if critic else training.Adam
    with strategy.scope():
        gan = tiny_gan.build(labels=3, optimizers=[kind(0.01), kind(0.02)], **options)
    history = tiny_gan.train(gan, data, steps=1, epochs=6).history
    names = ("discriminator_loss", "real_score", "fake_score")
    print(
        json.dumps(
            {
                "replicas": strategy.num_replicas_in_sync,
                "chief": training.is_chief(strategy),
                "step": int(gan.step.numpy()),
                "average": float(sum(abs(w).sum() for w in gan.averaged_generator.get_weights())),
            }
            | {name: history[name] for name in names}
        )
    )


if __name__ == "__main__":
    asked = json.loads(sys.argv[1])
    main(asked["devices"], asked["options"])
