"""Settle a run: remember, check the books, write the records, end the run, tell."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta

from crmsync.domain.change import Change, Outcome
from crmsync.domain.contact import Contact
from crmsync.domain.errors import Conflict
from crmsync.domain.ids import derived_id
from crmsync.domain.mapping import Mapping, Target
from crmsync.domain.person import Person
from crmsync.domain.run import MappingRun, MappingState, PartRef, Run, RunState, Trigger
from crmsync.ports.control import Review
from crmsync.ports.state import MappingMemory, Pending
from crmsync.services.announce_run import announce_run
from crmsync.services.choose_reading import fingerprint
from crmsync.services.count_changes import stays_pending
from crmsync.services.start_run import HOLD_LIFE
from crmsync.services.work import Work

CREATIONS_KEPT = 5
EVENT_DUE = timedelta(seconds=60)
"""How soon the sweep looks for a completion event that was not sent."""
REVIEW_KINDS = {"needs_review": "match", "new_person_review": "new_person"}


class Settle:
    """Ends the run in hand."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def run(self) -> None:
        """Everything after the last page; each part may be repeated after a crash."""
        self._check_books()
        rows = [self._settled(i, row) for i, row in enumerate(self._work.run.mappings)]
        records = tuple(ref for ref in map(self._list_source, rows) if ref is not None)
        self._keep_targets(rows)
        state = _final_state(rows)
        self._refresh_connection(good=state in (RunState.SUCCEEDED, RunState.PARTIAL))
        run = replace(self._work.run, mappings=tuple(rows), records=records)
        finish(self._work, _with_error(run) if state is RunState.FAILED else run, state)

    def _check_books(self) -> None:
        """Every unit of the plan has exactly one outcome, or the run must not call itself done."""
        run = self._work.run
        for index, row in enumerate(run.mappings):
            planned = sum(ref.count for ref in run.checkpoint.plan if ref.mapping == index)
            if planned != row.considered and row.state is not MappingState.PAUSED:
                text = (
                    f"Mapping {row.mapping.id}: {planned} planned, {row.considered} accounted for."
                )
                raise BooksDiffer(text)

    def _settled(self, index: int, row: MappingRun) -> MappingRun:
        """The row in its final state, with the mapping's memory brought up to date."""
        if not row.campaign_id or not row.group_id:
            return row
        memory = self._work.state.memory(row.campaign_id, row.group_id)
        if row.state is MappingState.PAUSED:
            return self._paused(row, memory)
        if row.state is MappingState.HELD:
            until = self._work.ports.clock.now() + HOLD_LIFE
            held = replace(memory, held_preview_id=row.held_preview_id, held_until=until)
            self._remember(row, held)
            return row
        if row.state is not MappingState.RUNNING:
            return row
        self._keep_pending(index, row)
        self._remember(row, self._next_memory(row, memory))
        return replace(row, state=MappingState.DONE)

    def _remember(self, row: MappingRun, memory: MappingMemory) -> None:
        self._work.state.remember(row.campaign_id or "", row.group_id or "", memory)

    def _paused(self, row: MappingRun, memory: MappingMemory) -> MappingRun:
        if row.reason == "held":
            return replace(row, told=True)
        told = memory.paused_reason == row.reason
        if not told:
            self._remember(row, replace(memory, paused_reason=row.reason))
        return replace(row, told=told)

    def _next_memory(self, row: MappingRun, memory: MappingMemory) -> MappingMemory:
        group = self._work.marketing.group(row.group_id or "")
        size = group.member_count if group else 0
        if not row.complete:
            return replace(
                memory,
                live_members=memory.live_members + row.own_rows,
                group_size=size,
                held_preview_id=None,
                held_until=None,
            )
        checkpoint = self._work.run.checkpoint
        created = row.counts.get(Outcome.CREATED, 0)
        return MappingMemory(
            watermark=checkpoint.watermark,
            local_watermark=checkpoint.local_watermark,
            fingerprint=fingerprint(self._work.connection, row.mapping),
            full_at=checkpoint.watermark if row.full else memory.full_at,
            live_members=row.members + row.own_rows,
            creations=(*memory.creations, created)[-CREATIONS_KEPT:],
            group_size=size,
        )

    def _keep_pending(self, index: int, row: MappingRun) -> None:
        """Units without agreement are gathered by id next time; the others are not any more."""
        state, pair = self._work.state, (row.campaign_id or "", row.group_id or "")
        before = state.pending(*pair)
        contacts, people = set(before.contact_ids), set(before.person_ids)
        for change in self._results(index, row, wanted=bool(contacts or people)):
            contacts.discard(change.contact_id or "")
            people.discard(change.person_id or "")
            if stays_pending(change):
                keep, key = (
                    (people, change.person_id)
                    if change.person_id
                    else (contacts, change.contact_id)
                )
                keep.add(key or "")
        after = Pending(frozenset(contacts), frozenset(people))
        if after != before:
            state.put_pending(*pair, after)

    def _results(self, index: int, row: MappingRun, *, wanted: bool) -> Iterable[Change]:
        """The row's results; read only if anything in them may be or become pending."""
        if not (wanted or row.pending):
            return
        run = self._work.run
        for ref in run.checkpoint.results:
            if ref.mapping == index:
                part = self._work.ports.artifacts.read_part(run.tenant_id, ref)
                self._open_reviews(part)
                yield from part

    def _open_reviews(self, part: Sequence[Change]) -> None:
        asked = [c for c in part if c.reason in REVIEW_KINDS]
        if not asked:
            return
        ids = sorted({i for c in asked for i in c.candidates})
        contacts = self._work.marketing.contacts(ids)
        others = [i for i in ids if i not in contacts]
        people = self._work.crm.look([], others).people if others else {}
        known = {i: _shown(c) for i, c in contacts.items()}
        known |= {i: _shown(p) for i, p in people.items()}
        self._work.ports.reviews.open([self._review(c, known) for c in asked])

    def _review(self, change: Change, known: dict[str, dict[str, str]]) -> Review:
        subject = change.person or change.contact
        return Review(
            id=derived_id(
                "rev", self._work.connection.id, change.person_id or change.contact_id or ""
            ),
            tenant_id=self._work.run.tenant_id,
            connection_id=self._work.connection.id,
            kind=REVIEW_KINDS[change.reason],
            contact_id=change.contact_id,
            person_id=change.person_id,
            subject=_shown(subject) if subject else {},
            candidates=tuple(known.get(i, {"id": i}) for i in change.candidates),
            created_at=self._work.ports.clock.now(),
        )

    def _list_source(self, row: MappingRun) -> PartRef | None:
        """The memorandum of the list and its source; not for quiet automated runs."""
        run = self._work.run
        quiet = run.trigger is not Trigger.MANUAL and not row.considered
        if row.state is not MappingState.DONE or quiet or not row.group_id:
            return None
        text = json.dumps(self._memorandum(row), indent=2, sort_keys=True)
        return self._work.ports.artifacts.write_record(
            run.tenant_id, self._work.part_key(f"list-source-{row.mapping.id}", 0), text
        )

    def _memorandum(self, row: MappingRun) -> dict[str, object]:
        run, connection = self._work.run, self._work.connection
        members = self._member_ids(row.group_id or "")
        return {
            "list": {"group_id": row.group_id, "name": row.group_name},
            "source": {
                "campaign_id": row.campaign_id,
                "name": row.campaign_name,
                "org": connection.org.org_name if connection.org else "",
                "scope": "visible" if connection.sync_by_visibility else "owned",
                "direction": row.mapping.direction,
            },
            "run_id": run.id,
            "actor": run.started_by,
            "terms_version": run.terms_version,
            "as_of": self._work.ports.clock.now().isoformat(),
            "member_count": len(members),
            "members_sha256": hashlib.sha256("\n".join(members).encode()).hexdigest(),
            "members": members,
            "note": "A record of a list and its source. It is not legal advice.",
        }

    def _member_ids(self, group_id: str) -> list[str]:
        members: list[str] = []
        cursor: str | None = None
        while True:
            page = self._work.marketing.members_page(group_id, cursor, 1000)
            members += page.contact_ids
            cursor = page.cursor
            if cursor is None:
                return members

    def _keep_targets(self, rows: Sequence[MappingRun]) -> None:
        """What the schedule created is mapped by id from now on: a rename makes no second one."""
        run = self._work.run
        if run.trigger is not Trigger.SCHEDULE or not any(_was_created(row) for row in rows):
            return
        found = {row.mapping.id: row for row in rows}
        automation = self._work.ports.automations.get(run.tenant_id, run.connection_id)
        fixed = replace(
            automation,
            live=tuple(_with_ids(m, found.get(m.id)) for m in automation.live),
            draft=tuple(_with_ids(m, found.get(m.id)) for m in automation.draft),
        )
        if fixed != automation:
            self._work.ports.automations.put(run.tenant_id, fixed)

    def _refresh_connection(self, *, good: bool) -> None:
        """Health on the connection; a concurrent edit by its owner goes first."""
        connections, run = self._work.ports.connections, self._work.run
        connection = connections.get(run.tenant_id, run.connection_id)
        if connection is None:
            return
        budget = self._work.crm.budget if self._work.crm.calls else connection.api_budget
        now = self._work.ports.clock.now()
        healthy = replace(
            connection,
            api_budget=budget,
            last_good_run_at=now if good else connection.last_good_run_at,
        )
        try:
            connections.put(healthy)
        except Conflict:
            return


class BooksDiffer(Exception):
    """The accounting identity does not hold: some unit has no outcome, or two."""


def finish(work: Work, run: Run, state: RunState) -> None:
    """End the run, then publish its completion; the sweep publishes if we cannot any more."""
    now = work.ports.clock.now()
    checkpoint = replace(run.checkpoint, version=run.checkpoint.version + 1)
    ended = replace(
        run,
        state=state,
        checkpoint=checkpoint,
        finished_at=now,
        progress=1.0,
        crm_calls=work.calls_before + work.crm.calls,
    )
    work.run = work.ports.runs.save(ended, due_at=now + EVENT_DUE)
    work.run = announce_run(work.ports.runs, work.ports.events, work.run)


def _with_error(run: Run) -> Run:
    """The run with the reason its first mapping failed, since none of them could be worked on."""
    reason = next((row.reason for row in run.mappings if row.reason), "mapping_failed")
    detail = "No mapping could be synced. Look at the reason of each."
    return replace(run, error_code=reason, error=detail)


def _final_state(rows: Sequence[MappingRun]) -> RunState:
    failed = [row for row in rows if row.state is MappingState.FAILED]
    if rows and len(failed) == len(rows):
        return RunState.FAILED
    trouble = any(
        row.state is MappingState.HELD
        or (row.state is MappingState.PAUSED and not row.told)
        or row.counts.get(Outcome.FAILED, 0)
        for row in rows
    )
    return RunState.PARTIAL if failed or trouble else RunState.SUCCEEDED


def _was_created(row: MappingRun) -> bool:
    return bool(row.mapping.campaign.create or row.mapping.group.create)


def _with_ids(mapping: Mapping, row: MappingRun | None) -> Mapping:
    if row is None or not (row.campaign_id and row.group_id):
        return mapping
    return replace(mapping, campaign=Target(id=row.campaign_id), group=Target(id=row.group_id))


def _shown(record: Person | Contact) -> dict[str, str]:
    """What a person needs to tell two records apart."""
    names = ("first_name", "last_name", "email", "phone", "company", "city")
    return {"id": record.id} | {n: record.value(n) for n in names if record.value(n)}
