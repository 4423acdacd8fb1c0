"""Resolves field paths to SQL: joins for parent relationships, coalesced derived fields."""

from dataclasses import dataclass
from typing import Any

from ..data.access import Viewer
from ..errors import ApiError
from ..schema import Field, SObject
from .parsing import located
from .tree import Path

_ADVICE = (
    "be sure to append the '__c' after the {thing} name. "
    "Please reference your WSDL or the describe call for the appropriate names."
)


@dataclass(frozen=True)
class Column:
    """A resolved field: its SQL expression and what it is."""

    sql: str
    field: Field
    sobject: SObject


class Tables:
    """The FROM clause of one SELECT as it grows: the object and the parents its paths reach."""

    def __init__(
        self, viewer: Viewer, sobject: SObject, statement: str, prefix: str, alias: str | None
    ) -> None:
        self.viewer = viewer
        self.sobject = sobject
        self.statement = statement
        self.root = f"{prefix}0"
        self._prefix = prefix
        self._names = {name.lower() for name in (sobject.name, alias) if name}
        self._joins: dict[tuple[str, ...], tuple[str, SObject]] = {(): (self.root, sobject)}
        self._sql = [f"{sobject.name} {self.root}"]
        self._derived: dict[tuple[str, str], str] = {}

    @property
    def sql(self) -> str:
        """The FROM clause."""
        return " ".join(self._sql)

    def relative(self, path: Path) -> tuple[str, ...]:
        """The path without the leading object name or alias."""
        parts = path.parts
        return parts[1:] if len(parts) > 1 and parts[0].lower() in self._names else parts

    def column(self, path: Path) -> Column:
        """The column a path names, or INVALID_FIELD."""
        *relations, name = self.relative(path)
        alias, sobject = self.join(tuple(relations), path)
        found = self.viewer.field(sobject, name)
        if found is None:
            raise self._no_column(name, sobject, path)
        return Column(self.expression(alias, sobject, found), found, sobject)

    def join(self, relations: tuple[str, ...], path: Path) -> tuple[str, SObject]:
        """Alias and object at the end of a chain of parent relationships."""
        key = tuple(part.lower() for part in relations)
        if key not in self._joins:
            child, sobject = self.join(relations[:-1], path)
            self._joins[key] = self._add(child, sobject, relations[-1], path)
        return self._joins[key]

    def _add(self, child: str, sobject: SObject, relation: str, path: Path) -> tuple[str, SObject]:
        reference = sobject.relations.get(relation.lower())
        if reference is None or self.viewer.field(sobject, reference.name) is None:
            raise self._no_relation(relation, path)
        targets = [self.viewer.sobject(name) for name in reference.reference_to]
        target = next((item for item in targets if item is not None), None)
        if target is None:
            raise self._no_relation(relation, path)
        alias = f"{self._prefix}{len(self._sql)}"
        source = self.expression(child, sobject, reference)
        seen = self.viewer.rows(target, alias)
        self._sql.append(f"LEFT JOIN {target.name} {alias} ON {alias}.Id = {source} AND {seen}")
        return alias, target

    def expression(self, alias: str, sobject: SObject, item: Field) -> str:
        """The SQL of one field read through an alias."""
        if item.is_stored:
            return f'{alias}."{item.name}"'
        if item.is_compound:
            return "NULL"
        key = (alias, item.name)
        if key not in self._derived:
            sources = [self._source(alias, sobject, text) for text in item.derived]
            present = [source for source in sources if source is not None]
            self._derived[key] = f"COALESCE({', '.join([*present, 'NULL'])})"
        return self._derived[key]

    def _source(self, alias: str, sobject: SObject, text: str) -> str | None:
        """One source of a derived field, read from the same row whatever the user may see."""
        relation, _, name = text.rpartition(".")
        if not relation:
            return f'{alias}."{name}"'
        reference = sobject.relations.get(relation.split(".")[0].lower())
        if reference is None:
            return None
        parent = self.viewer.schema.get(reference.reference_to[0])
        rest = text.split(".", 1)[1]
        if parent is None:
            return None
        if "." in rest:
            return self._scalar(parent, rest, f'{alias}."{reference.name}"')
        if not parent.has(rest):
            return None
        return f'(SELECT p."{rest}" FROM {parent.name} p WHERE p.Id = {alias}."{reference.name}")'

    def _scalar(self, parent: SObject, rest: str, source: str) -> str | None:
        relation, name = rest.split(".", 1)
        reference = parent.relations.get(relation.lower())
        if reference is None:
            return None
        grand = reference.reference_to[0]
        return (
            f'(SELECT g."{name}" FROM {grand} g JOIN {parent.name} p '
            f'ON g.Id = p."{reference.name}" WHERE p.Id = {source})'
        )

    def _no_column(self, name: str, sobject: SObject, path: Path) -> ApiError:
        text = (
            f"No such column '{name}' on entity '{sobject.name}'. If you are attempting to use a "
            f"custom field, {_ADVICE.format(thing='custom field')}"
        )
        return located("INVALID_FIELD", self.statement, path.at, text)

    def _no_relation(self, relation: str, path: Path) -> ApiError:
        text = (
            f"Didn't understand relationship '{relation}' in field path. If you are attempting to "
            "use a custom relationship, be sure to append the '__r' after the custom relationship "
            "name. Please reference your WSDL or the describe call for the appropriate names."
        )
        return located("INVALID_FIELD", self.statement, path.at, text)


def no_such_object(statement: str, name: str, at: int) -> ApiError:
    """INVALID_TYPE, in the words clients match on."""
    text = (
        f"sObject type '{name}' is not supported. If you are attempting to use a custom object, "
        f"{_ADVICE.format(thing='entity')}"
    )
    return located("INVALID_TYPE", statement, at, text)


Params = list[Any]
