"""Record ids: what is one, what kind of record it names, and lists that fit a query. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from crmsync.domain.ids import full_crm_id

CONTACT_PREFIX = "003"
LEAD_PREFIX = "00Q"
MEMBER_PREFIX = "00v"
NOBODY = "000000000000000AAA"
LIST_CHARACTERS = 60_000
"""Room for literals in one query: SOQL ends at 100,000 characters."""
_ID = re.compile(r"[A-Za-z0-9]{18}")


def ids(values: Iterable[str]) -> list[str]:
    """The ids, sorted, each once. What is no id matches nothing, so it is left out.

    An id has 18 characters, the last three a checksum of the case of the others. The list is never
    empty, as SOQL has no empty list: then it holds the id that no record has.
    """
    return sorted({value for value in values if is_id(value)}) or [NOBODY]


def is_id(value: str) -> bool:
    """Whether the text is an id as Salesforce writes them."""
    return _ID.fullmatch(value) is not None and full_crm_id(value[:15]) == value


def chunks(values: Sequence[str], most: int) -> Iterator[list[str]]:
    """Slices of at most `most` values whose quoted text fits one query."""
    chunk: list[str] = []
    room = LIST_CHARACTERS
    for value in values:
        cost = 2 * len(value) + 3
        if chunk and (len(chunk) == most or cost > room):
            yield chunk
            chunk, room = [], LIST_CHARACTERS
        chunk.append(value)
        room -= cost
    if chunk:
        yield chunk
