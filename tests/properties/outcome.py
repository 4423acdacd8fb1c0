"""What a history came to, without when: what an interrupted run must share with an undisturbed one.

Times, versions, fences, calls and the names of stored objects may differ, and how many rows of a
campaign are known to be ours: one whose addition was not acknowledged counts as somebody else's.
People, contacts, members, links, bases, what is pending, questions, outcomes with their conflicts
and what was told may not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from crmsync.domain.base import Link
from crmsync.domain.change import Change, FieldChange
from crmsync.domain.fields import comparable

if TYPE_CHECKING:
    from tests.properties.story import Story

Comparable = dict[str, Any]


STAYS_APART = ("kept_in_crm", "settled_apart")
"""Two words for a membership that stays as it is: before it is settled, and afterwards."""


def outcome(story: Story, names: Iterable[str] = ()) -> dict[str, Comparable]:
    """All of it, or some, by what it is about."""
    return {name: QUESTIONS[name](story) for name in names or QUESTIONS}


def differences(one: dict[str, Comparable], other: dict[str, Comparable]) -> list[str]:
    """What is not the same, in words; empty when the two came to the same."""
    return [
        f"{name} {key}: {one[name].get(key)} is now {other[name].get(key)}"
        for name in one
        if one[name] != other[name]
        for key in sorted({*one[name], *other[name]}, key=str)
        if one[name].get(key) != other[name].get(key)
    ]


def _people(story: Story) -> Comparable:
    return {
        p.id: (p.kind, _values(p.values), p.opted_out, p.owner_id, p.deleted, p.external_id)
        for p in story.org.people.values()
    }


def _campaigns(story: Story) -> Comparable:
    org = story.org
    return {
        c.id: (c.name, c.active, c.deleted, org.members_of(c.id)) for c in org.campaigns.values()
    }


def _contacts(story: Story) -> Comparable:
    return {
        c.id: (_values(c.values), c.email_opt_out, c.consent_unreadable)
        for c in story.tenant.by_id.values()
    }


def _groups(story: Story) -> Comparable:
    tenant = story.tenant
    return {g.id: (g.name, {*tenant.members.get(g.id, ())}) for g in tenant.groups_by_id.values()}


def _suppressed(story: Story) -> Comparable:
    return {key: each.source for key, each in story.tenant.suppressed.items()}


def _timeline(story: Story) -> Comparable:
    return {
        (contact_id, key): (event.kind, event.run_id, _values_of(event.fields), event.detail)
        for contact_id, events in story.tenant.events.items()
        for key, event in events.items()
    }


def _links(story: Story) -> Comparable:
    return {
        contact_id: (link.person_id, _agreed(link), link.opted_out, dict(link.in_flight))
        for contact_id, link in story.links().items()
    }


def _agreed(link: Link) -> Comparable:
    """The base; a field that both sides held blank is as good as one that never agreed."""
    return {name: each for name, each in link.fields.items() if each.left or each.right}


def _bases(story: Story) -> Comparable:
    org = story.org
    return {
        (place, contact_id): (base.left, base.right, _row(org.rows, base.row_id), base.in_flight)
        for place, bases in story.world.memory_of(story.connection).bases.items()
        for contact_id, base in bases.items()
    }


def _row(rows: Mapping[str, Any], row_id: str | None) -> object:
    row = rows.get(row_id or "")
    return (row.campaign_id, row.person_id, row.deleted) if row else row_id


def _memory(story: Story) -> Comparable:
    memory = story.world.memory_of(story.connection)
    found: Comparable = {
        ("mapping", place): (m.fingerprint, m.creations, m.group_size)
        for place, m in memory.memories.items()
    }
    found |= {
        ("state", k): (m.paused_reason, m.held_preview_id) for k, m in memory.memories.items()
    }
    found |= {("pending", k): v for k, v in memory.pendings.items() if v.contact_ids | v.person_ids}
    found |= {("claim", k): True for k in memory.claims if k not in memory.links}
    return found | {("decided", k): v for k, v in memory.decided.items()}


def _reviews(story: Story) -> Comparable:
    return {
        key: (r.kind, r.contact_id, r.person_id, r.candidates, r.decision)
        for key, r in story.world.control.reviews.items()
    }


def _runs(story: Story) -> Comparable:
    return {
        run.id: (
            run.kind,
            run.state,
            run.error_code,
            run.used_by,
            run.event_sent,
            [_mapping(row) for row in run.mappings],
        )
        for run in story.world.control.runs.values()
    }


def _mapping(row: Any) -> object:
    counts = {outcome: count for outcome, count in row.counts.items() if count}
    reads = (row.state, row.reason, row.pending, row.told, row.held_preview_id)
    return (row.campaign_id, row.group_id, *reads, counts, row.conflicts)


def _results(story: Story) -> Comparable:
    found: dict[tuple[str, str], list[object]] = {}
    for run in story.world.control.runs.values():
        for ref in run.checkpoint.results:
            for change in story.world.artifacts.parts[run.tenant_id, ref.key]:
                found.setdefault((run.id, change.id), []).append(_unit(change))
    return found


def _unit(change: Change) -> object:
    """What became of the unit, and every conflict it had."""
    who = (change.contact_id, change.person_id)
    reason = "" if change.reason in STAYS_APART else change.reason
    return (*who, change.outcome, reason, sorted(map(_field, change.fields), key=str))


def _field(each: FieldChange) -> tuple[object, ...]:
    values = (each.before, each.after, each.other)
    return (
        each.name,
        each.side,
        *(comparable(each.name, v) for v in values),
        each.rule,
        each.loser,
    )


def _told(story: Story) -> Comparable:
    """Which run ended with which event; that a repeat is told apart by its id is the point."""
    told: dict[Any, set[str]] = {}
    for kind, detail in story.world.events.published:
        about = detail.get("run_id") or detail.get("connection_id")
        told.setdefault((kind, about), set()).add(str(detail["event_id"]))
    return told


def _left_over(story: Story) -> Comparable:
    """Leases held, and things still due, though nothing is going on."""
    control = story.world.control
    leases = [lease for lease in control.leases.values() if lease.expires_at > control.clock.now()]
    found: Comparable = {("lease", lease.run_id): True for lease in leases}
    return found | {("due", key): True for key in control.due if key[0] == "run"}


def _values(values: Mapping[str, str]) -> Mapping[str, str]:
    return {name: value for name, value in values.items() if value}


def _values_of(each: object) -> str:
    return str(each)


STATE = ("person", "campaign", "contact", "group", "suppressed", "link", "base")
"""What both sides and the base hold, however they came to it."""
QUESTIONS: Mapping[str, Callable[[Story], Comparable]] = {
    "person": _people,
    "campaign": _campaigns,
    "contact": _contacts,
    "group": _groups,
    "suppressed": _suppressed,
    "timeline": _timeline,
    "link": _links,
    "base": _bases,
    "memory": _memory,
    "review": _reviews,
    "run": _runs,
    "result": _results,
    "told": _told,
    "left over": _left_over,
}
