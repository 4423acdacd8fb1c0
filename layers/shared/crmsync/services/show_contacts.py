"""Contacts as people read them: with their groups, and whether they may be mailed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from crmsync.domain.contact import Contact, mailable
from crmsync.domain.errors import NotFound
from crmsync.domain.fields import address_key
from crmsync.ports.marketing import Marketing, TimelinePage


@dataclass(frozen=True, slots=True)
class ContactView:
    """A contact with what only other records tell. `mailable_reason` is a code or None."""

    contact: Contact
    group_ids: tuple[str, ...]
    mailable: bool
    mailable_reason: str | None


@dataclass(frozen=True, slots=True)
class ContactViewPage:
    """Contacts; `cursor` is None on the last page."""

    items: tuple[ContactView, ...]
    cursor: str | None


@dataclass(frozen=True, slots=True)
class ShowContacts:
    """Reads the contacts of one tenant."""

    marketing: Marketing

    def page(self, cursor: str | None, limit: int, search: str) -> ContactViewPage:
        """Contacts whose address starts with `search` or whose name holds it; '' finds all."""
        page = self.marketing.contacts_page(cursor, limit, search)
        return ContactViewPage(self.views(page.items), page.cursor)

    def one(self, contact_id: str) -> ContactView:
        """The contact, or `NotFound`."""
        return self.views([self.plain(contact_id)])[0]

    def plain(self, contact_id: str) -> Contact:
        """The contact alone, or `NotFound`."""
        found = self.marketing.contacts([contact_id]).get(contact_id)
        if found is None:
            raise NotFound("no_such_contact", f"There is no contact '{contact_id}'.")
        return found

    def timeline(self, contact_id: str, cursor: str | None, limit: int) -> TimelinePage:
        """What happened to the contact, newest first."""
        self.plain(contact_id)
        return self.marketing.timeline(contact_id, cursor, limit)

    def views(self, contacts: Sequence[Contact]) -> tuple[ContactView, ...]:
        """These contacts with their groups and whether they may be mailed, in the same order."""
        addresses = {address_key(each.value("email")) for each in contacts} - {""}
        suppressed = self.marketing.suppressions(sorted(addresses)) if addresses else {}
        return tuple(
            self._view(each, suppressed=address_key(each.value("email")) in suppressed)
            for each in contacts
        )

    def _view(self, contact: Contact, *, suppressed: bool) -> ContactView:
        may, reason = mailable(contact, suppressed=suppressed)
        return ContactView(contact, self.marketing.groups_of(contact.id), may, reason)
