"""Population based training: the worst go on from the best ones' checkpoints, changed a little."""

from __future__ import annotations

import heapq
import re
from collections.abc import Collection, Mapping, Sequence
from itertools import chain

from sweeper.errors import SweeperError
from sweeper.model.assignment import Decision
from sweeper.model.encoding import Json, Value
from sweeper.model.lifecycle import ENDED, TrialStatus
from sweeper.model.milestones import Milestones
from sweeper.model.objective import Objective
from sweeper.model.randomness import unit
from sweeper.model.space import SearchSpace
from sweeper.model.trial import Copied, TrialRecord
from sweeper.schedule.explore import explored
from sweeper.schedule.population import Ready, Standings
from sweeper.schedule.scheduler import Note, Progress

POPULATION = 20
_COPIES = re.compile(r"a copy of trial (\d+) from step (\d+) takes its place at step (\d+)")
_KEPT = "it goes on itself"
_LATER = re.compile(r"nobody is beyond step (\d+) yet: trials? ([\d, ]+) ")


class PBT:
    """Train a population, and let the worst go on from the checkpoints of the best.

    Every interval steps a member is ranked by its last score among all that train. One of the
    worst quantile is replaced: it ends as pruned, and a new trial goes on from the checkpoint of
    one of the best quantile, drawn by chance, with parameters near that one's. When a member has
    trained to its end, the searcher's next configuration takes its place, up to the sweep's
    trials. Where members outnumber workers, those that are ahead wait for the others.

    Nobody is replaced, and nobody waits, where training may just have ended: at a step beyond
    which nobody has come, members are judged one report later.

    Example:
        >>> PBT(population=20, interval=5).milestones(trial=0).after(5)
        6

    Args:
        population: how many train at once, from 1/quantile; a quarter of the sweep's trials
            where it is not given, at least 4 and as many as its workers, at most 20.
        interval: how many steps lie between two rankings of a member.
        quantile: the share that is replaced, and the share that is copied; up to 0.5.
        perturbation: by which share a number moves, up or down with even chances.
        resample: how often a parameter is drawn anew from its domain instead.
        vary: the names of the parameters that may change; all real numbers where not given.

    The function must save checkpoints and restore them.

    Raises:
        SweeperError: an argument is none of these.

    Source: Jaderberg et al., "Population Based Training of Neural Networks", 2017, with
    truncation selection; a copy is a new trial, as in Syne Tune.
    """

    def __init__(
        self,
        population: int | None = None,
        interval: int = 4,
        quantile: float = 0.25,
        perturbation: float = 0.2,
        resample: float = 0.25,
        vary: Collection[str] | None = None,
    ) -> None:
        _check_shares(interval, quantile=quantile, perturbation=perturbation, resample=resample)
        _check_members(population, quantile, vary)
        self.vary = None if vary is None else list(vary)
        self._options: dict[str, Json] = {
            "population": population,
            "interval": interval,
            "quantile": quantile,
            "perturbation": perturbation,
            "resample": resample,
            "vary": self.vary,
        }
        self._population = population or POPULATION
        self._quantile = quantile
        self._interval = interval
        self._rates = (perturbation, resample)
        self._rankings = Milestones(first=interval, every=interval, pauses=True, compares=False)
        self._milestones = Milestones(
            first=interval, every=interval, pauses=True, compares=False,
            also=Milestones(first=interval + 1, every=interval, compares=False),
        )  # fmt: skip
        self._seed = 0
        self._left: int | None = None
        self._new = True
        self._retold = False
        self._furthest = 0
        self._training: set[int] = set()
        self._params: dict[int, Mapping[str, Json]] = {}
        self._starts: dict[int, int] = {}
        self._before: dict[int, int] = {}
        self._said: dict[int, tuple[int, Decision]] = {}
        self._standings = Standings()
        self._due: set[int] = set()
        self._waiting: dict[int, int] = {}
        self._queue: list[tuple[int, int]] = []
        self._replaced: dict[int, Copied] = {}
        self._unborn: dict[int, Copied] = {}
        self._recalled: dict[int, tuple[Copied, int]] = {}
        self._late: dict[int, list[int]] = {}
        self._unwritten: list[Note] = []

    def describe(self) -> dict[str, Json]:
        """Write the scheduler's options as JSON."""
        return {"kind": "pbt", **self._options}

    def prepare(self, seed: int, objective: Objective) -> None:
        self._seed = seed

    def milestones(self, trial: int) -> Milestones:
        return self._milestones

    # Who trains.

    def observe_start(self, trial: TrialRecord) -> None:
        number, copied = trial.number, trial.copied
        if trial.status not in ENDED:
            self._training.add(number)
        self._params[number] = trial.params
        if copied is not None:
            self._starts[number] = copied.step
            self._unborn[number] = copied
            self._before[number] = copied.replaces

    def observe_end(self, trial: TrialRecord) -> None:
        number = trial.number
        self._training.discard(number)
        self._due.discard(number)
        self._waiting.pop(number, None)
        self._unborn.pop(number, None)
        if self._retold:
            # Whose score still stands is found out when all has been told.
            return
        before = self._before.pop(number, None)
        if before is not None:
            self._standings.remove(before)
        if self._replaced.pop(number, None) is None or trial.status is not TrialStatus.PRUNED:
            self._standings.remove(number)

    def allow(self, left: int | None, *, new: bool) -> None:
        self._left, self._new = left, new

    def wants_new(self) -> bool:
        return self._new and self._left != 0 and len(self._training) < self._population

    # Ranking.

    def decide(self, report: Progress) -> Decision:
        trial, step = report.trial, report.step
        said_at, said = self._said.get(trial, (0, Decision.CONTINUE))
        if step <= said_at:
            # One that comes again has been judged.
            return said if step == said_at else Decision.CONTINUE
        self._refuse_lost_start(report)
        self._furthest = max(self._furthest, step)
        self._unborn.pop(trial, None)
        decision = self._judged(report)
        self._said[trial] = (step, decision)
        return decision

    def _refuse_lost_start(self, report: Progress) -> None:
        start = self._starts.get(report.trial, 0)
        if report.step <= start:
            raise SweeperError(
                f"trial {report.trial} was to go on from the checkpoint of step {start} and has "
                f"reported step {report.step}",
                hint="Take up from sweeper.restore() where it gives a folder.",
            )

    def _judged(self, report: Progress) -> Decision:
        trial, step = report.trial, report.step
        before = max(report.before, self._starts.get(trial, 0))
        if any(self._rankings.crossed(before, step)):
            if not (self._retold or report.checkpoint or before < self._interval):
                raise SweeperError(
                    f"PBT needs checkpoints, and trial {trial} has none at step {step}",
                    hint="Save one where sweeper.trial().should_checkpoint says so: "
                    "with sweeper.checkpoint(step) as folder.",
                )
            if not self._retold:
                self._standings.remove(self._before.pop(trial, trial))
            self._standings.put(trial, Ready(step, report.score))
            self._due.add(trial)
        ready = self._standings.of(trial)
        if self._retold or trial not in self._due or ready is None:
            return Decision.CONTINUE
        if self._furthest <= ready.step:
            self._late.setdefault(step, []).append(trial)
            return Decision.CONTINUE
        self._due.discard(trial)
        if self._replaces(trial, ready, step):
            return Decision.PAUSE
        if self._waits(report, ready):
            self._wait(trial, step)
            return Decision.PAUSE
        return Decision.CONTINUE

    def _replaces(self, trial: int, ready: Ready, step: int) -> bool:
        """Find one of the best for a member of the worst to be replaced by."""
        members = len(self._standings)
        count = int(members * self._quantile)
        if self._standings.place(trial) < members - count:
            return False
        if self._left is not None and self._left <= len(self._replaced):
            return False
        drawn = int(unit(self._seed, trial, step, "parent") * count)
        for place in chain(range(drawn, count), range(drawn)):
            parent = self._standings.at(place)
            known = self._standings.of(parent)
            if known is not None and self._is_worth_copying(parent, known, ready):
                self._replace(Copied(parent=parent, step=known.step, replaces=trial), step)
                return True
        return False

    def _is_worth_copying(self, parent: int, known: Ready, ready: Ready) -> bool:
        # From where nobody has come further, there may be nothing to go on with.
        goes_on = known.step < self._furthest and parent in self._training
        return known.score > ready.score and goes_on and parent not in self._replaced

    def _replace(self, copy: Copied, step: int) -> None:
        """Note a replacement; the score of the replaced one stands until its copy has its own."""
        self._replaced[copy.replaces] = copy
        text = f"a copy of trial {copy.parent} from step {copy.step} takes its place at step {step}"
        self._unwritten.append(Note(copy.replaces, text))

    def _waits(self, report: Progress, ready: Ready) -> bool:
        """Tell whether a member lets others have its worker."""
        if not 0 < report.checkpoint < self._furthest:
            return False
        if self._is_lent(report.trial, ready.step):
            return True
        if self.wants_new():
            return True
        behind = self._first_waiting()
        return behind is not None and self._waiting[behind] < ready.step

    def _is_lent(self, trial: int, step: int) -> bool:
        """Tell whether a copy has yet to take a checkpoint that would soon be removed."""
        copies = [*self._unborn.values(), *self._replaced.values()]
        return any(c.parent == trial and step - c.step >= 2 * self._interval for c in copies)

    # Who goes on.

    def _wait(self, trial: int, step: int) -> None:
        self._waiting[trial] = step
        heapq.heappush(self._queue, (step, trial))

    def _first_waiting(self) -> int | None:
        """Give the one of those that may go on who has come least far."""
        lent: list[tuple[int, int]] = []
        found = None
        while self._queue and found is None:
            step, trial = heapq.heappop(self._queue)
            if self._waiting.get(trial) != step:
                continue
            lent.append((step, trial))
            known = self._standings.of(trial)
            if known is None or not self._is_lent(trial, known.step):
                found = trial
        for entry in lent:
            heapq.heappush(self._queue, entry)
        return found

    def next_resume(self) -> int | None:
        trial = self._first_waiting()
        return None if trial is None else self._go_on(trial)

    def last_resume(self) -> int | None:
        trial = min(self._waiting, key=lambda one: (self._waiting[one], one), default=None)
        return None if trial is None else self._go_on(trial)

    def _go_on(self, trial: int) -> int:
        step = self._waiting.pop(trial)
        self._said[trial] = (step, Decision.CONTINUE)
        return trial

    def copies(self) -> Sequence[Copied]:
        if self._left == 0:
            for trial in list(self._replaced):
                self.keep(trial)
        return list(self._replaced.values())

    def keep(self, trial: int) -> None:
        del self._replaced[trial]
        self._wait(trial, self._said[trial][0])
        self._unwritten.append(Note(trial, f"{_KEPT}: no further trial can be begun"))

    def explore(self, copy: Copied, space: SearchSpace, number: int) -> Mapping[str, Value]:
        def draw(name: str, purpose: str) -> float:
            return unit(self._seed, number, copy.step, name, purpose)

        before = space.decode(self._params[copy.parent])
        return explored(space, before, self.vary, self._rates, draw)

    # What is recorded, and taken back.

    def notes(self) -> Sequence[Note]:
        late, self._late = self._late, {}
        for step, trials in late.items():
            who = f"trial{'s' * (len(trials) > 1)} {', '.join(map(str, trials))}"
            text = f"nobody is beyond step {step} yet: {who} will be judged at the next report"
            self._unwritten.append(Note(None, text))
        unwritten, self._unwritten = self._unwritten, []
        return unwritten

    def recall(self, notes: Sequence[Note]) -> None:
        self._retold = True
        for trial, text in notes:
            copies, later = _COPIES.match(text), _LATER.match(text)
            if trial is not None and copies:
                parent, at, step = map(int, copies.groups())
                copy = Copied(parent=parent, step=at, replaces=trial)
                self._recalled[trial] = (copy, step)
            elif trial is not None and text.startswith(_KEPT):
                self._recalled.pop(trial, None)
            elif later:
                self._late[int(later[1])] = [
                    *self._late.get(int(later[1]), ()),
                    *map(int, later[2].split(",")),
                ]

    def take_up(self, paused: Collection[int]) -> None:
        self._retold = False
        late, self._late = self._late, {}
        # Whoever was to be judged later and has reported nothing since still is.
        self._due = {t for step, who in late.items() for t in who if self._stands(t, step)}
        self._before = {
            copy: replaced
            for copy, replaced in self._before.items()
            if copy in self._training and self._standings.of(copy) is None
        }
        self._standings.keep_only({*self._training, *self._before.values()})
        self._waiting, self._queue = {}, []
        for trial in sorted(paused):
            copy, step = self._recalled.get(trial, (None, 0))
            reached = self._said.get(trial, (0, Decision.CONTINUE))[0]
            self._said[trial] = (reached, Decision.PAUSE)
            if copy is not None and step == reached:
                self._replaced[trial] = copy
            else:
                self._wait(trial, reached)

    def _stands(self, trial: int, step: int) -> bool:
        return trial in self._training and self._said.get(trial, (0, None))[0] == step


def _check_members(population: object, quantile: float, vary: Collection[str] | None) -> None:
    """Refuse a population of which nobody is the worst, and names that are none."""
    if population is not None and not (type(population) is int and population * quantile >= 1):
        raise SweeperError(
            f"PBT got population = {population!r} and quantile = {quantile!r}",
            hint="Let a quantile of the population be at least one member: 4 of 0.25.",
        )
    listed = vary is None or (isinstance(vary, Collection) and not isinstance(vary, str))
    if not listed or not all(isinstance(name, str) for name in vary or ()):
        raise SweeperError(f"PBT got vary = {vary!r}", hint='Give a list of names: ["lr"].')


def _check_shares(interval: object, **options: object) -> None:
    """Refuse shares that are none, and an interval without a step."""
    if type(interval) is not int or interval < 1:
        raise SweeperError(f"PBT got interval = {interval!r}", hint="Use a whole number from 1.")
    for name, (least, most) in {
        "quantile": (0.0, 0.5),
        "perturbation": (0.0, 1.0),
        "resample": (0.0, 1.0),
    }.items():
        value = options[name]
        sound = type(value) in (int, float) and least <= value <= most  # type: ignore[operator]
        if not sound or (name == "quantile" and not value):
            raise SweeperError(
                f"PBT got {name} = {value!r}",
                hint=f"Use a number {'above' if name == 'quantile' else 'from'} 0, up to {most:g}.",
            )
