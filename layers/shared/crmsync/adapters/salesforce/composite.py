"""Composite: up to 25 requests in one call, which Salesforce counts as one. Pure.

Run in order (`collateSubrequests` off), each on its own (`allOrNone` off), and at most five of
them queries or collections. Queries travel in the body, so no address carries a person's data.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from crmsync.adapters.salesforce.ids import MEMBER_PREFIX
from crmsync.domain.errors import Retry

MAX_HEAVY = 5
"""Queries and collections one composite call may hold."""
COLLECTION_SIZE = 200
_NEXT_PAGE = re.compile(r"/services/data/v\d{2,3}\.\d/query(?:All)?/[A-Za-z0-9]{15,40}-\d{1,9}")
WRITE_HEADERS = {
    "Sforce-Duplicate-Rule-Header": "allowSave=false",
    "Sforce-Auto-Assign": "FALSE",
}


@dataclass(frozen=True, slots=True)
class Sub:
    """One request of a composite call. `ref` names its answer.

    One that is `optional` is left out of what a reader finds when it is refused.
    """

    ref: str
    method: str
    path: str
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)
    optional: bool = False

    def document(self) -> dict[str, Any]:
        """Its JSON form."""
        found = {"method": self.method, "url": self.path, "referenceId": self.ref}
        extra = {"body": self.body, "httpHeaders": dict(self.headers)}
        return {**found, **{key: value for key, value in extra.items() if value}}


@dataclass(frozen=True, slots=True)
class SubReply:
    """What one request was answered."""

    status: int
    body: object

    @property
    def ok(self) -> bool:
        """Whether it was carried out."""
        return 200 <= self.status < 300  # noqa: PLR2004 - the range is the meaning


@dataclass(frozen=True, slots=True)
class Rows:
    """Records of a query so far. `next_path` is None on the last page."""

    records: tuple[Mapping[str, Any], ...]
    total: int
    next_path: str | None = None


def query(ref: str, base: str, soql: str, *, deleted_too: bool = False) -> Sub:
    """A query; `deleted_too` also returns rows in the recycle bin and merged ones."""
    resource = "queryAll" if deleted_too else "query"
    return Sub(ref, "GET", f"{base}/{resource}?q={quote(soql, safe='')}")


def query_after(ref: str, base: str, soql: str, reference: str) -> Sub:
    """A query whose text holds `reference`, a value out of an earlier answer of the same call.

    Salesforce puts the value in; where there is none the query is refused, so it is optional.
    """
    path = f"{base}/query?q={quote(soql, safe='')}".replace(quote(reference, safe=""), reference)
    return Sub(ref, "GET", path, optional=True)


def save(
    ref: str, base: str, method: str, records: Sequence[Mapping[str, Any]], key: str = ""
) -> Sub:
    """Create (POST), update (PATCH) or, with `key` as `Type/ExternalField`, upsert records."""
    path = f"{base}/composite/sobjects{'/' + key if key else ''}"
    body = {"allOrNone": False, "records": list(records)}
    return Sub(ref, method, path, body, WRITE_HEADERS)


def remove(ref: str, base: str, row_ids: Sequence[str]) -> Sub:
    """Delete membership rows. The only DELETE there is; it refuses ids of anything else."""
    if not all(row_id.startswith(MEMBER_PREFIX) for row_id in row_ids):
        raise ValueError("only membership rows are ever deleted")
    return Sub(ref, "DELETE", f"{base}/composite/sobjects?ids={','.join(row_ids)}&allOrNone=false")


def envelope(subs: Iterable[Sub]) -> dict[str, Any]:
    """The body of the composite call."""
    return {
        "allOrNone": False,
        "collateSubrequests": False,
        "compositeRequest": [sub.document() for sub in subs],
    }


def replies(subs: Sequence[Sub], body: object) -> dict[str, SubReply]:
    """The answers by `ref`; raises `Retry` when the answer is not that of this call."""
    entries = body.get("compositeResponse") if isinstance(body, Mapping) else None
    if not isinstance(entries, list) or len(entries) != len(subs):
        raise unreadable()
    found = {}
    for entry in entries:
        if not isinstance(entry, Mapping) or not isinstance(entry.get("httpStatusCode"), int):
            raise unreadable()
        found[str(entry.get("referenceId"))] = SubReply(entry["httpStatusCode"], entry.get("body"))
    if set(found) != {sub.ref for sub in subs}:
        raise unreadable()
    return found


def rows(reply: SubReply) -> Rows:
    """A page of records; raises `Retry` when the page contradicts itself."""
    body = reply.body
    if not isinstance(body, Mapping) or not isinstance(body.get("records"), list):
        raise unreadable()
    next_path = body.get("nextRecordsUrl")
    done = body.get("done")
    if done not in (True, False) or (not done and not _is_next_page(next_path)):
        raise unreadable()
    if not all(isinstance(record, Mapping) for record in body["records"]):
        raise unreadable()
    total = body.get("totalSize")
    size = total if isinstance(total, int) else len(body["records"])
    return Rows(tuple(body["records"]), size, None if done else next_path)


def _is_next_page(path: object) -> bool:
    """A path of this org's query resource and nothing else, as it is sent back with the token."""
    return isinstance(path, str) and _NEXT_PAGE.fullmatch(path) is not None


def unreadable() -> Retry:
    """An answer that is not what was asked for."""
    return Retry(
        "crm_answer_unreadable", "Your CRM sent an answer that makes no sense.", applied=None
    )
