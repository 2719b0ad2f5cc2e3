"""Training steps beside PyTorch's."""

import statistics

from benchmarks.interleaved import Worker, WorkerError, ratio, summary, take_turns
from benchmarks.worker import PRODUCT

_FORMS = ("eager", "channels_last", "compile")
_TRIAL_S, _TURN_S = 1.0, 0.5
_TRIALS, _ROUNDS = 3, 11


def _peers(name, dtype, vocoder_sizes):
    """Start PyTorch's forms in one precision; return the quickest, and what each took."""
    workers, tried = {}, {}
    for form in _FORMS:
        order = {"case": name, "dtype": dtype, "form": form, "vocoder_sizes": vocoder_sizes}
        try:
            workers[form] = Worker(build="pytorch", **order)
        except WorkerError as failure:
            tried[form] = f"failed: {failure}"
    if not workers:
        raise WorkerError(f"PyTorch in {dtype}: {tried}")
    # In turns, since a single trial would let a moment's load choose the form.
    take_turns(workers.values(), {"step": _TRIAL_S}, _TRIALS)
    medians = {form: statistics.median(w.medians["step"]) for form, w in workers.items()}
    best = min(medians, key=medians.get)
    tried |= {form: round(1e3 * seconds, 3) for form, seconds in medians.items()}
    for form, worker in workers.items():
        worker.forget() if form == best else worker.close()
    return workers[best], best, tried


def compare(name, case, dtypes, vocoder_sizes):
    """Time a network in both frameworks, in turns.

    Parameters
    ----------
    name, case : str, cases.Case
        Which.
    dtypes : sequence of str
        ``"float32"``, ``"mixed_bfloat16"``.
    vocoder_sizes : dict
        ``vocoder.SMALL``.

    Returns
    -------
    dict
        A row of the table.
    """
    workers, forms, tried = {}, {}, {}
    try:
        for dtype in dtypes:
            workers["ours", dtype] = Worker(build="ours", case=name, dtype=dtype)
            peer, forms[dtype], tried[dtype] = _peers(name, dtype, vocoder_sizes)
            workers["pytorch", dtype] = peer
        products = {f"product {dtype.removeprefix('mixed_')}": 0.0 for dtype in dtypes}
        take_turns(workers.values(), {"step": _TURN_S} | products, _ROUNDS)
        return _row(case, dtypes, workers, forms, tried)
    finally:
        for worker in workers.values():
            worker.close()


def _row(case, dtypes, workers, forms, tried):
    """Sum up what the workers found."""
    facts = {side: workers[side, dtypes[0]].facts for side in ("ours", "pytorch")}
    counts = [facts[side]["parameters"] for side in ("ours", "pytorch")]
    if counts[0] != counts[1]:
        raise ValueError(f"{case.title}: {counts[0]} parameters, PyTorch's has {counts[1]}")
    row = {"title": case.title, "batch": case.batch, "recommended": case.recommended}
    row |= {"parameters": counts[0], "arithmetic_gmac": round(facts["ours"]["arithmetic"] / 1e9, 3)}
    for dtype in dtypes:
        limit = limit_gmacs(workers.values(), dtype)
        mine, peer = workers["ours", dtype], workers["pytorch", dtype]
        seconds = statistics.median(mine.medians["step"])
        row[dtype] = {
            "ours": summary(mine.medians["step"]) | {"peak_mb": mine.peak_mb},
            "pytorch": summary(peer.medians["step"])
            | {"peak_mb": peer.peak_mb, "form": forms[dtype], "tried_ms": tried[dtype]},
            "ratio": round(ratio(mine, peer, "step"), 3),
            "limit_gmacs": round(limit, 1),
            "share": round(facts["ours"]["arithmetic"] / 1e9 / seconds / limit, 3),
        }
    row["ratio"] = round(_best_against_best(dtypes, workers), 3)
    return row


def _best_against_best(dtypes, workers):
    """Compare the quickest precision of each side."""
    best = {}
    for side in ("ours", "pytorch"):
        candidates = [workers[side, dtype] for dtype in dtypes]
        best[side] = min(candidates, key=lambda w: statistics.median(w.medians["step"]))
    return ratio(best["ours"], best["pytorch"], "step")


def limit_gmacs(workers, dtype):
    """Return the rate of a large matrix product, of whichever framework is the quicker at it.

    Parameters
    ----------
    workers : iterable of Worker
        After their rounds.
    dtype : str
        Of the matrices.

    Returns
    -------
    float
        Billions of multiply-accumulates per second.
    """
    task = f"product {dtype.removeprefix('mixed_')}"
    return max(PRODUCT**3 / statistics.median(worker.times[task]) / 1e9 for worker in workers)
