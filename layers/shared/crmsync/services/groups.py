"""Marketing groups and their members, as people see and edit them."""

from __future__ import annotations

from dataclasses import dataclass

from crmsync.domain.contact import Group
from crmsync.domain.errors import Conflict, NotFound
from crmsync.ports.ids import Ids
from crmsync.ports.marketing import ContactPage, GroupPage, Marketing
from crmsync.services.contact_history import ContactHistory


@dataclass(frozen=True, slots=True)
class Groups:
    """The groups of one tenant."""

    marketing: Marketing
    ids: Ids
    history: ContactHistory

    def page(self, cursor: str | None, limit: int) -> GroupPage:
        """Groups by name."""
        return self.marketing.groups(cursor, limit)

    def one(self, group_id: str) -> Group:
        """The group, or `NotFound`."""
        group = self.marketing.group(group_id)
        if group is None:
            raise NotFound("no_such_group", f"There is no group '{group_id}'.")
        return group

    def create(self, name: str) -> Group:
        """A new group; `Conflict` when one has the name, case ignored, also if it came just now."""
        group_id = self.ids.new("g")
        group = self.marketing.create_group(group_id, name)
        if group.id != group_id:
            raise _name_taken(name)
        return group

    def rename(self, group_id: str, name: str) -> Group:
        """The group under its new name; `Conflict` when another one has it."""
        self.one(group_id)
        try:
            return self.marketing.rename_group(group_id, name)
        except Conflict as error:
            raise _name_taken(name) from error

    def members(self, group_id: str, cursor: str | None, limit: int) -> ContactPage:
        """Members in order of contact id, those who opted out included."""
        self.one(group_id)
        page = self.marketing.members_page(group_id, cursor, limit)
        found = self.marketing.contacts(page.contact_ids)
        items = tuple(found[each] for each in page.contact_ids if each in found)
        return ContactPage(items, page.cursor)

    def add_member(self, group_id: str, contact_id: str) -> None:
        """The contact is a member; a repeat changes nothing."""
        group, member = self._both(group_id, contact_id)
        if not member:
            self.marketing.add_members(group_id, [contact_id])
            self.history.moved(contact_id, "group_joined", group)

    def remove_member(self, group_id: str, contact_id: str) -> None:
        """The contact is no member, and stays a contact; a repeat changes nothing."""
        group, member = self._both(group_id, contact_id)
        if member:
            self.marketing.remove_members(group_id, [contact_id])
            self.history.moved(contact_id, "group_left", group)

    def _both(self, group_id: str, contact_id: str) -> tuple[Group, bool]:
        group = self.one(group_id)
        if contact_id not in self.marketing.contacts([contact_id]):
            raise NotFound("no_such_contact", f"There is no contact '{contact_id}'.")
        return group, contact_id in self.marketing.memberships(group_id, [contact_id])


def _name_taken(name: str) -> Conflict:
    text = f"There is a group called '{name}' already. Use that one or choose another name."
    return Conflict("name_taken", text, at="/name")
