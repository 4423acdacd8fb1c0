"""Results of collections, row by row. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from crmsync.adapters.salesforce.composite import SubReply
from crmsync.adapters.salesforce.errors import (
    SchemaChanged,
    codes_of,
    from_reply,
    record_refused,
    sentence_of,
)
from crmsync.adapters.salesforce.refusal import Kind
from crmsync.adapters.salesforce.refusals import refusal
from crmsync.domain.connection import ApiBudget
from crmsync.domain.errors import CrmSyncError
from crmsync.ports.crm import Written

LOCKED = "UNABLE_TO_LOCK_ROW"
FIELD_CODES = frozenset({"INVALID_FIELD", "INVALID_FIELD_FOR_INSERT_UPDATE"})


@dataclass(frozen=True, slots=True)
class Result:
    """One row's result: an id, or the code Salesforce refused it with, or why it was not sent.

    `existed` is what an upsert tells when it found the record.
    """

    id: str | None = None
    code: str = ""
    sentence: str = ""
    matches: tuple[str, ...] = ()
    unknown: bool = False
    failure: CrmSyncError | None = None
    existed: bool = False

    @property
    def stale(self) -> bool:
        """Whether a field was refused that describe had allowed: it is out of date."""
        return self.code in FIELD_CODES or isinstance(self.failure, SchemaChanged)

    @property
    def locked(self) -> bool:
        """Whether the row failed only because somebody else was writing nearby."""
        return self.code == LOCKED

    def written(self) -> Written:
        """The port's form."""
        if self.unknown:
            return Written(unknown=True)
        if self.id is not None:
            return Written(id=self.id, existed=self.existed)
        refused = self.failure or record_refused(self.code, self.sentence)
        return Written(error=refused.code, detail=refused.detail, matches=self.matches)


LOST = Result(unknown=True)


def results(reply: SubReply, count: int, budget: ApiBudget) -> list[Result]:
    """One result per row in order. An answer that does not add up leaves all of them unknown.

    Raises what a refusal of the whole request amounts to, unless it concerns the records.
    """
    if not reply.ok:
        return [_whole(reply, budget)] * count
    if not isinstance(reply.body, list) or len(reply.body) != count:
        return [LOST] * count
    return [_result(entry) for entry in reply.body]


def single(reply: SubReply) -> Result:
    """The result of one record that was created by itself."""
    if reply.ok and isinstance(reply.body, Mapping):
        return _result(reply.body)
    code = next(iter(codes_of(reply.body)), "")
    return Result(code=code, sentence=sentence_of(reply.body), matches=_matches(reply.body))


def _whole(reply: SubReply, budget: ApiBudget) -> Result:
    code = next(iter(codes_of(reply.body)), "")
    if refusal(code).kind in (Kind.RECORD, Kind.PASSING) and code:
        return Result(code=code, sentence=sentence_of(reply.body))
    raise from_reply(reply.status, reply.body, budget=budget, writing=True)


def _result(entry: object) -> Result:
    if not isinstance(entry, Mapping):
        return LOST
    if entry.get("success") is True and isinstance(entry.get("id"), str):
        return Result(id=entry["id"], existed=entry.get("created") is False)
    errors = entry.get("errors") or [entry]
    code = next(iter(codes_of(errors)), "")
    return Result(code=code, sentence=sentence_of(errors), matches=_matches(errors))


def _matches(errors: object) -> tuple[str, ...]:
    """Ids of the records a duplicate rule found, wherever this API version puts them."""
    return tuple(sorted(set(_matched(errors))))


def _matched(value: object) -> Iterator[str]:
    if isinstance(value, Mapping):
        record = value.get("record")
        if isinstance(record, Mapping) and isinstance(record.get("Id"), str):
            yield record["Id"]
        value = [*value.values()]
    if isinstance(value, list):
        for item in value:
            yield from _matched(item)
