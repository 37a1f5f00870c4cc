"""A program that sweeps and then confirms, for a test that kills it: confirming.py STORE."""

import sys

from trainings import noisy

if __name__ == "__main__":
    sweep = noisy.sweep(
        name="noisy", trials=6, search="grid", seed=4, store=sys.argv[1], progress=False,
        workers=1, fixed={"pause": 0.05},
    )  # fmt: skip
    sweep.confirm(top=3, seeds=6, progress=False)
