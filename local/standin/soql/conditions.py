"""Compiles WHERE and HAVING. Null is a value here, as in SOQL: `!=` and NOT match it."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from ..clock import stamp
from ..errors import ApiError
from ..schema import Field
from . import literals, ranges
from .columns import Column, Params, Tables
from .parsing import located
from .tree import Call, Compared, Condition, Literal, Logic, Members, Operand, Query

_DATES = ("date", "datetime")
_MAX_SEMI_JOINS = 2
_OPERATORS = {"=": "IS", "!=": "IS NOT", "<>": "IS NOT"}

Aggregate = Callable[[Call], str]
SubSelect = Callable[[Query], tuple[str, Params]]


class Conditions:
    """Turns conditions of one SELECT into SQL; parameters gather in `params`."""

    def __init__(
        self, tables: Tables, now: datetime, subselect: SubSelect, aggregate: Aggregate
    ) -> None:
        self._tables = tables
        self._now = now
        self._subselect = subselect
        self._aggregate = aggregate
        self.params: Params = []
        self._joins = 0

    def compile(self, condition: Condition, *, top: bool = True) -> str:
        """The SQL of a condition."""
        if isinstance(condition, Logic):
            return self._logic(condition, top=top)
        if isinstance(condition, Members):
            return self._members(condition, top=top)
        return self._compared(condition)

    def _logic(self, condition: Logic, *, top: bool) -> str:
        below = top and condition.operator != "OR"
        parts = [self.compile(term, top=below) for term in condition.terms]
        if condition.operator == "NOT":
            return f"(({parts[0]}) IS NOT TRUE)"
        return _balanced(parts, condition.operator)

    def _members(self, condition: Members, *, top: bool) -> str:
        column = self._column(condition.operand)
        if condition.query is not None:
            return self._semi_join(column, condition, condition.query, top=top)
        if condition.mode in ("includes", "excludes"):
            return self._picks(column, condition)
        values = [self._value(column, literal) for literal in condition.literals]
        marks = ", ".join("?" for value in values if value is not None)
        self.params += [value for value in values if value is not None]
        sql = f"{column.sql} IN ({marks})"
        if None in values:
            sql = f"({sql} OR {column.sql} IS NULL)"
        return sql if condition.mode == "in" else f"({sql} IS NOT TRUE)"

    def _semi_join(self, column: Column, condition: Members, query: Query, *, top: bool) -> str:
        if not top:
            raise ApiError(
                "MALFORMED_QUERY",
                "Semi join sub-selects are only allowed at the top level WHERE expressions "
                "and not in nested WHERE expressions.",
            )
        self._joins += 1
        if self._joins > _MAX_SEMI_JOINS:
            raise ApiError("MALFORMED_QUERY", "The maximum number of semi join sub-selects is 2")
        if column.field.type not in ("id", "reference"):
            raise ApiError("MALFORMED_QUERY", "Semi join sub-selects can only query id fields")
        sql, params = self._subselect(query)
        self.params += params
        inside = f"{column.sql} IN ({sql})"
        return inside if condition.mode == "in" else f"({inside} IS NOT TRUE)"

    def _picks(self, column: Column, condition: Members) -> str:
        tests = []
        for literal in condition.literals:
            tests.append(f"(';' || {column.sql} || ';') LIKE ?")
            self.params.append(f"%;{literals.unescape(literal.text)};%")
        joined = " OR ".join(tests)
        return f"({joined})" if condition.mode == "includes" else f"(({joined}) IS NOT TRUE)"

    def _compared(self, condition: Compared) -> str:
        column = self._column(condition.operand)
        if condition.literal.kind == "range":
            return self._ranged(column, condition)
        if condition.operator == "LIKE":
            self.params.append(literals.pattern(condition.literal.text))
            return f"{column.sql} LIKE ? ESCAPE '\\'"
        value = self._value(column, condition.literal)
        operator = _OPERATORS.get(condition.operator, condition.operator)
        if value is not None and operator == "IS":
            operator = "="
        self.params.append(value)
        return f"{column.sql} {operator} ?"

    def _ranged(self, column: Column, condition: Compared) -> str:
        if column.field.type not in _DATES:
            raise literals.mismatch(column.field, condition.literal, self._tables.statement)
        start, end = ranges.resolve(condition.literal.text, self._now.date())
        first, after = self._day(column.field, start), self._day(column.field, end)
        if condition.operator in ("=", "!=", "<>"):
            self.params += [first, after]
            sql = f"({column.sql} >= ? AND {column.sql} < ?)"
            return sql if condition.operator == "=" else f"({sql} IS NOT TRUE)"
        operator, bound = {
            "<": ("<", first),
            "<=": ("<", after),
            ">": (">=", after),
            ">=": (">=", first),
        }[condition.operator]
        self.params.append(bound)
        return f"{column.sql} {operator} ?"

    def _day(self, field: Field, day: date) -> str:
        if field.type == "date":
            return day.isoformat()
        return stamp(datetime(day.year, day.month, day.day, tzinfo=UTC))

    def _column(self, operand: Operand) -> Column:
        if isinstance(operand, Call):
            return Column(self._aggregate(operand), _computed(operand), self._tables.sobject)
        column = self._tables.column(operand)
        if not column.field.flag("filterable") or column.field.is_compound:
            text = f"field '{column.field.name}' can not be filtered in a query call"
            raise located("INVALID_FIELD", self._tables.statement, operand.at, text)
        return column

    def _value(self, column: Column, literal: Literal) -> Any:
        return literals.stored(column.field, literal, self._tables.statement)


def _balanced(parts: list[str], operator: str) -> str:
    """Terms joined as a balanced tree: SQLite refuses an expression nested 1,000 deep."""
    if len(parts) == 1:
        return parts[0]
    middle = len(parts) // 2
    left, right = _balanced(parts[:middle], operator), _balanced(parts[middle:], operator)
    return f"({left} {operator} {right})"


def _computed(call: Call) -> Field:
    kind = "date" if call.name == "DAY_ONLY" else "double"
    return Field({"name": call.name, "type": kind, "label": call.name, "referenceTo": []})
