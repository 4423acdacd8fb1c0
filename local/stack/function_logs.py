"""Copies what the functions log out of the emulated CloudWatch into one file."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local.stack.aws import LocalAws
from local.stack.deployment import STACK_NAME

_GROUP = f"/crmsync/{STACK_NAME}"
_EVERY_SECONDS = 0.5
_LATE_MILLISECONDS = 60_000
_FRAME = ("START RequestId: ", "END RequestId: ", "REPORT RequestId: ")

Line = tuple[str, int, str]


class LogFile:
    """The functions' log group, copied into a file, each line once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._since = 0
        self._seen: set[Line] = set()

    def copy_new(self, logs: Any) -> None:
        """Append what was not there last time; lines may come up to a minute late."""
        with self._path.open("a") as sink:
            for line in self._lines(logs):
                if line not in self._seen:
                    self._seen.add(line)
                    self._since = max(self._since, line[1] - _LATE_MILLISECONDS)
                    sink.write(line[2].rstrip("\n") + "\n")

    def _lines(self, logs: Any) -> Iterator[Line]:
        pages = logs.get_paginator("filter_log_events")
        for page in pages.paginate(logGroupName=_GROUP, startTime=self._since):
            for event in page["events"]:
                if not event["message"].startswith(_FRAME):
                    yield event["logStreamName"], event["timestamp"], event["message"]


def follow(aws: LocalAws, path: Path) -> None:
    """Append every new log line to `path` until ended."""
    path.parent.mkdir(parents=True, exist_ok=True)
    logs, file = aws.client("logs"), LogFile(path)
    while True:
        try:
            file.copy_new(logs)
        except (BotoCoreError, ClientError) as error:
            print(f"cannot read the functions' logs: {error}", flush=True)
        time.sleep(_EVERY_SECONDS)


if __name__ == "__main__":
    follow(LocalAws(sys.argv[1]), Path(sys.argv[2]))
