"""What a session notes about its org for the next one: describe, as far as sync has a use for it.

Without it every new worker would ask again, and a quiet run would cost two calls instead of one.
What vanished since shows itself by a refused query or a value of another type. What appeared does
not, so the notes of an org that lacks something are soon too old to be used.
"""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import TypeAdapter, ValidationError

from crmsync.adapters.salesforce.capabilities import Probe
from crmsync.adapters.salesforce.describe import OrgShape, reduced
from crmsync.adapters.salesforce.descriptors import Descriptor
from crmsync.adapters.salesforce.shapes import SHAPE_SECONDS

LIFE_SECONDS = 24 * 3600.0
_OPTIONAL = frozenset({"external_id", "person_accounts"})
"""Capabilities that many orgs never have, so that nobody waits for them to appear."""


@dataclass(frozen=True, slots=True)
class Notes:
    """`key` names the login and what it asks for; notes of any other are of no use."""

    key: str
    shape: OrgShape


_NOTES = TypeAdapter(Notes)


def written(key: str, shape: OrgShape, descriptor: Descriptor) -> str:
    """The notes as text."""
    return _NOTES.dump_json(Notes(key, reduced(shape, descriptor))).decode()


def read(text: str, key: str, descriptor: Descriptor, now: float) -> OrgShape | None:
    """The noted shape, if it is this login's and young enough; None for what cannot be read."""
    try:
        notes = _NOTES.validate_json(text)
    except ValidationError:
        return None
    life = LIFE_SECONDS if _is_whole(Probe(descriptor, notes.shape)) else SHAPE_SECONDS
    fresh = notes.key == key and now - notes.shape.read_at < life
    return notes.shape if fresh else None


def _is_whole(probe: Probe) -> bool:
    """Whether nothing is missing that could appear any moment."""
    fields = probe.descriptor.contact.fields.values()
    able = (each.available or each.name in _OPTIONAL for each in probe.capabilities())
    return all(able) and all(probe.shape.contact.holds_text(column) for column in fields)
