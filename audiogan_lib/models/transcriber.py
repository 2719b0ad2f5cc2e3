"""Transcriber: a generator that writes phonemes for speech, without one pair of sound and text.

wav2vec-U (Baevski et al. 2021, arXiv 2105.11084): the generator is a single convolution from
features of segments of speech to phonemes; the discriminator compares its texts with true texts
that nobody said. The defaults of the builders are those of the authors' code (fairseq,
``config/gan/w2vu.yaml``), which also trains with gradient penalty 1.5, :func:`smoothness` 0.5,
:func:`diversity` 4, Adam (0.5, 0.98) with rates 4e-4 (generator) and 5e-4 (discriminator), and 160
examples a batch. For two cores: ``width=64``, 40 positions, features of 32 or 64 numbers.

The weight of smoothness does not carry over: the term is a mean over phonemes, and a certain choice
among few phonemes costs more of it than among many. With 6 phonemes, 0.05 works, and 0.5 keeps the
generator from ever choosing, by which the discriminator tells it from text.

Texts have one shape, ``[batch, positions, phones]``: each position is a distribution over phonemes
(one-hot in true text), and what stands behind the end is all zeros, in features as in texts. No
network sees more than these zeros there, so that a text scores the same however far it is padded.

Departures from the code: the gradient penalty takes one norm an example, not one a phoneme; runs of
equal phonemes are averaged in training too, where the code keeps one position of a run at random;
the convolution returns as many positions as it takes, where the code returns one more.
"""

import keras
from keras import layers, ops


def _occupied(sequences):
    """Tell positions that hold something from padding: bool [batch, positions]."""
    return ops.any(ops.not_equal(sequences, 0), axis=-1)


@keras.saving.register_keras_serializable("audiogan_lib")
class MergeRepeats(layers.Layer):
    """Merge neighbours with the same most likely phoneme, then apply softmax.

    A phoneme often lasts longer than a segment of speech, while a text names it once. A run of
    positions with the same most likely phoneme becomes one position, the mean of their logits,
    whose most likely phoneme is the same. Runs move to the front; zeros follow.

    Called with logits ``(batch, positions, phones)`` and the features ``(batch, positions, dim)``
    that they were made of, all zeros behind the end. Output: distributions ``(batch, positions,
    phones)``, and zeros behind the last run.
    """

    def call(self, logits, features):
        occupied = _occupied(features)
        phones = ops.argmax(logits, axis=-1)
        changes = ops.not_equal(phones[:, 1:], phones[:, :-1])
        starts = ops.concatenate([ops.ones_like(occupied[:, :1]), changes], axis=1)
        runs = ops.cumsum(ops.cast(ops.logical_and(starts, occupied), "int32"), axis=1) - 1
        # member[b, p, r] is 1 where position p belongs to run r.
        member = ops.one_hot(runs, logits.shape[1], dtype=logits.dtype)
        member = member * ops.cast(occupied, logits.dtype)[..., None]
        sizes = ops.sum(member, axis=1)[..., None]
        means = ops.matmul(ops.transpose(member, (0, 2, 1)), logits) / ops.maximum(sizes, 1)
        return ops.softmax(means, axis=-1) * ops.cast(sizes > 0, logits.dtype)


@keras.saving.register_keras_serializable("audiogan_lib")
class OneEach(layers.Layer):
    """Apply softmax, and leave zeros behind the end: each segment is one symbol.

    Called as `MergeRepeats`.
    """

    def call(self, logits, features):
        occupied = ops.cast(_occupied(features), logits.dtype)
        return ops.softmax(logits, axis=-1) * occupied[..., None]


@keras.saving.register_keras_serializable("audiogan_lib")
class MeanScore(layers.Layer):
    """Average the scores of all positions that hold text.

    Called with scores ``(batch, positions, 1)`` and the texts ``(batch, positions, phones)`` that
    they are of, all zeros behind the end. Output: the means ``(batch, 1)``; 0 for an empty text.
    """

    def call(self, scores, texts):
        occupied = ops.cast(_occupied(texts), scores.dtype)[..., None]
        return ops.sum(scores * occupied, axis=1) / ops.maximum(ops.sum(occupied, axis=1), 1)


def build_generator(phones, positions, dim=512, kernel=4, dropout=0.1, merge=True):
    """Build the network from features of speech to text.

    Parameters
    ----------
    phones : int > 1
        Symbols of the text, silence included if it has one.
    positions, dim : int > 0
        Segments of the longest utterance, and numbers that describe a segment.
    kernel : int > 0
        Segments that the network sees at once.
    dropout : float in [0, 1)
        Share of the features dropped in training.
    merge : bool
        Whether neighbours with the same most likely symbol become one. False where segments are
        whole words, of which two alike are two.

    Returns
    -------
    keras.Model
        From features ``[batch, positions, dim]``, all zeros behind the end, to texts ``[batch,
        positions, phones]``.
    """
    features = keras.Input((positions, dim), name="features")
    x = layers.Dropout(dropout, name="dropout")(features)
    x = layers.Conv1D(phones, kernel, padding="same", use_bias=False, name="phones")(x)
    texts = (MergeRepeats(name="merge") if merge else OneEach(name="read"))(x, features)
    return keras.Model(features, texts, name="transcriber_generator")


def build_discriminator(phones, positions, width=384, kernel=6):
    """Build the network from texts to scores: three causal convolutions and a mean.

    Parameters
    ----------
    phones : int > 1
        Symbols of the text.
    positions : int > 0
        Length of the texts, padding included.
    width, kernel : int > 0
        Channels, and positions that each convolution sees: its own and those before.

    Returns
    -------
    keras.Model
        From texts ``[batch, positions, phones]``, all zeros behind the end, to scores ``[batch,
        1]``.
    """
    texts = keras.Input((positions, phones), name="texts")
    x = layers.Conv1D(width, kernel, padding="causal", name="embed")(texts)
    x = layers.Conv1D(width, kernel, padding="causal", activation="gelu", name="hidden")(x)
    x = layers.Conv1D(1, kernel, padding="causal", name="position_scores")(x)
    score = MeanScore(name="score")(x, texts)
    return keras.Model(texts, score, name="transcriber_discriminator")


def smoothness(real, fake):
    """Mean squared difference of neighbouring logits (Baevski et al. 2021, section 4.2).

    A mean over phonemes and all pairs of neighbours within a text; 0 where nothing changes. A
    softmax forgets the mean of its logits, so each position's logits have their mean removed.

    Parameters
    ----------
    real : tensor
        Ignored: it is there because the training engine hands over both.
    fake : tensor [shape=(batch, positions, phones)]
        Texts of the generator.
    """
    logits = ops.log(ops.maximum(fake, 1e-30))
    logits = logits - ops.mean(logits, axis=-1, keepdims=True)
    # Texts start at the front: where the second of a pair is occupied, so is the first.
    occupied = ops.cast(_occupied(fake)[:, 1:], logits.dtype)
    differences = ops.mean(ops.square(logits[:, 1:] - logits[:, :-1]), axis=-1)
    return ops.sum(differences * occupied) / ops.maximum(ops.sum(occupied), 1)


def diversity(real, fake):
    """Penalise a batch that uses few phonemes (Baevski et al. 2021, section 4.2).

    ``(phones - perplexity) / phones``, with the perplexity of the mean distribution of all
    positions that hold text; 0 where all phonemes are equally frequent.

    Parameters
    ----------
    real, fake
        As for :func:`smoothness`.
    """
    positions = ops.sum(ops.cast(_occupied(fake), fake.dtype))
    usage = ops.sum(fake, axis=(0, 1)) / ops.maximum(positions, 1)
    entropy = -ops.sum(usage * ops.log(usage + 1e-7))
    return 1.0 - ops.exp(entropy) / fake.shape[-1]
