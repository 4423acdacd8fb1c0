"""What each client is asked to do. A step is a sentence; an exception is the verdict 'failed'."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.judge.installing import (
    locked_node_package,
    node_package,
    python_package,
    recent_node,
)
from local.standin import RunningOrg

SECONDS = 240
HERE = Path(__file__).parent
STREAMS = ("Contact", "Campaign", "CampaignMember")
SECRETS = {"client_id": "judge-client-0123456789", "client_secret": "judge-secret-0123456789"}


class Failed(Exception):
    """A client did not get what a real org would have given it."""


@dataclass(frozen=True)
class Bench:
    """One org, and how a client of any kind is pointed at it."""

    running: RunningOrg
    folder: Path

    def environment(self) -> dict[str, str]:
        """Trusts the org's authority; a fixed login host is reached through the org as a proxy."""
        bundle = str(self.running.ca_file)
        names = ("PATH", "LANG", "TMPDIR")
        kept = {name: os.environ[name] for name in names if name in os.environ}
        return kept | {
            "HOME": str(self.folder),
            "REQUESTS_CA_BUNDLE": bundle,
            "NODE_EXTRA_CA_CERTS": bundle,
            "HTTPS_PROXY": self.running.url,
            "NO_PROXY": "127.0.0.1",
        }

    def run(self, command: list[str], **more: str) -> str:
        """What the client printed; it has to end well and in time."""
        done = subprocess.run(
            command,
            env=self.environment() | more,
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        if done.returncode:
            raise Failed((done.stderr or done.stdout).strip()[-400:])
        return done.stdout

    def file(self, name: str, content: Any) -> str:
        """A JSON file for the client."""
        path = self.folder / name
        path.write_text(json.dumps(content))
        return str(path)

    def access_token(self) -> str:
        """Avery's."""
        about = self.running.described()
        user = self.running.org.user_by_name(str(about["username"]))
        if user is None:
            raise Failed("the org has no user")
        return self.running.org.tokens.open(user.id, SECRETS["client_id"], "api").token

    def refresh_token(self) -> str:
        """Avery's, for a client that logs in with one."""
        user = self.running.org.user_by_name(str(self.running.described()["username"]))
        if user is None:
            raise Failed("the org has no user")
        made = self.running.org.tokens.issue_refresh(
            user.id, SECRETS["client_id"], "api refresh_token"
        )
        return made.token


def simple_salesforce(bench: Bench) -> Iterator[str]:
    """The library our adapter rests on, by its own login, rows, paging and bulk."""
    yield from _lines(bench.run([sys.executable, str(HERE / "simple.py")], **_login(bench)))


def jsforce(bench: Bench) -> Iterator[str]:
    """Login by SOAP, rows, collections, paging, bulk, identity."""
    modules = str(locked_node_package("js"))
    told = bench.run(["node", str(HERE / "jsforce.cjs")], NODE_PATH=modules, **_login(bench))
    yield from _lines(told)


def tap_salesforce(bench: Bench) -> Iterator[str]:
    """Discover everything, then read three streams through REST."""
    tap = str(python_package("tap") / "tap-salesforce")
    config = {**SECRETS, "refresh_token": bench.refresh_token(), "api_type": "REST"}
    settings = bench.file("tap.json", {**config, "start_date": "2000-01-01T00:00:00Z"})
    catalog = json.loads(bench.run([tap, "--config", settings, "--discover"]))
    yield f"discovered {len(catalog['streams'])} streams"
    chosen = [stream for stream in catalog["streams"] if stream["stream"] in STREAMS]
    for stream in chosen:
        stream["metadata"] = [_selected(each) for each in stream["metadata"]]
    selection = bench.file("tap-catalog.json", {"streams": chosen})
    told = bench.run([tap, "--config", settings, "--properties", selection])
    yield _read(bench, (m["stream"] for m in _json_lines(told) if m["type"] == "RECORD"))


def _selected(metadata: dict[str, Any]) -> dict[str, Any]:
    about = {**metadata["metadata"], "selected": True}
    if not metadata["breadcrumb"]:
        about |= {"replication-method": "INCREMENTAL", "replication-key": "SystemModstamp"}
    return {**metadata, "metadata": about}


def airbyte(bench: Bench) -> Iterator[str]:
    """Check, discover and read three streams, through REST and Bulk API 2.0 as it sees fit."""
    source = str(python_package("airbyte") / "source-salesforce")
    login = {**SECRETS, "refresh_token": bench.refresh_token(), "auth_type": "Client"}
    settings = bench.file("airbyte.json", {**login, "start_date": "2026-01-01T00:00:00Z"})
    told = _json_lines(bench.run([source, "check", "--config", settings]))
    status = [m["connectionStatus"] for m in told if m["type"] == "CONNECTION_STATUS"]
    if [each["status"] for each in status] != ["SUCCEEDED"]:
        raise Failed(f"check: {status}")
    yield "connection checked"
    told = _json_lines(bench.run([source, "discover", "--config", settings]))
    streams = next(m["catalog"]["streams"] for m in told if m["type"] == "CATALOG")
    yield f"discovered {len(streams)} streams"
    chosen = [
        {"stream": each, "sync_mode": "full_refresh", "destination_sync_mode": "overwrite"}
        for each in streams
        if each["name"] in STREAMS
    ]
    catalog = bench.file("airbyte-catalog.json", {"streams": chosen})
    told = _json_lines(bench.run([source, "read", "--config", settings, "--catalog", catalog]))
    yield _read(bench, (m["record"]["stream"] for m in told if m["type"] == "RECORD"))


def salesforce_cli(bench: Bench) -> Iterator[str]:
    """Salesforce's own: log in with a token, query, describe, create, update, delete, limits."""
    sf = str(node_package("cli") / ".bin" / "sf")
    more = {
        "PATH": f"{recent_node()}:{os.environ['PATH']}",
        "SF_ACCESS_TOKEN": bench.access_token(),
        "SF_DISABLE_TELEMETRY": "true",
        "SF_AUTOUPDATE_DISABLE": "true",
        "SF_USE_GENERIC_UNIX_KEYCHAIN": "true",
    }

    def call(*words: str) -> Any:
        return json.loads(bench.run([sf, *words, "--json"], **more))["result"]

    url = bench.running.https_url
    login = call("org", "login", "access-token", "--instance-url", url, "--no-prompt", "-a", "org")
    yield f"logged in to {login['name']}"
    people = call(
        "data", "query", "-q", "SELECT Id, LastName, Account.Name FROM Contact", "-o", "org"
    )
    yield f"queried {people['totalSize']} contacts"
    about = call("sobject", "describe", "-s", "CampaignMember", "-o", "org")
    yield f"described {about['name']} with {len(about['fields'])} fields"
    row = ("-s", "Contact", "-o", "org")
    made = call("data", "create", "record", *row, "-v", "LastName=Judge")["id"]
    call("data", "update", "record", *row, "-i", made, "-v", "Title=Honourable")
    found = call("data", "get", "record", *row, "-i", made)
    if found["Title"] != "Honourable":
        raise Failed(f"read back {found}")
    call("data", "delete", "record", *row, "-i", made)
    yield "created, updated, read and deleted a contact"


def _login(bench: Bench) -> dict[str, str]:
    about = bench.running.described()
    return {
        "ORG_URL": bench.running.https_url,
        "ORG_USERNAME": str(about["username"]),
        "ORG_PASSWORD": str(about["password"]),
    }


def _read(bench: Bench, streams: Iterable[str]) -> str:
    """Every record the user sees arrived, as counted by the org itself."""
    found: dict[str, int] = dict.fromkeys(STREAMS, 0)
    for stream in streams:
        found[stream] += 1
    if found != expected(bench.running):
        raise Failed(f"read {found}, the org shows {expected(bench.running)}")
    return "read " + ", ".join(f"{count} {name}" for name, count in found.items())


def expected(running: RunningOrg) -> dict[str, int]:
    """How many records of each stream Avery sees."""
    user = running.org.user_by_name(str(running.described()["username"]))
    if user is None:
        raise Failed("the org has no user")
    org = running.org
    with org.lock:
        viewer = org.viewer(user)
        seen = {name: viewer.rows(org.schema[name], "r") for name in STREAMS}
        return {
            name: len(org.store.select(f"SELECT 1 FROM {name} r WHERE IsDeleted = 0 AND {own}"))  # noqa: S608 - names of our own schema
            for name, own in seen.items()
        }


def _lines(told: str) -> list[str]:
    return [line for line in told.splitlines() if line.strip()]


def _json_lines(told: str) -> list[Mapping[str, Any]]:
    return [json.loads(line) for line in told.splitlines() if line.startswith("{")]


CLIENTS: Mapping[str, Callable[[Bench], Iterator[str]]] = {
    "simple-salesforce": simple_salesforce,
    "jsforce": jsforce,
    "tap-salesforce": tap_salesforce,
    "airbyte-source-salesforce": airbyte,
    "@salesforce/cli": salesforce_cli,
}
