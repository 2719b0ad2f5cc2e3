"""The results as text."""

_HEAD = """# Speed

Written by `make bench`; the numbers are those of
`audiogan_lib/results/speed.json`.

{processor}, {cores} cores, {memory_gb} GB, {instructions}. {packages}. {date}.

## One training step

Discriminator, then generator, without gradient penalties but for the transcriber's; our networks
as `training.quicken` returns them. Median over turns of half a second, in milliseconds. *Ratio*:
PyTorch's time by ours, the median over turns; PyTorch in the quickest of its forms (eager, channels
last, compiled). *Share*: of the rate of a 2048 x 2048 matrix product, the quicker framework's, in
the same run; products with the zeros of padding are not counted.

| network | precision | ours | PyTorch | form | ratio | share | memory, ours / PyTorch |
| --- | --- | ---: | ---: | --- | ---: | ---: | ---: |
"""

_GOAL = 0.55
_REASONS = {  # from profiles of a step
    "dense_lstm": "with 32 examples a batch, memory that brings the weights sets the pace, and the "
    "LSTM is 32 steps of small operations",
    "specgan": "its largest maps have 4 and 32 channels, and 4 fill a quarter of a register; every "
    "product first lays its kernel out anew; normalisation, rectifiers and Adam pass over memory "
    "and multiply nothing",
    "vocoder": "Fourier transforms, exact GELUs and the normalisation of weights take time and do "
    "not count as products, and the discriminators have few channels",
    "transcriber": "texts of 40 steps with 20 to 64 channels make small products, beside which "
    "stand dropout's random numbers",
}


def page(found):
    """Lay out the results as Markdown.

    Parameters
    ----------
    found : dict
        What ``speed.json`` holds.

    Returns
    -------
    str
        The page.
    """
    known = found["machine"]
    packages = ", ".join(f"{name} {number}" for name, number in known["packages"].items())
    text = _HEAD.format(
        **known
        | {"packages": packages, "date": found["date"]}
        | {"instructions": ", ".join(known["instructions"])}
    )
    for row in found["steps"].values():
        for dtype in ("float32", "mixed_bfloat16"):
            if dtype in row:
                text += _step_row(row, dtype)
    text += "\nBest precision against best precision: "
    text += ", ".join(f"{row['title']} {row['ratio']:.2f}" for row in found["steps"].values())
    text += f"; geometric mean {found['geometric_mean_ratio']:.2f}.\n"
    return text + _below(found["steps"]) + _others(found)


def _below(rows):
    """Say why some shares are low."""
    low = [name for name, row in rows.items() if row["float32"]["share"] < _GOAL]
    text = f"\nBelow {_GOAL:.0%} in float32:\n\n"
    for name in low:
        reason = _REASONS.get(name, "not looked into")
        text += f"- {rows[name]['title']}, {rows[name]['float32']['share']:.0%}: {reason}.\n"
    text += "\nIn bfloat16 products take half the time and passes over memory more of it, so that "
    return text + "most shares are lower.\n" if low else ""


def _step_row(row, dtype):
    """One line of the table of steps."""
    part = row[dtype]
    ours, peer = part["ours"], part["pytorch"]
    return (
        f"| {row['title']}, batch {row['batch']} | {dtype.removeprefix('mixed_')} "
        f"| {ours['median_ms']:.1f} | {peer['median_ms']:.1f} | {peer['form'].replace('_', ' ')} "
        f"| {part['ratio']:.2f} | {part['share']:.0%} "
        f"| {ours['peak_mb']} / {peer['peak_mb']} MB |\n"
    )


def _others(found):
    """The tables of transforms, generation and loading."""
    text = "\n## Spectral transforms\n\nMilliseconds for 32 clips of 16384 samples.\n\n"
    text += "| transform | ours | librosa | ratio |\n| --- | ---: | ---: | ---: |\n"
    for name, row in found["transforms"].items():
        ours, theirs = row["ours"]["median_ms"], row["librosa"]["median_ms"]
        text += f"| {name.replace('_', ' ')} | {ours:.1f} | {theirs:.1f} | {row['ratio']:.1f} |\n"
    text += "\n## Generation\n\nDecoding to waveforms included.\n\n"
    text += "| generator | ms | sound, s | times real time |\n| --- | ---: | ---: | ---: |\n"
    for name, row in found["generation"].items():
        text += f"| {name} | {row['median_ms']:.1f} | {row['sound_s']} "
        text += f"| {row['times_real_time']:.0f} |\n"
    load = found["loading"]
    text += f"\n## Input\n\n{load['batches_per_s']} batches a second alone; in training, "
    return text + f"{load['waiting_share']:.2%} of a step is waiting ({load['recipe']})."


def step_line(row):
    """Return a network's result in one line."""
    parts = [f"{row['title']}: {row['ratio']:.2f} times PyTorch's best"]
    for dtype in ("float32", "mixed_bfloat16"):
        if dtype in row:
            part = row[dtype]
            ours, peer = part["ours"], part["pytorch"]
            parts.append(
                f"{dtype.removeprefix('mixed_')} {ours['median_ms']:.1f} ms "
                f"against {peer['median_ms']:.1f} ({peer['form']}), {part['share']:.0%}"
            )
    return "; ".join(parts)
