"""Believable sweeps to look at: none, one, 200 and 10,000 trials, failures, files and people."""

from __future__ import annotations

import math
import os
import random
import sqlite3
import struct
import subprocess
import sys
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Annotated

from sweeper_dashboard.passwords import hash_password
from sweeper_simulated import Node, Simulation

import sweeper
from sweeper import ASHA, choice, loguniform, randint, sweepable, uniform
from sweeper.clock import SYSTEM_CLOCK, SettableClock
from sweeper.model.people import Role
from sweeper.store import audit, commands, people
from sweeper.store.audit import Action
from sweeper.store.leases import acquire
from sweeper.store.people import Grant
from sweeper.store.questions import find_sweep
from sweeper.store.store import Store
from tests.dashboard.factory import populate

ROOT = Path(__file__).parents[1]
_DRIVEN = {"just-started": 0, "running-now": 60}
PASSWORD = "correct horse battery"
_EPOCHS = 27
_TIMES = {
    "trials": ("created", "started", "ended"),
    "attempts": ("created", "started", "ended"),
    "metrics": ("time",),
    "logs": ("time",),
    "artifacts": ("time",),
    "events": ("time",),
}


@sweepable(metric="val_loss", mode="min", gpus=1)
def train_vision(
    lr: Annotated[float, loguniform(1e-5, 1e-1)] = 3e-2,
    weight_decay: Annotated[float, loguniform(1e-6, 1e-1)] = 1e-2,
    dropout: Annotated[float, uniform(0.0, 0.6)] = 0.1,
    batch_size: Annotated[int, choice([32, 64, 128, 256])] = 128,
    n_layers: Annotated[int, randint(2, 12)] = 6,
    hidden: Annotated[int, choice([64, 128, 256, 512, 1024])] = 256,
    optimizer: Annotated[str, choice(["adam", "adamw", "sgd"])] = "adam",
    momentum: Annotated[float, uniform(0.8, 0.999).when(optimizer="sgd")] = 0.9,
    activation: Annotated[str, choice(["relu", "gelu", "silu"])] = "relu",
):
    """Follow the loss of a network that is not there."""
    draw = random.Random(sweeper.trial().seed)
    miss = abs(math.log10(lr) + 3.1 + (0.4 if optimizer == "sgd" else 0.0))
    floor = 0.12 + 0.06 * miss**1.7 + 0.25 * (dropout - 0.18) ** 2 + 0.02 * abs(n_layers - 7)
    floor += {"adam": 0.02, "adamw": 0.0, "sgd": 0.05}[optimizer] + 4.0 / hidden
    floor += 0.03 * max(0.0, math.log10(weight_decay) + 2) + draw.gauss(0, 0.008)
    speed = 3 + 2.5 * miss
    pace = 20 + hidden / 20 + 3 * n_layers
    for epoch in range(1, _EPOCHS + 1):
        sweeper.sleep(pace * draw.uniform(0.9, 1.1))
        loss = abs(floor) + 2.0 * math.exp(-epoch / speed) + draw.gauss(0, 0.006)
        if lr > 0.07 and optimizer == "sgd" and epoch > 4:
            loss = math.nan
        sweeper.report(val_loss=loss, val_accuracy=1 / (1 + loss), train_loss=0.8 * loss)
        if hidden == 1024 and batch_size == 256 and n_layers > 8 and epoch == 3:
            raise RuntimeError("CUDA out of memory. Tried to allocate 2.50 GiB")


@sweepable(metric=["val_loss", "latency_ms"], mode=["min", "min"])
def weigh(
    width: Annotated[float, loguniform(0.25, 4.0)] = 1.0,
    depth: Annotated[int, randint(2, 24)] = 12,
    quantised: Annotated[str, choice(["none", "int8", "fp16"])] = "none",
):
    """Trade loss for latency."""
    draw = random.Random(sweeper.trial().seed)
    sweeper.sleep(120 * width * draw.uniform(0.8, 1.2))
    worse = {"none": 0.0, "fp16": 0.005, "int8": 0.03}[quantised]
    faster = {"none": 1.0, "fp16": 0.6, "int8": 0.35}[quantised]
    loss = 0.1 + 0.4 / (1 + width * depth / 6) + worse + abs(draw.gauss(0, 0.01))
    return {"val_loss": loss, "latency_ms": 2.0 * width**1.5 * depth * faster + draw.random()}


@sweepable(metric="loss", mode="min")
def fit(lr: Annotated[float, loguniform(1e-4, 1e-1)] = 1e-2):
    """Report a few losses and leave files of every kind behind."""
    for step in range(1, 9):
        kept = [step] * (400_000 * step)
        print(f"epoch {step}: loss {1 / step + lr:.4f}, kept {len(kept):,} values")
        sweeper.sleep(1.2)
        sweeper.report(loss=1 / step + lr)
    with sweeper.checkpoint(8) as folder:
        (folder / "weights.txt").write_text("0.25 0.5 0.75\n")
    folder = Path(sweeper.trial().sweep + f"-{sweeper.trial().number}")
    folder.mkdir(exist_ok=True)
    (folder / "confusion.png").write_bytes(_picture())
    (folder / "scores.csv").write_text("digit,precision,recall\n0,0.98,0.97\n1,0.95,0.99\n")
    (folder / "notes.txt").write_text("The loss still falls at the last epoch.\n")
    for path in sorted(folder.iterdir()):
        sweeper.log_artifact(path)


@sweepable(metric="loss", mode="min")
def stumble(lr: Annotated[float, loguniform(1e-4, 1e-1)] = 1e-2):
    """Fail each time in the same way."""
    sweeper.sleep(2)
    raise KeyError("learning_rate")


def _picture(size: int = 160) -> bytes:
    """Draw a small grey picture as PNG."""
    rows = [bytes([0, *((255 - abs(x - y)) % 256 for x in range(size))]) for y in range(size)]
    head = struct.pack(">IIBBBBB", size, size, 8, 0, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(b"".join(rows))), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, body) for kind, body in parts)


def _chunk(kind: bytes, body: bytes) -> bytes:
    whole = kind + body
    return struct.pack(">I", len(body)) + whole + struct.pack(">I", zlib.crc32(whole))


def build(folder: Path, *, many: int = 10_000) -> str:
    """Fill a fresh store in a folder with sweeps, and give its address."""
    folder.mkdir(parents=True, exist_ok=True)
    url = f"sqlite:///{folder / 'store.db'}"
    kept = {"store": url, "progress": False, "artifacts": str(folder / "artifacts")}
    os.chdir(folder)
    _simulate(kept, many)
    _shift(folder / "store.db")
    _run(kept)
    _mark(url)
    return url


def _run(kept: dict[str, object]) -> None:
    """Run what is to be real: files, logs, what attempts used, and the quickstart."""
    fit.sweep(name="with-files", trials=2, seed=3, search="random", workers=2, **kept)
    subprocess.run(
        [sys.executable, ROOT / "examples" / "quickstart.py"],
        env={**os.environ, "SWEEPER_STORE": str(kept["store"])},
        check=True,
        stdout=subprocess.DEVNULL,
    )


def _simulate(kept: dict[str, object], many: int) -> None:
    cluster = Simulation(
        nodes=[Node(count=4, gpus=4), Node(count=4, gpus=1, spot=True)],
        startup=12,
        spread=0.15,
        spot=0.3,
        notice=30,
        away=300,
    )
    asha = ASHA(min_steps=3, max_steps=_EPOCHS, reduction_factor=3)
    vision = {**kept, "project": "vision", "scheduler": asha, "max_failures": 10_000}
    train_vision.sweep(
        name="resnet-wide",
        trials=many,
        search="random",
        seed=1,
        backend="simulated:256",
        tags=["large"],
        **vision,
    )
    tuned = train_vision.sweep(
        name="resnet-tuning",
        trials=200,
        search="tpe",
        seed=2,
        backend=cluster,
        tags=["baseline", "spot"],
        **vision,
    )
    _build_on(tuned, vision)
    train_vision.sweep(name="first-try", trials=1, seed=4, backend="simulated:1", **vision)
    weigh.sweep(
        name="size-against-latency",
        trials=160,
        search="nsga2",
        seed=5,
        backend="simulated:16",
        project="edge",
        **kept,
    )
    try:
        stumble.sweep(name="all-failed", trials=30, seed=6, backend="simulated:4", **kept)
    except sweeper.SweeperError:
        return


def _build_on(tuned: sweeper.Sweep, kept: dict[str, object]) -> None:
    """Run the best trials again with fresh seeds, and a sweep that learns from all of them."""
    tuned.confirm(top=5, seeds=5, backend="simulated:16", progress=False)
    train_vision.sweep(
        name="resnet-learning",
        trials=40,
        search="tpe",
        seed=7,
        learn_from=tuned.name,
        backend="simulated:8",
        **kept,
    )


def _shift(path: Path) -> None:
    """Move simulated times into the past, where such sweeps would have run."""
    with sqlite3.connect(path) as connection:
        now = SYSTEM_CLOCK.now()
        found = connection.execute(
            "SELECT id, max(updated, coalesce(ended, 0)) FROM sweeps"
        ).fetchall()
        for sweep, until in found:
            back = until - now + 5400 * sweep**2
            for table, columns in {**_TIMES, "sweeps": ("created", "updated", "ended")}.items():
                moved = ", ".join(f"{column} = {column} - :back" for column in columns)
                key = "id" if table == "sweeps" else "sweep_id"
                connection.execute(
                    f"UPDATE {table} SET {moved} WHERE {key} = :sweep",
                    {"back": back, "sweep": sweep},
                )


def _mark(url: str) -> None:
    """Add what people write, and the people."""
    store = Store(url)
    for name, count in _DRIVEN.items():
        populate(store, name, count)
    tuned, running = find_sweep(store, "resnet-tuning"), find_sweep(store, "running-now")
    commands.change_tags(store, tuned.id, [tuned.best_trial, 3], add=["keep"], remove=[])
    note = "Converges early; try it with a longer schedule."
    commands.write_note(store, tuned.id, [tuned.best_trial], note, by="ada")
    commands.wish_change(store, running.id, {"trials": 80}, by="ada")
    secret = hash_password(PASSWORD)
    for name, role in (("ada", Role.ADMIN), ("grace", Role.OPERATOR), ("linus", Role.VIEWER)):
        people.add_user(store, name, role, password=secret, by="root")
    month = Grant(label="nightly-export", role=Role.VIEWER, seconds=30 * 86_400)
    people.issue_token(store, "grace", month)
    for action, detail in (("make wish", '{"kind": "pause"}'), ("write note", "odd")):
        did = Action(by="grace", role=Role.OPERATOR, action=action, detail=detail)
        audit.record_action(store, replace(did, sweep="running-now", address="127.0.0.1"))
    store.close()


def drive(url: str) -> None:
    """Let this process seem to drive what is to be seen running; it keeps the lease for hours."""
    store = Store(url)
    later = SettableClock(SYSTEM_CLOCK.now() + 6 * 3600)
    for name in _DRIVEN:
        acquire(store, find_sweep(store, name), later)
    store.close()
