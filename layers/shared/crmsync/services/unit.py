"""One unit being put together: whom it links, and what became of its person.

It must not ask anybody.
"""

from __future__ import annotations

from dataclasses import dataclass

from crmsync.domain.base import Link
from crmsync.domain.identity import Match, Verdict


@dataclass(slots=True)
class Unit:
    """One unit being put together; `heir_id` took over its person, but is somebody else's."""

    person_id: str | None
    contact_id: str | None
    link: Link | None = None
    match: Match | None = None
    may_create: bool = False
    moved: bool = False
    heir_id: str | None = None


def unit_of(person_id: str | None, contact_id: str | None, link: Link | None) -> Unit:
    """The unit of these ids; a link names both."""
    if link is None:
        return Unit(person_id, contact_id)
    return Unit(link.person_id, link.contact_id, link)


def drop_doubles(units: dict[str, Unit]) -> None:
    """Two keys that turned out to be one human stay one unit: the one found first."""
    seen: set[str] = set()
    for key, unit in list(units.items()):
        mine = {i for i in (unit.person_id, unit.contact_id) if i}
        if mine & seen and not _is_review(unit):
            del units[key]
        seen |= mine


def _is_review(unit: Unit) -> bool:
    return unit.match is not None and unit.match.verdict is Verdict.REVIEW
