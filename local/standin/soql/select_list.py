"""Compiles the SELECT list: the columns read, and the JSON shape they take."""

from collections.abc import Callable

from ..errors import ApiError
from ..schema import SObject
from .columns import Tables
from .functions import AGGREGATES, Functions
from .parsing import located
from .shapes import Compiled, Compound, Leaf, Nested, Node
from .tree import Call, Item, Path, Query

Child = Callable[[Query, SObject, str], Compiled]


class SelectList:
    """The SELECT list of one level. `child` compiles a sub-query on a child relationship."""

    def __init__(self, tables: Tables, functions: Functions, query: Query, child: Child) -> None:
        self._tables = tables
        self._functions = functions
        self._query = query
        self._child = child
        self.columns: list[str] = []
        self.nested: list[Nested] = []
        self.node = Node(tables.sobject.name)

    def out(self, sql: str) -> int:
        """The index of an expression among the columns read."""
        if sql not in self.columns:
            self.columns.append(sql)
        return self.columns.index(sql)

    def compile(self) -> None:
        """Fill `columns`, `node` and `nested`."""
        if self._is_aggregated():
            self.node.sobject = "AggregateResult"
            for item in self._query.items:
                self._aggregate(item)
            return
        self.node.id_index = self.out(f"{self._tables.root}.Id")
        for item in self._query.items:
            self._item(item)

    def _is_aggregated(self) -> bool:
        calls = (item.value for item in self._query.items if isinstance(item.value, Call))
        return bool(self._query.group) or any(call.name in AGGREGATES for call in calls)

    def _item(self, item: Item) -> None:
        if isinstance(item.value, Query):
            self._children(item.value)
        elif isinstance(item.value, Call):
            self._call(item, item.value)
        else:
            self._path(item.value)

    def _call(self, item: Item, call: Call) -> None:
        if call.name == "FIELDS" and isinstance(call.operand, Path):
            for name in self._all_fields(call.operand.text.upper()):
                self._path(Path((name,), call.at))
            return
        index = self.out(self._functions.function(call))
        self.node.entries[item.alias or self._unnamed()] = Leaf(index, "string")

    def _all_fields(self, which: str) -> list[str]:
        fields = self._tables.viewer.fields(self._tables.sobject)
        chosen = {"STANDARD": (False,), "CUSTOM": (True,)}.get(which, (True, False))
        return [item.name for item in fields if item.flag("custom") in chosen]

    def _path(self, path: Path) -> None:
        relations = self._tables.relative(path)[:-1]
        node = self._node(relations, path)
        alias, sobject = self._tables.join(relations, path)
        column = self._tables.column(path)
        name = column.field.name
        if name in node.entries:
            text = f"duplicate field selected: {name}"
            raise located("MALFORMED_QUERY", self._tables.statement, path.at, text)
        if column.field.is_compound:
            node.entries[name] = self._compound(alias, sobject, name)
        else:
            node.entries[name] = Leaf(self.out(column.sql), column.field.type)

    def _compound(self, alias: str, sobject: SObject, name: str) -> Compound:
        parts = []
        stem = name.removesuffix("Address")
        for item in sobject.components(name):
            key = item.name.removeprefix(stem)
            index = self.out(self._tables.expression(alias, sobject, item))
            parts.append((key[0].lower() + key[1:], index))
        return Compound(sorted(parts))

    def _node(self, relations: tuple[str, ...], path: Path) -> Node:
        """The node a chain of parent relationships leads to, made on the way."""
        node = self.node
        for depth, relation in enumerate(relations):
            _, child = self._tables.join(relations[:depth], path)
            alias, target = self._tables.join(relations[: depth + 1], path)
            reference = child.relations[relation.lower()]
            kind = "Name" if reference.flag("polymorphicForeignKey") else target.name
            fresh = Node(kind, self.out(f"{alias}.Id"), path_type=target.name)
            known = node.entries.setdefault(str(reference.document["relationshipName"]), fresh)
            node = known if isinstance(known, Node) else fresh
        return node

    def _children(self, query: Query) -> None:
        relation = query.source.parts[-1]
        parent = self._tables.sobject
        child = parent.children.get(relation.lower())
        sobject = self._tables.viewer.sobject(child[0]) if child else None
        if child is None or sobject is None:
            text = (
                f"Didn't understand relationship '{relation}' in FROM part of query call. If you "
                "are attempting to use a custom relationship, be sure to append the '__r' after "
                "the custom relationship name. Please reference your WSDL or the describe call "
                "for the appropriate names."
            )
            raise located("INVALID_TYPE", self._tables.statement, query.source.at, text)
        name = parent.child_name(relation)
        nested = Nested(name, self._child(query, sobject, child[1]))
        self.nested.append(nested)
        self.node.entries[name] = nested

    def _aggregate(self, item: Item) -> None:
        if isinstance(item.value, Query):
            raise ApiError("MALFORMED_QUERY", "Sub-queries are not allowed with aggregates")
        if isinstance(item.value, Call):
            kind = "double" if item.value.name in ("SUM", "AVG") else "any"
            leaf = Leaf(self.out(self._functions.function(item.value)), kind)
            self.node.entries[item.alias or self._unnamed()] = leaf
            return
        self._check_grouped(item.value)
        column = self._tables.column(item.value)
        leaf = Leaf(self.out(column.sql), column.field.type)
        self.node.entries[item.alias or column.field.name] = leaf

    def _check_grouped(self, path: Path) -> None:
        groups = {group.text.lower() for group in self._query.group if isinstance(group, Path)}
        if path.text.lower() not in groups:
            text = f"Field must be grouped or aggregated: {path.text}"
            raise located("MALFORMED_QUERY", self._tables.statement, path.at, text)

    def _unnamed(self) -> str:
        taken = sum(1 for key in self.node.entries if key.startswith("expr"))
        return f"expr{taken}"
