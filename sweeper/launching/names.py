"""Memorable names for sweeps that nobody named."""

from __future__ import annotations

import secrets

_FIRST = (
    "amber", "brisk", "calm", "clever", "coral", "crisp", "deft", "eager", "early", "fair",
    "fleet", "gentle", "golden", "hardy", "keen", "lively", "lucid", "mellow", "nimble", "patient",
    "plucky", "quick", "quiet", "rapid", "sage", "silver", "steady", "sunny", "swift", "warm",
)  # fmt: skip
_SECOND = (
    "alder", "aspen", "badger", "beech", "birch", "cedar", "crane", "curlew", "egret", "falcon",
    "finch", "gannet", "hare", "heron", "ibis", "juniper", "kestrel", "larch", "linnet", "lynx",
    "maple", "marten", "osprey", "otter", "plover", "rowan", "sparrow", "tern", "willow", "wren",
)  # fmt: skip


def memorable_name() -> str:
    """Make up a name such as "nimble-heron-48"."""
    number = 10 + secrets.randbelow(90)
    return f"{secrets.choice(_FIRST)}-{secrets.choice(_SECOND)}-{number}"
