"""One login's view of a `FakeOrg`: the CRM port, with calls counted as the port says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from crmsync.domain.connection import ApiBudget, Reach
from crmsync.domain.errors import ConnectionStopped, Defer
from crmsync.domain.fields import address_key
from crmsync.domain.person import Campaign, Member, OrgUser, Person, PersonKind
from crmsync.ports.crm import CampaignPage, CrmSchema, Delta, Look, MemberPage, PersonWrite, Written

from tests.fakes.org import FakeOrg, Login

PER_READ = 2000
PER_WRITE = 1000
"""Records one API call can read, and write: five collections of 200 in one composite call."""


class FakeCrm:
    """A session of one CRM user. It has no way to delete a person or to lower consent."""

    def __init__(self, org: FakeOrg, user_id: str) -> None:
        self.org = org
        self.user_id = user_id
        self._calls = 0
        self._budget = ApiBudget()
        self._schema: CrmSchema | None = None

    @property
    def calls(self) -> int:
        return self._calls

    @property
    def budget(self) -> ApiBudget:
        return self._budget

    # --- who and what -------------------------------------------------------------------------

    def identity(self) -> OrgUser:
        self._spend()
        return self._login.user

    def schema(self) -> CrmSchema:
        if self._schema is None:
            self._spend()
            self._schema = self._describe()
        return self._schema

    def _describe(self) -> CrmSchema:
        org, login = self.org, self._login
        names = tuple(n for n in org.field_names if n not in login.hidden_fields)
        return CrmSchema(
            fields=names,
            writable=frozenset(names) - login.read_only,
            hidden=login.hidden_fields,
            consent_readable=login.consent_readable,
            consent_writable=login.consent_readable and login.consent_writable,
            external_id=org.external_id,
            person_accounts=org.person_accounts,
            capabilities=org.capabilities,
        )

    # --- campaigns ----------------------------------------------------------------------------

    def campaigns(self, search: str, cursor: str | None) -> CampaignPage:
        self._spend()
        wanted = search.casefold()
        found = [c for c in self._seen_campaigns() if wanted in c.name.casefold()]
        listed = sorted((c for c in found if c.active), key=_place)
        listed = [c for c in listed if cursor is None or _place(c) > cursor]
        page = listed[: self.org.page_size]
        last = _place(page[-1]) if len(listed) > len(page) else None
        return CampaignPage(tuple(page), last, sum(not c.active for c in found))

    def campaigns_named(self, name: str) -> tuple[Campaign, ...]:
        self._spend()
        wanted = name.casefold()
        return tuple(c for c in self._seen_campaigns() if c.name.casefold() == wanted)

    def campaigns_by_id(self, ids: Sequence[str]) -> Mapping[str, Campaign]:
        self._spend()
        return self._campaigns_by_id(ids)

    def reach(self, campaign_ids: Sequence[str]) -> Reach:
        self._spend()
        members = {row.person_id for c in campaign_ids for row in self._seen_rows(c)}
        people = [p for p in self._seen_people(members) if not p.deleted]
        owned = sum(p.owner_id == self.user_id for p in people)
        counted = sum(self.org.counted.get(c, 0) for c in campaign_ids)
        return Reach(counted, len(people), owned)

    def create_campaign(self, name: str) -> Written:
        self._spend()
        if not name.strip():
            return Written(error="required_field_missing", detail="Required fields: name")
        with AsApi(self.org):
            return Written(id=self.org.add_campaign(name, owner=self.user_id).id)

    def _campaigns_by_id(self, ids: Sequence[str]) -> Mapping[str, Campaign]:
        org = self.org
        seen = [i for i in ids if i in org.campaigns and not self._hidden(i)]
        return {i: org.counted_campaign(i) for i in seen}

    def _seen_campaigns(self) -> list[Campaign]:
        seen = self._campaigns_by_id(list(self.org.campaigns)).values()
        return [c for c in seen if not c.deleted]

    # --- reading members and people -----------------------------------------------------------

    def delta(self, campaign_ids: Sequence[str], since: datetime) -> Delta:
        org, since = self.org, since.replace(microsecond=0)
        rows = self._changed_rows(campaign_ids, since)
        people = self._changed_people(campaign_ids, rows, since)
        truncated = max(len(rows), len(people)) > org.delta_limit
        self._spend(_calls_for(max(len(rows), len(people))))
        return Delta(
            server_time=org.now(),
            campaigns=self._campaigns_by_id(campaign_ids),
            members=tuple(rows[: org.delta_limit]),
            people={p.id: p for p in people[: org.delta_limit]},
            org_id=org.org_id,
            truncated=truncated,
        )

    def _changed_rows(self, campaign_ids: Sequence[str], since: datetime) -> list[Member]:
        org, wanted = self.org, set(campaign_ids)
        return [
            row
            for row in org.rows.values()
            if row.campaign_id in wanted
            and org.stamps[row.id] >= since
            and (org.deleted_rows_in_delta or not row.deleted)
            and self._sees_row(row)
        ]

    def _changed_people(
        self, campaign_ids: Sequence[str], rows: Sequence[Member], since: datetime
    ) -> list[Person]:
        org = self.org
        ids = {person_id for c in campaign_ids for person_id in org.live.get(c, ())}
        touched = {row.person_id for row in rows}
        stamps, oldest = org.stamps, datetime.max.replace(tzinfo=since.tzinfo)
        changed = {i for i in ids | touched if stamps.get(i, oldest) >= since and i in stamps}
        people = self._seen_people(changed | touched if org.changed_rows_bring_people else changed)
        return [p for p in people if org.deleted_people_in_delta or not p.deleted]

    def server_time(self) -> datetime:
        self._spend()
        return self.org.now()

    def members_page(self, campaign_id: str, cursor: str | None) -> MemberPage:
        self._spend()
        rows = sorted(self._seen_rows(campaign_id), key=lambda row: row.person_id)
        rows = [row for row in rows if cursor is None or row.person_id > cursor]
        page = rows[: self.org.page_size]
        people = self._seen_people(row.person_id for row in page)
        last = page[-1].person_id if len(rows) > len(page) else None
        return MemberPage(tuple(page), {p.id: p for p in people}, last)

    def member_ids(self, campaign_id: str) -> tuple[Member, ...]:
        rows = tuple(self._seen_rows(campaign_id))
        self._spend(_calls_for(len(rows)))
        return rows

    def look(self, campaign_ids: Sequence[str], person_ids: Sequence[str]) -> Look:
        self._spend(_calls_for(len(person_ids)))
        org, wanted = self.org, dict.fromkeys(person_ids)
        live = [org.live.get(c, {}) for c in campaign_ids]
        rows = [org.rows[held[i]] for held in live for i in wanted if i in held]
        people = {p.id: p for p in self._seen_people(wanted)}
        return Look(people, tuple(row for row in rows if self._sees_row(row)))

    def predecessors(self, person_ids: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
        self._spend(_calls_for(len(person_ids)))
        gone = {i: self.org.replaced.get(i, ()) for i in person_ids}
        seen = {i: tuple(p.id for p in self._seen_people(ids)) for i, ids in gone.items()}
        return {survivor: ids for survivor, ids in seen.items() if ids}

    def people_by_email(self, addresses: Sequence[str]) -> tuple[Person, ...]:
        self._spend(_calls_for(len(addresses)))
        keys = dict.fromkeys(map(address_key, addresses))
        ids = [i for key in keys if key for i in self.org.emails.get(key, ())]
        return tuple(p for p in self._seen_people(ids) if not (p.deleted or p.converted_into))

    def people_by_external_id(self, contact_ids: Sequence[str]) -> tuple[Person, ...]:
        if not self.org.external_id:
            return ()
        self._spend(_calls_for(len(contact_ids)))
        ids = [i for key in dict.fromkeys(contact_ids) for i in self.org.keys.get(key, ())]
        return tuple(p for p in self._seen_people(ids) if not p.deleted)

    # --- writing ------------------------------------------------------------------------------

    def write_people(self, writes: Sequence[PersonWrite]) -> tuple[Written, ...]:
        self._spend(_calls_for(len(writes), PER_WRITE))
        with AsApi(self.org):
            return tuple(self._write(write) for write in writes)

    def _write(self, write: PersonWrite) -> Written:
        self._check(write)
        known = self.org.people.get(write.person.id) if write.person else None
        if write.person is not None and (known is None or not self.org.sees(self.user_id, known)):
            return Written(error="not_found", detail="The record does not exist or is not shared.")
        if write.person is None and self.org.external_id:
            known = self._upserted(write)
        refused = self._refused(write, known)
        return refused or (self._change(write, known) if known else self._create(write))

    def _check(self, write: PersonWrite) -> None:
        """What no code under test may ever ask for."""
        assert write.opt_out in (True, False), f"consent as {write.opt_out!r}"
        foreign = set(write.values) - self._describe().writable
        assert not foreign, f"not writable here: {sorted(foreign)}"
        assert all(isinstance(v, str) for v in write.values.values()), f"not text: {write.values}"
        lead = write.person is not None and write.person.kind is PersonKind.LEAD
        assert not (lead and write.values), "fields of leads are never written"

    def _upserted(self, write: PersonWrite) -> Person | None:
        """With the external id a repeated create finds the first one, whoever may see it."""
        ids = self.org.keys.get(write.contact_id, ())
        live = [self.org.people[i] for i in ids if not self.org.people[i].deleted]
        return live[0] if live else None

    def _refused(self, write: PersonWrite, known: Person | None) -> Written | None:
        if known is not None and known.deleted:
            return Written(error="entity_is_deleted", detail="The record is deleted.")
        if known is not None and known.converted_into:
            return Written(error="cannot_update_converted_lead", detail="The lead is converted.")
        if write.opt_out and not self._describe().consent_writable:
            return Written(error="field_not_writable", detail="The opt-out cannot be written.")
        problem = self.org.refusal(write.contact_id, known, write.values)
        if problem is not None:
            return Written(error=problem[0], detail=problem[1])
        matches = self.org.duplicates(self.user_id, write.values) if known is None else ()
        if matches:
            return Written(error="duplicates_detected", detail="Use one of these?", matches=matches)
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
        back = self._masked(stored) if self.org.reads_back else None
        return Written(id=stored.id, person=back)

    def add_members(self, campaign_id: str, people: Sequence[Person]) -> tuple[Written, ...]:
        self._spend(_calls_for(len(people), PER_WRITE))
        with AsApi(self.org):
            return tuple(self._add_member(campaign_id, person) for person in people)

    def _add_member(self, campaign_id: str, asked: Person) -> Written:
        org = self.org
        campaign, person = org.campaigns.get(campaign_id), org.people.get(asked.id)
        if campaign is None or campaign.deleted or self._hidden(campaign_id):
            return Written(error="invalid_cross_reference_key", detail="No such campaign.")
        if person is None or person.deleted or not org.sees(self.user_id, person):
            return Written(error="invalid_cross_reference_key", detail="No such person.")
        if person.converted_into:
            return Written(error="cannot_update_converted_lead", detail="The lead is converted.")
        if person.id in org.poisoned:
            return Written(error=org.poisoned[person.id][0], detail=org.poisoned[person.id][1])
        return Written(id=org.join(campaign_id, person.id).id)

    def remove_members(self, rows: Sequence[Member]) -> tuple[Written, ...]:
        self._spend(_calls_for(len(rows), PER_WRITE))
        with AsApi(self.org):
            return tuple(self._remove_member(row) for row in rows)

    def _remove_member(self, row: Member) -> Written:
        known = self.org.rows.get(row.id)
        assert known is not None, f"{row.id} never was a member row; only those are ever deleted"
        if not (known.deleted or self._sees_row(known)):
            return Written(error="insufficient_access", detail="The row is not shared.")
        self.org.end_row(row.id)
        return Written(id=row.id)

    # --- what this login sees -----------------------------------------------------------------

    @property
    def _login(self) -> Login:
        return self.org.logins[self.user_id]

    def _spend(self, calls: int = 1) -> None:
        """Count the calls; a stopped login and a spent quota answer before anything happens."""
        login, org = self._login, self.org
        if login.stopped is not None:
            raise ConnectionStopped(*login.stopped)
        if org.daily_used + calls > org.daily_max:
            self._budget = ApiBudget(org.daily_used, org.daily_max, org.share)
            raise Defer("request_limit_exceeded", "The org's daily calls are used up.", seconds=900)
        self._calls += calls
        org.daily_used += calls
        self._budget = ApiBudget(org.daily_used, org.daily_max, org.share)

    def _hidden(self, record_id: str) -> bool:
        return self.user_id in self.org.hidden.get(record_id, ())

    def _seen_rows(self, campaign_id: str) -> list[Member]:
        rows = (self.org.rows[i] for i in self.org.live.get(campaign_id, {}).values())
        return [row for row in rows if self._sees_row(row)]

    def _sees_row(self, row: Member) -> bool:
        if self._hidden(row.campaign_id):
            return False
        person = self.org.people.get(row.person_id)
        return (
            person is None or not self.org.rows_need_person or self.org.sees(self.user_id, person)
        )

    def _seen_people(self, ids: Iterable[str]) -> list[Person]:
        found = (self.org.people[i] for i in sorted(ids) if i in self.org.people)
        return [self._masked(p) for p in found if self.org.sees(self.user_id, p)]

    def _masked(self, person: Person) -> Person:
        login = self._login
        if not login.masks:
            return person
        return replace(
            person,
            values={n: v for n, v in person.values.items() if n not in login.hidden_fields},
            hidden_fields=login.hidden_fields,
            opted_out=person.opted_out if login.consent_readable else None,
        )


class FakeGateway:
    """Opens sessions of the connections it was told about."""

    def __init__(self) -> None:
        self.logins: dict[str, tuple[FakeOrg, str]] = {}
        self.stopped: dict[str, tuple[str, str]] = {}
        self.sessions: list[FakeCrm] = []

    def open(self, connection_id: str) -> FakeCrm:
        if connection_id in self.stopped:
            raise ConnectionStopped(*self.stopped[connection_id])
        if connection_id not in self.logins:
            raise ConnectionStopped("not_connected", f"{connection_id} was never connected.")
        session = FakeCrm(*self.logins[connection_id])
        self.sessions.append(session)
        return session


class AsApi:
    """What happens inside was done through the API."""

    def __init__(self, org: FakeOrg) -> None:
        self.org = org

    def __enter__(self) -> None:
        self.before, self.org.actor = self.org.actor, "api"

    def __exit__(self, *_: object) -> None:
        self.org.actor = self.before


def _calls_for(count: int, per_call: int = PER_READ) -> int:
    return max(1, -(-count // per_call))


def _place(campaign: Campaign) -> str:
    return f"{campaign.name.casefold()}\0{campaign.id}"
