"""A program that drives one sweep, for tests that kill it: driver.py STORE NAME SEARCH TRIALS."""

import sys

from trainings import GRID, descends, drawn, endless, quadratic

import sweeper

SCHEDULERS = {
    "asha": sweeper.ASHA(max_steps=9),
    "promotion": sweeper.ASHA(max_steps=9, reduction_factor=2),
    "pbt": sweeper.PBT(4, interval=2),
}

if __name__ == "__main__":
    store, name, search, trials, *more = sys.argv[1:]
    function = quadratic
    if search == "endless":
        function = endless
    elif "saves" in more:
        function = descends
    elif "drawn" in more:
        function = drawn
    chosen = [scheduler for called, scheduler in SCHEDULERS.items() if called in more]
    function.sweep(
        store=store,
        name=name,
        search="random" if search == "endless" else search,
        trials=int(trials),
        scheduler=chosen[0] if chosen else None,
        space=GRID if search == "grid" else None,
        backend="inline" if "inline" in more else "local",
        replicates=3 if "drawn" in more else None,
        workers=2 if "two" in more else 1,
        seed=11,
        grace=5,
        fixed={"beats": more[-1]} if search == "endless" else None,
        progress=False,
    )
