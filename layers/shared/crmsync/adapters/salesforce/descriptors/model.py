"""What a descriptor of a Salesforce-family platform says: objects, fields, hosts, placement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from crmsync.domain.person import PersonKind

API_VERSION = "62.0"


@dataclass(frozen=True, slots=True)
class ObjectMap:
    """Where one kind of person keeps our fields. `company` is a path that is only read."""

    fields: Mapping[str, str]
    consent: str
    external_id: str
    company: str | None = None


@dataclass(frozen=True, slots=True)
class Descriptor:
    """One platform. `contact`, `lead` are read; a person account is written through `account`.

    `new_people` is what a person we create becomes where the org has the choice.
    `campaign_add_on` names the add-on without which the org has no campaigns.
    `foreign_hosts` are host suffixes of products that share the name but are no Salesforce org.
    """

    name: str
    contact: ObjectMap
    lead: ObjectMap
    account: ObjectMap
    login_urls: Mapping[str, str]
    new_people: PersonKind = PersonKind.CONTACT
    campaign_add_on: str | None = None
    foreign_hosts: Mapping[str, str] = field(default_factory=dict)
    api_version: str = API_VERSION
