"""Runs queries through composite calls and follows their pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from crmsync.adapters.salesforce import composite
from crmsync.adapters.salesforce.client import OrgClient
from crmsync.adapters.salesforce.composite import MAX_HEAVY, Rows, Sub, SubReply
from crmsync.adapters.salesforce.errors import from_reply
from crmsync.domain.errors import ConnectionStopped, RecordRefused

EVERY_PAGE = 10_000
"""Rounds of further pages nobody reaches: a page that repeats is an error long before."""


@dataclass(slots=True)
class Found:
    """What a query found. `complete` is False when there are pages that were not asked for."""

    records: list[Mapping[str, Any]]
    total: int
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Beside:
    """Further requests for the first call, and who looks at their answers."""

    subs: Sequence[Sub]
    check: Callable[[Mapping[str, SubReply]], None]


@dataclass(frozen=True, slots=True)
class Reader:
    """Asks one org."""

    client: OrgClient

    def run(
        self, queries: Sequence[Sub], *, rounds: int = EVERY_PAGE, beside: Beside | None = None
    ) -> dict[str, Found]:
        """The records of each query by `ref`; at most `rounds` calls for further pages.

        Raises the error of the first query that was refused.
        """
        found: dict[str, Found] = {}
        pages: dict[str, str] = {}
        for number, batch in enumerate(_batches(queries)):
            for ref, page in self._ask(batch, None if number else beside).items():
                found[ref] = Found(list(page.records), page.total)
                if page.next_path:
                    pages[ref] = page.next_path
        self._follow(found, pages, rounds)
        return found

    def _follow(self, found: dict[str, Found], pages: dict[str, str], rounds: int) -> None:
        seen: set[str] = set()
        for _ in range(rounds):
            if not pages:
                return
            if not seen.isdisjoint(pages.values()):
                raise composite.unreadable()
            seen |= set(pages.values())
            pages = self._further(found, pages)
        for ref in pages:
            found[ref].complete = False

    def _further(self, found: dict[str, Found], pages: dict[str, str]) -> dict[str, str]:
        subs = [Sub(ref, "GET", path) for ref, path in sorted(pages.items())]
        left: dict[str, str] = {}
        for batch in _batches(subs):
            for ref, page in self._ask(batch).items():
                found[ref].records += page.records
                if page.next_path:
                    left[ref] = page.next_path
        return left

    def _ask(self, batch: Sequence[Sub], beside: Beside | None = None) -> dict[str, Rows]:
        answers = self.client.composite([*batch, *(beside.subs if beside else ())])
        if beside:
            beside.check(answers)
        wanted = (sub for sub in batch if answers[sub.ref].ok or not sub.optional)
        return {sub.ref: composite.rows(self.require(answers[sub.ref])) for sub in wanted}

    def require(self, reply: SubReply) -> SubReply:
        """The reply, or the error it amounts to; a refused query is nothing a record can help."""
        if reply.ok:
            return reply
        error = from_reply(reply.status, reply.body, budget=self.client.budget)
        if isinstance(error, RecordRefused):
            raise ConnectionStopped("crm_refused", f"Your CRM refused to be read. {error.detail}")
        raise error


def _batches(subs: Sequence[Sub]) -> Iterator[Sequence[Sub]]:
    return (subs[at : at + MAX_HEAVY] for at in range(0, len(subs), MAX_HEAVY))
