"""What must hold once nothing moves any more: the invariants, one function each.

Each is named by its number and says what it promises. `at_rest` asks all of them and then takes
what it found as the new agreement; where users did something else on both sides at once, any
explanation that some order of events allows is good enough, but no value may vanish unlogged.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from crmsync.domain.change import Change, Side
from crmsync.domain.fields import FieldRule, address_key, same
from crmsync.domain.mapping import Direction
from crmsync.domain.mapping_run import MappingState
from crmsync.domain.person import PersonKind
from crmsync.domain.run import RunKind, RunState

from tests.properties.ledger import CRM, MARKETING, Edit, Moved, Pair
from tests.properties.stage import FIELDS, TENANT, Line

if TYPE_CHECKING:
    from tests.properties.story import Story

Invariant = Callable[["Story"], None]


def at_rest(story: Story) -> None:
    """Every promise that must hold when nothing moves any more."""
    for invariant in INVARIANTS:
        invariant(story)
    note_rest(story)


def note_rest(story: Story, *, everybody: bool = False) -> None:  # noqa: C901 - one branch per rule it checks
    """From here on only what users do next counts; with `everybody` also for whom nothing syncs."""
    ledger = story.ledger
    for pair in story.pairs():
        synced = [line for line in story.lines if story.belongs(line, pair)]
        if not everybody and (story.is_poisoned(pair) or not story.can_write(pair)):
            continue
        for line in story.lines:
            left, right = story.in_group(line, pair[0]), story.in_campaign(line, pair[1])
            if _is_looked_at(story, line, pair) and not story.is_poisoned(pair):
                ledger.settled(pair, line.number, left=left, right=right)
            elif everybody:
                ledger.untold.add((pair[0], line.number))
        for name in FIELDS if synced or everybody else ():
            if not synced and ledger.edits_of(pair, name):
                ledger.unmerged.add((pair[0], name))
            ledger.agreed(pair, name, _values(story, pair, name) if synced else None)
            _note_apart(story, pair, name)
            if same(name, *_values(story, pair, name)):
                for record in pair:
                    ledger.counts.pop((record, name), None)
    ledger.scope_changed = ledger.restless = False
    ledger.amnesia &= not _is_everything_looked_at(story)
    story.mark = (len(story.org.history), len(story.tenant.writes))


def _is_everything_looked_at(story: Story) -> bool:
    working = all(story.runs_now(line) and story.is_connected(line) for line in story.lines)
    everybody = ((line, pair) for line in story.lines for pair in story.pairs())
    return working and all(_is_looked_at(story, line, pair) for line, pair in everybody)


def _is_looked_at(story: Story, line: Line, pair: Pair) -> bool:
    """Whether a sync of the line sees both ends of the pair."""
    person = story.org.people[pair[1]]
    return story.runs_now(line) and story.is_connected(line) and story.in_scope(line, person)


def _note_apart(story: Story, pair: Pair, name: str) -> None:
    left, right = _values(story, pair, name)
    if same(name, left, right):
        story.ledger.apart.pop((pair[0], name), None)
    else:
        story.ledger.apart[pair[0], name] = (left, right)


# --- fields: I-1, I-3, I-4, I-6 -----------------------------------------------------------------


def i_01_both_sides_agree(story: Story) -> None:
    """Every pair a two-way mapping syncs holds the same values, unless an undo left them apart."""
    for pair in _pairs(story):
        for name in FIELDS:
            if _travels(story, pair, name) is Direction.BOTH:
                left, right = _values(story, pair, name)
                apart = story.ledger.apart.get((pair[0], name))
                calm = not story.ledger.edits_of(pair, name) and apart == (left, right)
                assert calm or story.stands_for(name, right, left), (
                    f"I-1: {name} of {pair}: {left!r} | {right!r}"
                )


def i_01_everybody_arrives(story: Story) -> None:
    """Whoever is in a campaign or group that is synced has a counterpart, or a reason not to."""
    for line in story.lines:
        if not story.runs_now(line) or not story.is_connected(line):
            continue
        _people_arrive(story, line)
        _contacts_arrive(story, line)


def _people_arrive(story: Story, line: Line) -> None:
    linked = {link.person_id for link in story.links().values()}
    for person_id in sorted(story.org.members_of(line.campaign_id)):
        person = story.org.people.get(person_id)
        if person is None or not line.direction.writes_marketing or person_id in linked:
            continue
        excused = (
            not person.value("email")
            or not story.in_scope(line, person)
            or story.in_inactive(line, person_id)
            or story.is_asked_about(person_id)
        )
        assert excused, f"I-1: {person_id} of {line.campaign_id} never reached {line.group_id}"


def _contacts_arrive(story: Story, line: Line) -> None:
    links = story.links()
    for contact_id in sorted(story.tenant.members.get(line.group_id, ())):
        contact = story.tenant.by_id[contact_id]
        if not line.direction.writes_crm or contact_id in links:
            continue
        excused = (
            not contact.value("email")
            or contact_id in story.org.poisoned
            or story.is_asked_about(contact_id)
            or story.has_foreign_twin(line, contact)
        )
        assert excused, f"I-1: {contact_id} of {line.group_id} never reached {line.campaign_id}"


def i_03_no_edit_is_lost(story: Story) -> None:
    """A one-sided edit wins; of two, one wins and the other is in the log."""
    for pair in _pairs(story):
        for name in FIELDS:
            edits = story.ledger.edits_of(pair, name)
            direction = _travels(story, pair, name)
            if edits and story.mixed:
                _losers_are_logged(story, pair, name, {e.side: e.value for e in edits})
            elif edits and direction is not None:
                _edit_kept(story, pair, name, edits, direction)


def _edit_kept(  # noqa: C901 - one branch per rule it checks
    story: Story, pair: Pair, name: str, edits: list[Edit], direction: Direction
) -> None:
    left, right = _values(story, pair, name)
    where = (
        f"I-3: {name} of {pair}: {left!r} | {right!r} after {[(e.side, e.value) for e in edits]}"
    )
    last = {e.side: e.value for e in edits}
    sides = set(last)
    if _may_be_rewritten(story, name):
        sides.add(CRM)
    held = {MARKETING: left, CRM: right}
    source = {Direction.EXPORT: MARKETING, Direction.IMPORT: CRM}.get(direction)
    told = not story.ledger.amnesia and (pair[0], name) not in story.ledger.unmerged
    for side in sides & set(last):
        left_alone = source is not None and len(sides) == 1 and told
        if source == side or (left_alone and story.ledger.has_rested(pair, name)):
            assert story.stands_for(name, held[side], last[side]), f"{where}: own edit lost"
    news = not any(story.ledger.is_back(pair, name, s, last[s]) for s in sides & set(last))
    one_sided = len(sides) == 1 and news and told and _met(story, pair)
    if one_sided and source in (None, *sides):
        for value in (left, right):
            assert story.stands_for(name, value, edits[-1].value), f"{where}: one-sided edit lost"
    elif source is None:
        values = [*last.values(), *story.ledger.apart.get((pair[0], name), ())]
        if _may_be_rewritten(story, name):  # the org's own edit may be of any of them
            values += [e.value for e in edits]
        known = any(story.stands_for(name, left, v) for v in values)
        assert known or story.ledger.amnesia or len(sides) > len(last), f"{where}: neither survived"
        _losers_are_logged(story, pair, name, last)


def _losers_are_logged(story: Story, pair: Pair, name: str, last: dict[str, str]) -> None:
    """Whatever was typed last on a side stands there, or somebody can read that it did not."""
    held = _values(story, pair, name)
    for value in last.values():
        stands = any(story.stands_for(name, h, value) for h in held)
        assert stands or not value or value in story.logged(pair, name), (
            f"I-3: {value!r} of {name} of {pair} is nowhere, and no log knows of it"
        )


def _may_be_rewritten(story: Story, name: str) -> bool:
    """An org whose automation rewrites the field edits it, too."""
    return story.has("automation") and name == "title"


def _met(story: Story, pair: Pair) -> bool:
    """Whether the two agreed before, so that there is a base to tell an edit from."""
    return any((pair[0], line.number) in story.ledger.stood for line in story.lines) or (
        len({e.side for n in FIELDS for e in story.ledger.edits_of(pair, n)}) == 1
    )


def i_04_nothing_is_invented(story: Story) -> None:
    """No value on either side that nobody wrote: nothing cut, mixed up or normalised twice."""
    for who in (*story.contacts(), *story.people()):
        for name in FIELDS:
            held = who.value(name)
            assert name == "email" or not story.ledger.invented(name, held), (
                f"I-4: {name} of {who.id} is {held!r}"
            )


def i_06_no_flip_flop(story: Story) -> None:
    """Between two rests a field is written no more often than users edited it."""
    if story.ledger.restless or story.has("automation"):
        return
    at_history, at_writes = story.mark
    made: Counter[tuple[str, str]] = Counter()
    for entry in story.org.history[at_history:]:
        if entry.actor == "api" and entry.verb == "update":
            made.update((entry.record_id, name) for name in entry.after if name in FIELDS)
    made.update(_marketing_changes(story, at_writes))
    for pair in _pairs(story):
        for name in FIELDS:
            wrote = made[pair[0], name] + made[pair[1], name]
            edits = story.ledger.counts[pair[0], name] + story.ledger.counts[pair[1], name]
            first = 0 if any((pair[0], n.number) in story.ledger.stood for n in story.lines) else 1
            echoes = 0 if story.org.reads_back else edits
            assert wrote <= edits + first + echoes, (
                f"I-6: {name} of {pair}: {wrote} writes, {edits} edits"
            )


def _marketing_changes(story: Story, since: int) -> Counter[tuple[str, str]]:
    """How often a contact's field really changed through us: all changes less the users'."""
    held: dict[tuple[str, str], str] = {}
    changed: Counter[tuple[str, str]] = Counter()
    for number, (verb, contact_id, values) in enumerate(story.tenant.writes):
        if verb not in ("create_contact", "edit_contact"):
            continue
        for name, value in values.items():
            if (
                verb == "edit_contact"
                and number >= since
                and held.get((contact_id, name), "") != value
            ):
                changed[contact_id, name] += 1
            held[contact_id, name] = value
    for (record, name), count in story.ledger.counts.items():
        changed[record, name] -= count if record in story.tenant.by_id else 0
    return Counter({key: n for key, n in changed.items() if n > 0})


# --- records: I-5, I-7, I-15 ---------------------------------------------------------------------


def i_05_nobody_is_twice(story: Story) -> None:
    """Links are one to one; a campaign or group of ours exists once."""
    links = [link.person_id for link in story.links().values()]
    assert len(set(links)) == len(links), "I-5: two contacts are linked to one person"
    made = [
        dict(entry.after)["name"]
        for entry in story.org.history
        if entry.actor == "api" and entry.verb == "create" and entry.record_id.startswith("701")
    ]
    assert len(set(made)) == len(made), f"I-5: campaigns created twice: {made}"
    names = [g.name.casefold() for g in story.tenant.groups_by_id.values()]
    assert len(set(names)) == len(names), f"I-5: groups created twice: {names}"


def i_07_nobody_is_deleted(story: Story) -> None:
    """We never delete, merge or un-tick anybody, and every contact there ever was is there."""
    verbs = {e.verb for e in story.org.history if e.actor == "api"}
    allowed = {"create", "update", "join", "leave"}
    assert verbs <= allowed, f"I-7: {sorted(verbs - allowed)}"
    made = {record for verb, record, _ in story.tenant.writes if verb == "create_contact"}
    assert made == set(story.tenant.by_id), "I-7: contacts are gone"


def i_15_nothing_else_is_touched(story: Story) -> None:
    """What is not mapped is as it was."""
    person, contact, _ = story.canaries
    assert story.org.people[person.id] == person, "I-15: the canary in the CRM was touched"
    assert story.tenant.by_id[contact.id] == contact, "I-15: the canary contact was touched"
    assert set(story.tenant.members["gx"]) == {"canary"}, "I-15: the unmapped group changed"
    assert contact.id not in story.links(), "I-15: the canary is linked"


def i_16_the_source_is_left_alone(story: Story) -> None:
    """What a run wrote, it wrote to a side its mapping writes to."""
    directions = {line.mapping.id: line.direction for line in story.lines}
    for changes in story.results():
        for change in changes:
            for step in change.steps:
                direction = directions[change.mapping_id]
                wrong = (step.side is Side.CRM and not direction.writes_crm) or (
                    step.side is Side.MARKETING
                    and not direction.writes_marketing
                    and step.action.value not in ("link", "none")
                )
                assert not wrong, f"I-16: {direction} made {step}"


# --- memberships: I-8 ---------------------------------------------------------------------------


def i_08_leaving_has_a_cause(story: Story) -> None:
    """Memberships end up where users put them, and nobody moves without a user's doing."""
    for pair in _pairs(story):
        if story.ledger.amnesia:
            return
        for line in story.lines:
            if _is_looked_at(story, line, pair) and _membership_counts(story, line, pair):
                _membership_right(story, line, pair)


def _membership_counts(story: Story, line: Line, pair: Pair) -> bool:
    told = (pair[0], line.number) not in story.ledger.untold
    return told and pair[1] not in story.ledger.retired


def _membership_right(story: Story, line: Line, pair: Pair) -> None:
    left, right = story.in_group(line, pair[0]), story.in_campaign(line, pair[1])
    moves = story.ledger.moves_of(pair, line.number)
    stood = story.ledger.stood.get((pair[0], line.number))
    was_left, was_right = stood or (False, False)
    where = (
        f"{pair} of line {line.number} {line.direction}: {left} | {right} after {stood}, {moves}"
    )
    lefts, rights = _explained(story, line, (was_left, was_right), moves)
    assert left in lefts, f"I-8: wrong in the group: {where}"
    assert right in rights, f"I-8: wrong in the campaign: {where}"
    torn = left and not right and line.direction is Direction.BOTH
    ended = {MARKETING: was_left, CRM: was_right} | {m.side: m.joined for m in moves}
    as_before = stood == (left, right) == (ended[MARKETING], ended[CRM])
    assert not torn or as_before, f"I-8: torn apart: {where}"


def _explained(  # noqa: C901 - one branch per rule it checks
    story: Story, line: Line, was: tuple[bool, bool], moves: list[Moved]
) -> tuple[set[bool], set[bool]]:
    """Where both sides may be, for what users did since they were at `was`."""
    last = {m.side: m.joined for m in moves}
    lefts = {last.get(MARKETING, was[0])}
    rights = {last.get(CRM, was[1])}
    ours, theirs = line.direction.writes_marketing, line.direction.writes_crm
    removes = story.connection_of(line).settings.remove_members_in_crm
    moved_left = MARKETING in last
    moved_right = CRM in last
    if ours and moved_right:
        news = last[CRM] != was[1]
        if moved_left or not news:
            lefts |= {last[CRM], was[0]}
        else:
            lefts = {last[CRM]}
    if theirs and moved_left:
        news = last[MARKETING] != was[0]
        passed_on = last[MARKETING] or removes
        if moved_right or not news or (passed_on and not last[MARKETING] and not was[1]):
            rights |= {last[MARKETING], was[1]} if passed_on else {was[1]}
        elif passed_on:
            rights = {last[MARKETING]}
    if theirs and not removes and any(m.joined for m in moves if m.side == MARKETING):
        rights |= {True}  # somebody who joined and left again was passed on in between
    if moved_left and moved_right and line.direction is Direction.BOTH:
        lefts |= {True, False}
        rights |= {True, False}
    return lefts, rights


# --- consent: I-9, I-22 -------------------------------------------------------------------------


def i_09_opt_outs_stay(story: Story) -> None:
    """Whoever opted out is opted out on both sides, the address too; unreadable is not mailable."""
    for line in story.lines:
        for pair in _pairs(story):
            if story.is_connected(line) and story.belongs(line, pair):
                _consent_kept(story, line, pair)


def _consent_kept(story: Story, line: Line, pair: Pair) -> None:
    contact, person = story.tenant.by_id[pair[0]], story.org.people[pair[1]]
    login = story.org.logins[story.user_of(story.connection_of(line))]
    if not login.consent_readable:
        assert not story.mailable(contact), f"I-9: {contact.id} is mailable, consent unreadable"
        return
    known = {r for r in pair if r in story.ledger.opted_out}
    out = bool(known or contact.email_opt_out or person.opted_out)
    if not out:
        return
    keys = {address_key(w.value("email")) for w in (contact, person) if w.value("email")}
    assert keys <= set(story.tenant.suppressed), f"I-9: {sorted(keys)} may be mailed"
    if line.direction.writes_marketing:
        assert contact.email_opt_out, f"I-9, I-22: {contact.id} lost the opt-out of {pair}"
    if line.direction.writes_crm and contact.email_opt_out and login.consent_writable:
        assert person.opted_out, f"I-9: {person.id} was not told of the opt-out"


def i_09_opt_ins_stay(story: Story) -> None:
    """Who asked to be mailed again, and whom nobody contradicted, is not opted out by a sync."""
    for contact_id in story.ledger.opted_in:
        contact = story.tenant.by_id[contact_id]
        assert not contact.email_opt_out, f"I-9: {contact_id} was opted out again by nobody"


# --- runs: I-10, I-12, I-14, I-18, I-19, I-20, I-23, I-24 ----------------------------------------


def i_10_repeats_do_nothing(story: Story) -> None:
    """A message delivered again, at rest, writes nothing and calls nobody."""
    if not story.world.queue.delivered:
        return
    before = (story.writes(), story.org.daily_used)
    story.handle(story.rng.choice(story.world.queue.delivered))
    assert (story.writes(), story.org.daily_used) == before, "I-10: an old message was acted upon"


def i_12_the_base_was_real(story: Story) -> None:  # noqa: C901 - one branch per rule it checks
    """What we remember having agreed on, both sides really held at some time."""
    if story.has("automation"):
        return
    for link in story.links().values():
        for name, agreed in link.fields.items():
            if name in FIELDS and name != "email":
                for value in (agreed.left, agreed.right):
                    assert not story.ledger.invented(name, value), (
                        f"I-12: {name} of {link.contact_id} never was {value!r}"
                    )
    for memory in story.world.memory_of(story.connection).memories.values():
        ahead = memory.watermark is not None and memory.watermark > story.org.now()
        assert not ahead, "I-12: the watermark is in the future"


def i_14_tenants_are_apart(story: Story) -> None:
    """The other tenant's store is as it was, and nothing we sent names it."""
    assert story.world.tenant("t2").snapshot() == story.canaries[2], "I-14: another tenant's data"
    sent = [m.tenant_id for m in story.world.queue.delivered]
    told = [str(detail["tenant_id"]) for _, detail in story.world.events.published]
    assert {*sent, *told} <= {TENANT}, "I-14: another tenant was named"


def i_18_every_run_ends(story: Story) -> None:
    """No run is at it for ever, and no lease is left behind by one that ended."""
    for run in story.world.control.runs.values():
        assert run.finished, f"I-18: {run.id} is {run.state}"
        assert run.error_code not in ("gave_up", "stuck"), f"I-18: {run.id} {run.error_code}"


def i_19_one_bad_record_stops_no_other(story: Story) -> None:
    """Every unit of a plan has exactly one outcome, and nobody is in a result twice."""
    for run in story.world.control.runs.values():
        if run.state not in (RunState.SUCCEEDED, RunState.PARTIAL):
            continue
        for index, row in enumerate(run.mappings):
            planned = sum(p.count for p in run.checkpoint.plan if p.mapping == index)
            counted = planned == row.considered or row.state is MappingState.PAUSED
            assert counted, f"I-19: {run.id}: {planned} planned, {row.considered} counted"
    for changes in story.results():
        _each_once(changes)


def _each_once(changes: Iterable[Change]) -> None:
    ids = Counter(c.id for c in changes)
    twice = [i for i, n in ids.items() if n > 1]
    assert not twice, f"I-19: {twice} are listed twice"


def i_20_every_end_is_told_once(story: Story) -> None:
    """One completion event per run, however often it was sent."""
    events: dict[object, set[object]] = {}
    for detail in story.world.events.of("run.completed"):
        events.setdefault(detail["run_id"], set()).add(detail["event_id"])
    for run in story.world.control.runs.values():
        if not (run.kind is RunKind.PREVIEW and run.source_run_id):
            told = events.get(run.id, set())
            assert len(told) == 1, f"I-20: {run.id} {run.kind} told {told}"


def i_24_nobody_is_named(story: Story) -> None:
    """No event, message or error text holds anybody's address or value."""
    texts = [str(detail) for _, detail in story.world.events.published]
    texts += [run.error or "" for run in story.world.control.runs.values()]
    for text in texts:
        assert "@" not in text, f"I-24: {text}"


INVARIANTS: tuple[Invariant, ...] = (
    i_05_nobody_is_twice,
    i_07_nobody_is_deleted,
    i_18_every_run_ends,
    i_20_every_end_is_told_once,
    i_19_one_bad_record_stops_no_other,
    i_01_both_sides_agree,
    i_01_everybody_arrives,
    i_03_no_edit_is_lost,
    i_04_nothing_is_invented,
    i_06_no_flip_flop,
    i_08_leaving_has_a_cause,
    i_09_opt_outs_stay,
    i_09_opt_ins_stay,
    i_10_repeats_do_nothing,
    i_12_the_base_was_real,
    i_14_tenants_are_apart,
    i_15_nothing_else_is_touched,
    i_16_the_source_is_left_alone,
    i_24_nobody_is_named,
)


# --- what the invariants ask --------------------------------------------------------------------


def _values(story: Story, pair: Pair, name: str) -> tuple[str, str]:
    contact, person = story.tenant.by_id[pair[0]], story.org.people[pair[1]]
    return contact.value(name), person.value(name)


def _pairs(story: Story) -> list[Pair]:
    """Pairs that are synced and that nothing keeps from agreeing."""
    return [
        pair
        for pair in story.pairs()
        if not story.is_poisoned(pair)
        and any(story.belongs(line, pair) and story.is_connected(line) for line in story.lines)
    ]


def _travels(story: Story, pair: Pair, name: str) -> Direction | None:
    """Which way the field goes for this pair, over all the mappings that sync it; None: no way."""
    person = story.org.people[pair[1]]
    if name in person.hidden_fields or name not in person.values:
        return None
    found = set()
    for line in story.lines:
        if story.belongs(line, pair) and story.is_connected(line):
            found.add(_of_line(story, line, name, person.kind))
    found.discard(None)
    if not found:
        return None
    return found.pop() if len(found) == 1 else Direction.BOTH


def _of_line(story: Story, line: Line, name: str, kind: PersonKind) -> Direction | None:
    connection = story.connection_of(line)
    rule = {**connection.settings.field_rules, **line.mapping.rules}.get(name)
    if rule is FieldRule.OFF:
        return None
    if name == "company" or kind is PersonKind.LEAD:
        return Direction.IMPORT if line.direction.writes_marketing else None
    return line.direction
