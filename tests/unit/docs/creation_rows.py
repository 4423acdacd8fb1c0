"""What the rows about creation and scope say, asked of the code."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

from crmsync.domain.change import Action, Side
from crmsync.domain.decide import decide
from crmsync.domain.mapping import Direction, Mapping, Target, problems_of
from crmsync.domain.membership import Seen
from crmsync.domain.observation import Observation, Policy
from crmsync.domain.person import Person, PersonKind

from tests.fakes.builders import a_contact, a_person
from tests.unit.docs.field_rows import DIRECTIONS, YES
from tests.unit.docs.stage import ADA, ME, OTHER, Stage
from tests.unit.docs.tables import Row

NEW_ON = {"the CRM": Side.MARKETING, "marketing": Side.CRM}
"""Where somebody is new, and the side that lacks a record of them."""
NEW_PEOPLE = {"create": (False, False), "hold": (True, False), "hold, approved": (True, True)}
INACTIVE = {"no": False, "yes": True}
_NEW = {
    "known only in": NEW_ON,
    "member there": YES,
    "direction": DIRECTIONS,
    "new people": NEW_PEOPLE,
    "in the inactive campaign": INACTIVE,
}


def check_new(row: Row) -> None:
    """What happens to somebody only one side knows."""
    choices = (row.choices(name, known) for name, known in _NEW.items())
    for known, member, direction, people, inactive in product(*choices):
        hold, approved = NEW_PEOPLE[people]
        policy = Policy("m1", DIRECTIONS[direction], hold_new_people=hold)
        seen = _alone(known, member=YES[member])
        seen = replace(seen, may_create=approved, in_inactive_campaign=INACTIVE[inactive])
        change = decide(seen, policy).change

        created = row.one("created", {"nothing": None, "a contact": 1, "a person": 2})
        wanted = {1: Side.MARKETING, 2: Side.CRM}.get(created)
        assert {s.side for s in change.steps} == ({wanted} - {None})
        made = {Action.CREATE, Action.ADD_MEMBER} if wanted else set()
        assert {s.action for s in change.steps} == made
        assert change.reason == row["reason"]


def _alone(known: str, *, member: bool) -> Observation:
    if known == "the CRM":
        return Observation(person=a_person(), seen=Seen.IN if member else Seen.OUT)
    return Observation(contact=a_contact(), member_left=member, seen=Seen.OUT)


ENDS = {"existing": Target(id="1"), "new": Target(create=True)}


def check_request(row: Row) -> None:
    """What a mapping may ask for."""
    ends = row.choices("campaign", ENDS), row.choices("group", ENDS)
    for campaign, group, direction in product(*ends, row.choices("direction", DIRECTIONS)):
        mapping = Mapping("m1", ENDS[campaign], ENDS[group], DIRECTIONS[direction])
        assert _codes([mapping]) == _expected(row)


def check_two_requests(row: Row) -> None:
    """What two mappings of one automation may share."""
    first = Mapping("m1", Target(id="c1"), Target(id="g1"), DIRECTIONS[row["first"]])
    same = {"yes": "1", "no": "2"}
    campaign, group = row.one("same campaign", same), row.one("same group", same)
    for direction in row.choices("second", DIRECTIONS):
        ends = Target(id=f"c{campaign}"), Target(id=f"g{group}")
        assert _codes([first, Mapping("m2", *ends, DIRECTIONS[direction])]) == _expected(row)


def _codes(mappings: list[Mapping]) -> set[str]:
    return {problem.code for problem in problems_of(mappings, frozenset(Direction))}


def _expected(row: Row) -> set[str]:
    return set() if row["answer"] == "fine" else set(row["answer"].split(" and "))


NAMED = {
    "none": (),
    "one active": (True,),
    "one inactive": (False,),
    "several active": (True, True),
    "several inactive": (False, False),
    "one active, one inactive": (True, False),
}


def check_campaign(row: Row) -> None:
    """Which campaign a new one turns out to be."""
    for direction in row.choices("direction", DIRECTIONS):
        stage = Stage(DIRECTIONS[direction])
        known = [stage.org.add_campaign("Autumn", active=a) for a in NAMED[row["of that name"]]]
        stage.tenant.create_group("g2", "Autumn")
        mapping = replace(stage.mapping, campaign=Target(create=True), group=Target(id="g2"))
        again = [stage.row(stage.sync(mapping)) for _ in range(2)]

        named = [c for c in stage.org.campaigns.values() if c.name == "Autumn"]
        used = row.one("used", {"a new one": 1, "that one": 1, "none": 0})
        assert len({each.campaign_id for each in again} - {None}) == used
        assert len(named) == len(known) + (row["used"] == "a new one")
        assert all(c.active for c in named if c.id == again[0].campaign_id)
        assert again[0].reason == row.one("the mapping", {**_asks(row), "runs": None})


def _asks(row: Row) -> dict[str, str]:
    return {row["the mapping"]: row["the mapping"].removeprefix("asks: ")}


def check_group(row: Row) -> None:
    """Which group a new one turns out to be."""
    for direction in row.choices("direction", DIRECTIONS):
        stage = Stage(DIRECTIONS[direction])
        stage.org.change_campaign(stage.campaign.id, name="Autumn")
        if row.one("of that name", YES):
            stage.tenant.create_group("g2", "AUTUMN")
        mapping = replace(stage.mapping, group=Target(create=True))
        groups = len(stage.tenant.groups_by_id)
        again = [stage.row(stage.sync(mapping)) for _ in range(2)]

        added = len(stage.tenant.groups_by_id) - groups
        assert added == row.one("used", {"a new one": 1, "that one": 0})
        assert len({each.group_id for each in again}) == 1


OWNERS = {"the connected user": ME, "somebody else": OTHER}
_SCOPE = {"owned by": OWNERS, "Sync by Visibility": YES, "visible": YES}


def check_scope(row: Row) -> None:
    """Whom a connection syncs: for new members, for edits of linked ones, for the group."""
    choices = (row.choices(name, known) for name, known in _SCOPE.items())
    for owner, wide, visible in product(*choices):
        stage = Stage(sync_by_visibility=True)
        linked = stage.with_members()
        contact = stage.contact_of(linked.id)
        assert contact is not None
        stage.change_connection(sync_by_visibility=YES[wide])
        new = stage.org.add_person(OWNERS[owner], last_name="New", email="new@x.example")
        stage.org.join(stage.campaign.id, new.id)
        stage.org.give_to(linked.id, OWNERS[owner])
        stage.org.edit(linked.id, title="Partner")
        for person in (linked, new):
            if not YES[visible]:
                stage.org.hide(person.id, ME)
        stage.sync()

        assert bool(stage.contact_of(new.id)) is row.one("a new member becomes a contact", YES)
        title = stage.tenant.by_id[contact.id].value("title")
        assert (title == "Partner") is row.one("edits of a linked one travel", YES)
        assert stage.is_in_group(contact.id) is row.one("a linked one stays in the group", YES)


def check_kind(row: Row) -> None:
    """What kinds of campaign members there are, and what may happen to each."""
    stage = Stage()
    member = _member(stage, row["member"])
    first = stage.sync()
    contact = stage.contact_of(member)
    assert (contact is not None) is row.one("becomes a contact", YES)
    if contact is None:
        result = stage.result_of(first, member)
        assert result is not None
        assert result.reason == row["reason"]
        assert row["edits here reach it"] == row["opt-outs here reach it"] == "no"
        return
    stage.tenant.user_edits(contact.id, title="Partner")
    stage.tenant.user_opts_out(contact.id)
    stage.sync()

    person: Person = stage.org.people[member]
    assert (person.value("title") == "Partner") is row.one("edits here reach it", YES)
    assert person.opted_out is row.one("opt-outs here reach it", YES)
    assert row["reason"] == "none"


def _member(stage: Stage, kind: str) -> str:
    if kind == "account":
        return stage.org.join_account(stage.campaign.id).person_id
    person = stage.org.add_person(ME, PersonKind(kind.replace(" ", "_")), **ADA)
    stage.org.join(stage.campaign.id, person.id)
    return person.id


CHECKS = {
    "People only one side knows": check_new,
    "What a mapping may ask for": check_request,
    "Two mappings of one automation": check_two_requests,
    "Campaigns that are created": check_campaign,
    "Groups that are created": check_group,
    "Whom a connection syncs": check_scope,
    "Kinds of members": check_kind,
}
DOMAINS = {
    "People only one side knows": {name: list(known) for name, known in _NEW.items()},
    "What a mapping may ask for": {
        "campaign": list(ENDS),
        "group": list(ENDS),
        "direction": list(DIRECTIONS),
    },
    "Whom a connection syncs": {name: list(known) for name, known in _SCOPE.items()},
}
