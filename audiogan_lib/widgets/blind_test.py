"""Blind listening tests: their trials and what a score is worth; public in `widgets`."""

from __future__ import annotations

import numpy as np
import scipy

from audiogan_lib import _panels


class BlindTest:
    """Trials with two possible answers, of which a guess hits half, and their score.

    In a trial of ``"abx"`` A and B are known and X repeats one of them: it tests whether two
    versions of the *same* sound can be told apart. Of two different sounds X is found by anybody;
    whether generated sounds can be told from recordings is asked by ``"which"``: A and B come in
    random order, and the second kind is to be found.

    Parameters
    ----------
    first, second : sequence of array_like [shape=(samples,)]
        Pairs of sounds, turned down to equal levels within each, or the louder would be known.
    kinds : tuple of str
        What the first and the second are, as ``("recorded", "generated")``.
    task : {"abx", "which"}
        What is asked.
    trials : int > 0
        How many, fixed beforehand: who stops when the score looks good has no valid interval.
    seed : int >= 0
        Of the order.

    Raises
    ------
    ValueError
        When the pairs do not match in number, there are none, or the task is another word.
    """

    def __init__(self, first, second, kinds=("first", "second"), task="abx", trials=12, seed=0):
        if len(first) != len(second) or not len(first):
            raise ValueError(
                "first and second must hold equally many sounds, at least one, "
                f"received {len(first)} and {len(second)}"
            )
        if task not in ("abx", "which"):
            raise ValueError(f"task must be 'abx' or 'which', received {task!r}")
        if not trials > 0:
            raise ValueError(f"trials must be positive, received {trials}")
        self.kinds, self.task, self.trials = tuple(kinds), task, int(trials)
        self._pairs = [_panels.equal_levels(pair) for pair in zip(first, second, strict=True)]
        rng = np.random.default_rng(seed)
        rounds = -(-self.trials // len(self._pairs))
        order = [rng.permutation(len(self._pairs)) for _ in range(rounds)]
        self._order = np.concatenate(order)[: self.trials]
        self._coins = rng.integers(2, size=self.trials)
        self.answers = []

    def sounds(self, trial):
        """Give what is heard in a trial.

        Parameters
        ----------
        trial : int in [0, trials)
            Which one.

        Returns
        -------
        sounds : dict of str to np.ndarray [shape=(samples,), float32]
            A and B, for ABX also X.
        """
        first, second = self._pairs[self._order[trial]]
        if self.task == "abx":
            return {"A": first, "B": second, "X": (first, second)[self._coins[trial]]}
        swapped = self.solution(trial) == "A"
        return {"A": second, "B": first} if swapped else {"A": first, "B": second}

    def solution(self, trial):
        """Give the right answer of a trial.

        Parameters
        ----------
        trial : int in [0, trials)
            Which one.

        Returns
        -------
        answer : {"A", "B"}
            What X is, or which one is of the second kind.
        """
        return "AB"[self._coins[trial]]

    def answer(self, letter):
        """Answer the next trial.

        Parameters
        ----------
        letter : {"A", "B"}
            What the listener says.

        Returns
        -------
        right : bool
            Whether it is so.

        Raises
        ------
        ValueError
            When it is another letter, or all trials have been answered.
        """
        if letter not in ("A", "B"):
            raise ValueError(f"letter must be 'A' or 'B', received {letter!r}")
        if len(self.answers) == self.trials:
            raise ValueError(f"all {self.trials} trials have been answered")
        self.answers.append(letter)
        return letter == self.solution(len(self.answers) - 1)

    @property
    def right(self):
        """Right answers so far."""
        return sum(letter == self.solution(i) for i, letter in enumerate(self.answers))

    def interval(self, confidence=0.95):
        """Exact interval of the share of right answers, by Clopper and Pearson.

        Parameters
        ----------
        confidence : float in (0, 1)
            It contains the true share at least so often.

        Returns
        -------
        low, high : float in [0, 1]
            Before the first answer 0 and 1.

        References
        ----------
        C. J. Clopper and E. S. Pearson, "The use of confidence or fiducial limits illustrated in
        the case of the binomial", Biometrika 26(4), 1934.
        """
        if not self.answers:
            return 0.0, 1.0
        found = scipy.stats.binomtest(self.right, len(self.answers))
        low, high = found.proportion_ci(confidence, method="exact")
        return float(low), float(high)

    def chance(self):
        """Probability that guessing alone scores at least as well.

        Returns
        -------
        probability : float in [0, 1]
            One-sided, of the answers so far; 1 before the first.
        """
        if not self.answers:
            return 1.0
        found = scipy.stats.binomtest(self.right, len(self.answers), 0.5, alternative="greater")
        return float(found.pvalue)

    def score(self):
        """Tell the score in words.

        Returns
        -------
        text : str
            Right answers, interval and the chance of as many by guessing.
        """
        low, high = (100 * share for share in self.interval())
        return (
            f"{self.right} of {len(self.answers)} right (95 % interval {low:.0f} to {high:.0f} %); "
            f"guessing does as well with probability {self.chance():.3f}."
        )
