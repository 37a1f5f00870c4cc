"""What a seed stands for: a sweep, and the faults that strike the programs that drive it."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

BEGINNING = (
    "before create",
    "after create",
    "before acquire",
    "after acquire",
    "before take_up",
    "after take_up",
)
END = (
    "before conclude",
    "after conclude",
    "before close",
    "after close",
    "before release",
    "after release",
)
MIDDLE = ("before record", "after record", "before start", "after start")
ANSWERS = ("before answer", "after answer")
ENDING = ("kill", "kill", "kill", "terminate", "interrupt", "interrupt twice")
PASSING = (
    "freeze",
    "lose worker",
    "stall worker",
    "preempt worker",
    "store away",
    "hold lock",
    "clock back",
    "clock forward",
)
HOWS = ("plain", "prints", "saves", "fails", "family", "family apart", "family forked")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """The sweep that is to come through."""

    search: str
    asha: bool
    workers: int
    trials: int
    how: str
    seed: int
    pause: float = 0.0

    @property
    def repeats(self) -> str:
        """What must equal an uninterrupted run: everything, the suggestions, or nothing."""
        if self.workers == 1:
            return "everything"
        return "nothing" if self.search == "tpe" else "suggestions"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """An action at the so manieth time that a point of the path is reached."""

    point: str
    occurrence: int
    action: str
    count: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A sweep, and for each program that drives it the faults that strike there."""

    scenario: Scenario
    runs: tuple[tuple[Fault, ...], ...]

    @property
    def moves_clock(self) -> bool:
        """Whether some recorded times cannot be trusted."""
        return any(fault.action.startswith("clock") for run in self.runs for fault in run)

    def __str__(self) -> str:
        lines = [str(self.scenario)]
        for number, run in enumerate(self.runs, 1):
            lines += [f"  program {number}: {fault}" for fault in run]
        return "\n".join(lines)


ON_SERVER = (*PASSING, "cut connections", "cut connections")
# Ray's workers are no children of the program.
ON_CLUSTER = ("freeze", "store away", "hold lock", "clock back", "clock forward")
FAMILYLESS = ("plain", "prints", "saves", "fails")


def draw_plan(seed: int, passing: tuple[str, ...] = PASSING, *, small: bool = False) -> Plan:
    """Draw a plan, a small one for slow ground; the same seed always gives the same one."""
    chance = Random(f"faults {seed}")
    scenario = Scenario(
        search=chance.choice(("random", "tpe", "grid")),
        asha=chance.random() < 0.6,
        workers=chance.choice((1, 1, 2, 3)),
        trials=chance.randint(*((6, 8) if small else (10, 18))),
        how=chance.choice(FAMILYLESS if small else HOWS),
        seed=chance.randrange(2**31),
        pause=chance.choice((0.0, 0.0, 0.005, 0.02)),
    )
    ends = chance.randint(1, 2 if small else 4)
    runs = []
    for number in range(ends + 1):
        # The last program's fault leaves it the time to come to its end.
        last = number == ends
        faults = [_drawn(chance, scenario, ENDING, ends)] if not last else []
        if len(runs) < 2 and chance.random() < 0.7:
            faults.append(_drawn(chance, scenario, passing, ends))
        runs.append(tuple(faults))
    return Plan(scenario=scenario, runs=tuple(run for run in runs if run))


def _drawn(chance: Random, scenario: Scenario, actions: tuple[str, ...], ends: int) -> Fault:
    """Draw a fault early enough for the programs after it to have something left to do."""
    answers = ANSWERS if scenario.asha else ()
    points = chance.choice((BEGINNING, END, *4 * (MIDDLE + answers,)))
    point = chance.choice(points)
    share = max(1, scenario.trials // (ends + 1))
    occurrence = 1
    if point in MIDDLE:
        occurrence = chance.randint(1, share * (1 if "start" in point else 2))
    elif point in ANSWERS:
        occurrence = chance.randint(1, 2 * share)
    sensible = [action for action in actions if _makes_sense(action, point, scenario)]
    return Fault(
        point=point,
        occurrence=occurrence,
        action=chance.choice(sensible),
        count=chance.randint(1, 2),
    )


def _makes_sense(action: str, point: str, scenario: Scenario) -> bool:
    if action == "store away":
        return point.endswith(("record", "conclude"))
    if action == "lose worker":
        # Whoever leaves both its session and its parent cannot be found any more.
        return scenario.how != "family apart"
    return True
