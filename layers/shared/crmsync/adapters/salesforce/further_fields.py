"""Fields beyond the platform's own map, as a connection's field rules name them. Pure.

Only fields that hold text: a flag or a number reads and writes differently, and no flag that might
mean consent can get in this way. A further field goes by its API name on contacts; a lead may have
one of the same name, and on a person account it carries another.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from crmsync.adapters.salesforce.describe import ObjectShape, OrgShape
from crmsync.adapters.salesforce.descriptors import Descriptor, ObjectMap
from crmsync.domain.fields import FIELD_NAMES

_CUSTOM = "__c"


def offered(descriptor: Descriptor, shape: OrgShape) -> tuple[str, ...]:
    """API names of contact fields that a rule may name."""
    taken = {*descriptor.contact.fields.values(), descriptor.contact.external_id}
    return tuple(
        sorted(
            name
            for name, field in shape.contact.fields.items()
            if field.is_text and name not in taken
        )
    )


def extended(descriptor: Descriptor, shape: OrgShape, names: Iterable[str]) -> Descriptor:
    """The descriptor with those of the named fields that the org offers."""
    known = set(offered(descriptor, shape))
    further = sorted(name for name in names if name not in FIELD_NAMES and name in known)
    if not further:
        return descriptor
    return replace(
        descriptor,
        contact=_with(descriptor.contact, shape.contact, {name: name for name in further}),
        lead=_with(descriptor.lead, shape.lead, {name: name for name in further}),
        account=_with(
            descriptor.account, shape.account, {name: _on_account(name) for name in further}
        ),
    )


def _with(own: ObjectMap, shape: ObjectShape, further: dict[str, str]) -> ObjectMap:
    found = {
        name: column
        for name, column in further.items()
        if column in shape.fields and shape.fields[column].is_text
    }
    return replace(own, fields={**own.fields, **found})


def _on_account(name: str) -> str:
    """What a contact's field is called on its person account."""
    if name.endswith(_CUSTOM):
        return name.removesuffix(_CUSTOM) + "__pc"
    return f"Person{name}"
