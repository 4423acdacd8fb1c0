"""The gap no engine can close: an edit in the CRM between our last look and our write.

The CRM has no compare-and-set, so what somebody typed in between is overwritten unread
(docs/limits.md). The ledger forgets exactly those edits, and no others: they came after a look at
this very record, at most a page's worth of calls before the write that replaced them.
"""

from __future__ import annotations

from collections.abc import Sequence

from tests.fakes.numbered import Boundary
from tests.fakes.org_store import Entry, OrgStore
from tests.properties.ledger import Ledger

PAGE = 32
"""Calls between the look at a page and its write, where somebody has to be matched, too."""
Field = tuple[str, str]
"""Record and field."""


class Gap:
    """Follows looks, edits and writes of one org, boundary by boundary."""

    def __init__(self, org: OrgStore, ledger: Ledger) -> None:
        self._org = org
        self._ledger = ledger
        self._before: Boundary | None = None
        self._looks: dict[str, tuple[int, int]] = {}
        self._unread: dict[Field, tuple[int, str]] = {}
        self._read = 0

    def at(self, boundary: Boundary) -> None:
        """One call is about to be made; what the one before it did is known now."""
        before, self._before = self._before, boundary
        if before is not None and before.name == "crm.look":
            self._looked(before.args[1], before.index)
        self._catch_up(before.index if before is not None else 0)

    def _looked(self, people: Sequence[str], at: int) -> None:
        """Whatever stood in the org by now was seen."""
        for record_id in people:
            self._looks[record_id] = (len(self._org.history), at)

    def _catch_up(self, at: int) -> None:
        for position in range(self._read, len(self._org.history)):
            entry = self._org.history[position]
            for name, value in entry.after.items() if entry.verb == "update" else ():
                self._changed(entry, name, value, position, at)
        self._read = len(self._org.history)

    def _changed(self, entry: Entry, name: str, value: str, position: int, at: int) -> None:
        key = (entry.record_id, name)
        if entry.actor == "user":
            self._unread[key] = (position, value)
            return
        edited, typed = self._unread.pop(key, (-1, ""))
        seen, look = self._looks.get(entry.record_id, (len(self._org.history), 0))
        if edited >= seen and at - look <= PAGE:
            self._ledger.overtaken(*key, typed)
