"""Processes of this machine: who they are, whether they live, and how they end."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import psutil


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A process precisely enough that a reused pid is not mistaken for it."""

    host: str
    boot: str
    pid: int
    started: float


@cache
def _boot() -> str:
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            return file.read().strip()
    except OSError:
        return str(int(psutil.boot_time()))


def this_process() -> Identity:
    """Identify the calling process."""
    pid = os.getpid()
    return Identity(host=socket.gethostname(), boot=_boot(), pid=pid, started=_started(pid))


def _started(pid: int) -> float:
    """Give a process' start in seconds since boot, which no change of the clock moves."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            # The name in brackets may hold anything; what is counted stands behind it.
            ticks = int(file.read().rpartition(")")[2].split()[19])
    except FileNotFoundError:
        return float(psutil.Process(pid).create_time())
    return ticks / os.sysconf("SC_CLK_TCK")


def known_dead(identity: Identity) -> bool:
    """Tell whether a process is certainly gone; of other machines nothing is certain."""
    if identity.host != socket.gethostname():
        return False
    if identity.boot != _boot():
        return True
    try:
        same = abs(_started(identity.pid) - identity.started) < 1.0
        return not same or psutil.Process(identity.pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def kill_tree(pid: int) -> None:
    """Kill a process and all that it started, leaves last so that none escapes."""
    try:
        process = psutil.Process(pid)
        family = [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return
    for member in family:
        try:
            member.kill()
        except psutil.NoSuchProcess:
            continue


def cores() -> int:
    """Count the CPU cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def peak_memory() -> int:
    """Give the largest resident memory that the calling process has had, in bytes."""
    try:
        import resource
    except ImportError:
        return int(psutil.Process().memory_info().rss)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


class TreeUsage(NamedTuple):
    """The seconds of CPU and the bytes of resident memory of a process and its children."""

    cpu: float
    memory: int


def tree_usage() -> TreeUsage:
    """Say what the calling process and all that it has started use now."""
    process = psutil.Process()
    family = [process, *(process.children(recursive=True) if _has_children() else ())]
    cpu, memory = 0.0, 0
    for member in family:
        try:
            times = member.cpu_times()
            cpu += times.user + times.system
            memory += member.memory_info().rss
        except psutil.Error:
            continue  # it has just ended
    return TreeUsage(cpu=cpu, memory=memory)


def out_of_memory_kills() -> int:
    """Count how often the kernel has killed something for want of memory."""
    return sum(_counter(path, "oom_kill") for path in _KILL_COUNTERS)


_KILL_COUNTERS = ("/proc/vmstat", "/sys/fs/cgroup/memory.events")


def _counter(path: str, name: str) -> int:
    try:
        with open(path, encoding="ascii") as file:
            counts = dict(line.split()[:2] for line in file if " " in line)
    except OSError:
        return 0
    return int(counts.get(name, 0))


def end_children() -> int:
    """Kill all that the calling process has started and that still runs; gives how many."""
    if not _has_children():
        return 0
    left = psutil.Process().children(recursive=True)
    for child in left:
        try:
            child.kill()
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(left, timeout=5)
    return len(left)


def _has_children() -> bool:
    """Ask the kernel quickly whether there are any, before every process is looked through."""
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True
