"""The stand-in orgs: one process, one port and one certificate authority for all of them."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.stack.ports import free_port
from local.stack.processes import Detached, start
from local.stack.waiting import until

_START_SECONDS = 60.0


@dataclass(frozen=True)
class Org:
    """One folder of local/orgs and the port it prefers."""

    folder: str
    port: int


ORGS = (
    Org("salesforce", 4571),
    Org("practifi", 4572),
    Org("practifi_no_promote", 4573),
    Org("salentica", 4574),
)


@dataclass(frozen=True)
class RunningOrgs:
    """What the orgs said about themselves when they were ready."""

    described: Sequence[Mapping[str, Any]]

    def salesforce_settings(self) -> dict[str, Any]:
        """What the functions must be told so that their logins reach these orgs."""
        return {
            "login_urls": {
                platform: {"production": org["https_url"], "sandbox": org["https_url"]}
                for platform, org in self._first_of_each_platform().items()
            },
            "allowed_hosts": [org["https_url"].removeprefix("https://") for org in self.described],
            "ca_bundle": self.described[0]["ca_file"],
        }

    def oauth_clients(self) -> dict[str, dict[str, str]]:
        """The OAuth client that each platform's first org knows."""
        return {
            platform: {"client_id": org["client_id"], "client_secret": org["client_secret"]}
            for platform, org in self._first_of_each_platform().items()
        }

    def _first_of_each_platform(self) -> dict[str, Mapping[str, Any]]:
        return {org["platform"]: org for org in reversed(self.described)}


def start_orgs(
    project: Path, directory: Path, *, on_their_ports: bool
) -> tuple[Detached, RunningOrgs]:
    """Start all of them, on their own ports where those are free; returns when all answer.

    Two stacks that start at the same moment would find the same ports free: a stack that does not
    ask for them lets the system choose.
    """
    ready, authority = directory / "orgs.json", directory / "ca"
    ready.unlink(missing_ok=True)
    chosen = [(org, free_port(org.port) if on_their_ports else 0) for org in ORGS]
    command = [sys.executable, "-m", "local.standin"]
    for org, port in chosen:
        command += ["--org", f"local/orgs/{org.folder}:{port}"]
    process = start(
        [*command, "--ready-file", str(ready), "--ca-dir", str(authority)],
        log=directory / "logs" / "orgs.log",
        cwd=project,
        env=dict(os.environ),
    )
    until(
        lambda: ready.exists() or not process.is_alive(),
        what="the stand-in orgs starting",
        seconds=_START_SECONDS,
    )
    if not ready.exists():
        raise RuntimeError(f"the stand-in orgs ended at once; see {process.log}")
    return process, RunningOrgs(json.loads(ready.read_text()))
