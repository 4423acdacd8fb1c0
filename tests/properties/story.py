"""One history: users on both sides, runs, faults and time, all from one seed; and its oracle.

A history is a list of moves drawn from `random.Random(seed)`. The same seed makes the same moves
at the same numbered boundaries, so a failure is replayed by its seed alone. `Ledger` remembers what
users did; `oracle` compares it with what both sides hold once nothing moves any more.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from datetime import timedelta

from crmsync.domain.errors import Conflict, Defer, LeaseLost, Retry
from crmsync.domain.mapping import Direction
from crmsync.domain.run import Run, RunKind, RunState, SliceMessage
from crmsync.domain.terms import TERMS_VERSION
from crmsync.services.run_slice import RunSlice
from crmsync.services.start_run import StartRun

from tests.fakes.builders import a_mapping
from tests.fakes.numbered import Boundary, Crash, Delay, Error, Kind
from tests.fakes.world import World

ME, OTHER = "u1", "u2"
NEVER_REPEATED = ("crm.write_people", "crm.create_campaign")
FIELDS = ("title", "city", "phone")
STRIKES = (
    Kind.CRASH_BEFORE,
    Kind.CRASH_AFTER,
    Kind.RESET_BEFORE,
    Kind.RESET_AFTER,
    Kind.DUPLICATE,
    Delay(400.0),
    Error(Defer("later", "the org asks us to wait", seconds=120)),
)


@dataclass
class Edit:
    """A user's edit of one field: when, on which side, to what."""

    at: int
    side: str
    value: str


@dataclass
class Ledger:
    """What users did since both sides last agreed, and what may never be forgotten."""

    edits: dict[tuple[str, str], list[Edit]] = field(default_factory=dict)
    moves: dict[str, list[tuple[str, bool]]] = field(default_factory=dict)
    written: set[str] = field(default_factory=set)
    opted_out: set[str] = field(default_factory=set)
    clock: int = 0

    def edited(self, human: str, name: str, side: str, value: str) -> None:
        """A user typed a value."""
        self.clock += 1
        self.written.add(value)
        self.edits.setdefault((human, name), []).append(Edit(self.clock, side, value))

    def moved(self, human: str, side: str, *, joined: bool) -> None:
        """A user put somebody in, or took somebody out."""
        self.moves.setdefault(human, []).append((side, joined))

    def agreed(self, humans: set[str]) -> None:
        """Both sides agree about these: from here on only new edits of theirs count."""
        self.edits = {key: edits for key, edits in self.edits.items() if key[0] not in humans}
        self.moves = {human: moves for human, moves in self.moves.items() if human not in humans}


class Story:
    """A world with one connection and one mapping, and everything that can happen to it."""

    def __init__(self, seed: int, direction: Direction | None = None) -> None:
        self.rng = random.Random(seed)  # noqa: S311 - a replayable history, not a secret
        self.world = World(seed)
        self.org = self.world.org()
        self._choose_knobs()
        self.connection = self.world.connect(
            settings=replace(_settings(), remove_members_in_crm=self.rng.random() < 0.5)
        )
        self.tenant = self.world.tenant()
        self.campaign = self.org.add_campaign("Spring")
        self.tenant.create_group("g1", "Spring")
        self.direction = direction or self.rng.choice(list(Direction))
        self.mapping = a_mapping(self.campaign.id, "g1", self.direction)
        self.ledger = Ledger()
        self.serial = 0
        ports = self.world.ports
        self.start = StartRun(runs=ports.runs, queue=ports.queue, ids=ports.ids, clock=ports.clock)
        self.slices = RunSlice(ports)
        self.handled: list[object] = []
        self._people()

    def _choose_knobs(self) -> None:
        rng, org = self.rng, self.org
        self.world.io.every = self._spare
        org.external_id = rng.random() < 0.5
        org.deleted_rows_in_delta = rng.random() < 0.5
        org.deleted_people_in_delta = rng.random() < 0.5
        org.page_size = rng.choice([2, 3, 2000])
        org.reads_back = rng.random() < 0.8
        if rng.random() < 0.4:
            org.normalise = _tidy

    def _spare(self, at: Boundary) -> None:
        """A create cannot arrive twice: the adapter never repeats one by itself."""
        io = self.world.io
        if at.name in NEVER_REPEATED and io.faults.get(at.index) == Kind.DUPLICATE:
            io.faults[at.index] = Kind.RESET_AFTER

    def _people(self) -> None:
        for _ in range(self.rng.randint(1, 3)):
            self.joins_crm()
        for _ in range(self.rng.randint(0, 2)):
            self.joins_marketing()

    # --- names ----------------------------------------------------------------------------------

    def fresh(self, prefix: str) -> str:
        """A value nobody wrote before."""
        self.serial += 1
        return f"{prefix}{self.serial:04d}"

    def value(self, name: str) -> str:
        """A unique value that fits the field."""
        if name == "phone":
            self.serial += 1
            return f"(555) 010-{self.serial:04d}"
        return self.fresh(name)

    def human_of_person(self, person_id: str) -> str:
        """Who a CRM person is: the first part of the address never changes in a history."""
        return self.org.people[person_id].value("email").split("@")[0]

    def human_of_contact(self, contact_id: str) -> str:
        """Who a contact is."""
        return self.tenant.by_id[contact_id].value("email").split("@")[0]

    # --- what users do --------------------------------------------------------------------------

    def joins_crm(self) -> None:
        """Somebody new appears in the campaign."""
        name = self.fresh("h")
        values = {"first_name": name, "last_name": f"of {name}", "email": f"{name}@x.example"}
        owner = ME if self.rng.random() < 0.9 else OTHER
        person = self.org.add_person(owner, **values, title=self.value("title"))
        self.ledger.written.add(person.value("title"))
        self.org.join(self.campaign.id, person.id)
        self.ledger.moved(name, "crm", joined=True)

    def joins_marketing(self) -> None:
        """Somebody new appears in the group."""
        name = self.fresh("h")
        values = {"first_name": name, "last_name": f"of {name}", "email": f"{name}@x.example"}
        values["title"] = self.value("title")
        self.tenant.user_adds(self.fresh("c"), "g1", **values)
        self.ledger.written.add(values["title"])
        self.ledger.moved(name, "marketing", joined=True)

    def edits_crm(self) -> None:
        """A CRM user changes one field."""
        person_id = self._any_person()
        if person_id:
            name = self.rng.choice(FIELDS)
            value = self.value(name)
            stored = self.org.edit(person_id, **{name: value}).value(name)
            self.ledger.written.add(value)
            self.ledger.edited(self.human_of_person(person_id), name, "crm", stored)

    def edits_marketing(self) -> None:
        """A marketing user changes one field."""
        contact_id = self._any_contact()
        if contact_id:
            name = self.rng.choice(FIELDS)
            value = self.value(name)
            self.tenant.user_edits(contact_id, **{name: value})
            self.ledger.edited(self.human_of_contact(contact_id), name, "marketing", value)

    def opts_out_crm(self) -> None:
        """A CRM user ticks the opt-out."""
        person_id = self._any_person()
        if person_id:
            self.org.opt_out(person_id)
            self.ledger.opted_out.add(self.human_of_person(person_id))

    def opts_out_marketing(self) -> None:
        """A contact unsubscribes."""
        contact_id = self._any_contact()
        if contact_id:
            self.tenant.user_opts_out(contact_id)
            self.ledger.opted_out.add(self.human_of_contact(contact_id))

    def moves_crm(self) -> None:
        """A CRM user takes somebody out of the campaign, or puts somebody in."""
        person_id = self._any_person()
        if person_id is None:
            return
        human, inside = (
            self.human_of_person(person_id),
            self.org.is_member(self.campaign.id, person_id),
        )
        if inside:
            self.org.leave(self.campaign.id, person_id)
        else:
            self.org.join(self.campaign.id, person_id)
        self.ledger.moved(human, "crm", joined=not inside)

    def moves_marketing(self) -> None:
        """A marketing user takes somebody out of the group, or puts somebody in."""
        contact_id = self._any_contact()
        if contact_id is None:
            return
        inside = bool(self.tenant.memberships("g1", [contact_id]))
        if inside:
            self.tenant.remove_members("g1", [contact_id])
        else:
            self.tenant.add_members("g1", [contact_id])
        self.ledger.moved(self.human_of_contact(contact_id), "marketing", joined=not inside)

    def touches_crm(self) -> None:
        """Something saves a CRM record without changing it."""
        person_id = self._any_person()
        if person_id:
            self.org.touch(person_id)

    def _any_person(self) -> str | None:
        alive = sorted(p.id for p in self.org.people.values() if not p.deleted)
        return self.rng.choice(alive) if alive else None

    def _any_contact(self) -> str | None:
        known = sorted(self.tenant.by_id)
        return self.rng.choice(known) if known else None

    def user_move(self) -> None:
        """Any one thing a user may do."""
        moves = (
            (self.edits_crm, 5),
            (self.edits_marketing, 5),
            (self.moves_crm, 2),
            (self.moves_marketing, 2),
            (self.joins_crm, 1),
            (self.joins_marketing, 1),
            (self.opts_out_crm, 1),
            (self.opts_out_marketing, 1),
            (self.touches_crm, 1),
        )
        move = self.rng.choices([m for m, _ in moves], [w for _, w in moves])[0]
        move()

    # --- running --------------------------------------------------------------------------------

    def passes(self, seconds: float) -> None:
        """Time goes by."""
        self.world.clock.moment += timedelta(seconds=seconds)

    def sync(self) -> Run | None:
        """Start a manual run and work until the queue is empty."""
        try:
            self.start.sync(self.connection, [self.mapping], "u1", TERMS_VERSION)
        except (Crash, Retry, Defer):
            self.passes(1)
        self.work()
        run = max(
            (r for r in self.world.control.runs.values() if r.kind is RunKind.SYNC),
            key=lambda r: r.created_at,
            default=None,
        )
        return self._approved(run)

    def _approved(self, run: Run | None) -> Run | None:
        """What was held back is looked at and let go, as an advisor would."""
        held = run and next((r.held_preview_id for r in run.mappings if r.held_preview_id), None)
        if run is None or held is None or self.run(held).used_by:
            return run
        try:
            self.start.approve(self.connection, run.id, "u1")
        except (Crash, Retry, Defer, Conflict):
            self.passes(1)
        self.work()
        return run

    def run(self, run_id: str) -> Run:
        """The run as stored."""
        stored = self.world.control.runs["t1", run_id]
        assert isinstance(stored, Run)
        return stored

    def work(self, *, at_most: int = 200) -> None:
        """Deliver whatever waits; dead workers' messages come back, the sweep revives the rest."""
        for _ in range(at_most):
            at = self.world.queue.next_at()
            if at is None:
                if not self._sweep():
                    return
                continue
            self.world.clock.moment = max(self.world.clock.moment, at)
            ready = len(self.world.queue.ready())
            self._deliver(self.rng.randrange(ready) if ready > 1 else 0)
        msg = "the queue never got empty"
        raise AssertionError(msg)

    def _deliver(self, index: int) -> None:
        message = self.world.queue.receive(index)
        self._handle(message)
        if self.world.io.faults and self.rng.random() < 0.1:
            self._handle(message)

    def _handle(self, message: SliceMessage) -> None:
        try:
            self.handled.append(self.slices.handle(message))
        except AssertionError:
            raise
        except (Crash, LeaseLost, Exception) as error:  # noqa: BLE001 - a worker may die of anything
            self.handled.append(error)
            self.world.queue.put_back(message, after_seconds=1800)

    def _sweep(self) -> bool:
        """What schedule_sync does for stuck runs; True when it found something to do."""
        unfinished = [
            run for run in self.world.control.runs.values() if not (run.finished and run.event_sent)
        ]
        if not unfinished:
            return False
        self.passes(700)
        for run in unfinished:
            self.world.queue.send(
                SliceMessage(run.tenant_id, run.connection_id, run.id, run.checkpoint.version)
            )
        return True

    def faulty_sync(self) -> None:
        """A run with strikes and user edits at random boundaries."""
        boundaries = self.rng.choice([40, 80, 150])
        for _ in range(self.rng.randint(0, 3)):
            where = self.rng.randrange(boundaries)
            self.world.io.plan({where: self.rng.choice(STRIKES)}, ahead=True)
        for _ in range(self.rng.randint(0, 3)):
            where = self.world.io.count + self.rng.randrange(boundaries)
            self.world.io.on_io(where, lambda _: self.user_move())
        self.sync()
        self.world.io.calm()

    def settle(self, *, at_most: int = 5) -> None:
        """Run without faults until a whole run writes nothing."""
        for _ in range(at_most):
            self.passes(1200)
            before = self.writes()
            self.sync()
            if self.writes() == before:
                return
        msg = f"still writing after {at_most} quiet runs"
        raise AssertionError(msg)

    def writes(self) -> tuple[int, int]:
        """How many writes each side has seen."""
        return len(self.org.history), len(self.tenant.writes)

    def play(self, length: int = 8) -> None:
        """The whole history: moves, faulty runs, time, and every so often a look at the books."""
        for _ in range(length):
            for _ in range(self.rng.randint(0, 4)):
                self.user_move()
            self.passes(self.rng.choice([1, 70, 900, 4000]))
            if self.rng.random() < 0.6:
                self.faulty_sync()
            if self.rng.random() < 0.25:
                self.settle()
                oracle(self)
        self.settle()
        oracle(self)


def _settings() -> object:
    from crmsync.domain.connection import ConnectionSettings

    return ConnectionSettings()


def _tidy(name: str, value: str) -> str:
    """An org that formats phones its own way."""
    if name != "phone":
        return value
    digits = "".join(c for c in value if c.isdigit())
    return f"+1 {digits[:3]}.{digits[3:6]}.{digits[6:]}" if len(digits) == 10 else value


# --- the oracle -------------------------------------------------------------------------------


def oracle(story: Story) -> None:
    """Every promise that must hold when nothing moves any more."""
    _no_duplicates(story)
    _runs_ended(story)
    _books_agree(story)
    _nothing_forbidden(story)
    met = set()
    for contact_id, person_id in _pairs(story):
        if _member_somewhere(story, contact_id, person_id):
            met.add(story.human_of_contact(contact_id))
        _fields_agree(story, contact_id, person_id)
        _consent_kept(story, contact_id, person_id)
        _membership_agrees(story, contact_id, person_id)
    story.ledger.agreed(met)


def _links(story: Story) -> dict[str, str]:
    memory = story.world.memory_of(story.connection)
    return {link.contact_id: link.person_id for link in memory.links.values()}


def _pairs(story: Story) -> list[tuple[str, str]]:
    """Linked pairs that are members on either side and in scope."""
    people = story.org.people
    return [
        (c, p)
        for c, p in sorted(_links(story).items())
        if p in people
        and not people[p].deleted
        and people[p].owner_id == ME
        and c in story.tenant.by_id
    ]


def _no_duplicates(story: Story) -> None:
    """I-5: one human is at most one person and one contact, linked one to one."""
    links = _links(story)
    assert len(set(links.values())) == len(links), "two contacts are linked to one person"
    people = [story.human_of_person(p) for p in story.org.people if not story.org.people[p].deleted]
    assert len(people) == len(set(people)), f"duplicate people {sorted(people)}"
    contacts = [story.human_of_contact(c) for c in story.tenant.by_id]
    assert len(contacts) == len(set(contacts)), f"duplicate contacts {sorted(contacts)}"


def _runs_ended(story: Story) -> None:
    """I-18, I-20: every run ended, and said so under one event id."""
    events: dict[object, set[object]] = {}
    for detail in story.world.events.of("run.completed"):
        events.setdefault(detail["run_id"], set()).add(detail["event_id"])
    for run in story.world.control.runs.values():
        assert run.finished, f"{run.id} is {run.state}"
        if run.kind is RunKind.PREVIEW:
            continue
        assert len(events.get(run.id, ())) == 1, f"{run.id} told {events.get(run.id)}"


def _books_agree(story: Story) -> None:
    """Every planned unit has exactly one outcome."""
    for run in story.world.control.runs.values():
        if run.state not in (RunState.SUCCEEDED, RunState.PARTIAL):
            continue
        for index, row in enumerate(run.mappings):
            planned = sum(p.count for p in run.checkpoint.plan if p.mapping == index)
            assert planned == row.considered, f"{run.id}: {planned} != {row.considered}"


def _nothing_forbidden(story: Story) -> None:
    """I-7, I-16: no deletes ever; a one-way mapping leaves its source alone."""
    verbs = {w.verb for w in story.org.history if w.actor == "api"}
    assert not verbs & {"delete", "clear_opt_out", "merge_away"}, verbs
    if story.direction is Direction.IMPORT:
        assert not verbs, f"an import wrote to the CRM: {verbs}"


def _fields_agree(story: Story, contact_id: str, person_id: str) -> None:
    """I-1, I-3, I-4: agreed, by nobody's invention, and no one-sided edit lost."""
    from crmsync.domain.fields import same

    contact, person = story.tenant.by_id[contact_id], story.org.people[person_id]
    if not _member_somewhere(story, contact_id, person_id):
        return
    for name in FIELDS:
        left, right = contact.value(name), person.value(name)
        edits = story.ledger.edits.get((story.human_of_contact(contact_id), name), [])
        where = f"{name} of {contact_id}/{person_id}: {left!r} | {right!r} after {edits}"
        if story.direction is Direction.BOTH:
            assert same(name, left, right), where
        for value in (left, right):
            assert not value or any(same(name, value, w) for w in story.ledger.written), where
        sides = {e.side for e in edits}
        if story.direction is Direction.BOTH and len(sides) == 1:
            assert same(name, left, edits[-1].value), f"lost edit: {where}"
        if len(sides) == 2 and story.direction is Direction.BOTH:
            last = [next(e.value for e in reversed(edits) if e.side == s) for s in sorted(sides)]
            assert any(same(name, left, v) for v in last), f"neither edit survived: {where}"
        if story.direction is Direction.IMPORT and edits and sides == {"crm"}:
            assert same(name, left, edits[-1].value), f"lost edit: {where}"
        if story.direction is Direction.EXPORT and edits and sides == {"marketing"}:
            assert same(name, right, edits[-1].value), f"lost edit: {where}"


def _member_somewhere(story: Story, contact_id: str, person_id: str) -> bool:
    """Whether the pair belongs to the mapping: one way, it is the source that counts."""
    left = bool(story.tenant.memberships("g1", [contact_id]))
    right = story.org.is_member(story.campaign.id, person_id)
    match story.direction:
        case Direction.IMPORT:
            return right
        case Direction.EXPORT:
            return left
        case Direction.BOTH:
            return left or right


def _consent_kept(story: Story, contact_id: str, person_id: str) -> None:
    """I-9: an opt-out stays, its address is suppressed, and it reached the other side."""
    human = story.human_of_contact(contact_id)
    if human not in story.ledger.opted_out or not _member_somewhere(story, contact_id, person_id):
        return
    contact, person = story.tenant.by_id[contact_id], story.org.people[person_id]
    address = contact.value("email")
    assert address in story.tenant.suppressed, f"{address} may be mailed"
    if story.direction.writes_marketing:
        assert contact.email_opt_out, f"{contact_id} lost the opt-out"
    if story.direction.writes_crm and contact.email_opt_out:
        assert person.opted_out, f"{person_id} was not told of the opt-out"


def _membership_agrees(story: Story, contact_id: str, person_id: str) -> None:
    """I-8: a one-sided move arrives; a removal that is not passed on moves nobody else."""
    moves = story.ledger.moves.get(story.human_of_contact(contact_id), [])
    sides = {side for side, _ in moves}
    if len(sides) != 1 or story.direction is not Direction.BOTH:
        return
    left = bool(story.tenant.memberships("g1", [contact_id]))
    right = story.org.is_member(story.campaign.id, person_id)
    side, joined = moves[-1]
    where = f"{contact_id}/{person_id}: {left} | {right} after {moves}"
    if side == "crm" and len(moves) == 1:
        assert left is right is joined, where
    if side == "marketing" and len(moves) == 1 and joined:
        assert left and right, where
    if side == "marketing" and not joined:
        assert not left, f"rejoined: {where}"


def play(seed: int, length: int = 8) -> Story:
    """Play one history and check it; the seed is in the error of whatever goes wrong."""
    story = Story(seed)
    try:
        story.play(length)
    except AssertionError as error:
        msg = f"seed {seed} ({story.direction}): {error}"
        raise AssertionError(msg) from error
    return story
