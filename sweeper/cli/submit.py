"""Handing a sweep to a cluster: the command line as a job of its own."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sweeper.cli.output import Usage, say, say_json

_LEFT_OUT = ("--store", "--working-dir", "--pip", "--env", "--backend", "--name")


def hand_over(parsed: argparse.Namespace, given: Mapping[str, Any]) -> int:
    """Submit a run as a job of the backend's cluster, and say how to follow it."""
    from sweeper.launching.names import memorable_name
    from sweeper.launching.placing import changed_setup
    from sweeper.model.setup import Setup
    from sweeper.plugins import load_submitter
    from sweeper.store.store import Store

    backend, _, argument = str(given.get("backend", "")).partition(":")
    if not backend:
        raise Usage("--submit needs to know to which cluster", hint="Add --backend ray:ADDRESS.")
    submit = load_submitter(backend)
    name = given.get("name") or memorable_name()
    setup = changed_setup(Setup(), given)
    folder = Path(setup.working_dir or Path.cwd())
    target = _inside(parsed.target_function, folder)
    words = [target if w == parsed.target_function else w for w in _kept(parsed.command)]
    words[1:1] = ["--name", name, "--backend", f"{backend}:auto"]
    store = Store(given.get("store")).address()
    job = submit(argument or None, name, words, setup, store)
    if parsed.json:
        say_json({"name": name, "job": job})
    else:
        say(f"Sweep {name!r} runs as job {job}. Follow it with: sweeper logs -f {name}")
    return 0


def _inside(target: str, folder: Path) -> str:
    """Write a script's path as seen from the folder that travels."""
    file, colon, name = target.rpartition(":") if ".py:" in target else (target, "", "")
    if not file.endswith(".py"):
        return target
    try:
        seen = Path(file).absolute().relative_to(folder.absolute())
    except ValueError as error:
        raise Usage(
            f"{file} does not lie in {folder}, which travels to the cluster",
            hint="Submit from the script's folder, or name another: --working-dir FOLDER.",
        ) from error
    return f"{seen}{colon}{name}"


def _kept(command: Sequence[str]) -> list[str]:
    """Leave out of a command line what the job gets in another way; behind -- all is kept."""
    cut = list(command).index("--") if "--" in command else len(command)
    kept: list[str] = []
    skipping = False
    for word in command[:cut]:
        if skipping or word == "--submit":
            skipping = False
        elif word in _LEFT_OUT:
            skipping = True
        elif word.partition("=")[0] not in _LEFT_OUT:
            kept.append(word)
    return [*kept, *command[cut:]]
