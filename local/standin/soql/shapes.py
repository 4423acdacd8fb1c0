"""How result rows become the JSON of the REST API."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..schema import SObject

Row = Sequence[Any]
Children = dict[str, dict[str, list[dict[str, Any]]]]


@dataclass(frozen=True)
class Leaf:
    """One column of the row."""

    index: int
    kind: str


@dataclass(frozen=True)
class Compound:
    """An address object built from component columns: (key, column)."""

    parts: list[tuple[str, int]]


@dataclass
class Nested:
    """A child sub-query."""

    name: str
    compiled: "Compiled"


@dataclass
class Node:
    """An object with attributes: the row itself or a parent reached by a relationship."""

    sobject: str
    id_index: int | None = None
    entries: "dict[str, Leaf | Compound | Nested | Node]" = field(default_factory=dict)
    parent_index: int | None = None
    path_type: str | None = None

    def has_compound(self) -> bool:
        """Whether an address object is selected anywhere."""
        return any(
            isinstance(entry, Compound) or (isinstance(entry, Node) and entry.has_compound())
            for entry in self.entries.values()
        )

    def column_names(self) -> list[str]:
        """The flat column names of a CSV: `Id`, `Owner.Name`."""
        names: list[str] = []
        for key, entry in self.entries.items():
            if isinstance(entry, Node):
                names += [f"{key}.{name}" for name in entry.column_names()]
            else:
                names.append(key)
        return names


def value(raw: Any, kind: str) -> Any:
    """A stored value as JSON shows it."""
    if raw is None:
        return None
    if kind == "boolean":
        return bool(raw)
    if kind in ("double", "currency", "percent"):
        return float(raw)
    return raw


@dataclass
class Compiled:
    """SQL, its parameters and the shape of a row; `count` marks a bare COUNT()."""

    sql: str
    params: list[Any]
    node: Node
    sobject: SObject
    count: bool = False
    limit: int | None = None
    nested: list[Nested] = field(default_factory=list)


Builder = Callable[[Row, Children], dict[str, Any] | None]


def builder(node: Node, base: str) -> Builder:
    """A function from a row (and its children, by relationship and id) to its JSON object."""
    kind = node.sobject
    url = f"{base}/sobjects/{node.path_type or kind}/"
    parts = [(key, _part(entry, base, node)) for key, entry in node.entries.items()]
    id_index = node.id_index
    if id_index is None:
        attributes = {"type": kind}
        return lambda row, kids: {
            "attributes": attributes,
            **{key: read(row, kids) for key, read in parts},
        }

    def build(row: Row, kids: Children) -> dict[str, Any] | None:
        record_id = row[id_index]
        if record_id is None:
            return None
        record: dict[str, Any] = {"attributes": {"type": kind, "url": url + record_id}}
        for key, read in parts:
            record[key] = read(row, kids)
        return record

    return build


def _part(entry: Leaf | Compound | Nested | Node, base: str, node: Node) -> Callable[..., Any]:
    if isinstance(entry, Leaf):
        return _leaf(entry)
    if isinstance(entry, Compound):
        return lambda row, _: address({key: row[at] for key, at in entry.parts})
    if isinstance(entry, Nested):
        return _children(entry, node.id_index or 0)
    return builder(entry, base)


def _leaf(leaf: Leaf) -> Callable[..., Any]:
    index, kind = leaf.index, leaf.kind
    if kind in ("boolean", "double", "currency", "percent"):
        return lambda row, _: value(row[index], kind)
    return lambda row, _: row[index]


def _children(nested: Nested, id_index: int) -> Callable[..., Any]:
    limit = nested.compiled.limit

    def read(row: Row, kids: Children) -> dict[str, Any] | None:
        records = kids.get(nested.name, {}).get(row[id_index], [])[:limit]
        if not records:
            return None
        return {"totalSize": len(records), "done": True, "records": records}

    return read


def address(parts: dict[str, Any]) -> dict[str, Any] | None:
    """A compound address, or null when every component is."""
    return parts if any(part is not None for part in parts.values()) else None
