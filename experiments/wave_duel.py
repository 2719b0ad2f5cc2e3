"""How surely the small WaveGAN of a page learns both tones: ten seeds, with R1 and without.

``python -m experiments.wave_duel`` prints the table of ``wave_duel.md``, in some five minutes. The
game is played by the library; ``tests/test_wave_duel.py`` holds the page to the same numbers. The
time is the page's, measured on its scripts under Node.js.
"""

import shutil
import subprocess
import sys

from audiogan_lib import live
from audiogan_lib.widgets import WaveGame

SEEDS, PENALTIES, STEPS, EVERY = range(10), (5.0, 0.0), 450, 50

#: A tone is learnt when this share of generated clips is of it.
LEARNT = 0.2

#: Milliseconds of processor time for a step of the page, over a hundred steps.
TIME = """const game = new audiogan.waves.Game({ seed: 0, r1: 5, rate: 0.004 });
audiogan.waves.report(game, 20);
const began = process.cpuUsage().user;
audiogan.waves.report(game, 100);
console.log((process.cpuUsage().user - began) / 1e5);"""


def learn(seed, r1):
    """Play one game; return when both tones were learnt, if ever, and the shares at the end."""
    game, when = WaveGame(r1=r1, seed=seed), None
    while game.step < STEPS:
        game.play(EVERY)
        if when is None and min(game.shares()) >= LEARNT:
            when = game.step
    return when, game.shares()


def step_ms():
    """Measure the page's own scripts."""
    names = ("controls.js", "wave_networks.js", "wave_game.js")
    scripts = "\n".join((live.PAGE / name).read_text("utf-8") for name in names)
    command = [shutil.which("node"), "-"]
    options = {"input": scripts + TIME, "text": True, "stdout": subprocess.PIPE, "check": True}
    return float(subprocess.run(command, **options).stdout)  # noqa: S603


def main():
    """Print the table, line by line."""
    print("| Seed | R1 | Both tones learnt after | Share of 200 Hz | Share of 500 Hz |")
    print("| ---: | ---: | ---: | ---: | ---: |")
    learnt = dict.fromkeys(PENALTIES, 0)
    for r1 in PENALTIES:
        for seed in SEEDS:
            when, shares = learn(seed, r1)
            learnt[r1] += min(shares) >= LEARNT
            told = f"{when} steps" if when else "never"
            print(f"| {seed} | {r1:g} | {told} | {shares[0]:.2f} | {shares[1]:.2f} |", flush=True)
    for r1, count in learnt.items():
        print(f"\nWith R1 = {r1:g}, both tones after {STEPS} steps: {count} of {len(SEEDS)} seeds.")
    print(f"\nA step of the page: {step_ms():.0f} ms of processor time.")


if __name__ == "__main__":
    sys.exit(main())
