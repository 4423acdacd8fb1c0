"""What people did to a contact, written on its timeline beside what sync did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from crmsync.domain.contact import Contact, Group, TimelineEvent
from crmsync.ports.clock import Clock
from crmsync.ports.marketing import Marketing


@dataclass(frozen=True, slots=True)
class ContactHistory:
    """Records the edits of one user, `actor`. A repeat of one edit is recorded once."""

    marketing: Marketing
    clock: Clock
    actor: str

    def created(self, contact: Contact) -> None:
        """The contact is new."""
        self._record(contact, "created", _differences({}, _all(contact)))

    def edited(self, before: Contact, after: Contact) -> None:
        """Fields changed, or the contact opted out."""
        changed = _differences(_all(before), _all(after))
        if changed:
            self._record(after, "edited", changed)
        if after.email_opt_out and not before.email_opt_out:
            self._record(after, "opted_out")

    def opted_in(self, contact: Contact, evidence: str) -> None:
        """The contact may be mailed again, on this evidence."""
        self._record(contact, "opted_in", detail=evidence)

    def moved(self, contact_id: str, kind: str, group: Group) -> None:
        """The contact joined or left the group; `kind` says which."""
        now = self.clock.now()
        key = f"{kind}#{group.id}#{now.isoformat()}"
        event = TimelineEvent(key, now, kind, self.actor, detail=group.name)
        self.marketing.record({contact_id: [event]})

    def _record(
        self,
        contact: Contact,
        kind: str,
        fields: tuple[Mapping[str, str], ...] = (),
        detail: str = "",
    ) -> None:
        now, key = self.clock.now(), f"{kind}#{contact.version}"
        event = TimelineEvent(key, now, kind, self.actor, fields=fields, detail=detail)
        self.marketing.record({contact.id: [event]})


def _all(contact: Contact) -> Mapping[str, str]:
    return {**contact.values, **contact.custom}


def _differences(
    before: Mapping[str, str], after: Mapping[str, str]
) -> tuple[Mapping[str, str], ...]:
    names = sorted(before.keys() | after.keys())
    pairs = [(name, before.get(name, ""), after.get(name, "")) for name in names]
    return tuple({"name": n, "before": old, "after": new} for n, old, new in pairs if old != new)
