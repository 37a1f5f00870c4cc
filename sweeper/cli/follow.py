"""The verbs about a running sweep: logs, stop and pause."""

from __future__ import annotations

import argparse
import sys
import time
from typing import Any

from sweeper.cli.look import one_trial
from sweeper.cli.output import common_options, say, say_json
from sweeper.errors import SweeperError
from sweeper.model.lifecycle import ENDED, SweepStatus
from sweeper.store import questions
from sweeper.store.commands import WishKind, answer_to, wish
from sweeper.store.following import read_all_logs
from sweeper.sweep import Sweep, load

_POLL_SECONDS = 0.25


def add_verbs(verbs: Any) -> None:
    """Add logs, stop and pause."""
    logs = verbs.add_parser(
        "logs", parents=[common_options()], help="show what a trial wrote, or all of them"
    )
    logs.add_argument("name", metavar="NAME")
    logs.add_argument("trial", metavar="TRIAL", nargs="?", type=int)
    logs.add_argument("--attempt", type=int, metavar="N", help="only of one attempt")
    logs.add_argument("-f", "--follow", action="store_true", help="go on while it runs")
    logs.set_defaults(act=_logs)
    stop = verbs.add_parser(
        "stop", parents=[common_options(reads=False)], help="end a sweep, or one of its trials"
    )
    stop.add_argument("name", metavar="NAME")
    stop.add_argument("trial", metavar="TRIAL", nargs="?", type=int)
    stop.set_defaults(act=_stop)
    pause = verbs.add_parser(
        "pause", parents=[common_options(reads=False)], help="let running trials save and wait"
    )
    pause.add_argument("name", metavar="NAME")
    pause.set_defaults(act=_pause)


def _logs(parsed: argparse.Namespace) -> int:
    sweep = load(parsed.name, parsed.store)
    if parsed.trial is None:
        return _all_logs(sweep, follow=parsed.follow, as_json=parsed.json)
    one_trial(sweep, parsed.trial)
    cursor = 0
    while True:
        over = one_trial(sweep, parsed.trial).status in ENDED
        pieces = questions.read_logs(
            sweep.store, sweep.id, parsed.trial, attempt=parsed.attempt, after=cursor
        )
        if parsed.json:
            say_json([{"attempt": p.attempt, "stream": p.stream, "text": p.text} for p in pieces])
            return 0
        for piece in pieces:
            sys.stdout.write(piece.text)
            cursor = piece.id
        sys.stdout.flush()
        if not pieces and (over or not parsed.follow):
            return 0
        if not pieces:
            time.sleep(_POLL_SECONDS)


def _all_logs(sweep: Sweep, *, follow: bool, as_json: bool) -> int:
    """Show what all trials write and what happens to the sweep, in its order."""
    cursor, told = 0, 0
    while True:
        over = sweep.status not in (SweepStatus.RUNNING, SweepStatus.PAUSED)
        pieces = read_all_logs(sweep.store, sweep.id, after=cursor)
        events = sweep.events()
        if as_json:
            named = [{"trial": p.trial, "stream": p.stream, "text": p.text} for p in pieces]
            say_json({"logs": named, "events": events})
            return 0
        for event in events[told:]:
            about = "" if event["trial"] is None else f"trial {event['trial']}: "
            say(f"-- {about}{event['kind']}{': ' if event['text'] else ''}{event['text']}")
        for piece in pieces:
            for line in piece.text.splitlines():
                say(f"trial {piece.trial} | {line}")
            cursor = piece.id
        sys.stdout.flush()
        fresh, told = bool(pieces) or len(events) > told, len(events)
        if not fresh and (over or not follow):
            return 0
        if not fresh:
            time.sleep(_POLL_SECONDS)


def _stop(parsed: argparse.Namespace) -> int:
    sweep = load(parsed.name, parsed.store)
    what = f"sweep {sweep.name!r}" if parsed.trial is None else f"trial {parsed.trial}"
    return ask(sweep, WishKind.STOP, f"{what} is stopping", parsed.trial)


def _pause(parsed: argparse.Namespace) -> int:
    sweep = load(parsed.name, parsed.store)
    return ask(sweep, WishKind.PAUSE, f"sweep {sweep.name!r} is pausing")


def ask(sweep: Sweep, kind: WishKind, done: str, trial: int | None = None) -> int:
    """Write a wish and wait until the sweep's controller has answered it."""
    if not questions.is_driven(sweep.store, sweep.name):
        raise SweeperError(
            f"nobody drives sweep {sweep.name!r}, it is {sweep.status}",
            hint=f"Go on with it: sweeper resume {sweep.name}",
        )
    wish_id = wish(sweep.store, sweep.id, kind, trial=trial)
    while (answer := answer_to(sweep.store, wish_id)) is None:
        if not questions.is_driven(sweep.store, sweep.name):
            raise SweeperError(
                f"the controller of sweep {sweep.name!r} went away before it answered",
                hint=f"Go on with it: sweeper resume {sweep.name}",
            )
        time.sleep(_POLL_SECONDS)
    if answer != "done":
        raise SweeperError(answer, hint=f"See: sweeper show {sweep.name}")
    say(done)
    return 0
