"""Shapes of orgs as describe tells them, with only what a test is about."""

from __future__ import annotations

from collections.abc import Collection

from crmsync.adapters.salesforce.capabilities import Probe
from crmsync.adapters.salesforce.describe import FieldShape, ObjectShape, OrgShape
from crmsync.adapters.salesforce.descriptors import DESCRIPTORS, Descriptor, ObjectMap


def a_field(name: str, read_only: Collection[str], retyped: Collection[str]) -> FieldShape:
    """A field of the type its name suggests, unless it was given another one."""
    flag = "OptedOut" in name or name == "IsPersonAccount"
    reference = name == "AccountId"
    return FieldShape(
        createable=name not in read_only,
        updateable=name not in read_only,
        filterable=True,
        is_text=not (flag or reference) and name not in retyped,
        is_flag=flag and name not in retyped,
    )


def an_object(
    *names: str,
    read_only: Collection[str] = (),
    hidden: Collection[str] = (),
    retyped: Collection[str] = (),
    **flags: bool,
) -> ObjectShape:
    """An object with these fields, writable unless said otherwise."""
    seen = [name for name in names if name not in hidden]
    fields = {name: a_field(name, read_only, retyped) for name in seen}
    return ObjectShape(
        queryable=flags.get("queryable", True),
        createable=flags.get("createable", True),
        updateable=flags.get("updateable", True),
        fields=fields,
    )


def columns(own: ObjectMap) -> list[str]:
    """All columns of a map."""
    return [*own.fields.values(), own.consent, own.external_id]


def a_shape(
    name: str = "salesforce",
    *,
    person_accounts: bool = False,
    read_only: Collection[str] = (),
    hidden: Collection[str] = (),
    retyped: Collection[str] = (),
    further: Collection[str] = (),
) -> OrgShape:
    """An org where everything works; what is said about a field's name holds for every object."""
    descriptor = DESCRIPTORS[name]
    switched = ["IsPersonAccount"] if person_accounts else []
    contact = [*columns(descriptor.contact), "AccountId", *switched, *further]
    account = [*columns(descriptor.account), "Name", *switched]
    lead = [*columns(descriptor.lead), "Company"]
    limits = {"read_only": read_only, "hidden": hidden, "retyped": retyped}
    return OrgShape(
        contact=an_object(*contact, **limits),
        lead=an_object(*lead, **limits),
        account=an_object(*account, **limits),
        campaign=an_object("Name", "IsActive"),
        member=an_object("CampaignId", "ContactId", "LeadId"),
        person_types=("0125f0000000001AAA",) if person_accounts else (),
        marketing_user=True,
    )


def a_probe(name: str = "salesforce", shape: OrgShape | None = None) -> Probe:
    """The judge of such an org."""
    return Probe(descriptor_of(name), shape or a_shape(name))


def descriptor_of(name: str) -> Descriptor:
    """A platform's descriptor."""
    return DESCRIPTORS[name]
