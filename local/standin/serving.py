"""Starts orgs: in this process for tests, or as the command's long-running server."""

import json
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import tls
from .org import Org
from .rest.app import App
from .server import DualServer
from .settings import OrgFolder


@dataclass
class RunningOrg:
    """An org being served. `org` is the live object, for tests that look inside."""

    org: Org
    host: str
    port: int
    ca_file: Path

    @property
    def url(self) -> str:
        """The plain HTTP address."""
        return f"http://{self.host}:{self.port}"

    @property
    def https_url(self) -> str:
        """The HTTPS address on the same port."""
        return f"https://{self.host}:{self.port}"

    @property
    def admin_url(self) -> str:
        """Where the admin API is."""
        return f"{self.url}/__admin"

    def described(self) -> dict[str, Any]:
        """What the ready file says about the org."""
        users = self.org.settings["users"]
        client = self.org.settings.get("demo_client", {})
        return {
            "name": self.org.name,
            "platform": self.org.platform,
            "org_id": self.org.org_id,
            "org_name": self.org.settings["org"]["name"],
            "url": self.url,
            "https_url": self.https_url,
            "instance_url": self.org.instance_url,
            "admin_url": self.admin_url,
            "ca_file": str(self.ca_file),
            "username": users[0]["username"],
            "password": users[0]["password"],
            "client_id": client.get("id", "standin-client"),
            "client_secret": client.get("secret", "standin-secret"),
            "users": [_user(self.org, about["username"]) for about in users],
        }


def _user(org: Org, username: str) -> dict[str, Any]:
    user = org.user_by_name(username)
    if user is None:
        raise KeyError(username)
    return {
        "id": user.id,
        "username": user.username,
        "password": user.password,
        "admin": user.admin,
        "active": user.active,
    }


@contextmanager
def serve(
    folder: OrgFolder | Path | str,
    *,
    port: int = 0,
    host: str = "127.0.0.1",
    ca_dir: Path | None = None,
    public_host: str | None = None,
    public_scheme: str = "https",
) -> Iterator[RunningOrg]:
    """Serve one org for the length of the block, on a free port unless one is given."""
    described = folder if isinstance(folder, OrgFolder) else OrgFolder(folder)
    with tempfile.TemporaryDirectory() as temporary:
        certificates = ca_dir or Path(temporary)
        context = tls.ensure(certificates)
        server = DualServer(host, port, None, context)
        name = public_host or host
        org = Org(described, f"{public_scheme}://{name}:{server.server_port}")
        server.app = App(org)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield RunningOrg(org, host, server.server_port, certificates / tls.CA_FILE)
        finally:
            server.shutdown()
            server.server_close()
            thread.join()
            org.store.close()


def write_ready(path: Path, orgs: list[RunningOrg]) -> None:
    """Say where the orgs are, once all answer; the file appears whole or not at all."""
    text = json.dumps([running.described() for running in orgs], indent=2)
    partial = path.with_suffix(".part")
    partial.write_text(text + "\n")
    partial.replace(path)
