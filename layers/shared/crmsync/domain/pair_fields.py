"""Merge the fields of a linked pair, each with its own base and rule."""

from __future__ import annotations

from collections.abc import Mapping

from crmsync.domain.base import Agreed, Link
from crmsync.domain.contact import Contact
from crmsync.domain.fields import loosely_same, same
from crmsync.domain.merge import Field, Merged, merge, returned
from crmsync.domain.observation import Policy
from crmsync.domain.person import Person

Fields = Mapping[str, tuple[Field, Merged]]


def merge_fields(contact: Contact, person: Person, link: Link, policy: Policy) -> Fields:
    """The merge of every field that travels for this person under this mapping, by name."""
    merged = {}
    for name in policy.synced:
        direction = policy.direction_of(name, person)
        if direction is not None:
            state = _field(name, contact, person, link)
            if name in policy.returned:
                state = returned(state)
            merged[name] = (state, merge(state, policy.rule(name), direction))
    return merged


def _field(name: str, contact: Contact, person: Person, link: Link) -> Field:
    left, right = contact.value(name), person.value(name)
    left_at = contact.edited_at.get(name, contact.updated_at)
    return Field(name, left, right, _base(name, left, right, link), left_at, person.modified_at)


def _base(name: str, left: str, right: str, link: Link) -> Agreed | None:
    """The base, or the value in flight if it is found to have arrived, however it was stored."""
    flying = link.in_flight.get(name)
    if flying is None:
        return link.fields.get(name)
    held = left if flying.side == "left" else right
    if not (same(name, held, flying.value) or loosely_same(held, flying.value)):
        return link.fields.get(name)
    on_left = flying.side == "left"
    return Agreed(held if on_left else flying.value, flying.value if on_left else held)


def moves(merged: Merged) -> bool:
    """Whether a reader of the run's changes has to see the field."""
    return merged.to_left is not None or merged.to_right is not None or merged.loser is not None
