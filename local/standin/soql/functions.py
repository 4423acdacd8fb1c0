"""SOQL functions as SQL."""

from .columns import Tables
from .parsing import located
from .tree import Call, Operand

AGGREGATES = ("COUNT", "COUNT_DISTINCT", "SUM", "AVG", "MIN", "MAX")
_PARTS = {
    "CALENDAR_YEAR": (1, 4),
    "CALENDAR_MONTH": (6, 2),
    "DAY_IN_MONTH": (9, 2),
    "HOUR_IN_DAY": (12, 2),
}
_PLAIN = ("TOLABEL", "FORMAT", "CONVERTTIMEZONE")


class Functions:
    """The functions and fields of one SELECT."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def operand(self, operand: Operand) -> str:
        """The SQL of a field path or a function call."""
        if isinstance(operand, Call):
            return self.function(operand)
        return self._tables.column(operand).sql

    def function(self, call: Call) -> str:
        """The SQL of a function call."""
        inner = self.operand(call.operand) if call.operand is not None else "*"
        if call.name in AGGREGATES:
            distinct = call.name == "COUNT_DISTINCT"
            return f"COUNT(DISTINCT {inner})" if distinct else f"{call.name}({inner})"
        if call.name in _PARTS:
            start, length = _PARTS[call.name]
            return f"CAST(substr({inner}, {start}, {length}) AS INTEGER)"
        if call.name == "DAY_ONLY":
            return f"substr({inner}, 1, 10)"
        if call.name in _PLAIN:
            return inner
        text = f"unexpected token: '{call.name}'"
        raise located("MALFORMED_QUERY", self._tables.statement, call.at, text)
