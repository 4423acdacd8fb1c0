"""What sync remembers, in memory: links by (tenant, org), the rest by connection."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from crmsync.domain.base import NO_MEMBERSHIP, Link, MembershipBase
from crmsync.domain.errors import LeaseLost
from crmsync.domain.identity import Decisions
from crmsync.ports.state import BasePage, Claim, MappingMemory, Pending

from tests.fakes.snapshots import Snapshots

Pair = tuple[str, str, str]
"""Connection, campaign and group."""


@dataclass
class StateStore(Snapshots):
    """The shared memory of one (tenant, org): what a table would hold."""

    links: dict[str, Link] = field(default_factory=dict)
    people: dict[str, str] = field(default_factory=dict)
    claims: dict[str, Claim] = field(default_factory=dict)
    memories: dict[Pair, MappingMemory] = field(default_factory=dict)
    bases: dict[Pair, dict[str, MembershipBase]] = field(default_factory=dict)
    pendings: dict[Pair, Pending] = field(default_factory=dict)
    decided: dict[str, Decisions] = field(default_factory=dict)


class FakeSyncState:
    """One worker's view of the memory of one connection.

    `highest` tells the highest fence that was ever given out for the connection.
    """

    def __init__(
        self,
        store: StateStore,
        connection_id: str,
        highest: Callable[[], int] = lambda: 0,
        *,
        page_size: int = 1000,
    ) -> None:
        self.store = store
        self.connection_id = connection_id
        self.highest = highest
        self.page_size = page_size
        self.number: int | None = None

    # --- links --------------------------------------------------------------------------------

    def links_by_contact(self, contact_ids: Sequence[str]) -> Mapping[str, Link]:
        links = self.store.links
        return {i: links[i] for i in contact_ids if i in links}

    def links_by_person(self, person_ids: Sequence[str]) -> Mapping[str, Link]:
        people, links = self.store.people, self.store.links
        return {i: links[people[i]] for i in person_ids if i in people}

    def put_links(self, links: Sequence[Link]) -> tuple[Link | None, ...]:
        self._guard()
        return tuple(self._put_link(link) for link in links)

    def _put_link(self, link: Link) -> Link | None:
        stored, wanted = self.store.links.get(link.contact_id), _next(link)
        if stored == wanted:
            return stored
        if link.version == 0 and (stored or link.person_id in self.store.people):
            return None
        if link.version and not _current(stored, link):
            return None
        self.store.people[link.person_id] = link.contact_id
        self.store.links[link.contact_id] = wanted
        return wanted

    def move_link(self, link: Link, person_id: str) -> Link | None:
        self._guard()
        stored, wanted = self.store.links.get(link.contact_id), _next(link, person_id)
        if stored == wanted:
            return stored
        if not _current(stored, link) or person_id in self.store.people:
            return None
        del self.store.people[link.person_id]
        self.store.people[person_id] = link.contact_id
        self.store.links[link.contact_id] = wanted
        return wanted

    # --- claims -------------------------------------------------------------------------------

    def claims(self, contact_ids: Sequence[str]) -> Mapping[str, Claim]:
        return {i: self.store.claims[i] for i in contact_ids if i in self.store.claims}

    def claim(self, claims: Sequence[Claim]) -> tuple[Claim, ...]:
        self._guard()
        return tuple(map(self._claim, claims))

    def _claim(self, claim: Claim) -> Claim:
        held = self.store.claims.get(claim.contact_id)
        if held is None or held.holder == claim.holder or held.has_lapsed(claim.claimed_at):
            self.store.claims[claim.contact_id] = claim
            return claim
        return held

    def release_claims(self, contact_ids: Sequence[str]) -> None:
        self._guard()
        for contact_id in contact_ids:
            self.store.claims.pop(contact_id, None)

    # --- mappings -----------------------------------------------------------------------------

    def memory(self, campaign_id: str, group_id: str) -> MappingMemory:
        return self.store.memories.get(self._pair(campaign_id, group_id), MappingMemory())

    def remember(self, campaign_id: str, group_id: str, memory: MappingMemory) -> None:
        self._guard()
        self.store.memories[self._pair(campaign_id, group_id)] = memory

    def membership_bases(
        self, campaign_id: str, group_id: str, contact_ids: Sequence[str]
    ) -> Mapping[str, MembershipBase]:
        bases = self.store.bases.get(self._pair(campaign_id, group_id), {})
        return {i: bases[i] for i in contact_ids if i in bases}

    def membership_base_page(self, campaign_id: str, group_id: str, cursor: str | None) -> BasePage:
        bases = self.store.bases.get(self._pair(campaign_id, group_id), {})
        ids = sorted(i for i in bases if cursor is None or i > cursor)
        page = ids[: self.page_size]
        return BasePage({i: bases[i] for i in page}, page[-1] if len(ids) > len(page) else None)

    def put_membership_bases(
        self, campaign_id: str, group_id: str, bases: Mapping[str, MembershipBase]
    ) -> None:
        self._guard()
        held = self.store.bases.setdefault(self._pair(campaign_id, group_id), {})
        held.update(bases)
        for contact_id in [i for i, base in bases.items() if base == NO_MEMBERSHIP]:
            del held[contact_id]

    def pending(self, campaign_id: str, group_id: str) -> Pending:
        return self.store.pendings.get(self._pair(campaign_id, group_id), Pending())

    def put_pending(self, campaign_id: str, group_id: str, pending: Pending) -> None:
        self._guard()
        self.store.pendings[self._pair(campaign_id, group_id)] = pending

    # --- decisions and fence ------------------------------------------------------------------

    def decisions(self, keys: Sequence[str]) -> Mapping[str, Decisions]:
        return {key: self.store.decided[key] for key in keys if key in self.store.decided}

    def put_decision(self, key: str, decisions: Decisions) -> None:
        self._guard()
        self.store.decided[key] = decisions

    def fence(self, number: int) -> None:
        self.number = number

    def _guard(self) -> None:
        highest = self.highest()
        if self.number is not None and self.number < highest:
            text = f"{self.connection_id} is held with fence {highest}, not {self.number}"
            raise LeaseLost("fenced_out", text)

    def _pair(self, campaign_id: str, group_id: str) -> Pair:
        return (self.connection_id, campaign_id, group_id)


def _next(link: Link, person_id: str | None = None) -> Link:
    return replace(link, person_id=person_id or link.person_id, version=link.version + 1)


def _current(stored: Link | None, link: Link) -> bool:
    return (
        stored is not None and stored.version == link.version and stored.person_id == link.person_id
    )
