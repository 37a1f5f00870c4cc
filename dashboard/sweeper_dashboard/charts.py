"""The bytes of figures, as pages ask for them: from an address to Plotly's JSON or a table."""

from __future__ import annotations

import csv
import io
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from threading import Lock
from typing import Any

import numpy as np

from sweeper.store.store import Store
from sweeper_dashboard.figures.choices import KNOWN, choices_from
from sweeper_dashboard.figures.drawing import Request
from sweeper_dashboard.figures.frame import Frame
from sweeper_dashboard.mirror import View

_KEPT_FRAMES = 4

# Plotly asks whether pandas is loaded, and trips over one that another thread is just loading.
import_module("pandas")


@dataclass(slots=True)
class Frames:
    """The frames of the views that were drawn lately, so that columns are made once."""

    _frames: OrderedDict[str, tuple[View, Frame]] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def of(self, view: View) -> Frame:
        """Give the frame of a view."""
        name = view.overview.sweep.name
        with self._lock:
            known = self._frames.pop(name, None)
            if known is None or known[0] is not view:
                known = (view, Frame(overview=view.overview, trials=view.trials))
            self._frames[name] = known
            while len(self._frames) > _KEPT_FRAMES:
                self._frames.popitem(last=False)
            return known[1]


def asked(given: Mapping[str, str], store: Store, frame: Frame) -> Request:
    """Read from an address's arguments which figure is asked for.

    Raises:
        SweeperError: an argument has no sense.
    """
    chosen: dict[str, Any] = {name: given[name] for name in KNOWN if name in given}
    for name, kind in KNOWN.items():
        if kind is bool and name in chosen:
            chosen[name] = chosen[name] in ("true", "1")
    return Request(
        store=store,
        frame=frame,
        choices=choices_from(chosen),
    )


def figure_bytes(figure: Any) -> bytes:
    """Write a figure as Plotly's JSON."""
    written: str = figure.to_json(engine="orjson")
    return written.encode()


def figure_table(figure: Any) -> str:
    """Write what a figure shows as CSV: a row for each point, under the names of its axes."""
    made = io.StringIO()
    write = csv.writer(made, lineterminator="\n")
    write.writerow(["series", "trial", "x", "y", "value"])
    for trace in figure.data:
        write.writerows(_rows(trace))
    return made.getvalue()


def _rows(trace: Any) -> list[list[Any]]:
    meta = trace.meta or {}
    name = ": ".join(part for part in (meta.get("of"), trace.name) if part)
    if trace.type == "parcoords":
        return [
            [dimension.label, "", place, value, ""]
            for dimension in trace.dimensions
            for place, value in enumerate(dimension["values"])
        ]
    x, y = (_unlogged(trace[axis], axis in meta.get("logs", "")) for axis in "xy")
    if trace.type == "heatmap":
        return [
            [name, "", x[column], y[row], value]
            for row, values in enumerate(trace.z)
            for column, value in enumerate(values)
            if value == value
        ]
    given = None if trace.customdata is None else np.array(trace.customdata, dtype=object)
    rows = []
    for place, (across, up) in enumerate(zip(x, y, strict=True)):
        if up is None or up != up:
            continue
        trial = "" if given is None else given[place]
        several = isinstance(trial, np.ndarray)
        rows.append([name, trial[0] if several else trial, across, up, ""])
    return rows


def _unlogged(values: Any, log: bool) -> Any:
    """Give the values that an axis in powers of ten stands for."""
    return [10.0 ** float(value) for value in values] if log else values
