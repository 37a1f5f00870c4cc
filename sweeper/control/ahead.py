"""How many attempts may be handed out before there is a place for them."""

from __future__ import annotations

from sweeper.control.parts import Parts
from sweeper.model.sweep import Options


def attempts_ahead(parts: Parts, options: Options) -> int:
    """Count the attempts that the backend may hold ready behind those that run.

    There are some only where handing them out early changes nothing: their configurations
    follow from their numbers, nobody decides between them, and no result ends the sweep.
    """
    waits_for_results = (
        parts.scheduler is not None
        or options.target is not None
        or options.patience is not None
        or not parts.independent
    )
    if waits_for_results or parts.queueing is None:
        return 0
    return parts.queueing.ahead()
