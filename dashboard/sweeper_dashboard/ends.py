"""How attempts and trials end: the words, tones and meanings that all pages use for it."""

from __future__ import annotations

from dataclasses import dataclass

from sweeper.model.lifecycle import Outcome


@dataclass(frozen=True, slots=True)
class End:
    """What people read of an outcome; the tone is the colour and shape of its badge."""

    label: str
    tone: str
    meaning: str


ENDS: dict[Outcome, End] = {
    Outcome.SUCCEEDED: End("succeeded", "good", "the function returned"),
    Outcome.INFEASIBLE: End("infeasible", "mute", "its configuration cannot be used"),
    Outcome.PRUNED: End("pruned", "mute", "the scheduler stopped it"),
    Outcome.PAUSED: End("paused", "warn", "stopped to go on later"),
    Outcome.INTERRUPTED: End("interrupted", "warn", "its controller went away or was told to"),
    Outcome.STOPPED_BY_USER: End("stopped by user", "mute", "a person cancelled it"),
    Outcome.ERROR: End("error", "error", "the function raised"),
    Outcome.NOT_A_NUMBER: End("not a number", "nan", "the objective is not finite"),
    Outcome.TIMEOUT: End("timeout", "timeout", "it ran longer than allowed"),
    Outcome.OUT_OF_MEMORY: End("out of memory", "memory", "the machine had no memory left for it"),
    Outcome.LOST_WORKER: End("lost worker", "lost", "its process died"),
    Outcome.LOST_NODE: End("lost node", "lost", "its machine died"),
    Outcome.PREEMPTED: End("preempted", "taken", "its machine was taken away with notice"),
}
