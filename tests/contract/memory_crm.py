"""The org in memory, opened for the CRM suite."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from crmsync.domain.person import PersonKind

from tests.contract.subjects import CrmSubject
from tests.fakes.clock import FakeClock
from tests.fakes.crm import FakeCrm
from tests.fakes.org import FakeOrg

ME, COLLEAGUE = "005000000000001AAA", "005000000000002AAA"


@dataclass(frozen=True)
class MemoryEditor:
    """The users of a `FakeOrg` at work."""

    org: FakeOrg

    def add_person(
        self,
        kind: PersonKind = PersonKind.CONTACT,
        *,
        opted_out: bool = False,
        visible: bool = True,
        **values: str,
    ) -> str:
        owner = ME if visible else COLLEAGUE
        named = {"last_name": "Byron", **values}
        return self.org.create(owner, kind, named, opted_out=opted_out).id

    def edit(self, person_id: str, **values: str) -> None:
        self.org.edit(person_id, **values)

    def delete_person(self, person_id: str) -> None:
        self.org.delete_person(person_id)

    def merge(self, master_id: str, loser_id: str) -> None:
        self.org.merge(master_id, loser_id)

    def convert(self, lead_id: str) -> str:
        return self.org.convert(lead_id).id

    def values_of(self, person_id: str) -> Mapping[str, str]:
        return self.org.people[person_id].values

    def opted_out(self, person_id: str) -> bool:
        return self.org.people[person_id].opted_out is True

    def add_campaign(self, name: str, *, active: bool = True) -> str:
        return self.org.add_campaign(name, active=active).id

    def delete_campaign(self, campaign_id: str) -> None:
        self.org.delete_campaign(campaign_id)

    def join(self, campaign_id: str, person_id: str) -> str:
        return self.org.join(campaign_id, person_id).id

    def leave(self, campaign_id: str, person_id: str) -> None:
        self.org.leave(campaign_id, person_id)

    def is_member(self, campaign_id: str, person_id: str) -> bool:
        return self.org.is_member(campaign_id, person_id)

    def lacks_external_id(self) -> None:
        self.org.external_id = False

    def now(self) -> datetime:
        return self.org.now()

    def wait(self, seconds: float) -> None:
        self.org.clock.advance(seconds)


@contextmanager
def memory_crm() -> Iterator[CrmSubject]:
    """An org where everybody sees their own people; pages are small, so that there are several."""
    org = FakeOrg(FakeClock(), public=False, page_size=3)
    org.login(ME, "Avery Advisor", view_all=False)
    org.login(COLLEAGUE, "Blake Broker", view_all=False)
    yield CrmSubject(lambda: FakeCrm(org, ME), MemoryEditor(org), ME)
