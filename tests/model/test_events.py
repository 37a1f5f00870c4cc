"""Tests of events on their way: what a worker says is what its controller hears."""

from __future__ import annotations

import math

from hypothesis import given, settings
from hypothesis import strategies as st

from sweeper.model.event import (
    AttemptKey,
    Ended,
    Event,
    Failure,
    Logged,
    Measured,
    Published,
    Reported,
    Started,
    read_events,
    write_event,
    write_events,
)
from sweeper.model.lifecycle import AttemptStatus, Outcome
from tests.model.strategies import same, texts

keys = st.builds(AttemptKey, st.integers(0), st.integers(1))
numbers = st.floats(allow_nan=False)
results = st.one_of(st.none(), st.dictionaries(texts, st.one_of(numbers, texts, st.none())))
events: st.SearchStrategy[Event] = st.one_of(
    st.builds(
        Started,
        key=keys,
        time=numbers,
        host=texts,
        pid=st.integers(0),
        devices=st.lists(texts, max_size=3).map(tuple),
    ),
    st.builds(
        Reported,
        key=keys,
        time=numbers,
        step=st.integers(0),
        metrics=st.dictionaries(texts, numbers, max_size=3),
        waits=st.booleans(),
    ),
    st.builds(Logged, key=keys, time=numbers, stream=texts, text=texts),
    st.builds(Published, key=keys, time=numbers, kind=texts, name=texts, path=texts),
    st.builds(Measured, key=keys, time=numbers, usage=results.map(lambda found: found or {})),
    st.builds(
        Ended,
        key=keys,
        time=numbers,
        status=st.sampled_from(AttemptStatus),
        outcome=st.sampled_from(Outcome),
        values=st.one_of(st.none(), st.lists(numbers, min_size=1, max_size=2).map(tuple)),
        result=results,
        failure=st.one_of(st.none(), st.builds(Failure, type=texts, message=texts)),
        usage=results,
    ),
)


@given(st.lists(events, max_size=5))
@settings(max_examples=60)
def test_a_batch_of_events_is_read_as_it_was_written(said: list[Event]) -> None:
    line = write_events(said)
    assert "\n" not in line
    assert read_events([line]) == said
    assert read_events([line.encode()]) == said
    assert read_events([write_event(event) for event in said]) == said


def test_a_metric_keeps_every_bit_and_may_be_no_number() -> None:
    told = {"nan": math.nan, "inf": -math.inf, "tiny": 5e-324, "minus": -0.0, "tenth": 0.1}
    report = Reported(key=AttemptKey(0, 1), time=0.1, step=1, metrics=told)
    [heard] = read_events([write_event(report)])
    assert isinstance(heard, Reported)
    assert all(same(heard.metrics[name], told[name]) or name == "nan" for name in told)
    assert math.isnan(heard.metrics["nan"])
