"""Compiles WHERE and HAVING. Null is a value here, as in SOQL: `!=` and NOT match it."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from .. import ids
from ..clock import stamp
from ..errors import ApiError
from ..schema import Field
from . import ranges
from .columns import Column, Params, Tables
from .parsing import MAX_LITERAL, located
from .tree import Call, Compared, Condition, Literal, Logic, Members, Operand, Query

_NUMBERS = ("int", "double", "currency", "percent")
_DATES = ("date", "datetime")
_WRITTEN = {"id": "ID", "datetime": "dateTime"}
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
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
        return "(" + f" {condition.operator} ".join(parts) + ")"

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
        if self._joins > 2:
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
            self.params.append(f"%;{unescape(literal.text)};%")
        joined = " OR ".join(tests)
        return f"({joined})" if condition.mode == "includes" else f"(({joined}) IS NOT TRUE)"

    def _compared(self, condition: Compared) -> str:
        column = self._column(condition.operand)
        if condition.literal.kind == "range":
            return self._ranged(column, condition)
        if condition.operator == "LIKE":
            self.params.append(_pattern(condition.literal.text))
            return f"{column.sql} LIKE ? ESCAPE '\\'"
        value = self._value(column, condition.literal)
        operator = _OPERATORS.get(condition.operator, condition.operator)
        if value is not None and operator == "IS":
            operator = "="
        self.params.append(value)
        return f"{column.sql} {operator} ?"

    def _ranged(self, column: Column, condition: Compared) -> str:
        if column.field.type not in _DATES:
            raise self._mismatch(column.field, condition.literal)
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
        """The literal as the column stores it."""
        field = column.field
        if literal.kind == "null" or (literal.kind == "string" and not literal.text):
            return None
        if field.type in ("id", "reference"):
            return self._id(field, literal)
        if field.type == "boolean" and literal.kind == "boolean":
            return int(literal.text.lower() == "true")
        if field.type in _NUMBERS and literal.kind == "number":
            return float(literal.text)
        if field.type == "date" and literal.kind == "date":
            return literal.text
        if field.type == "datetime" and literal.kind == "datetime":
            return _moment(literal.text)
        if field.type not in ("boolean", *_NUMBERS, *_DATES) and literal.kind == "string":
            return self._text(literal)
        raise self._mismatch(field, literal)

    def _id(self, field: Field, literal: Literal) -> str:
        found = ids.normalise(literal.text) if literal.kind == "string" else None
        if found is None:
            text = f"invalid ID field: {literal.text}"
            raise located("INVALID_QUERY_FILTER_OPERATOR", self._tables.statement, literal.at, text)
        return found

    def _text(self, literal: Literal) -> str:
        if len(literal.text) > MAX_LITERAL:
            raise ApiError(
                "MALFORMED_QUERY", f"string literal longer than {MAX_LITERAL} characters"
            )
        return unescape(literal.text)

    def _mismatch(self, field: Field, literal: Literal) -> ApiError:
        kind = _WRITTEN.get(field.type, field.type)
        quoted = literal.kind != "string"
        text = (
            f"value of filter criterion for field '{field.name}' must be of type {kind} and should"
        )
        ending = (
            "be enclosed in quotes" if quoted and kind == "string" else "not be enclosed in quotes"
        )
        return located("INVALID_FIELD", self._tables.statement, literal.at, f"{text} {ending}")


def _computed(call: Call) -> Field:
    kind = "date" if call.name == "DAY_ONLY" else "double"
    return Field({"name": call.name, "type": kind, "label": call.name, "referenceTo": []})


def _moment(text: str) -> str:
    cleaned = re.sub(r"\.\d+", "", text.upper()).replace("Z", "+00:00")
    if re.search(r"[+-]\d{4}$", cleaned):
        cleaned = f"{cleaned[:-2]}:{cleaned[-2:]}"
    return stamp(datetime.fromisoformat(cleaned))


def unescape(text: str) -> str:
    if "\\" not in text:
        return text
    plain = re.sub(r"\\u([0-9a-fA-F]{4})", lambda m: chr(int(m[1], 16)), text)
    return re.sub(r"\\(.)", lambda m: _ESCAPES.get(m[1], m[1]), plain, flags=re.S)


def _pattern(text: str) -> str:
    """A SOQL LIKE pattern as SQLite's with backslash as the escape character."""

    def escaped(match: re.Match[str]) -> str:
        char = match[1]
        return f"\\{char}" if char in "%_\\" else _ESCAPES.get(char, char)

    return re.sub(r"\\(.)", escaped, text, flags=re.S)
