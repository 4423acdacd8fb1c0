"""Contacts as people write them. An opt-out counts at once; taking one back needs evidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from crmsync.domain.contact import Contact, ContactDraft, ContactEdit
from crmsync.domain.custom_fields import require_room
from crmsync.domain.errors import Conflict, NotFound
from crmsync.domain.fields import FIELD_NAMES, Values, address_key
from crmsync.ports.ids import Ids
from crmsync.ports.marketing import Marketing
from crmsync.services.contact_history import ContactHistory
from crmsync.services.opt_in import OptIn

ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class ContactInput:
    """What somebody wants a contact to hold. Only the named fields change; '' clears one.

    `email_opt_out` None leaves consent alone. `version`, when given, must be the current one.
    """

    values: Values = field(default_factory=dict)
    custom: Mapping[str, str] = field(default_factory=dict)
    email_opt_out: bool | None = None
    evidence: str = ""
    version: int | None = None


@dataclass(frozen=True, slots=True)
class EditContacts:
    """Writes the contacts of one tenant and says so on their timelines. Nothing is ever deleted."""

    marketing: Marketing
    ids: Ids
    opt_in: OptIn
    history: ContactHistory

    def create(self, new: ContactInput) -> Contact:
        """A new contact; an opt-out it comes with suppresses its address."""
        require_room({}, new.custom)
        values = {name: new.values.get(name, "") for name in FIELD_NAMES}
        opted_out = new.email_opt_out is True
        if opted_out:
            self._suppress(values["email"])
        draft = ContactDraft(self.ids.new("c"), values, opted_out, new.custom)
        contact = self.marketing.create_contacts([draft])[0]
        self.history.created(contact)
        return contact

    def edit(self, contact_id: str, wanted: ContactInput) -> Contact:
        """The contact after the edit, tried again when somebody else edits it at the same time."""
        for _ in range(ATTEMPTS):
            before = self._current(contact_id, wanted.version)
            edit = self._edit(before, wanted)
            if edit is None:
                return before
            after = self.marketing.edit_contacts([edit])[0]
            if after is not None:
                self._settle(before, after, wanted.evidence if edit.email_opt_out is False else "")
                return after
        raise _stale(contact_id)

    def _current(self, contact_id: str, version: int | None) -> Contact:
        contact = self.marketing.contacts([contact_id]).get(contact_id)
        if contact is None:
            raise NotFound("no_such_contact", f"There is no contact '{contact_id}'.")
        if version is not None and version != contact.version:
            raise _stale(contact_id)
        return contact

    def _edit(self, before: Contact, wanted: ContactInput) -> ContactEdit | None:
        """What is to be written, with the opt-out on record first; None when nothing changes."""
        values = {n: v for n, v in wanted.values.items() if v != before.values.get(n, "")}
        custom = {n: v for n, v in wanted.custom.items() if v != before.custom.get(n, "")}
        require_room(before.custom, {**before.custom, **custom})
        email = values.get("email", before.value("email"))
        consent = self._consent(before, wanted, email)
        if consent or (before.email_opt_out and consent is None):
            self._suppress(before.value("email"), email)
        if not (values or custom or consent is not None):
            return None
        return ContactEdit(before.id, before.version, values, custom, consent)

    def _consent(self, before: Contact, wanted: ContactInput, email: str) -> bool | None:
        """The new opt-out flag, or None when it stays; refuses what may not be taken back."""
        if wanted.email_opt_out is None or (wanted.email_opt_out and before.email_opt_out):
            return None
        if wanted.email_opt_out:
            return True
        suppressed = bool(self.marketing.suppressions([address_key(email)])) if email else False
        if not (before.email_opt_out or suppressed):
            return None
        self.opt_in.require(before, address_key(email), wanted.evidence)
        return False

    def _settle(self, before: Contact, after: Contact, evidence: str) -> None:
        self.history.edited(before, after)
        if evidence:
            address = address_key(after.value("email"))
            if address:
                self.marketing.lift_suppression(address, evidence, self.history.actor)
            self.history.opted_in(after, evidence)

    def _suppress(self, *emails: str) -> None:
        addresses = sorted({address_key(email) for email in emails if email})
        if addresses:
            self.marketing.suppress(addresses, "marketing")


def _stale(contact_id: str) -> Conflict:
    text = (
        f"Contact '{contact_id}' was changed by somebody else. Load it again and repeat the edit."
    )
    return Conflict("stale", text)
