"""What the rows about memberships say, asked of the code."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

from crmsync.domain.base import MembershipBase
from crmsync.domain.errors import Retry
from crmsync.domain.mapping_run import MappingState
from crmsync.domain.membership import MembershipPolicy, Move, Seen, merge_membership
from crmsync.domain.person import Member, Person, PersonKind
from crmsync.domain.run import Run
from crmsync.services.sight import Sight

from tests.fakes.builders import a_person
from tests.fakes.numbered import Boundary
from tests.unit.docs.field_rows import DIRECTIONS, YES
from tests.unit.docs.stage import ADA, ME, OTHER, Stage
from tests.unit.docs.tables import Row

AGREED = {
    "in / in": (True, True),
    "in / out": (True, False),
    "out / in": (False, True),
    "out / out": (False, False),
}
HERE = {"in": True, "out": False}
THERE = {"in": Seen.IN, "out": Seen.OUT, "unknown": Seen.UNKNOWN}
MOVES = {
    "nothing": Move.NONE,
    "joins the group": Move.ADD_LEFT,
    "joins the campaign": Move.ADD_RIGHT,
    "leaves the group": Move.REMOVE_LEFT,
    "leaves the campaign": Move.REMOVE_RIGHT,
}
ALSO = {
    "campaign of the group": {"in_other_campaign": True},
    "group of the campaign": {"in_other_group": True},
}
IN_FLIGHT = {f"{words.replace('s the', ' the')}": move for words, move in MOVES.items()}
_LOOKS = ("live row seen", "person asked for", "person visible")
_MEMBERSHIP = {
    "agreed": AGREED,
    "marketing": HERE,
    "CRM": THERE,
    "direction": DIRECTIONS,
    "remove in the CRM": YES,
}


def check_membership(row: Row) -> None:
    """One row of the membership table, for every case it stands for."""
    for agreed, here, there, direction, remove in _cases(row):
        base = MembershipBase(*AGREED[agreed])
        policy = MembershipPolicy(DIRECTIONS[direction], remove_in_crm=YES[remove])
        merged = merge_membership(base, left=HERE[here], right=THERE[there], policy=policy)

        reason = row["reason"]
        assert merged.move is row.one("what happens", MOVES)
        assert merged.reason == (None if reason == "none" else reason)
        after = row.one("agreed after", {**AGREED, "as before": AGREED[agreed]})
        assert (merged.base.left, merged.base.right) == after


def check_inactive(row: Row) -> None:
    """One row of the table about the designated inactive campaign."""
    for agreed, here, there, direction, remove in _cases(row):
        base = MembershipBase(*AGREED[agreed])
        kind = DIRECTIONS[direction]
        held = {"left": HERE[here], "right": THERE[there]}
        inside = MembershipPolicy(kind, remove_in_crm=YES[remove], in_inactive_campaign=True)
        outside = MembershipPolicy(kind, remove_in_crm=YES[remove])
        merged = merge_membership(base, **held, policy=inside)

        usual = merge_membership(base, **held, policy=outside)
        told = row["what happens"], row["agreed after"]
        if told == ("as if not in it", "as if not in it"):
            assert merged == usual
        else:
            assert (merged.move, merged.reason) == (MOVES[told[0]], "in_inactive_campaign")
            assert (merged.base.left, merged.base.right) == AGREED[told[1]]


def _cases(row: Row) -> product[tuple[str, ...]]:
    return product(*(row.choices(name, known) for name, known in _MEMBERSHIP.items()))


def check_shared(row: Row) -> None:
    """One row of the table about mappings that share an end."""
    for other in row.choices("member of another", ALSO):
        for agreed, here, there, direction, remove in _cases(row):
            before = AGREED[agreed]
            policy = MembershipPolicy(DIRECTIONS[direction], YES[remove], **ALSO[other])
            merged = merge_membership(
                MembershipBase(*before), left=HERE[here], right=THERE[there], policy=policy
            )

            reason = row["reason"]
            assert merged.move is row.one("what happens", MOVES)
            assert merged.reason == (None if reason == "none" else reason)
            after = row.one("agreed after", {**AGREED, "as before": before})
            assert (merged.base.left, merged.base.right) == after


def check_in_flight(row: Row) -> None:
    """A move that was on its way when the worker died, as found by the next run."""
    move = row.one("was about to", IN_FLIGHT)
    base = MembershipBase(*AGREED[row["agreed"]], in_flight=str(move))
    policy = MembershipPolicy(DIRECTIONS["both"], remove_in_crm=True)
    held = {"left": HERE[row["marketing"]], "right": THERE[row["CRM"]]}
    merged = merge_membership(base, **held, policy=policy)

    assert merged.move is row.one("what happens", MOVES)
    assert (merged.base.left, merged.base.right) == row.one("agreed after", AGREED)
    assert merged.base.in_flight is None


def check_sight(row: Row) -> None:
    """What a read of the CRM allows to conclude about one member."""
    for live, asked, visible in product(*(row.choices(name, YES) for name in _LOOKS)):
        person, sight = a_person(), Sight()
        if YES[live]:
            sight.rows[person.id] = Member("row", "campaign", person.id)
        if YES[asked]:
            sight.looked.add(person.id)
        if YES[visible]:
            sight.people[person.id] = person
        assert sight.seen(person.id) is row.one("the CRM reads", THERE)


def check_evidence(row: Row) -> None:
    """What happens in the CRM, a sync, and whether Ada is in the group still."""
    what, shown = row["what happened in the CRM"], row.choices("deleted rows are shown", YES)
    for visible in shown:
        stage = Stage(inactive_campaign_id=None)
        stage.org.deleted_rows_in_delta = YES[visible]
        stage.org.deleted_people_in_delta = YES[visible]
        before, happens = EVENTS[what]
        ada = before(stage)
        contact = stage.contact_of(ada.id)
        assert contact is not None
        assert stage.is_in_group(contact.id)
        happens(stage, ada)
        run = stage.sync()

        assert stage.is_in_group(contact.id) is row.one("still in the group", YES)
        assert contact.id in stage.tenant.by_id
        assert _told(stage, run, contact.id) == row["reason"]


def _told(stage: Stage, run: Run, contact_id: str) -> str:
    """Why nothing or something happened, as the run tells it."""
    mapping = stage.row(run)
    if mapping.state is MappingState.PAUSED:
        return mapping.reason or ""
    if mapping.state is not MappingState.DONE:
        return mapping.state.value
    result = stage.result_of(run, contact_id)
    return (result and result.reason) or "none"


def _leaves(stage: Stage, ada: Person) -> None:
    stage.org.leave(stage.campaign.id, ada.id)


def _leaves_and_returns(stage: Stage, ada: Person) -> None:
    _leaves(stage, ada)
    stage.org.join(stage.campaign.id, ada.id)


def _is_deleted(stage: Stage, ada: Person) -> None:
    stage.org.delete_person(ada.id)


def _is_merged_into_a_member(stage: Stage, ada: Person) -> None:
    twin = stage.org.add_person(ME, **{**ADA, "first_name": "A."})
    stage.org.join(stage.campaign.id, twin.id)
    stage.org.merge(twin.id, ada.id)


def _is_merged(stage: Stage, ada: Person) -> None:
    twin = stage.org.add_person(ME, **{**ADA, "first_name": "A."})
    stage.org.merge(twin.id, ada.id)


def _is_converted(stage: Stage, ada: Person) -> None:
    stage.org.convert(ada.id)


def _is_hidden(stage: Stage, ada: Person) -> None:
    stage.org.hide(ada.id, ME)


def _is_hidden_and_leaves(stage: Stage, ada: Person) -> None:
    _is_hidden(stage, ada)
    _leaves(stage, ada)


def _changes_hands(stage: Stage, ada: Person) -> None:
    stage.org.give_to(ada.id, OTHER)


def _is_switched_off(stage: Stage, _: Person) -> None:
    stage.change_connection(sync_by_visibility=False)


def _is_deactivated(stage: Stage, _: Person) -> None:
    stage.org.change_campaign(stage.campaign.id, active=False)


def _campaign_is_deleted(stage: Stage, _: Person) -> None:
    stage.org.delete_campaign(stage.campaign.id)


def _everybody_leaves(stage: Stage, _: Person) -> None:
    for person_id in stage.org.members_of(stage.campaign.id):
        stage.org.leave(stage.campaign.id, person_id)


def _a_page_fails(stage: Stage, ada: Person) -> None:
    """Every read of the campaign fails for longer than the run tries."""
    _leaves(stage, ada)
    stage.world.io.every = _unreachable


def _unreachable(at: Boundary) -> None:
    if at.name == "crm.delta":
        raise Retry("crm_unreachable", "The CRM could not be reached.")


def _joins_inactive(stage: Stage, ada: Person) -> None:
    inactive = stage.org.add_campaign("Former clients")
    stage.change_connection(inactive_campaign_id=inactive.id)
    stage.org.join(inactive.id, ada.id)


def _members(stage: Stage) -> Person:
    return stage.with_members()


def _members_and_a_lead(stage: Stage) -> Person:
    return stage.with_members(kind=PersonKind.LEAD)


def _members_by_visibility(stage: Stage) -> Person:
    stage.change_connection(sync_by_visibility=True)
    return stage.with_members(owner=OTHER)


Before = Callable[[Stage], Person]
Happens = Callable[[Stage, Person], None]
EVENTS: dict[str, tuple[Before, Happens]] = {
    "the membership row is deleted": (_members, _leaves),
    "the row is deleted and made again": (_members, _leaves_and_returns),
    "the person is deleted": (_members, _is_deleted),
    "the person is merged into another member": (_members, _is_merged_into_a_member),
    "the person is merged, the row moves along": (_members, _is_merged),
    "the lead is converted": (_members_and_a_lead, _is_converted),
    "the login cannot see the person any more": (_members, _is_hidden),
    "the row is deleted, the person cannot be seen": (_members, _is_hidden_and_leaves),
    "the person gets another owner": (_members, _changes_hands),
    "Sync by Visibility is switched off": (_members_by_visibility, _is_switched_off),
    "the campaign is deactivated": (_members, _is_deactivated),
    "the campaign is deleted": (_members, _campaign_is_deleted),
    "all rows are deleted": (_members, _everybody_leaves),
    "the row is deleted, and reading fails": (_members, _a_page_fails),
    "the person joins the inactive campaign": (_members, _joins_inactive),
}
CHECKS = {
    "Memberships": check_membership,
    "Members of the inactive campaign": check_inactive,
    "Members of two campaigns of one group, or of two groups of one campaign": check_shared,
    "Moves in flight": check_in_flight,
    "What a read allows to conclude": check_sight,
    "What takes somebody out of a group": check_evidence,
}
_DOMAIN = {name: list(known) for name, known in _MEMBERSHIP.items()}
DOMAINS = {
    "Memberships": _DOMAIN,
    "Members of the inactive campaign": _DOMAIN,
    "What a read allows to conclude": {name: list(YES) for name in _LOOKS},
    "What takes somebody out of a group": {
        "what happened in the CRM": list(EVENTS),
        "deleted rows are shown": list(YES),
    },
}
