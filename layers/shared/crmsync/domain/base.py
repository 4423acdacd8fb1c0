"""The base: what each side held when the two last agreed, per linked pair and per membership."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from crmsync.domain.fields import Values, loosely_same


@dataclass(frozen=True, slots=True)
class Agreed:
    """One field at the last agreement. The CRM may normalise what we write, so there are two."""

    left: str
    right: str


def agreed_on(sent: Values, held: Values) -> dict[str, Agreed]:
    """The base of values just sent to the CRM, which agreed to whatever it only normalised."""
    found = {name: held.get(name, "") for name in sent}
    return {
        name: Agreed(value, found[name] if loosely_same(found[name], value) else value)
        for name, value in sent.items()
    }


@dataclass(frozen=True, slots=True)
class InFlight:
    """A value that was about to be written to `side` ('left' or 'right') and not yet acknowledged.

    Found on that side later, it is known to have arrived, so a newer edit on the other side is
    not mistaken for a conflict with our own write.
    """

    side: str
    value: str


@dataclass(frozen=True, slots=True)
class Link:
    """A contact and a person that are the same human, in one org, with their base.

    Unique both ways within (tenant, org). `fields` lacks a field that never agreed. `consent_read`
    says of connections that differ whether they can read the person's consent.
    `version` guards concurrent writers; 0 means not stored yet.
    """

    contact_id: str
    person_id: str
    fields: Mapping[str, Agreed] = field(default_factory=dict)
    opted_out: bool = False
    in_flight: Mapping[str, InFlight] = field(default_factory=dict)
    consent_read: Mapping[str, bool] = field(default_factory=dict)
    version: int = 0

    def created_with(self, values: Values, *, opted_out: bool) -> Link:
        """The link of a contact that is made with exactly these values of its person."""
        agreed = {name: Agreed(value, value) for name, value in values.items()}
        return replace(self, fields=agreed, opted_out=self.opted_out or opted_out)

    def advanced(self, settled: Mapping[str, Agreed], *, opted_out: bool) -> Link:
        """The link with `settled` taken into its base; consent once seen stays seen."""
        merged = {**self.fields, **settled}
        both = self.opted_out or opted_out
        return replace(self, fields=merged, opted_out=both, in_flight={})


@dataclass(frozen=True, slots=True)
class MembershipBase:
    """Whether each side held the member at the last agreement, and the CRM row if known.

    `in_flight` names a move (`membership.Move`) that was about to be made and not acknowledged,
    `own_row_id` the row we made ourselves.
    """

    left: bool = False
    right: bool = False
    row_id: str | None = None
    own_row_id: str | None = None
    in_flight: str | None = None


NO_MEMBERSHIP = MembershipBase()
