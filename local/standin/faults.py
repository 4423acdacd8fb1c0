"""Seeded faults: which calls go wrong, how, and how often.

A fault is `{method?, path?, body?, nth?, times?, within?, action}`: `path` is a regular expression
searched in path and query, `body` a substring, `nth` the first matching call it fires on (1 is the
next), `times` how often it then fires (1 by default, 0 for ever), `within` "composite" to meet
sub-requests instead of calls. Actions (`kind` plus parameters):

- `status` {status, body, headers}; `html` {status, body}; `expired_session`; `quota`
- `reset_before` (nothing applied), `reset_after` (applied, then the connection is cut)
- `truncate` {bytes} (full Content-Length announced); `drip` {seconds} between single bytes
- `delay` {seconds}; `rewrite` {set, remove} on a JSON answer
- `record_error` {code, message, fields?, match?} and `lock_row` {match?}: the row fails, the
  call does not; `match` is a substring of the row's JSON
"""

import json
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .errors import ApiError

KINDS = (
    "status",
    "html",
    "expired_session",
    "quota",
    "reset_before",
    "reset_after",
    "truncate",
    "drip",
    "delay",
    "rewrite",
    "record_error",
    "lock_row",
)
ROW_KINDS = ("record_error", "lock_row")


@dataclass
class Fault:
    """One seeded fault and how often it has met and fired."""

    id: int
    action: dict[str, Any]
    method: str | None = None
    path: str | None = None
    body: str | None = None
    nth: int = 1
    times: int = 1
    within: str = "call"
    met: int = 0
    fired: int = field(default=0)

    @property
    def kind(self) -> str:
        """What it does."""
        return str(self.action["kind"])

    def meets(self, method: str, path: str, body: str, within: str) -> bool:
        """Whether a call is one it is about."""
        return (
            self.within == within
            and (self.method is None or self.method.upper() == method)
            and (self.path is None or re.search(self.path, path) is not None)
            and (self.body is None or self.body in body)
        )

    def take(self) -> bool:
        """Count one meeting; whether it fires now."""
        self.met += 1
        if self.met < self.nth or (self.times and self.fired >= self.times):
            return False
        self.fired += 1
        return True


class Faults:
    """The fault plan of one org."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = threading.Lock()
        self._next = 1

    def add(self, spec: dict[str, Any]) -> Fault:
        """Seed one fault; a wrong one is a ValueError or TypeError that says why."""
        kind = spec.get("action", {}).get("kind")
        if kind not in KINDS:
            raise ValueError(f"unknown fault kind {kind!r}; known: {', '.join(KINDS)}")
        with self._lock:
            fault = Fault(id=self._next, **spec)
            self._next += 1
            self._faults.append(fault)
            return fault

    def all(self) -> list[Fault]:
        """Every seeded fault, spent ones too."""
        return list(self._faults)

    def clear(self, fault_id: int | None = None) -> None:
        """Remove one fault, or all."""
        with self._lock:
            self._faults = [f for f in self._faults if fault_id is not None and f.id != fault_id]

    def firing(self, method: str, path: str, body: str, within: str = "call") -> list[Fault]:
        """The faults that hit this call."""
        with self._lock:
            return [
                fault
                for fault in self._faults
                if fault.kind not in ROW_KINDS
                and fault.meets(method, path, body, within)
                and fault.take()
            ]

    def for_row(
        self, method: str, path: str, sobject: str, values: Mapping[str, Any]
    ) -> ApiError | None:
        """The error one written row meets, if any."""
        text = json.dumps({"type": sobject, **dict(values)}, default=str)
        with self._lock:
            for fault in self._faults:
                if fault.kind not in ROW_KINDS or not fault.meets(method, path, text, fault.within):
                    continue
                if str(fault.action.get("match", "")) in text and fault.take():
                    return _row_error(fault.action, values)
        return None


def _row_error(action: dict[str, Any], values: Mapping[str, Any]) -> ApiError:
    if action["kind"] == "record_error":
        return ApiError(action["code"], action["message"], action.get("fields", []))
    record = values.get("Id") or values.get("CampaignId") or ""
    text = f"unable to obtain exclusive access to this record or 1 records: {record}"
    return ApiError("UNABLE_TO_LOCK_ROW", text, [])
