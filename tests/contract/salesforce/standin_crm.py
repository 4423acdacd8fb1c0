"""A stand-in org behind the Salesforce adapter, opened for the CRM suite."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from crmsync.adapters.salesforce.descriptors import DESCRIPTORS
from crmsync.domain.person import PersonKind

from tests.contract.salesforce.providers import org as fresh_org
from tests.contract.salesforce.standin_org import StandinOrg
from tests.contract.subjects import CrmSubject

DESCRIPTOR = DESCRIPTORS["salesforce"]
ME, COLLEAGUE = "avery.advisor", "blake.broker"


@dataclass(frozen=True)
class StandinEditor:
    """The users of a stand-in org at work."""

    org: StandinOrg

    def add_person(
        self,
        kind: PersonKind = PersonKind.CONTACT,
        *,
        opted_out: bool = False,
        visible: bool = True,
        **values: str,
    ) -> str:
        name = "Lead" if kind is PersonKind.LEAD else "Contact"
        columns = _columns(name, {"last_name": "Byron", **values})
        columns |= {"Company": "Ltd"} if name == "Lead" else {}
        columns |= {"HasOptedOutOfEmail": True} if opted_out else {}
        return self.org.create(name, by=ME if visible else COLLEAGUE, **columns)

    def edit(self, person_id: str, **values: str) -> None:
        name = _object_of(person_id)
        self.org.update(name, person_id, **_columns(name, values))

    def delete_person(self, person_id: str) -> None:
        self.org.delete(_object_of(person_id), person_id)

    def merge(self, master_id: str, loser_id: str) -> None:
        self.org.do("merge", master_id=master_id, loser_ids=[loser_id])

    def convert(self, lead_id: str) -> str:
        acting = {"as": self.org.username(ME)}
        return str(self.org.do("convert-lead", lead_id=lead_id, **acting)["contact_id"])

    def values_of(self, person_id: str) -> Mapping[str, str]:
        row, names = self.org.row(person_id), _fields(_object_of(person_id))
        return {ours: row.get(theirs) or "" for ours, theirs in names.items()}

    def opted_out(self, person_id: str) -> bool:
        return bool(self.org.row(person_id)["HasOptedOutOfEmail"])

    def add_campaign(self, name: str, *, active: bool = True) -> str:
        return self.org.create("Campaign", by=ME, Name=name, IsActive=active)

    def delete_campaign(self, campaign_id: str) -> None:
        self.org.delete("Campaign", campaign_id)

    def join(self, campaign_id: str, person_id: str) -> str:
        key = {"CampaignId": campaign_id, f"{_object_of(person_id)}Id": person_id}
        return self.org.create("CampaignMember", by="iris.integration", **key)

    def leave(self, campaign_id: str, person_id: str) -> None:
        self.org.delete("CampaignMember", self._row(campaign_id, person_id))

    def is_member(self, campaign_id: str, person_id: str) -> bool:
        rows = self.org.crm("iris.integration").look([campaign_id], [person_id]).members
        return bool(rows)

    def _row(self, campaign_id: str, person_id: str) -> str:
        key: dict[str, Any] = {f"{_object_of(person_id)}Id": person_id}
        return self.org.find("CampaignMember", CampaignId=campaign_id, **key)

    def lacks_external_id(self) -> None:
        knobs = {"absent_fields": ["Contact.CrmSync_Id__c", "Lead.CrmSync_Id__c"]}
        self.org.running.org.knobs.change(knobs)

    def now(self) -> datetime:
        return self.org.running.org.clock.now()

    def wait(self, seconds: float) -> None:
        self.org.running.org.clock.set(self.now() + timedelta(seconds=seconds), frozen=True)


class PersonAccountEditor(StandinEditor):
    """In an org whose people are person accounts: a person is written through the account."""

    def add_person(
        self,
        kind: PersonKind = PersonKind.CONTACT,
        *,
        opted_out: bool = False,
        visible: bool = True,
        **values: str,
    ) -> str:
        if kind is PersonKind.LEAD:
            return super().add_person(kind, opted_out=opted_out, visible=visible, **values)
        columns = _account_columns({"last_name": "Byron", **values})
        columns |= {DESCRIPTOR.account.consent: True} if opted_out else {}
        columns |= {"RecordTypeId": self._person_type()}
        account_id = self.org.create("Account", by=ME if visible else COLLEAGUE, **columns)
        return str(self.org.row(account_id)["PersonContactId"])

    def edit(self, person_id: str, **values: str) -> None:
        self.org.update("Account", self._account_of(person_id), **_account_columns(values))

    def delete_person(self, person_id: str) -> None:
        self.org.delete("Account", self._account_of(person_id))

    def merge(self, master_id: str, loser_id: str) -> None:
        super().merge(self._account_of(master_id), self._account_of(loser_id))

    def _account_of(self, person_id: str) -> str:
        return str(self.org.row(person_id)["AccountId"])

    def _person_type(self) -> str:
        query = "SELECT Id FROM RecordType WHERE DeveloperName = 'PersonAccount'"
        return str(self.org.running.org.store.select(query)[0][0])


def _object_of(person_id: str) -> str:
    return "Lead" if person_id.startswith("00Q") else "Contact"


def _fields(name: str) -> Mapping[str, str]:
    return DESCRIPTOR.lead.fields if name == "Lead" else DESCRIPTOR.contact.fields


def _account_columns(values: Mapping[str, str]) -> dict[str, Any]:
    return {DESCRIPTOR.account.fields[field]: value or None for field, value in values.items()}


def _columns(name: str, values: Mapping[str, str]) -> dict[str, Any]:
    return {_fields(name)[field]: value or None for field, value in values.items()}


@contextmanager
def salesforce_crm() -> Iterator[CrmSubject]:
    """Plain Salesforce: people are private, campaigns are everybody's."""
    org = fresh_org("salesforce")
    yield CrmSubject(org.crm, StandinEditor(org), org.user_id(ME))


@contextmanager
def practifi_crm() -> Iterator[CrmSubject]:
    """Practifi with Promote: people are person accounts, and values are rewritten as they land."""
    org = fresh_org("practifi")
    kind = PersonKind.PERSON_ACCOUNT
    yield CrmSubject(org.crm, PersonAccountEditor(org), org.user_id(ME), kind)
