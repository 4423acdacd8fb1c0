"""Gather and decide: turn what both sides hold into a stored plan, page by page.

A full pass reads the whole campaign, then the group, then what the base alone remembers. Otherwise
the delta and the pending units are enough. Each page becomes a part of the plan before the
checkpoint moves past it, so a crash repeats at most one page.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta

from crmsync.domain.base import NO_MEMBERSHIP
from crmsync.domain.change import Action, Change, Outcome, Side
from crmsync.domain.connection import Connection
from crmsync.domain.decide import decide
from crmsync.domain.errors import ConnectionStopped
from crmsync.domain.guard import effect_of
from crmsync.domain.mapping import Mapping
from crmsync.domain.membership import Seen
from crmsync.domain.observation import Observation
from crmsync.domain.person import Campaign, Member
from crmsync.domain.run import MappingRun, MappingState, PartRef, RunKind
from crmsync.ports.crm import Delta
from crmsync.ports.state import MappingMemory
from crmsync.services.observe import Observer, Sight
from crmsync.services.resolve import checked, find_campaign, find_group
from crmsync.services.work import Scene, Work, policy_for

OVERLAP = timedelta(minutes=10)
"""Rows stamped before the last watermark may become visible after it; see `docs/limits.md`."""
OFFLINE_LIMIT = timedelta(days=15)
"""The CRM keeps deleted rows no longer, so a delta from before would miss removals."""
FULL_EVERY = timedelta(days=7)
PART_SIZE = 2000
PAGE_SIZE = 500
WRITTEN = (Outcome.CREATED, Outcome.UPDATED, Outcome.REMOVED)
PEOPLE, CONTACTS, BASES, DELTA = "people", "contacts", "bases", "delta"


class Gather:
    """Gathers the run's mappings one after another; `step` does one page."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._delta: Delta | None = None
        self._seen: dict[int, set[str]] = {}
        self._scenes: dict[int, Scene] = {}
        self._candidates: dict[int, list[tuple[str, str]]] = {}
        self._campaigns: dict[int, Campaign | None] = {}

    def run(self) -> bool:
        """Gather until done or out of time; True when every mapping is planned."""
        self._begin()
        while self._work.run.checkpoint.mapping < len(self._work.run.mappings):
            if self._work.must_stop():
                return False
            self._step(self._work.run.checkpoint.mapping)
        return True

    def _begin(self) -> None:
        """Resolve both ends, choose full or delta for each mapping, and fix the watermark."""
        work = self._work
        rows = [self._prepared(row) for row in work.run.mappings]
        partial = [i for i, row in enumerate(rows) if _runs(row) and not row.full]
        if partial and work.run.kind is not RunKind.RETRY:
            rows = self._read_delta(rows, partial)
        rows = [self._resolved(i, row) for i, row in enumerate(rows)]
        watermark = work.run.checkpoint.watermark
        if watermark is None:
            watermark = self._delta.server_time if self._delta else work.crm.server_time()
        local = work.run.checkpoint.local_watermark or work.ports.clock.now()
        checkpoint = work.checkpoint(watermark=watermark, local_watermark=local)
        if (tuple(rows), checkpoint) != (work.run.mappings, work.run.checkpoint):
            work.save(replace(work.run, mappings=tuple(rows), checkpoint=checkpoint))

    def _prepared(self, row: MappingRun) -> MappingRun:
        """The row with its mode chosen; rows that ended already are left alone."""
        if row.state not in (MappingState.WAITING, MappingState.RUNNING):
            return row
        row = find_group(self._work, row) if not row.group_id or not row.group_name else row
        if row.state is MappingState.FAILED:
            return row
        memory = self._memory(row)
        if self._is_held(memory):
            return replace(
                row,
                state=MappingState.PAUSED,
                reason="held",
                held_preview_id=memory.held_preview_id,
            )
        full = row.full or self._needs_full(row, memory)
        complete = self._work.run.kind is not RunKind.RETRY
        return replace(row, state=MappingState.RUNNING, full=full, complete=complete)

    def _memory(self, row: MappingRun) -> MappingMemory:
        if not row.campaign_id or not row.group_id:
            return MappingMemory()
        return self._work.state.memory(row.campaign_id, row.group_id)

    def _is_held(self, memory: MappingMemory) -> bool:
        """Whether an automated run has to leave the mapping alone until somebody decides."""
        work = self._work
        if not memory.held_preview_id or work.run.trigger.value == "manual":
            return False
        if memory.held_until is None or work.ports.clock.now() > memory.held_until:
            return False
        preview = work.ports.runs.get(work.run.tenant_id, memory.held_preview_id)
        return preview is not None and preview.used_by is None

    def _needs_full(self, row: MappingRun, memory: MappingMemory) -> bool:
        now = self._work.ports.clock.now()
        if self._work.run.kind is RunKind.RETRY:
            return False
        if self._work.run.kind is RunKind.PREVIEW or memory.watermark is None:
            return True
        if memory.fingerprint != fingerprint(self._work.connection, row.mapping):
            return True
        full_at = memory.full_at or memory.watermark
        return now - full_at > FULL_EVERY or now - memory.watermark > OFFLINE_LIMIT

    def _read_delta(self, rows: list[MappingRun], partial: list[int]) -> list[MappingRun]:
        """One call for all mappings that have a watermark."""
        ids = sorted({rows[i].campaign_id or "" for i in partial})
        if self._work.connection.inactive_campaign_id:
            ids.append(self._work.connection.inactive_campaign_id)
        since = min(m.watermark for i in partial if (m := self._memory(rows[i])).watermark)
        delta = self._work.crm.delta(ids, since - OVERLAP)
        self._check_org(delta)
        self._delta = delta
        return [
            replace(row, full=True) if i in partial and delta.truncated else row
            for i, row in enumerate(rows)
        ]

    def _check_org(self, delta: Delta) -> None:
        org = self._work.connection.org
        if org and delta.org_id and delta.org_id != org.org_id:
            text = "This login now leads to another org. Connect that org as a new connection."
            raise ConnectionStopped("different_org", text)

    def _resolved(self, index: int, row: MappingRun) -> MappingRun:
        if not _runs(row):
            return row
        if row.full or self._delta is None:
            campaign, row = find_campaign(self._work, row)
        else:
            campaign, row = checked(self._delta.campaigns.get(row.campaign_id or ""), row)
        self._campaigns[index] = campaign
        if campaign and self._work.run.checkpoint.watermark is None:
            row = replace(row, members=campaign.member_count)  # as of the watermark, not later
        return find_group(self._work, row) if not row.group_id and _runs(row) else row

    def _step(self, index: int) -> None:
        """Plan one page of one mapping, or move on to the next mapping."""
        row = self._work.run.mappings[index]
        if not _runs(row):
            self._finish_mapping(index)
            return
        cursor = self._work.run.checkpoint.cursor or (f"{PEOPLE}:" if row.full else f"{DELTA}:")
        kind, _, position = cursor.partition(":")
        pages = {
            PEOPLE: self._people_page,
            CONTACTS: self._contacts_page,
            BASES: self._bases_page,
            DELTA: self._delta_page,
        }
        pages[kind](index, position)

    def _people_page(self, index: int, position: str) -> None:
        """A page of the campaign's members."""
        campaign = self._campaigns.get(index)
        if campaign is None:
            self._store(index, [], f"{CONTACTS}:")
            return
        scene = self._scene(index)
        page = self._work.crm.members_page(campaign.id, position or None)
        sight = Sight(inactive=set(self._inactive()))
        sight.take(page.people, page.members, scene)
        ids = [m.person_id for m in page.members]
        sight.looked.update(ids)
        found = Observer(self._work, scene, sight).observe(ids, [])
        following = f"{PEOPLE}:{page.cursor}" if page.cursor else f"{CONTACTS}:"
        self._store(index, found.values(), following)

    def _contacts_page(self, index: int, position: str) -> None:
        """A page of the group's members that the campaign did not bring up."""
        scene = self._scene(index)
        if not scene.group_id:
            self._store(index, [], f"{BASES}:")
            return
        page = self._work.marketing.members_page(scene.group_id, position or None, PAGE_SIZE)
        following = f"{CONTACTS}:{page.cursor}" if page.cursor else f"{BASES}:"
        self._contact_units(index, page.contact_ids, following)

    def _bases_page(self, index: int, position: str) -> None:
        """A page of members that only the base remembers: both sides let them go."""
        scene = self._scene(index)
        if not scene.group_id or not scene.campaign_id:
            self._finish_mapping(index)
            return
        page = self._work.state.membership_base_page(
            scene.campaign_id, scene.group_id, position or None
        )
        following = f"{BASES}:{page.cursor}" if page.cursor else ""
        self._contact_units(index, sorted(page.items), following)

    def _contact_units(self, index: int, contact_ids: Sequence[str], following: str) -> None:
        fresh = [c for c in contact_ids if c not in self._known(index)]
        observer = Observer(self._work, self._scene(index), Sight(inactive=set(self._inactive())))
        found = observer.observe([], fresh) if fresh else {}
        known = self._known(index)
        units = [o for o in found.values() if not (o.person and o.person.id in known)]
        self._store(index, units, following)

    def _delta_page(self, index: int, position: str) -> None:
        """A page of the units that changed on either side or did not agree last time."""
        todo = [key for key in self._changed(index) if "/".join(key) > position]
        if not todo:
            self._finish_mapping(index)
            return
        page = todo[:PAGE_SIZE]
        people = [i for kind, i in page if kind == "person"]
        contacts = [i for kind, i in page if kind == "contact"]
        observer = Observer(self._work, self._scene(index), Sight())
        found = observer.observe(people, contacts)
        known = self._known(index)
        units = [o for o in found.values() if _belongs(o) and not (_ids(o) & known)]
        self._store(index, units, f"{DELTA}:{'/'.join(page[-1])}")

    def _changed(self, index: int) -> list[tuple[str, str]]:
        """Keys of the units to consider, sorted, so that a page cursor is a key."""
        if index not in self._candidates and self._work.run.kind is RunKind.RETRY:
            self._candidates[index] = self._failed(index)
        if index not in self._candidates:
            keys = self._changed_people(index) | self._changed_contacts(index)
            pending = self._work.state.pending(*self._pair(index))
            keys |= {("person", i) for i in pending.person_ids}
            keys |= {("contact", i) for i in pending.contact_ids}
            self._candidates[index] = sorted(keys)
        return self._candidates[index]

    def _failed(self, index: int) -> list[tuple[str, str]]:
        """Keys of what failed in the run that is tried again."""
        source = self._work.ports.runs.get(
            self._work.run.tenant_id, self._work.run.source_run_id or ""
        )
        failed = [
            change
            for ref in (source.checkpoint.results if source else ())
            if ref.mapping == index
            for change in self._work.ports.artifacts.read_part(self._work.run.tenant_id, ref)
            if change.outcome is Outcome.FAILED
        ]
        return sorted(
            ("person", c.person_id) if c.person_id else ("contact", c.contact_id or "")
            for c in failed
        )

    def _changed_people(self, index: int) -> set[tuple[str, str]]:
        """People of this campaign that changed, and all whose absence the counts give away."""
        delta, row = self._delta, self._work.run.mappings[index]
        if delta is None:
            return set()
        rows = [m for m in delta.members if m.campaign_id == row.campaign_id]
        people = {m.person_id for m in rows} | self._linked_here(index, delta)
        campaign = self._campaigns.get(index)
        if campaign and self._unexplained(index, delta, campaign):
            people |= self._absent_or_new(index, campaign)
        return {("person", i) for i in people}

    def _linked_here(self, index: int, delta: Delta) -> set[str]:
        """Changed people of this mapping: by their base, by group, or not linked to anybody yet."""
        inactive = self._work.connection.inactive_campaign_id
        entered = {m.person_id for m in delta.members if m.campaign_id == inactive}
        others = sorted(set(delta.people) | entered)
        if not others:
            return set()
        links = self._work.state.links_by_person(others)
        contact_ids = sorted(link.contact_id for link in links.values())
        bases = self._work.state.membership_bases(*self._pair(index), contact_ids)
        group_id = self._work.run.mappings[index].group_id or ""
        members = self._work.marketing.memberships(group_id, contact_ids)
        mine = {p for p, link in links.items() if link.contact_id in {*bases, *members}}
        return mine | (set(others) - set(links))

    def _unexplained(self, index: int, delta: Delta, campaign: Campaign) -> bool:
        """Whether the campaign's count moved in a way that the rows we see do not account for."""
        memory = self._memory(self._work.run.mappings[index])
        since = memory.watermark
        mine = [m for m in delta.members if m.campaign_id == campaign.id and not m.is_account]
        gone = sum(1 for m in mine if m.deleted and _at_or_after(m.modified_at, since))
        young = [m for m in mine if not m.deleted and _at_or_after(m.created_at, since)]
        own = self._own_rows(index, young)
        born = sum(1 for m in young if m.id not in own)
        return campaign.member_count != memory.live_members + born - gone

    def _own_rows(self, index: int, rows: Sequence[Member]) -> set[str]:
        """Which of these rows we made ourselves and have counted already."""
        links = self._work.state.links_by_person(sorted(m.person_id for m in rows)) if rows else {}
        ids = sorted(link.contact_id for link in links.values())
        bases = self._work.state.membership_bases(*self._pair(index), ids) if ids else {}
        return {base.row_id for base in bases.values() if base.row_id}

    def _absent_or_new(self, index: int, campaign: Campaign) -> set[str]:
        """People whose row and base disagree, from a complete id-only read."""
        live = {m.person_id for m in self._work.crm.member_ids(campaign.id)}
        held = self._held_people(index)
        return live ^ held

    def _held_people(self, index: int) -> set[str]:
        """People whose base says they are members."""
        held: set[str] = set()
        cursor: str | None = None
        while True:
            page = self._work.state.membership_base_page(*self._pair(index), cursor)
            ids = sorted(c for c, base in page.items.items() if base.right)
            links = self._work.state.links_by_contact(ids) if ids else {}
            held |= {link.person_id for link in links.values()}
            cursor = page.cursor
            if cursor is None:
                return held

    def _changed_contacts(self, index: int) -> set[tuple[str, str]]:
        row = self._work.run.mappings[index]
        memory = self._memory(row)
        if memory.watermark is None or not row.group_id:
            return set()
        since = (memory.local_watermark or memory.watermark) - OVERLAP
        touched = self._work.marketing.touched_since([row.group_id], since)
        moved = touched.memberships.get(row.group_id, frozenset())
        edited = sorted(touched.contacts - moved)
        members = self._work.marketing.memberships(row.group_id, edited) if edited else frozenset()
        bases = self._work.state.membership_bases(*self._pair(index), edited) if edited else {}
        return {("contact", i) for i in moved | members | set(bases)}

    def _pair(self, index: int) -> tuple[str, str]:
        row = self._work.run.mappings[index]
        return row.campaign_id or "", row.group_id or ""

    def _scene(self, index: int) -> Scene:
        if index not in self._scenes:
            self._scenes[index] = scene_for(self._work, index, self._campaigns.get(index))
        return self._scenes[index]

    def _inactive(self) -> frozenset[str]:
        return inactive_people(self._work)

    def _known(self, index: int) -> set[str]:
        """Ids already planned for this mapping; read back from the plan after a crash."""
        if index not in self._seen:
            self._seen[index] = set()
            for ref in self._work.run.checkpoint.plan:
                if ref.mapping == index:
                    part = self._work.ports.artifacts.read_part(self._work.run.tenant_id, ref)
                    self._seen[index] |= {i for c in part for i in (c.person_id, c.contact_id) if i}
        return self._seen[index]

    def _store(self, index: int, units: Iterable[Observation], following: str) -> None:
        """Write the page's changes as parts, then move the checkpoint past them."""
        known = self._known(index)
        scene = self._scene(index)
        changes = sorted((decide(o, scene.policy).change for o in units), key=_sort_key)
        known |= {i for c in changes for i in (c.person_id, c.contact_id) if i}
        refs = self._write(index, changes)
        if not following:
            self._finish_mapping(index, changes, refs)
            return
        self._save(index, changes, refs, {"cursor": following})

    def _write(self, index: int, changes: list[Change]) -> tuple[PartRef, ...]:
        number = len(self._work.run.checkpoint.plan)
        refs: list[PartRef] = []
        for start in range(0, len(changes), PART_SIZE):
            chunk = changes[start : start + PART_SIZE]
            key = self._work.part_key("plan", number + len(refs))
            ref = self._work.ports.artifacts.write_part(self._work.run.tenant_id, key, chunk)
            refs.append(replace(ref, mapping=index, count=len(chunk)))
        return tuple(refs)

    def _finish_mapping(
        self, index: int, changes: Sequence[Change] = (), refs: tuple[PartRef, ...] = ()
    ) -> None:
        self._save(index, changes, refs, {"cursor": "", "mapping": index + 1})

    def _save(
        self,
        index: int,
        changes: Sequence[Change],
        refs: tuple[PartRef, ...],
        moves: dict[str, object],
    ) -> None:
        run = self._work.run
        rows = list(run.mappings)
        rows[index] = tallied(rows[index], changes)
        checkpoint = self._work.checkpoint(plan=(*run.checkpoint.plan, *refs), **moves)
        share = checkpoint.mapping / max(1, len(rows))
        progress = max(run.progress, round(0.3 * share, 3))
        self._work.save(
            replace(run, mappings=tuple(rows), checkpoint=checkpoint, progress=progress)
        )


def scene_for(work: Work, index: int, campaign: Campaign | None) -> Scene:
    """Everything about one mapping that its decisions depend on."""
    row = work.run.mappings[index]
    connection = work.connection
    memory = MappingMemory()
    if campaign and row.group_id:
        memory = work.state.memory(campaign.id, row.group_id)
    return Scene(
        index=index,
        row=row,
        campaign=campaign,
        policy=policy_for(connection, row.mapping, work.crm.schema()),
        crm_user_id=connection.org.user_id if connection.org else "",
        by_visibility=connection.sync_by_visibility,
        inactive_campaign_id=connection.inactive_campaign_id,
        memory=memory,
    )


def inactive_people(work: Work) -> frozenset[str]:
    """Members of the designated inactive campaign, read once per slice."""
    if work.inactive is None:
        campaign_id = work.connection.inactive_campaign_id
        rows = work.crm.member_ids(campaign_id) if campaign_id else ()
        work.inactive = frozenset(m.person_id for m in rows)
    return work.inactive


def fingerprint(connection: Connection, mapping: Mapping) -> str:
    """A digest of all whose change asks for a complete read of both sides."""
    facts = {
        "direction": mapping.direction,
        "rules": {**connection.settings.field_rules, **mapping.rules},
        "visibility": connection.sync_by_visibility,
        "crm_user": connection.org.user_id if connection.org else "",
        "inactive": connection.inactive_campaign_id,
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def tallied(row: MappingRun, changes: Sequence[Change]) -> MappingRun:
    """The row with these changes added to its counts, waterfall, effect and conflicts."""
    counts = dict(row.counts)
    waterfall = dict(row.waterfall)
    conflicts = row.conflicts
    for change in changes:
        counts[change.outcome] = counts.get(change.outcome, 0) + 1
        conflicts += sum(1 for f in change.fields if f.loser)
        for fact in change.facts:
            waterfall[fact] = waterfall.get(fact, 0) + 1
    return replace(
        row,
        counts=counts,
        waterfall=waterfall,
        conflicts=conflicts,
        effect=row.effect.plus(effect_of(changes)),
        own_rows=row.own_rows + _rows_made(changes),
        pending=row.pending + sum(map(stays_pending, changes)),
    )


def stays_pending(change: Change) -> bool:
    """Whether the unit has to be gathered by id next time."""
    return change.passing or change.outcome is Outcome.FAILED


def _rows_made(changes: Sequence[Change]) -> int:
    """Campaign rows these changes added, less those they removed."""
    by_action = {Action.ADD_MEMBER: 1, Action.REMOVE_MEMBER: -1}
    return sum(
        by_action.get(step.action, 0)
        for change in changes
        if change.outcome in WRITTEN
        for step in change.steps
        if step.side is Side.CRM
    )


def planned_writes(row: MappingRun) -> int:
    """How many units the plan wants to write."""
    return sum(row.counts.get(outcome, 0) for outcome in WRITTEN)


def _runs(row: MappingRun) -> bool:
    return row.state is MappingState.RUNNING


def _belongs(seen: Observation) -> bool:
    """Whether the unit has anything to do with the mapping: a change elsewhere is not ours."""
    return seen.member_left or seen.seen is Seen.IN or seen.membership != NO_MEMBERSHIP


def _ids(seen: Observation) -> set[str]:
    found = {seen.person.id if seen.person else "", seen.contact.id if seen.contact else ""}
    return found - {""}


def _sort_key(change: Change) -> tuple[str, bool, str]:
    return change.sort_key


def _at_or_after(moment: object, since: object) -> bool:
    return moment is not None and since is not None and moment >= since  # type: ignore[operator]
