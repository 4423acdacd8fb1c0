"""What to send for people to be written. Pure.

The only place that makes a person's record for the CRM. Consent is sent as true or not at all:
there is no path by which a falsy value gets into a record.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from crmsync.adapters.salesforce import composite
from crmsync.adapters.salesforce.capabilities import REASONS, Probe
from crmsync.adapters.salesforce.composite import COLLECTION_SIZE, Sub
from crmsync.adapters.salesforce.describe import ObjectShape
from crmsync.adapters.salesforce.descriptors import ObjectMap
from crmsync.domain.errors import RecordRefused
from crmsync.domain.person import PersonKind
from crmsync.ports.crm import PersonWrite

Route = tuple[str, str]
"""Verb and object."""
REFERENCE = "@{"


@dataclass(frozen=True, slots=True)
class Row:
    """One record to send and the place of its write in what the caller asked.

    `key` finds the person afterwards: their id, or for a new one our own id if the org has a field.
    """

    index: int
    record: Mapping[str, Any]
    key: str | None = None

    @property
    def alone(self) -> bool:
        """Whether a value looks like a reference, which a composite call would try to resolve."""
        return any(isinstance(v, str) and REFERENCE in v for v in self.record.values())


@dataclass(frozen=True, slots=True)
class Batch:
    """Records of one object for one collection request.

    `verb` is create, update, upsert or delete. One that goes `alone` is a call outside composite.
    """

    verb: str
    name: str
    rows: tuple[Row, ...]
    external_id: str = ""
    alone: bool = False

    def sub(self, ref: str, base: str) -> Sub:
        """The request."""
        if self.verb == "delete":
            return composite.remove(ref, base, [str(row.record["Id"]) for row in self.rows])
        method = "POST" if self.verb == "create" else "PATCH"
        key = f"{self.name}/{self.external_id}" if self.verb == "upsert" else ""
        return composite.save(ref, base, method, [row.record for row in self.rows], key)


@dataclass(frozen=True, slots=True)
class Target:
    """An object people are written to."""

    name: str
    own: ObjectMap
    shape: ObjectShape


@dataclass(frozen=True, slots=True)
class Rendering:
    """Makes records for one org."""

    probe: Probe

    def batches(self, rows: Iterable[tuple[Route, Row]]) -> list[Batch]:
        """Collections of rows of the same route, each in order and of allowed size."""
        by_route: dict[tuple[Route, bool], list[Row]] = {}
        for route, row in rows:
            by_route.setdefault((route, row.alone), []).append(row)
        return [
            self._batch(route, tuple(same[at : at + COLLECTION_SIZE]), alone=alone)
            for (route, alone), same in sorted(by_route.items(), key=lambda item: item[0])
            for at in range(0, len(same), COLLECTION_SIZE)
        ]

    def _batch(self, route: Route, rows: tuple[Row, ...], *, alone: bool) -> Batch:
        verb, name = route
        return Batch(verb, name, rows, self._target(name).own.external_id, alone)

    def row(self, index: int, write: PersonWrite) -> tuple[Route, Row]:
        """The route (verb and object) and record of one write; raises `RecordRefused`."""
        if write.person is None:
            return self._creation(index, write)
        kind = write.person.kind
        target = self._target(_OBJECT[kind])
        _require(target.shape.updateable, "people_not_editable")
        record_id = (
            write.person.account_id if kind is PersonKind.PERSON_ACCOUNT else write.person.id
        )
        record = {**_head(target), "Id": record_id, **self._content(target, write)}
        return ("update", target.name), Row(index, record, write.person.id)

    def _creation(self, index: int, write: PersonWrite) -> tuple[Route, Row]:
        target = self._target(_OBJECT[self.probe.creates])
        _require(target.shape.createable, "people_not_creatable")
        record = {**_head(target), **self._content(target, write)}
        key = self._external_id(target, write)
        if target.name == "Account":
            record["RecordTypeId"] = self._person_type()
        if key is None:
            return ("create", target.name), Row(index, record)
        record[target.own.external_id] = key
        verb = "create" if target.name == "Account" else "upsert"
        return (verb, target.name), Row(index, record, key)

    def _external_id(self, target: Target, write: PersonWrite) -> str | None:
        """Our id for a new person, where it can be written and found again on the contact."""
        found = self.probe.external_id and target.shape.writable(target.own.external_id)
        return write.contact_id if found else None

    def _content(self, target: Target, write: PersonWrite) -> dict[str, Any]:
        content: dict[str, Any] = {
            _column(target, name): value or None for name, value in sorted(write.values.items())
        }
        if write.opt_out:
            consent = target.own.consent
            if not (target.shape.holds_flag(consent) and target.shape.writable(consent)):
                raise _unwritable(target, "the e-mail opt-out")
            content[consent] = True
        return content

    def _person_type(self) -> str:
        types = self.probe.shape.person_types
        if not types:
            text = "The connected user has no person record type to create a person account with."
            raise RecordRefused("no_person_record_type", text)
        return types[0]

    def _target(self, name: str) -> Target:
        descriptor, shape = self.probe.descriptor, self.probe.shape
        targets = {
            "Contact": Target("Contact", descriptor.contact, shape.contact),
            "Lead": Target("Lead", descriptor.lead, shape.lead),
            "Account": Target("Account", descriptor.account, shape.account),
        }
        return targets[name]


_OBJECT = {
    PersonKind.CONTACT: "Contact",
    PersonKind.LEAD: "Lead",
    PersonKind.PERSON_ACCOUNT: "Account",
}


def _require(able: bool, code: str) -> None:  # noqa: FBT001 - reads as a sentence
    """Refuse here, with the capability's own words, what the org would refuse row by row."""
    if not able:
        raise RecordRefused(code, REASONS[code])


def _head(target: Target) -> dict[str, Any]:
    return {"attributes": {"type": target.name}}


def _column(target: Target, name: str) -> str:
    column = target.own.fields.get(name, "")
    if not (target.shape.holds_text(column) and target.shape.writable(column)):
        raise _unwritable(target, f"the field {name!r}")
    return column


def _unwritable(target: Target, what: str) -> RecordRefused:
    text = f"The connected user may not write {what} of a {target.name.lower()}."
    remedy = "Ask your Salesforce administrator for edit access, or switch the field off."
    return RecordRefused("field_not_writable", f"{text} {remedy}")


def rendered(
    writes: Sequence[PersonWrite], rendering: Rendering
) -> tuple[list[tuple[Route, Row]], dict[int, RecordRefused]]:
    """Rows with their routes, and by index the writes that cannot even be sent."""
    rows: list[tuple[Route, Row]] = []
    refused: dict[int, RecordRefused] = {}
    for index, write in enumerate(writes):
        try:
            rows.append(rendering.row(index, write))
        except RecordRefused as error:
            refused[index] = error
    return rows, refused
