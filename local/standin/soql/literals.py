"""Literals of a condition as the store keeps values, or the refusal of a wrong kind."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from .. import ids
from ..clock import stamp
from ..errors import ApiError
from ..schema import Field
from .parsing import MAX_LITERAL, located
from .tree import Literal

_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
_ESCAPED = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_WRITTEN = {"id": "ID", "datetime": "dateTime"}
_TYPED = {
    "boolean": "boolean",
    "int": "number",
    "double": "number",
    "currency": "number",
    "percent": "number",
    "date": "date",
    "datetime": "datetime",
}


def stored(field: Field, literal: Literal, statement: str) -> Any:
    """The literal as the field's column stores it; null and the empty string are None."""
    if literal.kind == "null" or (literal.kind == "string" and not literal.text):
        return None
    if field.type in ("id", "reference"):
        return _record_id(literal, statement)
    if literal.kind != _TYPED.get(field.type, "string"):
        raise mismatch(field, literal, statement)
    return _READ[literal.kind](literal.text)


def _record_id(literal: Literal, statement: str) -> str:
    found = ids.normalise(literal.text) if literal.kind == "string" else None
    if found is None:
        text = f"invalid ID field: {literal.text}"
        raise located("INVALID_QUERY_FILTER_OPERATOR", statement, literal.at, text)
    return found


def _text(text: str) -> str:
    if len(text) > MAX_LITERAL:
        raise ApiError("MALFORMED_QUERY", f"string literal longer than {MAX_LITERAL} characters")
    return unescape(text)


def _moment(text: str) -> str:
    cleaned = re.sub(r"\.\d+", "", text.upper()).replace("Z", "+00:00")
    return stamp(datetime.fromisoformat(re.sub(r"([+-]\d\d)(\d\d)$", r"\1:\2", cleaned)))


_READ: dict[str, Callable[[str], Any]] = {
    "boolean": lambda text: int(text.lower() == "true"),
    "number": float,
    "date": str,
    "datetime": _moment,
    "string": _text,
}


def mismatch(field: Field, literal: Literal, statement: str) -> ApiError:
    """A condition compares the field with a literal of another type."""
    kind = _WRITTEN.get(field.type, field.type)
    needed = "" if literal.kind != "string" and field.type not in _TYPED else "not "
    text = (
        f"value of filter criterion for field '{field.name}' must be of type {kind} "
        f"and should {needed}be enclosed in quotes"
    )
    return located("INVALID_FIELD", statement, literal.at, text)


def unescape(text: str) -> str:
    """The text a quoted literal stands for."""
    return _ESCAPED.sub(lambda match: _plain(match[1]), text)


def _plain(escaped: str) -> str:
    if len(escaped) > 1:
        return chr(int(escaped[1:], 16))
    return _ESCAPES.get(escaped, escaped)


def pattern(text: str) -> str:
    """A SOQL LIKE pattern as SQLite's, with backslash as the escape character."""

    def escaped(match: re.Match[str]) -> str:
        plain = _plain(match[1])
        return f"\\{plain}" if plain in ("%", "_", "\\") else plain

    return _ESCAPED.sub(escaped, text)
