"""What every item has, and how a key looks to DynamoDB."""

from __future__ import annotations

from typing import Any

from pynamodb.attributes import Attribute, UnicodeAttribute
from pynamodb.models import Model

RawKey = dict[str, dict[str, Any]]
Keys = tuple[str, str]
"""A partition key and a sort key."""


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
