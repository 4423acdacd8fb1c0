"""What every answer of an org carries besides its body: usage, the server's clock, a pause."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import requests

from crmsync.domain.connection import ApiBudget

_USAGE = re.compile(r"(?:^|[;,\s])api-usage=(\d+)/(\d+)")


@dataclass(slots=True)
class Signals:
    """The latest of each. `retry_after` is that of the last answer only."""

    usage: ApiBudget = field(default_factory=ApiBudget)
    server_time: datetime | None = None
    retry_after: int | None = None

    def note(self, response: requests.Response, *_: object, **__: object) -> None:
        """Read an answer's headers, of refusals too."""
        usage = _USAGE.search(response.headers.get("Sforce-Limit-Info", ""))
        if usage:
            self.usage = ApiBudget(used=int(usage[1]), max=int(usage[2]))
        self.server_time = _moment(response.headers.get("Date")) or self.server_time
        after = response.headers.get("Retry-After", "")
        self.retry_after = int(after) if after.isdecimal() else None


def _moment(text: str | None) -> datetime | None:
    try:
        return parsedate_to_datetime(text).astimezone(UTC) if text else None
    except ValueError:
        return None
