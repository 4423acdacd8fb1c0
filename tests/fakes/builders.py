"""Values for tests: everything a test does not care about has a plain default."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from crmsync.domain.automation import Automation, Terms
from crmsync.domain.connection import Connection, ConnectionStatus
from crmsync.domain.contact import Contact, ContactDraft, TimelineEvent
from crmsync.domain.fields import FIELD_NAMES
from crmsync.domain.mapping import Direction, Mapping, Target
from crmsync.domain.notification import Notification
from crmsync.domain.person import OrgUser, Person, PersonKind
from crmsync.domain.run import Run, RunKind, RunState, Trigger
from crmsync.ports.grants import Grant, LoginState
from crmsync.ports.reviews import Review

from tests.fakes.clock import START


def a_draft(contact_id: str = "c1", *, email_opt_out: bool = False, **values: str) -> ContactDraft:
    filled = {"email": f"{contact_id}@example.com", "first_name": "Ada", "last_name": "Byron"}
    return ContactDraft(contact_id, {**filled, **values}, email_opt_out)


def a_contact(contact_id: str = "c1", *, email_opt_out: bool = False, **values: str) -> Contact:
    draft = a_draft(contact_id, email_opt_out=email_opt_out, **values)
    filled = {**dict.fromkeys(FIELD_NAMES, ""), **draft.values}
    return Contact(contact_id, filled, email_opt_out, 1, START, START)


def a_person(
    person_id: str = "003000000000001AAA", *, opted_out: bool | None = False, **values: str
) -> Person:
    filled = {**dict.fromkeys(FIELD_NAMES, ""), "last_name": "Byron", **values}
    return Person(person_id, PersonKind.CONTACT, filled, opted_out, "u1", START)


def a_mapping(
    campaign_id: str, group_id: str, direction: Direction = Direction.BOTH, mapping_id: str = "m1"
) -> Mapping:
    return Mapping(mapping_id, Target(id=campaign_id), Target(id=group_id), direction)


def a_schedule(at: datetime) -> Automation:
    """The automation of `con1`, agreed to and due at that time."""
    terms = Terms("2026-01", "u1", START, "d" * 64)
    return Automation("con1", live=(a_mapping("701A", "g1"),), terms=terms, next_run_at=at)


def a_connection(connection_id: str = "con1", tenant_id: str = "t1", **choices: Any) -> Connection:
    defaults = {
        "user_id": "u1",
        "platform": "salesforce",
        "login_url": "https://login.salesforce.com",
        "status": ConnectionStatus.CONNECTED,
        "created_at": START,
        "org": OrgUser("00DA", "Firm One", "https://one.my.salesforce.com", "005A", "Ada Byron"),
    }
    return Connection(id=connection_id, tenant_id=tenant_id, **{**defaults, **choices})


def a_run(run_id: str = "run1", tenant_id: str = "t1", **choices: Any) -> Run:
    defaults = {
        "connection_id": "con1",
        "kind": RunKind.SYNC,
        "trigger": Trigger.MANUAL,
        "state": RunState.QUEUED,
        "started_by": "u1",
        "created_at": START,
    }
    return Run(id=run_id, tenant_id=tenant_id, **{**defaults, **choices})


def a_notice(notice_id: str = "n1", tenant_id: str = "t1", **choices: Any) -> Notification:
    defaults = {
        "user_id": "u1",
        "kind": "run_completed",
        "title": "Sync finished",
        "body": "3 people updated.",
        "created_at": START,
    }
    return Notification(id=notice_id, tenant_id=tenant_id, **{**defaults, **choices})


def a_review(review_id: str = "rev1", tenant_id: str = "t1", **choices: Any) -> Review:
    defaults = {
        "connection_id": "con1",
        "kind": "match",
        "contact_id": "c1",
        "person_id": None,
        "subject": {"id": "c1", "name": "Ada Byron"},
        "candidates": ({"id": "003000000000001AAA", "name": "Ada King"},),
        "created_at": START,
    }
    return Review(id=review_id, tenant_id=tenant_id, **{**defaults, **choices})


def an_event(key: str = "e1", minutes: int = 0, **choices: Any) -> TimelineEvent:
    at = START + timedelta(minutes=minutes)
    return TimelineEvent(key=key, at=at, **{"kind": "edited", "actor": "u1", **choices})


def a_login(state_hash: str = "hash1", **choices: Any) -> LoginState:
    defaults = {
        "tenant_id": "t1",
        "user_id": "u1",
        "connection_id": "con1",
        "platform": "salesforce",
        "login_url": "https://login.salesforce.com",
        "redirect_uri": "https://app.example.com/oauth/callback/salesforce",
        "sealed_verifier": b"\x00verifier\xff",
        "expires_at": START + timedelta(minutes=10),
    }
    return LoginState(state_hash=state_hash, **{**defaults, **choices})


def a_grant(connection_id: str = "con1", tenant_id: str = "t1", **choices: Any) -> Grant:
    defaults = {
        "login_url": "https://login.salesforce.com",
        "platform": "salesforce",
        "instance_url": "https://one.my.salesforce.com",
        "org_id": "00D000000000001AAA",
        "user_id": "005000000000001AAA",
        "sealed_refresh": b"\x00refresh\xff",
        "sealed_access": b"\x00access\xff",
        "refreshed_at": START,
    }
    return Grant(connection_id=connection_id, tenant_id=tenant_id, **{**defaults, **choices})
