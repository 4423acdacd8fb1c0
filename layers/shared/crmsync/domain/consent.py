"""Consent: an opt-out travels from either side and is never taken back by a sync.

Nothing here can express "opted in": there is no value for it, so no bug can send it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from crmsync.domain.contact import Contact
from crmsync.domain.fields import address_key
from crmsync.domain.mapping import Direction
from crmsync.domain.person import Person


@dataclass(frozen=True, slots=True)
class ConsentMerged:
    """Addresses to suppress, and on which side the opt-out has to be recorded."""

    suppress: tuple[str, ...] = ()
    to_left: bool = False
    to_right: bool = False
    unreadable: bool = False


def merge_consent(
    contact: Contact | None,
    person: Person | None,
    direction: Direction,
    heir: Person | None = None,
) -> ConsentMerged:
    """The union of both opt-outs; the CRM flag follows the contact, not the address.

    A person stands for the records it took over from, too: who opted out there opted out here. So
    an opt-out of somebody whose `heir` is linked to another contact covers the heir's address.
    """
    left = contact is not None and contact.email_opt_out
    inherited = person is not None and person.inherits_opt_out
    right = person is not None and person.opted_out is True
    if not (left or right or inherited):
        return ConsentMerged(unreadable=_unreadable(person))
    news = contact is not None and not left
    return ConsentMerged(
        suppress=_addresses(contact, person, heir),
        to_left=(right or inherited) and news and direction.writes_marketing,
        to_right=(left or inherited) and direction.writes_crm and _flag_person(person),
        unreadable=_unreadable(person),
    )


def consent_read(
    known: Mapping[str, bool], connection_id: str, *, readable: bool, marked: bool
) -> Mapping[str, bool]:
    """Which connections can read a person's consent, once this one has looked at it.

    Nothing is noted while all that look can read it, or while none can. From the moment on that two
    differ each keeps its own word, so neither takes back the other's.
    """
    differs = marked if readable else bool(known)
    return {**known, connection_id: readable} if differs else known


def withdrawn(known: Mapping[str, bool], connection_id: str) -> Mapping[str, bool]:
    """The same without a connection that has the person no longer, if another can read it."""
    others = {c: readable for c, readable in known.items() if c != connection_id}
    return others if any(others.values()) else known


def _flag_person(person: Person | None) -> bool:
    return person is not None and person.opted_out is False


def _unreadable(person: Person | None) -> bool:
    return person is not None and person.opted_out is None


def _addresses(*whose: Contact | Person | None) -> tuple[str, ...]:
    """The addresses of whoever opted out; a linked pair counts as one human."""
    found = {
        address_key(source.value("email"))
        for source in whose
        if source is not None and source.value("email")
    }
    return tuple(sorted(found))
