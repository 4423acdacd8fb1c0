"""Compiles a parsed SELECT to SQLite, and describes how its rows become JSON."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from ..data.access import Viewer
from ..errors import ApiError
from ..schema import SObject
from .columns import Params, Tables, no_such_object
from .conditions import Conditions
from .functions import Functions
from .parsing import located
from .select_list import SelectList
from .shapes import Compiled
from .tree import Call, Ordering, Path, Query

MAX_OFFSET = 2_000


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
        self.functions = Functions(self.tables)
        self.filters = Conditions(
            self.tables, context.now, self._semi_join, self.functions.function
        )
        self.list = SelectList(self.tables, self.functions, query, self._child)

    def compile(self, parent_field: str | None = None) -> Compiled:
        """The SELECT; with `parent_field`, that of the children of many parents at once."""
        if self.query.offset > MAX_OFFSET:
            raise ApiError(
                "NUMBER_OUTSIDE_VALID_RANGE", f"Maximum SOQL offset allowed is {MAX_OFFSET}"
            )
        count = self._is_count()
        if not count:
            self.list.compile()
        if parent_field is not None:
            self.list.node.parent_index = self.list.out(f'{self.tables.root}."{parent_field}"')
        return Compiled(
            self._sql(parent_field, count=count),
            self.filters.params,
            self.list.node,
            self.sobject,
            count=count,
            limit=self.query.limit,
            nested=self.list.nested,
        )

    def _sql(self, parent_field: str | None, *, count: bool) -> str:
        """The clauses in the order their parameters are gathered; the joins come last."""
        where = self.where(parent_field)
        group, having = self._group()
        order = self._order()
        what = "COUNT(*)" if count else ", ".join(self.list.columns)
        window = self._window() if parent_field is None and not count else ""
        return f"SELECT {what} FROM {self.tables.sql} WHERE {where}{group}{having}{order}{window}"

    def _child(self, query: Query, sobject: SObject, parent_field: str) -> Compiled:
        prefix = f"{self.prefix}c{len(self.list.nested)}_"
        return _Select(query, sobject, self.context, prefix).compile(parent_field)

    def _is_count(self) -> bool:
        value = self.query.items[0].value
        bare = isinstance(value, Call) and value.name == "COUNT" and value.operand is None
        if bare and len(self.query.items) > 1:
            raise ApiError("MALFORMED_QUERY", "count() must be the only element in the select list")
        return bare

    def where(self, parent_field: str | None = None) -> str:
        """The WHERE clause: what the user may see, what is not deleted, what was asked."""
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
        columns = ", ".join(self.functions.operand(item) for item in self.query.group)
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
        return f"{self.functions.operand(item.operand)} {direction} NULLS {places}"

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
        where = inner.where()
        found = f"{where} AND {column.sql} IS NOT NULL"
        return f"SELECT {column.sql} FROM {inner.tables.sql} WHERE {found}", inner.filters.params
