"""Checks written values as Salesforce does and turns them into what is stored."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from .. import ids
from ..clock import stamp
from ..errors import ApiError
from ..schema import Field, SObject
from .store import Row

_EMAIL = re.compile(
    r"^[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}$"
)
_TEXT = ("string", "textarea", "phone", "url", "picklist", "multipicklist", "email", "combobox")


def coerce(item: Field, value: Any) -> Any:
    """What the store keeps for a written value, or the refusal."""
    if value is None or value == "":
        return 0 if item.type == "boolean" else None
    if isinstance(value, dict | list):
        raise _unreadable(item, value)
    read: Callable[[Field, Any], Any] = _READERS.get(item.type, _text)
    return read(item, value)


def _boolean(item: Field, value: Any) -> int:
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, str) and value.lower() in ("true", "false", "1", "0"):
        return int(value.lower() in ("true", "1"))
    raise _unreadable(item, value)


def _number(item: Field, value: Any) -> float | int:
    if isinstance(value, bool):
        raise _unreadable(item, value)
    try:
        number = float(value)
    except ValueError:
        raise _unreadable(item, value) from None
    return int(number) if item.type == "int" else number


def _date(item: Field, value: Any) -> str:
    try:
        return date.fromisoformat(str(value)[:10]).isoformat()
    except ValueError:
        raise _unreadable(item, value) from None


def _datetime(item: Field, value: Any) -> str:
    text = re.sub(r"([+-]\d\d)(\d\d)$", r"\1:\2", str(value).replace("Z", "+00:00"))
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise _unreadable(item, value) from None
    return stamp(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def _reference(item: Field, value: Any) -> str:
    found = ids.normalise(value)
    if found is None:
        text = f"{item.label}: id value of incorrect type: {value}"
        raise ApiError("MALFORMED_ID", text, [item.name])
    return found


def _text(item: Field, value: Any) -> str | None:
    if isinstance(value, bool):
        value = str(value).lower()
    text = str(value).strip()
    limit = int(item.document["length"])
    if limit and len(text) > limit and item.type in _TEXT:
        message = f"{item.label}: data value too large: {text} (max length={limit})"
        raise ApiError("STRING_TOO_LONG", message, [item.name])
    if item.type == "email" and text and not _EMAIL.match(text):
        message = f"{item.label}: invalid email address: {text}"
        raise ApiError("INVALID_EMAIL_ADDRESS", message, [item.name])
    if item.flag("restrictedPicklist") and text:
        allowed = [pick["value"] for pick in item.document["picklistValues"] if pick["active"]]
        if text not in allowed:
            message = f"{item.label}: bad value for restricted picklist field: {text}"
            raise ApiError("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message, [item.name])
    return text or None


_READERS: dict[str, Callable[[Field, Any], Any]] = {
    "boolean": _boolean,
    "int": _number,
    "double": _number,
    "currency": _number,
    "percent": _number,
    "date": _date,
    "datetime": _datetime,
    "reference": _reference,
    "id": _reference,
}


def _unreadable(item: Field, value: Any) -> ApiError:
    shown = value if isinstance(value, str) else type(value).__name__
    text = (
        f"Cannot deserialize instance of {item.type} from VALUE_STRING value {shown} or request "
        "may be missing a required field at [line:1, column:1]"
    )
    return ApiError("JSON_PARSER_ERROR", text)


def full_name(row: Row) -> str:
    """First and last name as the compound Name shows them."""
    return " ".join(part for part in (row.get("FirstName"), row.get("LastName")) if part)


def defaults(sobject: SObject) -> Row:
    """What a new row holds before anything is written to it."""
    row: Row = {}
    for item in sobject.fields.values():
        if not item.is_stored:
            continue
        if item.type == "boolean":
            row[item.name] = int(bool(item.document["defaultValue"]))
        else:
            row[item.name] = item.document["defaultValue"]
            if item.type == "int" and not item.document["nillable"]:
                row[item.name] = 0
    return row
