"""The event bus."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from crmsync.adapters.aws.clients import Clients
from crmsync.adapters.aws_failures import BUSY, BUSY_SECONDS, aws_failures
from crmsync.domain.errors import Defer, Retry

if TYPE_CHECKING:
    from mypy_boto3_events.type_defs import PutEventsRequestEntryTypeDef

SOURCE = "crmsync"


class EventBridgeEvents:
    """`Events` on an EventBridge bus."""

    def __init__(self, clients: Clients, bus_name: str) -> None:
        self._clients = clients
        self._bus = bus_name

    def publish(self, kind: str, detail: Mapping[str, object]) -> None:
        """Publish ids and counts, no person's data; consumers must tolerate a repeat.

        PutEvents answers 200 also when it kept nothing, so the entry's own answer counts.
        """
        text = json.dumps(dict(detail))
        entry: PutEventsRequestEntryTypeDef = {
            "EventBusName": self._bus,
            "Source": SOURCE,
            "DetailType": kind,
            "Detail": text,
        }
        with aws_failures("PutEvents"):
            answer = self._clients.events.put_events(Entries=[entry])
        if answer["FailedEntryCount"]:
            raise _refusal(kind, answer["Entries"][0].get("ErrorCode", ""))


def _refusal(kind: str, code: str) -> Retry | Defer:
    if code in BUSY:
        text = f"PutEvents was throttled for '{kind}': {code}"
        return Defer("aws_busy", text, seconds=BUSY_SECONDS)
    return Retry("event_not_taken", f"PutEvents did not take '{kind}': {code}", applied=False)
