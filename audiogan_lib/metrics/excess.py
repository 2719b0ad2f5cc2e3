"""Too good is a fault: what is unlike recordings though a score likes it.

`audiogan_lib.metrics` states the conventions.
"""

from typing import NamedTuple

import numpy as np
from scipy.stats import ks_2samp

#: Distributions that differ with less than this probability by chance are named.
_LEVEL = 0.01
#: As are spreads within the labels outside of these shares of recordings'.
_SPREADS = 0.8, 1.25


class Difference(NamedTuple):
    """Medians of generated and of real sounds.

    ``p``: how likely two draws from one distribution differ as much as these, or more.
    """

    generated: float
    real: float
    p: float


def distribution_difference(generated, real, recordings=None):
    """Compare how one number of sounds is distributed: the Kolmogorov-Smirnov test of two samples.

    Pitfalls: real clips of one recording are not independent, so give the recordings; the mix of
    labels must be the same on both sides; a thousand clips find differences that nobody hears.

    Parameters
    ----------
    generated, real : array_like [shape=(clips,)]
        A measure of each clip, such as `onset_times`; NaN is left out.
    recordings : array_like [shape=(clips,)], optional
        Of each real clip its recording: one of its clips counts, drawn by chance.

    Raises
    ------
    ValueError
        If a side holds no number.

    Examples
    --------
    >>> distribution_difference([1.0, 2.0, 3.0], [1.0, 2.0, 3.0]).p
    1.0
    """
    generated, real = np.asarray(generated, np.float64), np.asarray(real, np.float64)
    if recordings is not None:
        order = np.random.default_rng(0).permutation(np.flatnonzero(~np.isnan(real)))
        real = real[order[np.unique(np.asarray(recordings)[order], return_index=True)[1]]]
    generated, real = generated[~np.isnan(generated)], real[~np.isnan(real)]
    if not len(generated) or not len(real):
        raise ValueError("generated and real must each hold a number, received NaN alone")
    p = float(ks_2samp(generated, real).pvalue)
    return Difference(float(np.median(generated)), float(np.median(real)), p)


def excesses(differences, spreads):
    """Say in a sentence for each fault in what generated sounds are unlike recordings.

    Parameters
    ----------
    differences : dict of str to Difference
        By what was measured, such as ``"onset_ms"``. ``"confidence"``, a judge's probability of
        what was asked for, is a fault only where the generated sounds have more of it.
    spreads : dict of str to float
        By ear, how far generated clips of one label lie apart, as a share of how far recordings do.

    Examples
    --------
    >>> excesses({"onset_ms": Difference(1.3, 6.5, 0.0002)}, {"cepstra": 1.0})
    {'onset_ms': 'median 1.3, of recordings 6.5 (p = 0.0002)'}
    """
    found = {
        name: f"median {made:.3g}, of recordings {real:.3g} (p = {p:.1g})"
        for name, (made, real, p) in differences.items()
        if p < _LEVEL and (name != "confidence" or made > real)
    }
    low, high = _SPREADS
    for ear, spread in spreads.items():
        if spread < low or spread > high:
            found[f"spread, {ear}"] = f"{spread:.2f} of that of recordings"
    return found
