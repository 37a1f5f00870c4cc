"""What people have marked a sweep with: tags and notes of its trials, named views, wishes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import select

from sweeper.model.encoding import Json
from sweeper.store.store import Store
from sweeper.store.tables import notes, tags, views, wishes


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """The tags and notes of a sweep's trials by number, and the sweep's own note."""

    tags: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    notes: Mapping[int, str] = field(default_factory=dict)
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedView:
    """A view of the dashboard that somebody saved; address is a query string."""

    name: str
    address: str
    by: str
    saved: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WishRecord:
    """A wish and what became of it; answer is None while nobody has taken it up."""

    id: int
    kind: str
    trial: int | None
    values: Mapping[str, Json] | None
    by: str
    created: float
    answered: float | None
    answer: str | None


def marks_of(store: Store, sweep_id: int) -> Marks:
    """Give the tags and notes of a sweep."""
    tagged = select(tags.c.trial, tags.c.tag).where(
        tags.c.sweep_id == sweep_id, tags.c.trial.is_not(None)
    )
    noted = select(notes.c.trial, notes.c.text).where(notes.c.sweep_id == sweep_id)
    by_trial: dict[int, tuple[str, ...]] = {}
    with store.reading() as connection:
        for trial, tag in connection.execute(tagged.order_by(tags.c.id)):
            by_trial[trial] = (*by_trial.get(trial, ()), tag)
        texts = {row.trial: row.text for row in connection.execute(noted)}
    note = texts.pop(None, "")
    return Marks(tags=by_trial, notes=texts, note=note)


def list_views(store: Store, sweep_id: int) -> list[NamedView]:
    """List the named views of a sweep by name."""
    query = select(views.c.name, views.c.address, views.c.by, views.c.saved)
    query = query.where(views.c.sweep_id == sweep_id).order_by(views.c.name)
    with store.reading() as connection:
        return [NamedView(**row) for row in connection.execute(query).mappings()]


def latest_wishes(store: Store, sweep_id: int, limit: int = 20) -> list[WishRecord]:
    """List the latest wishes of a sweep with their answers, the newest first."""
    query = select(wishes).where(wishes.c.sweep_id == sweep_id)
    query = query.order_by(wishes.c.id.desc()).limit(limit)
    with store.reading() as connection:
        return [
            WishRecord(**{name: row[name] for name in row if name != "sweep_id"})
            for row in connection.execute(query).mappings()
        ]
