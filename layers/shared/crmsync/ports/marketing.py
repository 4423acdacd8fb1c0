"""The marketing side's own store: groups, contacts, memberships, suppressions. One tenant each.

No method deletes a contact or a group. Every write can be repeated with the same effect.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from crmsync.domain.contact import (
    Contact,
    ContactDraft,
    ContactEdit,
    Group,
    Suppression,
    TimelineEvent,
)


@dataclass(frozen=True, slots=True)
class MemberIdsPage:
    """Contact ids of a group's members, ascending; `cursor` is None on the last page."""

    contact_ids: tuple[str, ...]
    cursor: str | None


@dataclass(frozen=True, slots=True)
class GroupPage:
    """Groups by name; `cursor` is None on the last page."""

    items: tuple[Group, ...]
    cursor: str | None


@dataclass(frozen=True, slots=True)
class ContactPage:
    """Contacts; `cursor` is None on the last page."""

    items: tuple[Contact, ...]
    cursor: str | None


@dataclass(frozen=True, slots=True)
class TimelinePage:
    """Events of one contact, newest first; `cursor` is None on the last page."""

    items: tuple[TimelineEvent, ...]
    cursor: str | None


@dataclass(frozen=True, slots=True)
class Touched:
    """Contact ids whose record, or membership in the asked groups, changed since a moment."""

    contacts: frozenset[str]
    memberships: Mapping[str, frozenset[str]]


class Marketing(Protocol):
    """One tenant's marketing store."""

    def groups(self, cursor: str | None, limit: int) -> GroupPage:
        """All groups."""
        ...

    def group(self, group_id: str) -> Group | None:
        """One group, or None."""
        ...

    def group_named(self, name: str) -> Group | None:
        """The group of this name, case ignored."""
        ...

    def create_group(self, group_id: str, name: str) -> Group:
        """Create it, or return the one that has the name already: a repeat makes no second one."""
        ...

    def rename_group(self, group_id: str, name: str) -> Group:
        """Rename; raises `Conflict` when another group has the name, `NotFound` when none is it."""
        ...

    def contacts_page(self, cursor: str | None, limit: int, search: str) -> ContactPage:
        """Contacts; `search` matches the start of the e-mail address or part of the name."""
        ...

    def contacts(self, ids: Sequence[str]) -> Mapping[str, Contact]:
        """The contacts that exist, by id; strongly consistent."""
        ...

    def contacts_by_email(self, addresses: Sequence[str]) -> tuple[Contact, ...]:
        """All contacts with one of these addresses."""
        ...

    def create_contacts(self, drafts: Sequence[ContactDraft]) -> tuple[Contact, ...]:
        """Create each, or return the one with its id: a repeat makes no second one. In order."""
        ...

    def edit_contacts(self, edits: Sequence[ContactEdit]) -> tuple[Contact | None, ...]:
        """Each contact after its edit, in order; None when its version moved or it is missing."""
        ...

    def members_page(self, group_id: str, cursor: str | None, limit: int) -> MemberIdsPage:
        """Members of a group in order of contact id."""
        ...

    def memberships(self, group_id: str, contact_ids: Sequence[str]) -> frozenset[str]:
        """Which of these contacts are members now; strongly consistent."""
        ...

    def groups_of(self, contact_id: str) -> tuple[str, ...]:
        """Ids of the groups the contact is in."""
        ...

    def add_members(self, group_id: str, contact_ids: Sequence[str]) -> None:
        """Make the contacts members; a repeat changes nothing."""
        ...

    def remove_members(self, group_id: str, contact_ids: Sequence[str]) -> None:
        """End the memberships, remembering when; a repeat changes nothing."""
        ...

    def touched_since(self, group_ids: Sequence[str], since: datetime) -> Touched:
        """What changed at or after `since` on our own clock."""
        ...

    def suppress(self, addresses: Sequence[str], source: str) -> None:
        """Never mail these addresses again; a repeat keeps the first."""
        ...

    def suppressions(self, addresses: Sequence[str]) -> Mapping[str, Suppression]:
        """Which of these normalised addresses are suppressed."""
        ...

    def lift_suppression(self, address: str, evidence: str, actor: str) -> None:
        """Allow mailing again on a person's own word; only the API calls this."""
        ...

    def record(self, events: Mapping[str, Sequence[TimelineEvent]]) -> None:
        """Append to timelines, by contact id; an event with a known key is not added again."""
        ...

    def timeline(self, contact_id: str, cursor: str | None, limit: int) -> TimelinePage:
        """What happened to a contact, page by page."""
        ...
