"""Run the fault harness by hand: python -m tests.faults.run --seed 7, or --seeds 500."""

from __future__ import annotations

import argparse
import sys
import time

from tests.faults.harness import Fallen, check_seed
from tests.faults.plan import draw_plan


def main() -> int:
    """Run one seed or many, and say at the end which have fallen."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, help="run this seed alone")
    parser.add_argument("--seeds", type=int, default=20, help="run so many seeds")
    parser.add_argument("--first", type=int, default=0, help="the first of them")
    given = parser.parse_args()
    seeds = range(given.first, given.first + given.seeds)
    if given.seed is not None:
        seeds = range(given.seed, given.seed + 1)
        print(draw_plan(given.seed), flush=True)
    fallen = [seed for seed in seeds if not _holds(seed)]
    print(f"{len(seeds) - len(fallen)} of {len(seeds)} seeds hold; fallen: {fallen or 'none'}")
    return 1 if fallen else 0


def _holds(seed: int) -> bool:
    began = time.monotonic()
    try:
        check_seed(seed)
    except Fallen as error:
        print(f"{error}\n", flush=True)
        return False
    print(f"seed {seed} holds, {time.monotonic() - began:.1f} s", flush=True)
    return True


if __name__ == "__main__":
    sys.exit(main())
