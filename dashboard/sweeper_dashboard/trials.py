"""The trials of a sweep in columns, a tenth as large as their records and as quick to read."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, overload

import numpy as np

from sweeper.clock import SYSTEM_CLOCK, Clock
from sweeper.model.lifecycle import Outcome, TrialStatus
from sweeper.model.trial import TrialRecord
from sweeper.store.columns import REAL, WHOLE, WORDS, Part, State, read_columns
from sweeper.store.cursors import SweepCursor
from sweeper.store.store import Store
from sweeper_dashboard.strips import Array, Strip, cell, chosen, joined, nothing, reals, replaced
from sweeper_dashboard.written import NULL, by_metric, by_name, parsed, shared

# What is recorded in few words, each of which is kept once.
_STATUSES = {status.value: status for status in TrialStatus}
_OUTCOMES = {outcome.value: outcome for outcome in Outcome}
_AS_THEY_ARE = (*WHOLE, "status", "origin", "error")


class Trials(Sequence[TrialRecord]):
    """Trials of one sweep by number; a record is made of one when it is asked for.

    Columns are named as the fields of a record are; besides there are outcome and host of the
    latest attempt. They are not to be changed.
    """

    __slots__ = ("_params", "_plain", "_summary")

    def __init__(
        self,
        plain: Mapping[str, Strip] | None = None,
        params: Mapping[str, Strip] | None = None,
        summary: Mapping[str, Mapping[str, Strip]] | None = None,
    ) -> None:
        self._plain = plain or _empty()
        self._params = params or {}
        self._summary = summary or {}

    @classmethod
    def of(cls, part: Part) -> Trials:
        """Make the columns of what a store has read."""
        plain: dict[str, Strip] = {name: array("q", part[name]) for name in WHOLE}
        plain.update((name, reals(part[name])) for name in REAL)
        plain.update((name, shared(part[name])) for name in ("origin", "error", "host"))
        plain["status"] = list(map(_STATUSES.__getitem__, part["status"]))
        plain["outcome"] = list(map(_OUTCOMES.get, part["outcome"]))
        plain["values"] = parsed(part["values"])
        return cls(plain, by_name(parsed(part["params"])), by_metric(parsed(part["summary"])))

    def column(self, name: str) -> Strip:
        """Give a column by the name of its field."""
        return self._plain[name]

    def param(self, name: str) -> Strip:
        """Give a parameter's values as they are recorded."""
        strip = self._params.get(name)
        if strip is None:
            return nothing(len(self))
        if isinstance(strip, list) and NULL in strip:
            return [None if value is NULL else value for value in strip]
        return strip

    def given(self, name: str) -> tuple[Array, Strip]:
        """Give the places of the trials that have a parameter, and its values there."""
        strip = self._params.get(name, [])
        if not isinstance(strip, list):
            found = np.array(strip)
            places = np.flatnonzero(~np.isnan(found))
            return places, found[places]
        where = [place for place, value in enumerate(strip) if value is not None]
        return where, [None if strip[place] is NULL else strip[place] for place in where]

    def reported(self, metric: str, word: str = "last") -> Strip:
        """Give what the summaries say of a metric."""
        strip = self._summary.get(metric, {}).get(word)
        return nothing(len(self)) if strip is None else strip

    @property
    def metrics(self) -> list[str]:
        """The names of all that was reported."""
        return sorted(self._summary)

    def place(self, number: int) -> int | None:
        """Give the place of a trial by its number; None where it is not here."""
        numbers = self._plain["number"]
        place = bisect_left(numbers, number)
        return place if place < len(numbers) and numbers[place] == number else None

    def numbered(self, number: int | None) -> TrialRecord | None:
        """Give a trial by its number; None where it is not here."""
        place = None if number is None else self.place(number)
        return None if place is None else self[place]

    @property
    def baseline(self) -> TrialRecord | None:
        """The trial of the function's own defaults; None where none was run."""
        origins = self._plain["origin"]
        return self[list(origins).index("baseline")] if "baseline" in origins else None

    def outcome(self, number: int) -> Outcome | None:
        """Say how the latest attempt of a trial ended; None where it has not."""
        place = self.place(number)
        return None if place is None else self._plain["outcome"][place]

    def of_status(self, status: TrialStatus) -> Trials:
        """Give the trials of one status."""
        found = self._plain["status"]
        return self.at([place for place, each in enumerate(found) if each is status])

    def at(self, places: Iterable[int]) -> Trials:
        """Give the trials at some places, in the order of the places."""
        kept = list(places)
        return self._each(lambda strip: chosen(strip, kept))

    def since(self, rev: int) -> Trials:
        """Give the trials that changed after a rev."""
        revs = np.array(self._plain["rev"], dtype=np.int64)
        return self if (revs > rev).all() else self.at(np.flatnonzero(revs > rev).tolist())

    def renewed(self, changed: Trials) -> Trials:
        """Put changed trials in the place of those known of the same numbers."""
        numbers = changed.column("number")
        places = [self.place(number) for number in numbers]
        known = [at for at, place in enumerate(places) if place is not None]
        added = [at for at, place in enumerate(places) if place is None]
        there = [place for place in places if place is not None]
        made = self._with(changed.at(known), lambda old, new: replaced(old, there, new))
        made = made._with(changed.at(added), joined) if added else made
        ordered = np.argsort(np.array(made.column("number")), kind="stable")
        return made if (np.diff(ordered) > 0).all() else made.at(ordered.tolist())

    def followed(self, more: Trials) -> Trials:
        """Put more trials behind these, whose columns are used up by it."""
        return self._with(more, joined) if len(self) else more

    def _each(self, change: Callable[[Strip], Strip]) -> Trials:
        return Trials(
            {name: change(strip) for name, strip in self._plain.items()},
            {name: change(strip) for name, strip in self._params.items()},
            {
                metric: {word: change(strip) for word, strip in words.items()}
                for metric, words in self._summary.items()
            },
        )

    def _with(self, more: Trials, change: Callable[[Strip, Strip], Strip]) -> Trials:
        """Change each column by the one of the same name; one that is missing holds nothing."""

        def changed(old: Mapping[str, Strip], new: Mapping[str, Strip]) -> dict[str, Strip]:
            return {
                name: change(
                    old[name] if name in old else nothing(len(self)),
                    new[name] if name in new else nothing(len(more)),
                )
                for name in {**old, **new}
            }

        return Trials(
            changed(self._plain, more._plain),
            changed(self._params, more._params),
            {
                metric: changed(self._summary.get(metric, {}), more._summary.get(metric, {}))
                for metric in {**self._summary, **more._summary}
            },
        )

    def __len__(self) -> int:
        return len(self._plain["number"])

    def __iter__(self) -> Iterator[TrialRecord]:
        return map(self._record, range(len(self)))

    @overload
    def __getitem__(self, place: int) -> TrialRecord: ...

    @overload
    def __getitem__(self, place: slice) -> Trials: ...

    def __getitem__(self, place: int | slice) -> TrialRecord | Trials:
        places = range(len(self))[place]
        return self.at(places) if isinstance(places, range) else self._record(places)

    def _record(self, place: int) -> TrialRecord:
        plain = self._plain
        values = plain["values"][place]
        return TrialRecord(
            params=_Params(self._params, place),
            summary=_Summary(self._summary, place),
            values=None if values is None else tuple(values),
            **{name: plain[name][place] for name in _AS_THEY_ARE},
            **{name: cell(plain[name], place) for name in REAL},
        )


def read_trials(
    store: Store, name: str, known: SweepCursor | None = None, clock: Clock = SYSTEM_CLOCK
) -> tuple[State, Trials]:
    """Read the trials of a sweep that changed after what is known, and its state.

    Raises:
        SweepNotFound: there is no sweep of this name.
    """
    parts: list[Trials] = []

    def take(part: Part) -> None:
        more = Trials.of(part)
        parts[:] = [parts[0].followed(more)] if parts else [more]

    state = read_columns(store, name, known, take, clock)
    return state, parts[0] if parts else Trials()


class _Params(Mapping[str, Any]):
    """The parameters of one trial, read from the columns when one is asked for."""

    __slots__ = ("_columns", "_place")

    def __init__(self, columns: Mapping[str, Strip], place: int) -> None:
        self._columns = columns
        self._place = place

    def __getitem__(self, name: str) -> Any:
        value = cell(self._columns[name], self._place)
        if value is None:
            raise KeyError(name)
        return None if value is NULL else value

    def __iter__(self) -> Iterator[str]:
        return (n for n, strip in self._columns.items() if cell(strip, self._place) is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)


class _Summary(Mapping[str, Mapping[str, float]]):
    """What one trial reported, read from the columns when a metric is asked for."""

    __slots__ = ("_columns", "_place")

    def __init__(self, columns: Mapping[str, Mapping[str, Strip]], place: int) -> None:
        self._columns = columns
        self._place = place

    def __getitem__(self, metric: str) -> dict[str, float]:
        words = self._columns[metric]
        found = {word: cell(strip, self._place) for word, strip in words.items()}
        found = {word: value for word, value in found.items() if value is not None}
        if not found:
            raise KeyError(metric)
        return found

    def __iter__(self) -> Iterator[str]:
        return (metric for metric in self._columns if metric in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _empty() -> dict[str, Strip]:
    numbers: dict[str, Strip] = {name: array("q") for name in WHOLE}
    numbers.update((name, array("d")) for name in REAL)
    return {**numbers, **{name: [] for name in (*WORDS, "values")}}
