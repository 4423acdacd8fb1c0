"""The CRM port over a `FakeOrg`: reads, writes, and the gateway that opens sessions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from crmsync.domain.errors import ConnectionStopped
from crmsync.domain.mapping import CAMPAIGN_NAME_LENGTH
from crmsync.domain.person import Member, Person, PersonKind
from crmsync.ports.crm import PersonWrite, Written

from tests.fakes.crm_reads import CrmReads
from tests.fakes.crm_session import PER_WRITE
from tests.fakes.org import FakeOrg


class FakeCrm(CrmReads):
    """A session of one CRM user. It has no way to delete a person or to lower consent."""

    def create_campaign(self, name: str) -> Written:
        self.spend()
        if not name.strip():
            return Written(error="required_field_missing", detail="name is required.")
        if len(name) > CAMPAIGN_NAME_LENGTH:
            return Written(error="value_too_long", detail="name: that is too long.")
        with self.org.acting("api"):
            return Written(id=self.org.add_campaign(name, owner=self.login.user.user_name).id)

    # --- people -------------------------------------------------------------------------------

    def write_people(self, writes: Sequence[PersonWrite]) -> tuple[Written, ...]:
        self.spend(len(writes), per_call=PER_WRITE)
        with self.org.acting("api"):
            return tuple(self._write(write) for write in writes)

    def _write(self, write: PersonWrite) -> Written:
        self._check(write)
        known = self._record_of(write)
        if write.person is not None and known is None:
            return Written(error="gone", detail="The record does not exist or is not shared.")
        return self._refused(write, known) or (
            self._change(write, known) if known else self._create(write)
        )

    def _check(self, write: PersonWrite) -> None:
        """What no code under test may ever ask for."""
        assert write.opt_out in (True, False), f"consent as {write.opt_out!r}"
        foreign = set(write.values) - set(self.org.field_names)
        assert not foreign, f"no such fields: {sorted(foreign)}"
        assert all(isinstance(v, str) for v in write.values.values()), f"not text: {write.values}"
        lead = write.person is not None and write.person.kind is PersonKind.LEAD
        assert not (lead and write.values), "fields of leads are never written"

    def _record_of(self, write: PersonWrite) -> Person | None:
        """The record to change. With our own id a repeated creation finds the first one."""
        org = self.org
        if write.person is not None:
            known = org.people.get(write.person.id)
            return known if known and org.sees(self.user_id, known) else None
        same = [org.people[i] for i in org.keys.get(write.contact_id, ())]
        return next((p for p in same if org.external_id and not p.deleted), None)

    def _refused(self, write: PersonWrite, known: Person | None) -> Written | None:
        blocked = _blocked(known) or self._read_only(write)
        problem = blocked or self.org.refusal(write.contact_id, known, write.values)
        if problem is not None:
            return Written(error=problem[0], detail=problem[1])
        matches = self.org.duplicates(self.user_id, write.values) if known is None else ()
        if matches:
            return Written(error="duplicate_rule", detail="Is it one of these?", matches=matches)
        return None

    def _read_only(self, write: PersonWrite) -> tuple[str, str] | None:
        schema = self.describe()
        foreign = sorted(set(write.values) - schema.writable)
        if foreign or (write.opt_out and not schema.consent_writable):
            return ("field_not_writable", f"{foreign or 'the opt-out'} cannot be written.")
        return None

    def _change(self, write: PersonWrite, person: Person) -> Written:
        values = {**person.values, **self.org.as_stored(write.values)}
        changed = replace(person, values=values, opted_out=bool(person.opted_out) or write.opt_out)
        stored = self.org.store(changed)
        assert bool(stored.opted_out) >= bool(person.opted_out), "consent was lowered"
        return self._acknowledged(stored)

    def _create(self, write: PersonWrite) -> Written:
        org = self.org
        kind = PersonKind.PERSON_ACCOUNT if org.creates_person_accounts else PersonKind.CONTACT
        stored = org.create(
            self.user_id,
            kind,
            write.values,
            opted_out=write.opt_out,
            external_id=write.contact_id,
        )
        return self._acknowledged(stored)

    def _acknowledged(self, stored: Person) -> Written:
        back = self.masked(stored) if self.org.reads_back else None
        return Written(id=stored.id, person=back)

    # --- members ------------------------------------------------------------------------------

    def add_members(self, campaign_id: str, people: Sequence[Person]) -> tuple[Written, ...]:
        self.spend(len(people), per_call=PER_WRITE)
        with self.org.acting("api"):
            return tuple(self._add_member(campaign_id, person.id) for person in people)

    def _add_member(self, campaign_id: str, person_id: str) -> Written:
        org = self.org
        person = org.people.get(person_id)
        if not self.sees_campaign(campaign_id) or org.campaigns[campaign_id].deleted:
            return Written(error="gone", detail="The campaign is gone or not shared.")
        if person is None or not org.sees(self.user_id, person):
            return Written(error="gone", detail="The person is gone or not shared.")
        problem = _blocked(person) or org.poisoned.get(person_id)
        if problem is not None:
            return Written(error=problem[0], detail=problem[1])
        existed = org.is_member(campaign_id, person_id)
        return Written(id=org.join(campaign_id, person_id).id, existed=existed)

    def remove_members(self, rows: Sequence[Member]) -> tuple[Written, ...]:
        self.spend(len(rows), per_call=PER_WRITE)
        with self.org.acting("api"):
            return tuple(self._remove_member(row) for row in rows)

    def _remove_member(self, row: Member) -> Written:
        known = self.org.rows.get(row.id)
        assert known is not None, f"{row.id} never was a membership row; only those are deleted"
        if not (known.deleted or self.sees_row(known)):
            return Written(error="no_access", detail="The row is not shared.")
        self.org.end_row(row.id)
        return Written(id=row.id)


class FakeGateway:
    """Opens sessions of the connections it was told about."""

    def __init__(self) -> None:
        self.logins: dict[str, tuple[FakeOrg, str, str]] = {}
        self.stopped: dict[str, tuple[str, str]] = {}
        self.sessions: list[FakeCrm] = []

    def connect(self, connection_id: str, org: FakeOrg, user_id: str) -> None:
        """From now on the connection leads to this user of the org as it is now."""
        self.logins[connection_id] = (org, user_id, org.org_id)

    def open(self, connection_id: str) -> FakeCrm:
        if connection_id in self.stopped:
            raise ConnectionStopped(*self.stopped[connection_id])
        if connection_id not in self.logins:
            raise ConnectionStopped("needs_reauth", f"{connection_id} was never connected.")
        session = FakeCrm(*self.logins[connection_id])
        self.sessions.append(session)
        return session


def _blocked(person: Person | None) -> tuple[str, str] | None:
    """Why nothing at all can be done to this record."""
    if person is not None and person.deleted:
        return ("gone", "The record is deleted.")
    if person is not None and person.converted_into:
        return ("lead_converted", "The lead was converted into a contact.")
    return None
