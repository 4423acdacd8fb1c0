"""What users did, as they would remember it: the only thing the oracle believes.

Edits and moves are kept per record, contact or person, in the order they happened, and forgotten
once both sides were found to agree about the pair the record belongs to.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from crmsync.domain.fields import comparable

MARKETING, CRM = "marketing", "crm"
Pair = tuple[str, str]
"""Contact and person."""


@dataclass(frozen=True, slots=True)
class Edit:
    """One field somebody typed, on which side, and when."""

    at: int
    side: str
    value: str


@dataclass(frozen=True, slots=True)
class Moved:
    """Somebody was put in, or taken out, on one side of one line."""

    at: int
    side: str
    joined: bool


@dataclass
class Ledger:
    """Edits and moves since both sides last agreed, and what may never be forgotten.

    `apart` are values an undo left different on the two sides, by contact and field; `stood` is how
    each membership last settled, by contact and line, and `rested` what each field rested at.
    `opted_in` are contacts that asked to be mailed again, `retired` are people that were in an
    inactive campaign, `untold` are memberships an undo settled while no sync could look at them,
    and `unmerged` are fields edited while nothing synced them, by contact: a later edit may be the
    second one. `amnesia` is set while our own memory is older than what happened, so that nobody
    can tell which side edited last; `restless` once something happened that may write a field more
    often than users edited it.
    """

    edits: dict[tuple[str, str], list[Edit]] = field(default_factory=dict)
    moves: dict[tuple[str, int], list[Moved]] = field(default_factory=dict)
    written: dict[str, set[str]] = field(default_factory=dict)
    opted_out: set[str] = field(default_factory=set)
    opted_in: set[str] = field(default_factory=set)
    apart: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)
    stood: dict[tuple[str, int], tuple[bool, bool]] = field(default_factory=dict)
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    rested: dict[tuple[str, str], str] = field(default_factory=dict)
    retired: set[str] = field(default_factory=set)
    untold: set[tuple[str, int]] = field(default_factory=set)
    unmerged: set[tuple[str, str]] = field(default_factory=set)
    scope_changed: bool = False
    amnesia: bool = False
    restless: bool = False
    clock: int = 0

    def typed(self, name: str, value: str) -> None:
        """The value is somebody's, so it may appear anywhere."""
        self.written.setdefault(name, set()).add(comparable(name, value))

    def edited(self, record_id: str, name: str, side: str, value: str) -> None:
        """A user changed one field of one record."""
        self.clock += 1
        self.counts[record_id, name] += 1
        self.typed(name, value)
        self.edits.setdefault((record_id, name), []).append(Edit(self.clock, side, value))

    def overtaken(self, record_id: str, name: str, value: str) -> None:
        """Nobody saw this edit: it was overwritten in the gap between a look and a write."""
        kept = [e for e in self.edits.pop((record_id, name), ()) if e.value != value]
        if kept:
            self.edits[record_id, name] = kept

    def inherits(self, heir_id: str, gone_id: str, name: str) -> None:
        """The heir stands where the record that went stood: what it held before was nobody's."""
        if (gone_id, name) in self.rested:
            self.edits.pop((heir_id, name), None)
            self.rested[heir_id, name] = self.rested[gone_id, name]

    def moved(self, record_id: str, line: int, side: str, *, joined: bool) -> None:
        """A user put a record in, or took it out."""
        self.clock += 1
        moves = self.moves.setdefault((record_id, line), [])
        moves.append(Moved(self.clock, side, joined))

    def edits_of(self, pair: Pair, name: str) -> list[Edit]:
        """What users typed into this field of the pair since it last agreed, in order."""
        found = [e for record in pair for e in self.edits.get((record, name), ())]
        return sorted(found, key=lambda e: e.at)

    def moves_of(self, pair: Pair, line: int) -> list[Moved]:
        """What users did to the pair's membership since it last settled, in order."""
        found = [m for record in pair for m in self.moves.get((record, line), ())]
        return sorted(found, key=lambda m: m.at)

    def invented(self, name: str, value: str) -> bool:
        """Whether nobody ever wrote this value."""
        return bool(value) and comparable(name, value) not in self.written.get(name, ())

    def agreed(self, pair: Pair, name: str, values: tuple[str, str] | None) -> None:
        """Both sides are at rest about this field, at `values` if they are synced at all."""
        for record in pair:
            self.edits.pop((record, name), None)
        if values is not None:
            self.unmerged.discard((pair[0], name))
            self.rested |= {(pair[0], name): values[0], (pair[1], name): values[1]}

    def has_rested(self, pair: Pair, name: str) -> bool:
        """Whether both sides came to rest about this field before, so that there is a base."""
        return all((record, name) in self.rested for record in pair)

    def is_back(self, pair: Pair, name: str, side: str, value: str) -> bool:
        """Whether the side is back at what it rested at, so that nobody can tell of an edit."""
        record = pair[0] if side == MARKETING else pair[1]
        return self.rested.get((record, name), "") == value

    def settled(self, pair: Pair, line: int, *, left: bool, right: bool) -> None:
        """Both sides are at rest about this membership."""
        for record in pair:
            self.moves.pop((record, line), None)
        self.stood[pair[0], line] = (left, right)
        self.untold.discard((pair[0], line))
