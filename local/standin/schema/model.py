"""Objects and fields: thin readers over describe documents, so that a recorded one loads as is."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

_COMPOUND = ("address", "location")


@dataclass(frozen=True)
class Field:
    """One field. `document` is served as it stands; `derived` are the paths a value comes from."""

    document: dict[str, Any]
    derived: tuple[str, ...] = ()

    @cached_property
    def name(self) -> str:
        """API name."""
        return str(self.document["name"])

    @cached_property
    def type(self) -> str:
        """Describe type: string, reference, datetime, ..."""
        return str(self.document["type"])

    @cached_property
    def label(self) -> str:
        """Label, as error messages name the field."""
        return str(self.document["label"])

    @cached_property
    def is_compound(self) -> bool:
        """Whether the value is an object built from component fields."""
        return self.type in _COMPOUND

    @cached_property
    def is_stored(self) -> bool:
        """Whether the value has a column of its own."""
        return not self.is_compound and not self.derived

    @cached_property
    def is_required(self) -> bool:
        """Whether a create without it fails."""
        return (
            bool(self.document["createable"])
            and not self.document["nillable"]
            and not self.document["defaultedOnCreate"]
            and self.type != "boolean"
        )

    @cached_property
    def reference_to(self) -> tuple[str, ...]:
        """Objects a reference may point at."""
        return tuple(self.document["referenceTo"])

    def flag(self, name: str) -> bool:
        """One boolean of the describe document."""
        return bool(self.document.get(name))


@dataclass
class SObject:
    """One object: its fields by lower-case name, and its describe document without them."""

    document: dict[str, Any]
    fields: dict[str, Field]
    recorded: bool = False
    children: dict[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """API name."""
        return str(self.document["name"])

    @property
    def prefix(self) -> str:
        """First three characters of its record ids."""
        return str(self.document["keyPrefix"])

    def field(self, name: str) -> Field | None:
        """The field of that name (case does not matter)."""
        return self.fields.get(name.lower())

    def has(self, name: str) -> bool:
        """Whether the object has that field."""
        return name.lower() in self.fields

    def components(self, compound: str) -> list[Field]:
        """The fields a compound field is built from."""
        return [f for f in self.fields.values() if f.document["compoundFieldName"] == compound]

    def child_name(self, relation: str) -> str:
        """A child relationship name as the describe spells it."""
        names = (item["relationshipName"] or "" for item in self.document["childRelationships"])
        return next((name for name in names if name.lower() == relation.lower()), relation)

    @cached_property
    def relations(self) -> dict[str, Field]:
        """Reference fields by lower-case parent relationship name."""
        found: dict[str, Field] = {}
        for item in self.fields.values():
            relation = item.document.get("relationshipName")
            if relation and item.reference_to:
                found[str(relation).lower()] = item
        return found


class Schema:
    """Every object of an org by name (case does not matter)."""

    def __init__(self, objects: Iterable[SObject]) -> None:
        self._objects = {item.name.lower(): item for item in objects}

    def get(self, name: str) -> SObject | None:
        """The object of that name, if the org has it."""
        return self._objects.get(name.lower())

    def __getitem__(self, name: str) -> SObject:
        return self._objects[name.lower()]

    def __iter__(self) -> Any:
        return iter(sorted(self._objects.values(), key=lambda item: item.name))

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._objects

    def by_prefix(self, record_id: str) -> SObject | None:
        """The object a record id belongs to."""
        return next((o for o in self if o.document["keyPrefix"] == record_id[:3]), None)
