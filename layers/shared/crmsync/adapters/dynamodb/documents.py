"""Values of the domain as JSON text, where nothing needs to be looked up by its parts."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import TypeAdapter

T = TypeVar("T")

_ADAPTERS: dict[type, TypeAdapter[Any]] = {}


def text_of(value: object) -> str:
    """`value` as JSON."""
    return _adapter(type(value)).dump_json(value).decode()


def value_of(kind: type[T], text: str) -> T:
    """The value that `text_of` was given. Fields added since take their defaults."""
    value: T = _adapter(kind).validate_json(text)
    return value


def _adapter(kind: type) -> TypeAdapter[Any]:
    """Made once per class, on first use: it costs milliseconds."""
    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(kind)
    return _ADAPTERS[kind]
