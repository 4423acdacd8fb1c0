"""Copies what the functions log out of the emulated CloudWatch into one file per function."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local.stack.aws import LocalAws
from local.stack.deployment import STACK_NAME

_PREFIX = f"/crmsync/{STACK_NAME}/"
_EVERY_SECONDS = 0.5
_LATE_MILLISECONDS = 60_000


class LogFile:
    """One function's log group, copied into one file, each line once."""

    def __init__(self, group: str, folder: Path) -> None:
        self._group = group
        self._path = folder / f"{group.removeprefix(_PREFIX)}.log"
        self._since = 0
        self._seen: set[str] = set()

    def copy_new(self, logs: Any) -> None:  # noqa: ANN401 - a boto3 client
        """Append what was not there last time; lines may come up to a minute late."""
        with self._path.open("a") as sink:
            for event in self._events(logs):
                if event["eventId"] not in self._seen:
                    self._seen.add(event["eventId"])
                    self._since = max(self._since, event["timestamp"] - _LATE_MILLISECONDS)
                    sink.write(event["message"].rstrip("\n") + "\n")

    def _events(self, logs: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401
        pages = logs.get_paginator("filter_log_events")
        for page in pages.paginate(logGroupName=self._group, startTime=self._since):
            yield from page["events"]


def follow(aws: LocalAws, folder: Path) -> None:
    """Append every new log line to `folder/{function}.log` until ended."""
    folder.mkdir(parents=True, exist_ok=True)
    logs = aws.client("logs")
    files: dict[str, LogFile] = {}
    while True:
        try:
            _follow_once(logs, folder, files)
        except (BotoCoreError, ClientError) as error:
            print(f"cannot read the functions' logs: {error}", flush=True)
        time.sleep(_EVERY_SECONDS)


def _follow_once(logs: Any, folder: Path, files: dict[str, LogFile]) -> None:  # noqa: ANN401
    for group in logs.describe_log_groups(logGroupNamePrefix=_PREFIX)["logGroups"]:
        name = group["logGroupName"]
        files.setdefault(name, LogFile(name, folder)).copy_new(logs)


if __name__ == "__main__":
    follow(LocalAws(sys.argv[1]), Path(sys.argv[2]))
