"""Imaginary languages of which everything is known: what a transcriber can learn from text."""

import numpy as np


class NumberPlan:
    """Telephone numbers of an imaginary country, of which every probability is known.

    Each place of a number has favourite digits, and each digit favourite followers: digit ``b``
    follows ``a`` in place ``t`` with a probability proportional to ``exp(skew * (u[t, b] + v[a,
    b]))``, and begins a number with one proportional to ``exp(skew * u[0, b])``, where all ``u``
    and ``v`` are standard normal.

    ``starts`` ``[digits]`` are the probabilities of the first digit, ``follows`` ``[length - 1,
    digits, digits]`` those of each further one after the digit before it.

    Parameters
    ----------
    digits, length : int > 1
        How many different ones there are, and how many a number has.
    skew : float >= 0
        0 makes all numbers equally likely; the larger, the stronger the habits.
    seed : int
        Of the habits.

    Examples
    --------
    >>> NumberPlan(digits=10, length=8, skew=1.0).texts(3, seed=0).shape
    (3, 8)
    """

    def __init__(self, digits, length, skew, seed=0):
        rng = np.random.default_rng(seed)
        places = rng.standard_normal((length, 1, digits))
        followers = rng.standard_normal((digits, digits))
        weights = np.exp(skew * (places[1:] + followers))
        self.follows = weights / weights.sum(axis=2, keepdims=True)
        first = np.exp(skew * places[0, 0])
        self.starts = first / first.sum()

    def texts(self, count, seed):
        """Draw numbers ``[count, length]``, one a row.

        Parameters
        ----------
        count, seed : int
            How many; the same seed gives the same numbers.
        """
        draws = np.random.default_rng(seed).random((len(self.follows) + 1, count))
        texts = [_choose(np.tile(self.starts, (count, 1)), draws[0])]
        for follows, draw in zip(self.follows, draws[1:], strict=True):
            texts.append(_choose(follows[texts[-1]], draw))
        return np.stack(texts, axis=1)

    def divergence(self, names):
        """Tell how well numbers give away that their digits have been renamed.

        Kullback-Leibler divergence, in nats a number, of true numbers from renamed ones: by so much
        the logarithm of their probability falls on average when all digits are replaced by their
        names. 0 means that nobody can tell, however many numbers they see.

        Parameters
        ----------
        names : sequence of int
            For each digit another one: a permutation.

        Raises
        ------
        ValueError
            If the names are not a permutation.
        """
        names = np.asarray(names)
        if sorted(names) != list(range(len(self.starts))):
            raise ValueError(f"names must be a permutation of 0 to {len(self.starts) - 1}")
        now = self.starts
        total = now @ np.log(now / now[names])
        for follows in self.follows:
            surprise = np.log(follows / follows[np.ix_(names, names)])
            total += now @ (follows * surprise).sum(axis=1)
            now = now @ follows
        return float(total)


def _choose(probabilities, draws):
    """Choose a symbol for each row by a number in [0, 1)."""
    below = probabilities.cumsum(axis=1) <= draws[:, None]
    return np.minimum(below.sum(axis=1), probabilities.shape[1] - 1)


def decipher(units, kinds, source, rounds=60, seed=0):
    """Find out which symbol each kind of unit stands for, from the habits of the language alone.

    Expectation maximisation for a hidden Markov model whose hidden texts are the language's and
    whose emissions are unknown (Knight et al. 2006): no network and no discriminator. Returns the
    most likely symbol of each kind, ``[kinds]``, and the log-likelihood of the units before the
    last round, in nats an utterance: the larger, the better this start was.

    Parameters
    ----------
    units : sequence of ndarray [shape=(segments,)], int
        For each utterance the kinds of its segments, such as their clusters; none is longer than
        the numbers.
    kinds : int > 0
        How many kinds there are.
    source : NumberPlan
        The language.
    rounds : int > 0
        Of expectation maximisation.
    seed : int
        Of the emissions at the start: the result depends on it.
    """
    positions = max(map(len, units))
    held = np.arange(positions) < np.array([len(row) for row in units])[:, None]
    table = np.zeros(held.shape, int)
    table[held] = np.concatenate(units)
    symbols = len(source.starts)
    emissions = np.random.default_rng(seed).dirichlet(np.full(kinds, 10.0), symbols)
    for _ in range(rounds):
        beliefs, likelihood = _believe(emissions.T[table], held, source)
        counts = np.full((kinds, symbols), 1e-3)  # no emission is ruled out for ever
        np.add.at(counts, table[held], beliefs[held])
        emissions = (counts / counts.sum(axis=0)).T
    return counts.argmax(axis=1), float(likelihood)


def _believe(emitted, held, source):
    """Return the probabilities of the symbols at each position, and the mean log-likelihood.

    ``emitted`` holds the probability of each unit, ``[utterances, positions, symbols]``.
    """
    emitted = np.where(held[..., None], emitted, 1.0)
    forward, scales = np.empty_like(emitted), np.empty(held.shape)
    state = np.tile(source.starts, (len(held), 1))
    for position in range(held.shape[1]):
        joint = state * emitted[:, position]
        scales[:, position] = joint.sum(axis=1)
        forward[:, position] = joint / scales[:, [position]]
        if position < len(source.follows):
            state = forward[:, position] @ source.follows[position]
    beliefs, behind = forward.copy(), np.ones_like(state)
    for position in range(held.shape[1] - 1, -1, -1):
        beliefs[:, position] = forward[:, position] * behind
        if position:
            ahead = emitted[:, position] * behind / scales[:, [position]]
            behind = ahead @ source.follows[position - 1].T
    beliefs /= beliefs.sum(axis=2, keepdims=True)
    return beliefs, np.log(scales).sum(axis=1).mean()
