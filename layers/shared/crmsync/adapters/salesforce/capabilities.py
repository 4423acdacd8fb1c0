"""What this login can do in this org; for what it cannot: code, sentence and remedy. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from crmsync.adapters.salesforce import further_fields
from crmsync.adapters.salesforce.describe import OrgShape
from crmsync.adapters.salesforce.descriptors import Descriptor
from crmsync.domain.connection import Capability
from crmsync.domain.fields import FIELD_NAMES, READ_ONLY_IN_CRM
from crmsync.domain.person import PersonKind
from crmsync.domain.platforms import effective
from crmsync.ports.crm import CrmSchema

_ASK = "Ask your Salesforce administrator"
REASONS: dict[str, str] = {
    "api_disabled": "Your CRM edition or user has no API access. "
    f"{_ASK} to give the connected user the permission 'API Enabled'.",
    "campaigns_not_readable": "The connected user cannot read campaigns and their members. "
    f"{_ASK} for read access to campaigns.",
    "add_on_not_installed": "Campaigns need the {add_on} add-on, which this org does not have. "
    "Ask your account manager about {add_on}.",
    "not_marketing_user": "The connected user is not a Marketing User, so campaigns cannot be "
    f"created. {_ASK} to tick 'Marketing User' on the user, or choose an existing campaign.",
    "people_not_creatable": "The connected user may not create contacts. "
    f"{_ASK} for create access to contacts, or import only.",
    "people_not_editable": "The connected user may not edit contacts. "
    f"{_ASK} for edit access to contacts, or import only.",
    "consent_not_visible": "The field 'Email Opt Out' is not visible to the connected user, so the "
    f"people of this connection cannot be mailed. {_ASK} for access to the field on contacts.",
    "consent_not_writable": "The field 'Email Opt Out' cannot be edited by the connected user, so "
    f"opt-outs do not reach the CRM. {_ASK} for edit access to the field on contacts.",
    "email_not_visible": "The e-mail field of contacts is not visible to the connected user, so "
    f"people cannot be matched. {_ASK} for access to the field.",
    "email_not_searchable": "The e-mail field of contacts is encrypted and cannot be searched, so "
    f"people cannot be matched. {_ASK} for deterministic encryption.",
    "no_person_record_type": "Person accounts are on, but the connected user has no person record "
    f"type to create them with. {_ASK} to assign one.",
    "person_accounts_off": "This org has no person accounts. People are kept as contacts.",
    "external_id_missing": "Contacts have no field CrmSync_Id__c. Sync works without it; with it, "
    f"people are recognised even if a reply is lost. {_ASK} to add it as a unique external id.",
}


@dataclass(frozen=True, slots=True)
class Probe:
    """Judges one org's shape for one platform."""

    descriptor: Descriptor
    shape: OrgShape

    def capabilities(self) -> tuple[Capability, ...]:
        """Every capability, available or with its reason."""
        found = (
            ("campaigns", self._campaigns()),
            ("create_campaigns", self._campaigns() or self._create_campaigns()),
            ("create_people", self._create_people()),
            ("edit_people", self._edit_people()),
            ("consent", self._consent()),
            ("email", self._email()),
            ("person_accounts", self._person_accounts()),
            ("external_id", "" if self.external_id else "external_id_missing"),
        )
        return tuple(self._capability(name, code) for name, code in found)

    def capability(self, name: str) -> Capability:
        """One of them."""
        return next(each for each in self.capabilities() if each.name == name)

    @property
    def external_id(self) -> bool:
        """Whether contacts carry our id."""
        return self.shape.has_external_id(self.descriptor)

    @property
    def creates(self) -> PersonKind:
        """What a new person becomes: what the platform prefers, where the org can do it."""
        if self.shape.person_accounts:
            return self.descriptor.new_people
        return PersonKind.CONTACT

    def _capability(self, name: str, code: str) -> Capability:
        if not code:
            return Capability(name, available=True)
        reason = REASONS[code].format(add_on=self.descriptor.campaign_add_on)
        return Capability(name, available=False, reason=reason, code=self._public(code))

    def _public(self, code: str) -> str:
        if code == "add_on_not_installed":
            return f"{(self.descriptor.campaign_add_on or '').lower()}_not_installed"
        return code

    def _campaigns(self) -> str:
        if self.shape.campaign.queryable and self.shape.member.queryable:
            return ""
        return (
            "add_on_not_installed" if self.descriptor.campaign_add_on else "campaigns_not_readable"
        )

    def _create_campaigns(self) -> str:
        able = self.shape.campaign.createable and self.shape.marketing_user is not False
        return "" if able else "not_marketing_user"

    def _create_people(self) -> str:
        if self.creates is PersonKind.PERSON_ACCOUNT:
            if not self.shape.person_types:
                return "no_person_record_type"
            return "" if self.shape.account.createable else "people_not_creatable"
        return "" if self.shape.contact.createable else "people_not_creatable"

    def _edit_people(self) -> str:
        return "" if self.shape.contact.updateable else "people_not_editable"

    def _consent(self) -> str:
        field = self.descriptor.contact.consent
        if not self.shape.contact.holds_flag(field):
            return "consent_not_visible"
        return "" if self.shape.contact.writable(field) else "consent_not_writable"

    def _email(self) -> str:
        field = self.shape.contact.fields.get(self.descriptor.contact.fields["email"])
        if field is None:
            return "email_not_visible"
        return "" if field.filterable else "email_not_searchable"

    def _person_accounts(self) -> str:
        if not self.shape.person_accounts:
            return "person_accounts_off"
        return "" if self.shape.person_types else "no_person_record_type"


def schema(probe: Probe, described: Sequence[Capability], named: Iterable[str] = ()) -> CrmSchema:
    """The port's view of an org.

    `described` is what the platform offers everywhere. `named` are the fields that rules name: one
    the org does not have, or no longer, is hidden.
    """
    contact, shape = probe.descriptor.contact, probe.shape.contact
    names = (*FIELD_NAMES, *sorted(set(named) - set(FIELD_NAMES)))
    readable = {name for name, field in contact.fields.items() if shape.holds_text(field)}
    writable = {name for name in readable if shape.writable(contact.fields[name])}
    readable |= {"company"} if probe.shape.account.readable("Name") else set()
    return CrmSchema(
        fields=names,
        writable=frozenset(writable - READ_ONLY_IN_CRM),
        hidden=frozenset(names) - readable,
        consent_readable=shape.holds_flag(contact.consent),
        consent_writable=shape.holds_flag(contact.consent) and shape.writable(contact.consent),
        external_id=probe.external_id,
        person_accounts=probe.shape.person_accounts,
        capabilities=effective(described, probe.capabilities()),
        offered=further_fields.offered(probe.descriptor, probe.shape),
        retyped=frozenset(n for n, column in contact.fields.items() if shape.retyped(column)),
    )


def without_api(described: Sequence[Capability]) -> CrmSchema:
    """The schema of an org whose API is closed to this login: nothing works, and why."""
    closed = tuple(
        Capability(each.name, available=False, reason=REASONS["api_disabled"], code="api_disabled")
        for each in described
    )
    return CrmSchema((), frozenset(), frozenset(FIELD_NAMES), False, False, False, False, closed)  # noqa: FBT003 - no to all
