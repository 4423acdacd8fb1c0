"""Answers into our error tree. Pure; decides by code and status, never by message text.

Salesforce reports errors in three forms: `[{"errorCode", "message"}]` from most resources,
`[{"statusCode", "message"}]` inside collection results, and `{"error", "error_description"}` from
the token endpoint. Gateways in front of it answer HTML or nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from crmsync.adapters.salesforce.refusal import Kind, Refusal
from crmsync.adapters.salesforce.refusals import refusal
from crmsync.domain.connection import ApiBudget
from crmsync.domain.errors import ConnectionStopped, CrmSyncError, Defer, RecordRefused, Retry

QUOTA_PAUSE = 3600
BUSY_PAUSE = 300
CROWDED_PAUSE = 60
_LONGEST_PAUSE = 1800
_SENTENCE = 240
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
_BUSY_STATUSES = frozenset({406, 420, 429, 503})
_SERVER_ERROR = 500


class SchemaChanged(CrmSyncError):
    """A query named something that is gone: read describe again before deciding what that means."""


class TokenRefused(CrmSyncError):
    """The access token is no longer taken; nothing was done."""


def codes_of(body: object) -> tuple[str, ...]:
    """The error codes in an answer, in order; empty when it holds none."""
    entries = body if isinstance(body, list) else [body]
    found = (
        entry.get("errorCode") or entry.get("statusCode") or entry.get("error")
        for entry in entries
        if isinstance(entry, Mapping)
    )
    return tuple(code for code in found if isinstance(code, str))


def sentence_of(body: object) -> str:
    """Salesforce's own message, on one line and shortened; '' when there is none."""
    entry = body[0] if isinstance(body, list) and body else body
    text = entry.get("message") if isinstance(entry, Mapping) else None
    if not isinstance(text, str):
        return ""
    flat = _CONTROL.sub(" ", text).strip()
    return flat if len(flat) <= _SENTENCE else flat[: _SENTENCE - 1] + "…"


def from_reply(
    status: int,
    body: object,
    *,
    budget: ApiBudget,
    retry_after: int | None = None,
    writing: bool = False,
) -> CrmSyncError:
    """The error a refused call amounts to. `writing` makes a server error one of unknown effect."""
    codes = codes_of(body)
    if codes:
        return from_code(codes[0], sentence_of(body), budget=budget)
    if status in _BUSY_STATUSES:
        seconds = min(retry_after or BUSY_PAUSE, _LONGEST_PAUSE)
        return Defer("crm_unavailable", "Your CRM is not available now.", seconds=seconds)
    if status == 401:  # noqa: PLR2004 - Unauthorized
        return TokenRefused(
            "session_refused", "Your CRM no longer accepts the sign-in. Connect again."
        )
    if 300 <= status < 400:  # noqa: PLR2004 - a redirect is never followed with the token
        return ConnectionStopped("org_moved", "Your CRM moved to another address. Connect again.")
    if status >= _SERVER_ERROR:
        applied = None if writing else False
        return Retry("crm_failed", f"Your CRM failed with status {status}.", applied=applied)
    return Retry("crm_answer_unreadable", f"Your CRM answered status {status} without a reason.")


def from_code(code: str, sentence: str, *, budget: ApiBudget) -> CrmSyncError:
    """The error one Salesforce code amounts to."""
    known = refusal(code)
    make: dict[Kind, Callable[[], CrmSyncError]] = {
        Kind.RECORD: lambda: record_refused(code, sentence),
        Kind.PASSING: lambda: Retry(known.code, known.sentence),
        Kind.LATER: lambda: Defer(known.code, known.sentence, seconds=BUSY_PAUSE),
        Kind.QUOTA: lambda: _quota(known, budget),
        Kind.SESSION: lambda: TokenRefused(known.code, known.sentence),
        Kind.SCHEMA: lambda: SchemaChanged(known.code, f"{known.sentence} ({sentence})"),
        Kind.STOPPED: lambda: ConnectionStopped(known.code, known.sentence),
    }
    return make[known.kind]()


def record_refused(code: str, sentence: str) -> RecordRefused:
    """One record's refusal in plain words, with Salesforce's sentence where it has one."""
    known = refusal(code)
    told = f" ({sentence})" if sentence else ""
    return RecordRefused(known.code, f"{known.message}{told} {known.remedy}")


def _quota(known: Refusal, budget: ApiBudget) -> Defer:
    """The daily limit and that of long calls at once share a code; the usage tells which."""
    if budget.max and budget.used < budget.max:
        text = "Too many long calls run in your CRM at once. Sync continues in a minute."
        return Defer("crm_crowded", text, seconds=CROWDED_PAUSE)
    return Defer(known.code, known.sentence, seconds=QUOTA_PAUSE)
