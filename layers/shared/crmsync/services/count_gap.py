"""Notice by the campaign's count what no delta shows: rows that vanished without a trace.

Where the count does not add up, the campaign is read once by ids alone. It must not know what a
delta says about people, only about rows.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from crmsync.domain.person import Campaign, Member
from crmsync.ports.crm import Delta
from crmsync.services.gathering import OVERLAP, Gathering
from crmsync.services.scene import memory_of

YOUNG_KEPT = 500
"""How many ids a mapping remembers; beyond, the next delta reads the campaign by ids."""


class CountGap:
    """Compares counts and rows of the mappings of one gathering with what is remembered."""

    def __init__(self, gathering: Gathering) -> None:
        self._gathering = gathering
        self._work = gathering.work

    def unexplained(self, index: int, delta: Delta, campaign: Campaign) -> bool:
        """Whether the campaign's count moved in a way that the rows we see do not account for.

        A row stamped before the watermark may have been committed, and so counted, only after it.
        Unless it is known which rows were counted, such a row could stand in for one that vanished.
        """
        memory = memory_of(self._work, self._gathering.row(index))
        since = memory.watermark
        mine = [m for m in delta.members if m.campaign_id == campaign.id and not m.is_account]
        gone = sum(1 for m in mine if m.deleted and _at_or_after(m.modified_at, since))
        fresh = {m.id: m for m in mine if not m.deleted and _is_young(m, since)}
        foreign = [m for i, m in fresh.items() if i not in self._own_rows(index, fresh.values())]
        known = memory.live_members + memory.own_rows
        born = [m for m in foreign if _at_or_after(m.created_at, since)]
        late = [m for m in foreign if m not in born and m.id not in (memory.young or ())]
        doubtful = bool(late) and memory.young is None
        return doubtful or campaign.member_count != known + len(born) + len(late) - gone

    def absent_or_new(self, index: int, campaign: Campaign) -> set[str]:
        """People whose row and base disagree, from a complete id-only read."""
        live = {m.person_id for m in self._work.crm.member_ids(campaign.id)}
        held = self._held_people(index)
        return live ^ held

    def _own_rows(self, index: int, rows: Collection[Member]) -> set[str]:
        """Which of these rows we made ourselves and have counted already."""
        links = self._work.state.links_by_person(sorted(m.person_id for m in rows)) if rows else {}
        ids = sorted(link.contact_id for link in links.values())
        pair = self._gathering.pair(index)
        bases = self._work.state.membership_bases(*pair, ids) if ids else {}
        return {base.own_row_id for base in bases.values() if base.own_row_id}

    def _held_people(self, index: int) -> set[str]:
        """People whose base says they are members."""
        held: set[str] = set()
        cursor: str | None = None
        while True:
            page = self._work.state.membership_base_page(*self._gathering.pair(index), cursor)
            ids = sorted(c for c, base in page.items.items() if base.right)
            links = self._work.state.links_by_contact(ids) if ids else {}
            held |= {link.person_id for link in links.values()}
            cursor = page.cursor
            if cursor is None:
                return held


def young_rows(delta: Delta, campaign: Campaign) -> tuple[str, ...] | None:
    """Ids of the live rows born minutes before the delta; None if they are too many to remember.

    Others that are stamped alike may still be committed.
    """
    mine = (m for m in delta.members if m.campaign_id == campaign.id and not m.deleted)
    ids = tuple(sorted(m.id for m in mine if _is_young(m, delta.server_time)))
    return ids if len(ids) <= YOUNG_KEPT else None


def _is_young(row: Member, moment: datetime | None) -> bool:
    return moment is not None and _at_or_after(row.created_at, moment - OVERLAP)


def _at_or_after(moment: datetime | None, since: datetime | None) -> bool:
    return moment is not None and since is not None and moment >= since
