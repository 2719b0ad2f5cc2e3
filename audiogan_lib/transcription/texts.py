"""Texts: packing, language models, error rates.

Language model and edit distance are written out: a few lines each, part of what chapter 15 teaches.
"""

import math
from collections import Counter, defaultdict

import numpy as np

#: How the digits are said, in ARPABET without stress (CMU Pronouncing Dictionary).
DIGITS = {
    "0": "Z IH R OW",
    "1": "W AH N",
    "2": "T UW",
    "3": "TH R IY",
    "4": "F AO R",
    "5": "F AY V",
    "6": "S IH K S",
    "7": "S EH V AH N",
    "8": "EY T",
    "9": "N AY N",
}


def pack(utterances, positions):
    """Stack sequences into ``[utterances, positions, dim]``, zeros behind the end of each.

    Parameters
    ----------
    utterances : sequence of ndarray [shape=(segments, dim)]
        Features, one array an utterance.
    positions : int > 0
        The common length.

    Raises
    ------
    ValueError
        If an utterance is longer than ``positions``.
    """
    longest = max(map(len, utterances))
    if longest > positions:
        raise ValueError(f"positions={positions}: the longest utterance needs {longest}")
    packed = np.zeros((len(utterances), positions, utterances[0].shape[1]), np.float32)
    for row, utterance in zip(packed, utterances, strict=True):
        row[: len(utterance)] = utterance
    return packed


def one_hot(texts, phones, positions):
    """Turn texts into what the discriminator takes.

    They are one-hot vectors ``[texts, positions, phones]``, zeros behind the end.

    Parameters
    ----------
    texts : sequence of sequence of int
        Phonemes by number.
    phones, positions : int > 0
        How many phonemes there are, and the common length, as for `pack`, errors too.
    """
    table = np.eye(phones, dtype=np.float32)
    return pack([table[np.asarray(text, int)] for text in texts], positions)


def read(probabilities):
    """Read the most likely text, as lists of phonemes by number.

    Parameters
    ----------
    probabilities : array-like [shape=(texts, positions, phones)]
        What the generator wrote, zeros behind the end.

    Examples
    --------
    >>> read(one_hot([[2, 0], [1]], phones=3, positions=4))
    [[2, 0], [1]]
    """
    probabilities = np.asarray(probabilities)
    occupied = probabilities.any(axis=-1)
    return [
        text[held].tolist()
        for text, held in zip(probabilities.argmax(axis=-1), occupied, strict=True)
    ]


def edit_distance(reference, transcript):
    """Count the insertions, deletions and replacements between two texts (Levenshtein 1966).

    Parameters
    ----------
    reference, transcript : sequence of int
        Texts.

    Examples
    --------
    >>> edit_distance([4, 7, 1, 1], [4, 7, 7, 1])
    1
    """
    row = list(range(len(transcript) + 1))
    for before, wanted in enumerate(reference):
        diagonal, row[0] = before, before + 1
        for column, written in enumerate(transcript, 1):
            replaced = diagonal + (wanted != written)
            diagonal = row[column]
            row[column] = min(replaced, row[column] + 1, row[column - 1] + 1)
    return row[-1]


def phoneme_error_rate(references, transcripts):
    """Share of phonemes that are wrong, missing or too many; above 1 where too much was written.

    Parameters
    ----------
    references, transcripts : sequence of sequence of int
        What was said, and what was written, in the same order.

    Examples
    --------
    >>> phoneme_error_rate([[1, 2, 3, 4], [1]], [[1, 2, 3], [1]])
    0.2
    """
    pairs = zip(references, transcripts, strict=True)
    return sum(edit_distance(*pair) for pair in pairs) / sum(map(len, references))


class LanguageModel:
    """What text sounds like: an n-gram model with interpolated Witten-Bell smoothing.

    Each order is mixed with the next lower one, the more so the more different symbols have been
    seen after a context (Chen and Goodman 1999, section 2.5); the lowest is uniform.

    Parameters
    ----------
    texts : sequence of sequence of int
        The text to learn from.
    phones, order : int > 0
        How many symbols there are (the end of a text is one more), and length of the n-grams.

    Examples
    --------
    >>> LanguageModel([[0, 1, 0, 1]], phones=2, order=2).probability((0,), 1) > 0.5
    True
    """

    def __init__(self, texts, phones, order=4):
        self.phones, self.order = phones, order
        self._counts = defaultdict(Counter)
        for text in texts:
            for context, symbol in self._grams(text):
                for start in range(len(context) + 1):
                    self._counts[context[start:]][symbol] += 1

    def _grams(self, text):
        """Yield each symbol after its context; -1 fills the front, ``phones`` is the end."""
        padded = [-1] * (self.order - 1) + list(text) + [self.phones]
        for end in range(self.order - 1, len(padded)):
            yield tuple(padded[end - self.order + 1 : end]), padded[end]

    def probability(self, context, symbol):
        """Probability of a symbol after others, in (0, 1).

        Parameters
        ----------
        context : tuple of int
            The symbols before, at most ``order - 1`` of them; -1 before the start.
        symbol : int
            The next one; ``phones`` is the end of the text.
        """
        lower = self.probability(context[1:], symbol) if context else 1 / (self.phones + 1)
        counts = self._counts.get(context)
        if not counts:
            return lower
        return (counts[symbol] + len(counts) * lower) / (counts.total() + len(counts))

    def perplexity(self, texts):
        """How surprising texts are: exponential of the mean negative log probability of a symbol.

        Parameters
        ----------
        texts : sequence of sequence of int
            For example transcripts.
        """
        grams = [gram for text in texts for gram in self._grams(text)]
        return math.exp(-sum(math.log(self.probability(*gram)) for gram in grams) / len(grams))


def weighted_perplexity(transcripts, language_model):
    """Rate transcripts without any reference, to choose between runs and steps.

    Perplexity alone is lowest for a transcriber that writes the same frequent phonemes over and
    over; it is therefore divided by the share of phonemes in use, squared as in the authors' code
    (Baevski et al. 2021, section 4.3). The lower the better; infinite for transcripts without a
    symbol.

    Parameters
    ----------
    transcripts : sequence of sequence of int
        All that the transcriber wrote.
    language_model : LanguageModel
        Of text that is not the transcripts'.
    """
    used = len({phone for transcript in transcripts for phone in transcript})
    if not used:
        return math.inf
    share = used / language_model.phones
    return language_model.perplexity(transcripts) / share**2
