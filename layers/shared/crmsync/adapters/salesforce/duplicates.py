"""Who a duplicate rule stopped a new person for.

Collections only say that a rule fired. Sent by itself the same record is answered with the matches
(up to 25 of them share one composite call); should the rule not fire any more, the person is
created, which is what was asked for. The alert itself is never bypassed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from crmsync.adapters.salesforce.client import OrgClient
from crmsync.adapters.salesforce.composite import WRITE_HEADERS, Sub, SubReply
from crmsync.adapters.salesforce.results import LOST, Result, single
from crmsync.adapters.salesforce.writes import Batch, Row
from crmsync.domain.errors import CrmSyncError, Retry

DUPLICATES = "DUPLICATES_DETECTED"
PER_CALL = 25


def with_matches(
    client: OrgClient, batches: Sequence[Batch], done: Mapping[int, Result]
) -> dict[int, Result]:
    """Better results for new people a duplicate rule stopped; others are not in it."""
    stopped = [
        (batch.name, row)
        for batch in batches
        for row in batch.rows
        if batch.verb != "update" and not batch.alone and _is_stopped(done[row.index])
    ]
    found: dict[int, Result] = {}
    for at in range(0, len(stopped), PER_CALL):
        found |= _asked(client, stopped[at : at + PER_CALL])
    return found


def _is_stopped(result: Result) -> bool:
    return result.code == DUPLICATES and not result.matches


def _asked(client: OrgClient, rows: Sequence[tuple[str, Row]]) -> dict[int, Result]:
    """A failure leaves the rows stopped, with nobody named; a lost answer leaves them unknown."""
    subs = [_sub(client.base, name, row) for name, row in rows]
    try:
        answers: Mapping[str, SubReply] = client.composite(subs, writing=True)
    except CrmSyncError as error:
        lost = isinstance(error, Retry) and error.applied is None
        return {row.index: LOST for _, row in rows} if lost else {}
    return {row.index: single(answers[sub.ref]) for sub, (_, row) in zip(subs, rows, strict=True)}


def _sub(base: str, name: str, row: Row) -> Sub:
    record = {key: value for key, value in row.record.items() if key != "attributes"}
    return Sub(f"alone{row.index}", "POST", f"{base}/sobjects/{name}", record, WRITE_HEADERS)
