"""The emulated AWS: ministack, with the IAM policies of the template enforced."""

from __future__ import annotations

from pathlib import Path

import requests

from local.stack import emulated_aws
from local.stack.aws import CREDENTIALS, REGION, LocalAws
from local.stack.processes import Detached, start
from local.stack.waiting import until

_START_SECONDS = 60.0


def start_emulator(directory: Path, port: int, python: Path) -> Detached:
    """Start it on `port`, with its temporary files under `directory`; returns when it answers.

    Functions inherit its environment, so it gets none of ours: what they need must come from
    the template.
    """
    scratch = directory / "tmp"
    scratch.mkdir(parents=True, exist_ok=True)
    process = start(
        [str(python), "-P", emulated_aws.__file__],
        log=directory / "logs" / "aws.log",
        cwd=scratch,
        env={
            **CREDENTIALS,
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "HOME": str(scratch),
            "TMPDIR": str(scratch),
            "STATE_DIR": str(scratch / "state"),
            "S3_DATA_DIR": str(scratch / "s3"),
            "AUTH": "true",
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(port),
            "MINISTACK_REGION": REGION,
        },
        address=endpoint(port),
    )
    aws = LocalAws(endpoint(port))
    until(
        lambda: is_healthy(aws) or not process.is_alive(),
        what="the emulated AWS starting",
        seconds=_START_SECONDS,
    )
    if not process.is_alive():
        raise RuntimeError(f"the emulated AWS ended at once; see {process.log}")
    return process


def endpoint(port: int) -> str:
    """Where the emulated AWS on `port` is reached."""
    return f"http://127.0.0.1:{port}"


def is_healthy(aws: LocalAws) -> bool:
    """Whether it answers."""
    try:
        return requests.get(f"{aws.endpoint}/_ministack/health", timeout=2).ok
    except requests.RequestException:
        return False
