"""Turn written runs into a table and a figure.

python -m benchmarks.search.report runs.jsonl --figure docs/searching.svg
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.search.run import METHODS, read_runs

_GRID = 120
_WIDTH, _HEIGHT = 460, 400
_LEAST = 0.03


def curve(run: dict[str, Any], grid: Any) -> Any:
    """Give a run's regret at the times of a grid; 1 before the first report."""
    places = np.searchsorted(run["times"], grid, side="right")
    return np.array([1.0, *run["regrets"]])[places]


def table(runs: list[dict[str, Any]], *, each: bool = False) -> str:
    """Write mean regret over time and at the end as Markdown, by method and kind of task.

    Or each task has its column.
    """
    kinds = sorted({run["task"] if each else run["task"].partition(" ")[0] for run in runs})
    titles = " | ".join(f"{kind}: over time | at the end" for kind in kinds)
    lines = [
        f"| method | {titles} | runs | CPU ms a trial |",
        "|---|" + "---|" * (2 * len(kinds) + 2),
    ]
    for name, known in _by_method(runs).items():
        cells = []
        for kind in kinds:
            of_kind = [run for run in known if run["task"].startswith(kind)]
            cells += [_figure([run[which] for run in of_kind]) for which in ("over_time", "end")]
        cost = np.mean([run["cpu_ms_a_trial"] for run in known])
        lines.append(f"| {name} | {' | '.join(cells)} | {len(known)} | {cost:.1f} |")
    return "\n".join(lines)


def _figure(values: list[float]) -> str:
    if not values:
        return "-"
    error = np.std(values) / max(len(values) - 1, 1) ** 0.5
    return f"{np.mean(values):.3f} ± {error:.3f}"


def _by_method(runs: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    found = defaultdict(list)
    for run in runs:
        found[run["method"]].append(run)
    return {name: found[name] for name in METHODS if name in found}


def figure(runs: list[dict[str, Any]]) -> str:
    """Draw regret over time with bands of one standard error, a panel a number of workers."""
    numbers = sorted({run["workers"] for run in runs})
    names = [name for name in METHODS if any(run["method"] == name for run in runs)]
    colours = {n: f"hsl({h:.0f},65%,42%)" for n, h in zip(names, np.linspace(0, 330, len(names)))}
    parts = []
    for place, workers in enumerate(numbers):
        here = [run for run in runs if run["workers"] == workers]
        parts += _panel(_WIDTH * place, f"{workers} workers", here, colours)
    for row, name in enumerate(names):
        x, y = _WIDTH * len(numbers) + 20, 40 + 20 * row
        parts.append(f'<path d="M{x} {y}h24" stroke="{colours[name]}" stroke-width="3"/>')
        parts.append(f'<text x="{x + 32}" y="{y + 4}">{name}</text>')
    size = f'width="{_WIDTH * len(numbers) + 290}" height="{_HEIGHT}"'
    style = 'font-family="sans-serif" font-size="12"'
    background = '<rect width="100%" height="100%" fill="white"/>'
    body = "\n".join([background, *parts])
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} {style}>\n{body}\n</svg>\n'


def _panel(left: int, title: str, runs: list[dict[str, Any]], colours: dict[str, str]) -> list[str]:
    until = runs[0]["until"]
    grid = np.linspace(0.0, until, _GRID)
    x = left + 50 + (_WIDTH - 70) * grid / until

    def y(regret: Any) -> Any:
        share = np.log10(np.maximum(regret, _LEAST)) / np.log10(_LEAST)
        return 30 + (_HEIGHT - 80) * share

    middle = left + _WIDTH / 2
    parts = [f'<text x="{middle}" y="20" text-anchor="middle">{title}</text>']
    below = f'<text x="{middle}" y="{_HEIGHT - 12}" text-anchor="middle">'
    parts.append(f"{below}time, in full trainings (until {until:g})</text>")
    for regret in (1.0, 0.5, 0.2, 0.1, 0.05):
        parts.append(f'<path d="M{x[0]} {y(regret):.1f}H{x[-1]}" stroke="#ddd"/>')
        label = f'<text x="{x[0] - 6}" y="{y(regret) + 4:.1f}" text-anchor="end">'
        parts.append(f"{label}{regret:g}</text>")
    for name, known in _by_method(runs).items():
        curves = np.array([curve(run, grid) for run in known])
        mean, error = curves.mean(0), curves.std(0) / max(len(curves) - 1, 1) ** 0.5
        around = _path(np.append(x, x[::-1]), y(np.append(mean + error, (mean - error)[::-1])))
        parts.append(f'<path d="{around}Z" fill="{colours[name]}" opacity="0.12"/>')
        line = f'stroke="{colours[name]}" stroke-width="2" fill="none"'
        parts.append(f'<path d="{_path(x, y(mean))}" {line}/>')
    return parts


def _path(x: Any, y: Any) -> str:
    return "M" + "L".join(f"{a:.1f} {b:.1f}" for a, b in zip(x, y))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("runs", type=Path, nargs="+")
    parser.add_argument("--figure", type=Path, help="an SVG file to draw into")
    parser.add_argument("--each", action="store_true", help="a column for each task")
    given = parser.parse_args()
    runs = [run for file in given.runs for run in read_runs(file)]
    for workers in sorted({run["workers"] for run in runs}):
        print(f"\n{workers} workers\n")
        print(table([run for run in runs if run["workers"] == workers], each=given.each))
    if given.figure is not None:
        given.figure.write_text(figure(runs))


if __name__ == "__main__":
    main()
