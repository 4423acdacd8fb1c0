"""Compiles a parsed SELECT to SQLite, and describes how its rows become JSON."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from ..data.access import Viewer
from ..errors import ApiError
from ..schema import SObject
from .columns import Params, Tables, no_such_object
from .conditions import Conditions
from .parsing import located
from .shapes import Compound, Leaf, Nested, Node
from .tree import Call, Item, Operand, Ordering, Path, Query

MAX_OFFSET = 2_000
_AGGREGATES = ("COUNT", "COUNT_DISTINCT", "SUM", "AVG", "MIN", "MAX")
_PARTS = {
    "CALENDAR_YEAR": (1, 4),
    "CALENDAR_MONTH": (6, 2),
    "DAY_IN_MONTH": (9, 2),
    "HOUR_IN_DAY": (12, 2),
}


@dataclass
class Compiled:
    """SQL, its parameters and the shape of a row; `count` marks a bare COUNT()."""

    sql: str
    params: Params
    node: Node
    sobject: SObject
    count: bool = False
    limit: int | None = None
    nested: list[Nested] = field(default_factory=list)


@dataclass(frozen=True)
class Context:
    """What compiling depends on besides the statement.

    `deleted_rows` gives, for an object and an alias, the condition under which deleted rows show
    (queryAll); without it only live rows do.
    """

    viewer: Viewer
    now: datetime
    statement: str
    deleted_rows: Callable[[str, str], str] | None = None


def compile_query(query: Query, context: Context) -> Compiled:
    """The SQL of a whole statement."""
    sobject = context.viewer.sobject(query.source.parts[0])
    if sobject is None or len(query.source.parts) > 1 or not sobject.document["queryable"]:
        raise no_such_object(context.statement, query.source.text, query.source.at)
    return _Select(query, sobject, context, "t").compile()


class _Select:
    """One SELECT level: the statement, a child sub-query or a semi-join."""

    def __init__(self, query: Query, sobject: SObject, context: Context, prefix: str) -> None:
        self.query = query
        self.sobject = sobject
        self.context = context
        self.prefix = prefix
        self.tables = Tables(context.viewer, sobject, context.statement, prefix, query.alias)
        self.columns: list[str] = []
        self.node = Node(sobject.name)
        self.nested: list[Nested] = []
        self.filters = Conditions(self.tables, context.now, self._semi_join, self.function)

    def compile(self, parent_field: str | None = None) -> Compiled:
        query = self.query
        if query.offset > MAX_OFFSET:
            raise ApiError(
                "NUMBER_OUTSIDE_VALID_RANGE", f"Maximum SOQL offset allowed is {MAX_OFFSET}"
            )
        count = self._is_count()
        if not count:
            self._select()
        if parent_field is not None:
            self.node.parent_index = self._out(f'{self.tables.root}."{parent_field}"')
        where = self._where(parent_field)
        group, having = self._group()
        order = self._order()
        what = "COUNT(*)" if count else ", ".join(self.columns)
        sql = f"SELECT {what} FROM {self.tables.sql} WHERE {where}{group}{having}{order}"
        sql += self._window() if parent_field is None and not count else ""
        return Compiled(
            sql, self.filters.params, self.node, self.sobject, count, query.limit, self.nested
        )

    def _is_count(self) -> bool:
        value = self.query.items[0].value
        bare = isinstance(value, Call) and value.name == "COUNT" and value.operand is None
        if bare and len(self.query.items) > 1:
            raise ApiError("MALFORMED_QUERY", "count() must be the only element in the select list")
        return bare

    def _select(self) -> None:
        aggregated = bool(self.query.group) or any(
            isinstance(item.value, Call) and item.value.name in _AGGREGATES
            for item in self.query.items
        )
        if aggregated:
            self._select_aggregates()
            return
        self.node.id_index = self._out(f"{self.tables.root}.Id")
        for item in self.query.items:
            self._select_item(item)

    def _select_item(self, item: Item) -> None:
        if isinstance(item.value, Query):
            self._select_children(item.value)
        elif isinstance(item.value, Call):
            self._select_call(item, item.value)
        else:
            self._select_path(item.value)

    def _select_call(self, item: Item, call: Call) -> None:
        if call.name == "FIELDS" and isinstance(call.operand, Path):
            for name in self._all_fields(call.operand.text.upper()):
                self._select_path(Path((name,), call.at))
            return
        index = self._out(self.function(call))
        self.node.entries[item.alias or self._expr(call)] = Leaf(index, "string")

    def _all_fields(self, which: str) -> list[str]:
        fields = self.context.viewer.fields(self.sobject)
        chosen = {"STANDARD": (False,), "CUSTOM": (True,)}.get(which, (True, False))
        return [item.name for item in fields if item.flag("custom") in chosen]

    def _select_path(self, path: Path) -> None:
        *relations, name = self.tables.relative(path)
        node = self._node(tuple(relations), path)
        alias, sobject = self.tables.join(tuple(relations), path)
        column = self.tables.column(path)
        if column.field.name in node.entries:
            text = f"duplicate field selected: {column.field.name}"
            raise located("MALFORMED_QUERY", self.context.statement, path.at, text)
        if column.field.is_compound:
            node.entries[column.field.name] = self._compound(alias, sobject, column.field.name)
        else:
            node.entries[column.field.name] = Leaf(self._out(column.sql), column.field.type)

    def _compound(self, alias: str, sobject: SObject, name: str) -> Compound:
        parts = []
        stem = name.removesuffix("Address")
        for item in sobject.components(name):
            key = item.name.removeprefix(stem)
            index = self._out(self.tables.expression(alias, sobject, item))
            parts.append((key[0].lower() + key[1:], index))
        return Compound(sorted(parts))

    def _node(self, relations: tuple[str, ...], path: Path) -> Node:
        node = self.node
        for depth in range(1, len(relations) + 1):
            _, child = self.tables.join(relations[: depth - 1], path)
            reference = child.relations[relations[depth - 1].lower()]
            key = str(reference.document["relationshipName"])
            if key not in node.entries:
                alias, target = self.tables.join(relations[:depth], path)
                kind = "Name" if reference.flag("polymorphicForeignKey") else target.name
                node.entries[key] = Node(kind, self._out(f"{alias}.Id"), path_type=target.name)
            node = node.entries[key]  # type: ignore[assignment]  # a relationship key holds a Node
        return node

    def _select_children(self, query: Query) -> None:
        relation = query.source.parts[-1]
        child = self.sobject.children.get(relation.lower())
        sobject = self.context.viewer.sobject(child[0]) if child else None
        if child is None or sobject is None:
            text = (
                f"Didn't understand relationship '{relation}' in FROM part of query call. If you are "
                "attempting to use a custom relationship, be sure to append the '__r' after the "
                "custom relationship name. Please reference your WSDL or the describe call for the "
                "appropriate names."
            )
            raise located("INVALID_TYPE", self.context.statement, query.source.at, text)
        inner = _Select(query, sobject, self.context, f"{self.prefix}c{len(self.nested)}_")
        nested = Nested(self._relation_name(relation), inner.compile(child[1]))
        self.nested.append(nested)
        self.node.entries[nested.name] = nested

    def _relation_name(self, relation: str) -> str:
        for item in self.sobject.document["childRelationships"]:
            if (item["relationshipName"] or "").lower() == relation.lower():
                return str(item["relationshipName"])
        return relation

    def _select_aggregates(self) -> None:
        self.node.sobject = "AggregateResult"
        for item in self.query.items:
            if isinstance(item.value, Query):
                raise ApiError("MALFORMED_QUERY", "Sub-queries are not allowed with aggregates")
            if isinstance(item.value, Call):
                key = item.alias or self._expr(item.value)
                kind = "double" if item.value.name in ("SUM", "AVG") else "any"
                self.node.entries[key] = Leaf(self._out(self.function(item.value)), kind)
            else:
                self._grouped(item.value)
                column = self.tables.column(item.value)
                leaf = Leaf(self._out(column.sql), column.field.type)
                self.node.entries[item.alias or column.field.name] = leaf

    def _grouped(self, path: Path) -> None:
        groups = {g.text.lower() for g in self.query.group if isinstance(g, Path)}
        if path.text.lower() not in groups:
            text = f"Field must be grouped or aggregated: {path.text}"
            raise located("MALFORMED_QUERY", self.context.statement, path.at, text)

    def _expr(self, call: Call) -> str:
        taken = sum(1 for key in self.node.entries if key.startswith("expr"))
        return f"expr{taken}"

    def function(self, call: Call) -> str:
        """The SQL of a function call."""
        inner = self.operand(call.operand) if call.operand is not None else "*"
        if call.name == "COUNT_DISTINCT":
            return f"COUNT(DISTINCT {inner})"
        if call.name in _AGGREGATES:
            return f"{call.name}({inner})"
        if call.name in _PARTS:
            start, length = _PARTS[call.name]
            return f"CAST(substr({inner}, {start}, {length}) AS INTEGER)"
        if call.name == "DAY_ONLY":
            return f"substr({inner}, 1, 10)"
        if call.name in ("TOLABEL", "FORMAT", "CONVERTTIMEZONE"):
            return inner
        text = f"unexpected token: '{call.name}'"
        raise located("MALFORMED_QUERY", self.context.statement, call.at, text)

    def operand(self, operand: Operand) -> str:
        """The SQL of a field path or a function call."""
        return (
            self.function(operand) if isinstance(operand, Call) else self.tables.column(operand).sql
        )

    def _where(self, parent_field: str | None) -> str:
        root = self.tables.root
        parts = [self.context.viewer.rows(self.sobject, root)]
        if self.sobject.has("IsDeleted"):
            which = self.context.deleted_rows
            parts.append(which(self.sobject.name, root) if which else f"{root}.IsDeleted = 0")
        if self.query.scope == "mine" and self.sobject.has("OwnerId"):
            parts.append(f"{root}.OwnerId = '{self.context.viewer.user.id}'")
        if parent_field is not None:
            parts.append(f'{root}."{parent_field}" IN ({{parents}})')
        if self.query.where is not None:
            parts.append(self.filters.compile(self.query.where))
        return " AND ".join(part for part in parts if part != "1") or "1"

    def _group(self) -> tuple[str, str]:
        if not self.query.group:
            return "", ""
        columns = ", ".join(self.operand(item) for item in self.query.group)
        having = f" HAVING {self.filters.compile(self.query.having)}" if self.query.having else ""
        return f" GROUP BY {columns}", having

    def _order(self) -> str:
        parts = [self._ordering(item) for item in self.query.order]
        return f" ORDER BY {', '.join(parts)}" if parts else ""

    def _ordering(self, item: Ordering) -> str:
        direction = "DESC" if item.descending else "ASC"
        if isinstance(item.operand, Path):
            column = self.tables.column(item.operand)
            if not column.field.flag("sortable"):
                text = f"field '{column.field.name}' can not be sorted in a query call"
                raise located("MALFORMED_QUERY", self.context.statement, item.operand.at, text)
            if not column.field.flag("nillable"):
                return f"{column.sql} {direction}"
        places = "LAST" if item.nulls_last else "FIRST"
        return f"{self.operand(item.operand)} {direction} NULLS {places}"

    def _window(self) -> str:
        limit = -1 if self.query.limit is None else self.query.limit
        if limit < 0 and not self.query.offset:
            return ""
        return f" LIMIT {limit} OFFSET {self.query.offset}"

    def _semi_join(self, query: Query) -> tuple[str, Params]:
        sobject = self.context.viewer.sobject(query.source.parts[0])
        if sobject is None:
            raise no_such_object(self.context.statement, query.source.text, query.source.at)
        path = query.items[0].value
        if len(query.items) != 1 or not isinstance(path, Path):
            raise ApiError(
                "MALFORMED_QUERY", "Semi join sub-selects must have exactly one id field"
            )
        if query.order or query.limit is not None:
            raise ApiError("MALFORMED_QUERY", "Semi join sub-selects cannot have ORDER BY or LIMIT")
        if sobject is self.sobject:
            raise ApiError(
                "MALFORMED_QUERY",
                "The inner and outer selects should not be on the same object type",
            )
        return self._semi_join_sql(_Select(query, sobject, self.context, f"{self.prefix}s"), path)

    def _semi_join_sql(self, inner: "_Select", path: Path) -> tuple[str, Params]:
        column = inner.tables.column(path)
        if column.field.type not in ("id", "reference"):
            raise ApiError("MALFORMED_QUERY", "Semi join sub-selects can only query id fields")
        where = inner._where(None)
        sql = f"SELECT {column.sql} FROM {inner.tables.sql} WHERE {where} AND {column.sql} IS NOT NULL"
        return sql, inner.filters.params

    def _out(self, sql: str) -> int:
        if sql not in self.columns:
            self.columns.append(sql)
        return self.columns.index(sql)
