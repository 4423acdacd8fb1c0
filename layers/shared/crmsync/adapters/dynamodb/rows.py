"""What every item has, and how a key looks to DynamoDB."""

from __future__ import annotations

from typing import Any

from pynamodb.attributes import Attribute, UnicodeAttribute
from pynamodb.models import Model

from crmsync.domain.errors import RequestError

RawKey = dict[str, dict[str, Any]]
Keys = tuple[str, str]
"""A partition key and a sort key."""

LONGEST_SORT_KEY = 1024
"""In bytes; DynamoDB's limit."""


class OptionalText(Attribute["str | None"]):
    """Text that an item may be without."""

    attr_type = "S"
    null = True


class Row(Model):
    """An item with the keys every table has. Subclasses map one entity each."""

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)


def raw_key(pk: str, sk: str, **index_keys: str) -> RawKey:
    """A key as DynamoDB writes it; a query can start after any, also one that does not exist."""
    return {name: {"S": text} for name, text in {"pk": pk, "sk": sk, **index_keys}.items()}


def place_after(pk: str, cursor: str | None, prefix: str = "") -> RawKey | None:
    """Where a page goes on: after the sort key `cursor`; a client may have made it up.

    Only a sort key is ever taken from a cursor, so it cannot lead to another tenant's items.
    """
    if cursor is None:
        return None
    size = len(cursor.encode(errors="replace"))
    if not cursor.startswith(prefix) or not 0 < size <= LONGEST_SORT_KEY:
        raise bad_cursor()
    return raw_key(pk, cursor)


def bad_cursor() -> RequestError:
    """A cursor that was never given out."""
    return RequestError("bad_cursor", "This cursor leads nowhere. Ask for the first page again.")
