"""What one login sees of a `FakeOrg`, and what each look costs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from crmsync.domain.connection import ApiBudget
from crmsync.domain.errors import ConnectionStopped, Defer
from crmsync.domain.person import Campaign, Member, OrgUser, Person
from crmsync.ports.crm import CrmSchema

from tests.fakes.org import FakeOrg
from tests.fakes.org_store import Login

PER_READ = 2000
PER_WRITE = 1000
"""Records one API call can read, and write: five collections of 200 in one composite call."""


class CrmSession:
    """Calls, quota and visibility; the reads and writes are built on it."""

    def __init__(self, org: FakeOrg, user_id: str, org_id: str | None = None) -> None:
        self.org = org
        self.user_id = user_id
        self.org_id = org_id or org.org_id
        self._calls = 0
        self._budget = ApiBudget()
        self._schema: CrmSchema | None = None

    @property
    def calls(self) -> int:
        return self._calls

    @property
    def budget(self) -> ApiBudget:
        return self._budget

    @property
    def notes(self) -> str:
        return "noted"

    def identity(self) -> OrgUser:
        self.spend()
        return replace(self.login.user, org_id=self.org.org_id)

    def schema(self) -> CrmSchema:
        """Free while it is as it was noted; what changed since has to be asked for."""
        if self._schema is None:
            now = self.describe()
            if self.org.noted.get(self.user_id) != now:
                self.spend()
            self._schema = self.org.noted[self.user_id] = now
        return self._schema

    def describe(self) -> CrmSchema:
        """What this login may do at this very moment."""
        org, login = self.org, self.login
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
            offered=org.offered,
        )

    # --- calls --------------------------------------------------------------------------------

    @property
    def login(self) -> Login:
        """The user as the org knows them now."""
        return self.org.logins[self.user_id]

    def spend(self, records: int = 1, *, per_call: int = PER_READ) -> None:
        """Count the calls; a stopped login and a spent quota answer before anything happens."""
        login, org, calls = self.login, self.org, max(1, -(-records // per_call))
        if login.stopped is not None:
            raise ConnectionStopped(*login.stopped)
        self._budget = ApiBudget(org.daily_used, org.daily_max, org.share)
        if org.daily_used + calls > org.daily_max:
            raise Defer("api_quota_spent", "The org's daily calls are used up.", seconds=900)
        self._calls += calls
        org.daily_used += calls
        self._budget = ApiBudget(org.daily_used, org.daily_max, org.share)

    def require(self, capability: str) -> None:
        """Stop where the org lacks what every further step needs."""
        for each in self.org.capabilities:
            if each.name == capability and not each.available:
                raise ConnectionStopped(each.code or capability, each.reason or "It is missing.")

    # --- visibility ---------------------------------------------------------------------------

    def sees_campaign(self, campaign_id: str) -> bool:
        """Whether the campaign exists for this login, deleted or not."""
        hidden = self.user_id in self.org.hidden.get(campaign_id, ())
        return campaign_id in self.org.campaigns and not hidden

    def seen_campaigns(self, ids: Iterable[str]) -> Mapping[str, Campaign]:
        """Those of the campaigns this login sees, counted now."""
        return {i: self.org.counted_campaign(i) for i in ids if self.sees_campaign(i)}

    def sees_row(self, row: Member) -> bool:
        """A row is visible with its campaign and, as a rule, only with its person."""
        if not self.sees_campaign(row.campaign_id):
            return False
        person = self.org.people.get(row.person_id)
        if person is None or not self.org.rows_need_person:
            return True
        return self.org.sees(self.user_id, person)

    def live_rows(self, campaign_id: str) -> list[Member]:
        """The live rows this login sees, in order of person."""
        held = self.org.live.get(campaign_id, {})
        rows = [self.org.rows[held[person_id]] for person_id in sorted(held)]
        return [row for row in rows if self.sees_row(row)]

    def seen_people(self, ids: Iterable[str]) -> list[Person]:
        """Those of the people this login sees, deleted ones included, as it sees them."""
        found = (self.org.people[i] for i in sorted(set(ids)) if i in self.org.people)
        return [self.masked(p) for p in found if self.org.sees(self.user_id, p)]

    def masked(self, person: Person) -> Person:
        """The record without what this login cannot read."""
        login = self.login
        if not login.masks:
            return person
        return replace(
            person,
            values={n: v for n, v in person.values.items() if n not in login.hidden_fields},
            hidden_fields=person.hidden_fields | login.hidden_fields,
            opted_out=person.opted_out if login.consent_readable else None,
        )


def timed(org: FakeOrg, rows: Sequence[Member]) -> tuple[Member, ...]:
    """The rows with their times, which only a delta tells."""
    return tuple(
        replace(row, created_at=org.created[row.id], modified_at=org.stamps[row.id]) for row in rows
    )
