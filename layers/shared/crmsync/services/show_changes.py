"""Every record a run considered, page by page, read from the parts that the run item names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from crmsync.domain.change import Change, Outcome
from crmsync.domain.errors import RequestError
from crmsync.domain.run import PartRef, Run, RunKind
from crmsync.ports.artifacts import Artifacts

PARTS_AT_ONCE = 20
"""How many parts one answer reads at most, so that a search in a huge run ends in time."""


@dataclass(frozen=True, slots=True)
class ChangePage:
    """Changes in plan order; `cursor` is None on the last page. A page may be short or empty."""

    items: tuple[Change, ...]
    cursor: str | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which changes to show: of one outcome, and those that hold `search` in a name or address."""

    outcome: Outcome | None = None
    search: str = ""

    def holds(self, change: Change) -> bool:
        """Whether this change is wanted."""
        if self.outcome is not None and change.outcome is not self.outcome:
            return False
        return not self.search or self.search.casefold() in _text(change)


@dataclass(frozen=True, slots=True)
class ShowChanges:
    """Reads the changes of a run."""

    artifacts: Artifacts

    def page(self, run: Run, wanted: Wanted, cursor: str | None, limit: int) -> ChangePage:
        """Up to `limit` wanted changes from where `cursor` stopped."""
        found: list[Change] = []
        first, skip = _position(cursor)
        for part, offset, change in self._from(run, first, skip):
            if len(found) == limit or part - first >= PARTS_AT_ONCE:
                return ChangePage(tuple(found), f"{part}:{offset}")
            if wanted.holds(change):
                found.append(change)
        return ChangePage(tuple(found), None)

    def _from(self, run: Run, first: int, skip: int) -> Iterator[tuple[int, int, Change]]:
        for part, ref in enumerate(parts_of(run)[first:], start=first):
            changes = self.artifacts.read_part(run.tenant_id, ref)
            for offset in range(skip if part == first else 0, len(changes)):
                yield part, offset, changes[offset]


def parts_of(run: Run) -> tuple[PartRef, ...]:
    """Where the changes are: what became of them once a sync has ended, else what is planned."""
    ended_sync = run.kind is RunKind.SYNC and run.finished
    return run.checkpoint.results if ended_sync else run.checkpoint.plan


def _position(cursor: str | None) -> tuple[int, int]:
    part, _, offset = ("0:0" if cursor is None else cursor).partition(":")
    if not (part.isdecimal() and offset.isdecimal()):
        raise RequestError("bad_cursor", "This cursor is not one of ours. Start without one.")
    return int(part), int(offset)


def _text(change: Change) -> str:
    """What a search looks through."""
    texts = [change.contact_id or "", change.person_id or ""]
    for who in (change.contact, change.person):
        if who is not None:
            texts += [f"{who.value('first_name')} {who.value('last_name')}", who.value("email")]
    texts += [field.after for field in change.fields]
    return "\n".join(texts).casefold()
