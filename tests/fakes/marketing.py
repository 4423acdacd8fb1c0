"""The marketing store in memory, and what its users do to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from crmsync.domain.contact import (
    Contact,
    ContactDraft,
    ContactEdit,
    Group,
    Suppression,
    TimelineEvent,
)
from crmsync.domain.errors import Conflict, NotFound
from crmsync.domain.fields import FIELD_NAMES, address_key
from crmsync.ports.marketing import ContactPage, GroupPage, MemberIdsPage, TimelinePage, Touched

from tests.fakes.clock import FakeClock
from tests.fakes.pages import page_of
from tests.fakes.snapshots import Snapshots


@dataclass
class FakeMarketing(Snapshots):
    """One tenant's store. It has no way to delete a contact or a group.

    Lowering consent is an AssertionError unless `opt_in_allowed`, which only the API's tests set.
    """

    clock: FakeClock
    tenant_id: str = "t1"
    opt_in_allowed: bool = False
    page_size: int = 1000
    by_id: dict[str, Contact] = field(default_factory=dict)
    groups_by_id: dict[str, Group] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    addresses: dict[str, frozenset[str]] = field(default_factory=dict)
    members: dict[str, dict[str, datetime]] = field(default_factory=dict)
    moves: dict[str, dict[str, datetime]] = field(default_factory=dict)
    suppressed: dict[str, Suppression] = field(default_factory=dict)
    lifted: list[tuple[str, str, str]] = field(default_factory=list)
    events: dict[str, dict[str, TimelineEvent]] = field(default_factory=dict)
    writes: list[tuple[str, str, Mapping[str, str]]] = field(default_factory=list)

    # --- groups -------------------------------------------------------------------------------

    def groups(self, cursor: str | None, limit: int) -> GroupPage:
        items, last = page_of(self.groups_by_id.values(), _place, cursor, limit)
        return GroupPage(tuple(self._counted(group) for group in items), last)

    def group(self, group_id: str) -> Group | None:
        group = self.groups_by_id.get(group_id)
        return None if group is None else self._counted(group)

    def group_named(self, name: str) -> Group | None:
        group_id = self.names.get(name.casefold())
        return None if group_id is None else self.group(group_id)

    def create_group(self, group_id: str, name: str) -> Group:
        known = self.group_named(name) or self.group(group_id)
        if known is not None:
            return known
        now = self.clock.now()
        self.groups_by_id[group_id] = Group(group_id, name, 0, now, now)
        self.names[name.casefold()] = group_id
        self.writes.append(("create_group", group_id, {"name": name}))
        return self.groups_by_id[group_id]

    def rename_group(self, group_id: str, name: str) -> Group:
        group = self.groups_by_id.get(group_id)
        if group is None:
            raise NotFound("no_such_group", f"There is no group '{group_id}'.")
        if self.names.get(name.casefold(), group_id) != group_id:
            raise Conflict("name_taken", f"Another group is called {name}.")
        del self.names[group.name.casefold()]
        self.names[name.casefold()] = group_id
        self.groups_by_id[group_id] = replace(group, name=name, updated_at=self.clock.now())
        return self._counted(self.groups_by_id[group_id])

    def _counted(self, group: Group) -> Group:
        return replace(group, member_count=len(self.members.get(group.id, ())))

    # --- contacts -----------------------------------------------------------------------------

    def contacts_page(self, cursor: str | None, limit: int, search: str) -> ContactPage:
        found = [c for c in self.by_id.values() if _matches(c, search.casefold())]
        return ContactPage(*page_of(found, lambda contact: contact.id, cursor, limit))

    def contacts(self, ids: Sequence[str]) -> Mapping[str, Contact]:
        return {i: self.by_id[i] for i in ids if i in self.by_id}

    def contacts_by_email(self, addresses: Sequence[str]) -> tuple[Contact, ...]:
        ids: set[str] = set()
        for address in addresses:
            ids |= self.addresses.get(address_key(address), frozenset())
        return tuple(self.by_id[i] for i in sorted(ids))

    def create_contacts(self, drafts: Sequence[ContactDraft]) -> tuple[Contact, ...]:
        return tuple(map(self._create_contact, drafts))

    def _create_contact(self, draft: ContactDraft) -> Contact:
        if draft.id in self.by_id:
            return self.by_id[draft.id]
        contact = draft.contact(self.clock.now())
        self._store(contact)
        self.writes.append(("create_contact", draft.id, draft.values))
        return contact

    def edit_contacts(self, edits: Sequence[ContactEdit]) -> tuple[Contact | None, ...]:
        return tuple(map(self._edit_contact, edits))

    def _edit_contact(self, edit: ContactEdit) -> Contact | None:
        contact = self.by_id.get(edit.contact_id)
        if contact is None or contact.version != edit.version:
            return None
        edited = self._edited(contact, edit)
        assert self.opt_in_allowed or edited.email_opt_out >= contact.email_opt_out, (
            f"the opt-out of {contact.id} would be taken back"
        )
        self._store(edited)
        self.writes.append(("edit_contact", contact.id, {**edit.values, **edit.custom}))
        return edited

    def _edited(self, contact: Contact, edit: ContactEdit) -> Contact:
        unknown = set(edit.values) - set(FIELD_NAMES)
        assert not unknown, f"no such fields: {sorted(unknown)}"
        return edit.applied_to(contact, self.clock.now())

    def _store(self, contact: Contact) -> None:
        old = self.by_id.get(contact.id)
        self.by_id[contact.id] = contact
        key = address_key(contact.value("email"))
        old_key = address_key(old.value("email")) if old else ""
        if key == old_key:
            return
        if old_key:
            self.addresses[old_key] = self.addresses[old_key] - {contact.id}
        if key:
            self.addresses[key] = self.addresses.get(key, frozenset()) | {contact.id}

    # --- memberships --------------------------------------------------------------------------

    def members_page(self, group_id: str, cursor: str | None, limit: int) -> MemberIdsPage:
        return MemberIdsPage(*page_of(self.members.get(group_id, ()), str, cursor, limit))

    def memberships(self, group_id: str, contact_ids: Sequence[str]) -> frozenset[str]:
        return frozenset(self.members.get(group_id, {}).keys() & set(contact_ids))

    def groups_of(self, contact_id: str) -> tuple[str, ...]:
        return tuple(sorted(g for g, held in self.members.items() if contact_id in held))

    def add_members(self, group_id: str, contact_ids: Sequence[str]) -> None:
        for contact_id in contact_ids:
            self._add_member(group_id, contact_id)

    def _add_member(self, group_id: str, contact_id: str) -> None:
        if group_id not in self.groups_by_id:
            raise NotFound("no_such_group", f"There is no group '{group_id}'.")
        if contact_id not in self.by_id:
            raise NotFound("no_such_contact", f"There is no contact '{contact_id}'.")
        held = self.members.setdefault(group_id, {})
        if contact_id not in held:
            held[contact_id] = self._moved(group_id, contact_id)
            self.writes.append(("add_member", contact_id, {"group": group_id}))

    def remove_members(self, group_id: str, contact_ids: Sequence[str]) -> None:
        held = self.members.get(group_id, {})
        for contact_id in contact_ids:
            if held.pop(contact_id, None) is not None:
                self._moved(group_id, contact_id)
                self.writes.append(("remove_member", contact_id, {"group": group_id}))

    def _moved(self, group_id: str, contact_id: str) -> datetime:
        now = self.clock.now()
        self.moves.setdefault(group_id, {})[contact_id] = now
        return now

    def touched_since(self, group_ids: Sequence[str], since: datetime) -> Touched:
        contacts = frozenset(i for i, c in self.by_id.items() if c.updated_at >= since)
        moved = {
            g: frozenset(i for i, at in self.moves.get(g, {}).items() if at >= since)
            for g in group_ids
        }
        return Touched(contacts, moved)

    # --- consent ------------------------------------------------------------------------------

    def suppress(self, addresses: Sequence[str], source: str) -> None:
        now = self.clock.now()
        for key in map(address_key, addresses):
            self.suppressed.setdefault(key, Suppression(key, source, now))

    def suppressions(self, addresses: Sequence[str]) -> Mapping[str, Suppression]:
        return {a: self.suppressed[a] for a in addresses if a in self.suppressed}

    def lift_suppression(self, address: str, evidence: str, actor: str) -> None:
        assert self.opt_in_allowed, "only the API may lift a suppression"
        assert evidence, "a suppression is lifted only with evidence"
        assert actor, "a suppression is lifted by somebody"
        self.suppressed.pop(address_key(address), None)
        self.lifted.append((address_key(address), evidence, actor))

    # --- timeline -----------------------------------------------------------------------------

    def record(self, events: Mapping[str, Sequence[TimelineEvent]]) -> None:
        for contact_id, happened in events.items():
            known = self.events.setdefault(contact_id, {})
            for event in happened:
                known.setdefault(event.key, event)

    def timeline(self, contact_id: str, cursor: str | None, limit: int) -> TimelinePage:
        known = self.events.get(contact_id, {}).values()
        return TimelinePage(*page_of(known, _moment, cursor, limit, backwards=True))

    # --- what a user of the marketing platform does (never counted) ---------------------------

    def user_adds(
        self, contact_id: str, *groups: str, opt_out: bool = False, **values: str
    ) -> Contact:
        """Somebody types in a new contact and puts it into groups."""
        contact = self._create_contact(ContactDraft(contact_id, values, opt_out))
        for group_id in groups:
            self._add_member(group_id, contact_id)
        return contact

    def user_edits(self, contact_id: str, **values: str) -> Contact:
        """Somebody changes fields of a contact."""
        edited = self._edit_contact(ContactEdit(contact_id, self.by_id[contact_id].version, values))
        assert edited is not None
        return edited

    def user_opts_out(self, contact_id: str) -> None:
        """The contact unsubscribes: its flag, and its address for whoever holds it."""
        contact = self.by_id[contact_id]
        self._edit_contact(ContactEdit(contact_id, contact.version, email_opt_out=True))
        if contact.value("email"):
            self.suppress([contact.value("email")], "marketing")

    def user_opts_in(self, contact_id: str, evidence: str = "signed form") -> None:
        """The contact asks to be mailed again; the one way consent comes back."""
        contact, allowed = self.by_id[contact_id], self.opt_in_allowed
        self.opt_in_allowed = True
        self._edit_contact(ContactEdit(contact_id, contact.version, email_opt_out=False))
        if contact.value("email"):
            self.lift_suppression(contact.value("email"), evidence, contact_id)
        self.opt_in_allowed = allowed


def _matches(contact: Contact, search: str) -> bool:
    name = f"{contact.value('first_name')} {contact.value('last_name')}".casefold()
    return contact.value("email").casefold().startswith(search) or search in name


def _place(group: Group) -> str:
    return f"{group.name.casefold()}\0{group.id}"


def _moment(event: TimelineEvent) -> str:
    return f"{event.at.isoformat()} {event.key}"
