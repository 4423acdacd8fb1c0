"""Whether an opt-out may be taken back: only while no CRM record of that address holds one.

Orders of doubt: what the CRM says now counts; where it cannot be asked, what it last said.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from crmsync.domain.connection import Connection, ConnectionStatus
from crmsync.domain.contact import Contact
from crmsync.domain.errors import Conflict, ConnectionStopped, Invalid
from crmsync.domain.person import Person
from crmsync.ports.connections import Connections
from crmsync.ports.crm import Crm
from crmsync.ports.marketing import Marketing
from crmsync.ports.state import SyncState

_ASKED = frozenset({ConnectionStatus.CONNECTED, ConnectionStatus.NEEDS_REAUTH})


@dataclass(frozen=True, slots=True)
class OptIn:
    """Asks every CRM of the tenant about one address."""

    tenant_id: str
    marketing: Marketing
    connections: Connections
    state_of: Callable[[Connection], SyncState]
    crm_of: Callable[[Connection], Crm]

    def require(self, contact: Contact, address: str, evidence: str) -> None:
        """Nothing when mailing may start again.

        `Invalid` without the person's own word, `Conflict` while a CRM record reads opted out.
        """
        if not evidence:
            raise _evidence_required()
        same = self.marketing.contacts_by_email([address]) if address else ()
        contact_ids = sorted({contact.id, *(each.id for each in same)})
        for connection in self.connections.list(self.tenant_id):
            if connection.status in _ASKED and self._opted_out(connection, contact_ids, address):
                text = (
                    f"A record of this person in '{connection.org.org_name}' reads opted out. "
                    "Clear it there first, then try again."
                )
                raise Conflict("opted_out_in_crm", text)

    def _opted_out(self, connection: Connection, contact_ids: Sequence[str], address: str) -> bool:
        links = self.state_of(connection).links_by_contact(contact_ids).values()
        try:
            crm = self._reachable(connection)
            linked = crm.look([], [link.person_id for link in links]).people if links else {}
            others = crm.people_by_email([address]) if address else ()
        except ConnectionStopped:
            return any(link.opted_out for link in links)
        unseen = [link for link in links if link.person_id not in linked]
        reads = any(_reads_opted_out(person) for person in (*linked.values(), *others))
        return reads or any(link.opted_out for link in unseen)

    def _reachable(self, connection: Connection) -> Crm:
        if connection.status is not ConnectionStatus.CONNECTED:
            raise ConnectionStopped(connection.status.value, "The connection cannot be used now.")
        return self.crm_of(connection)


def _reads_opted_out(person: Person) -> bool:
    return person.opted_out is True and not person.deleted


def _evidence_required() -> Invalid:
    text = "Say in opt_in_evidence how this person asked to be mailed again, and when."
    return Invalid("evidence_required", text, at="/opt_in_evidence")
