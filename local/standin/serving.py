"""Starts orgs: in this process for tests, or as the command's long-running server."""

import json
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from . import tls
from .org import Org
from .rest.app import App
from .server import DualServer
from .settings import OrgFolder

_POLL_SECONDS = 0.05


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


@dataclass(frozen=True)
class Address:
    """Where to listen, and how the org names itself in `instance_url` and `id`.

    Port 0 is any free one; the public host is the listening one unless given.
    """

    host: str = "127.0.0.1"
    port: int = 0
    public_host: str | None = None
    public_scheme: str = "https"


Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]


def _as_it_is(app: Wsgi) -> Wsgi:
    return app


@contextmanager
def serve(
    folder: OrgFolder | Path | str,
    address: Address = Address(),
    *,
    ca_dir: Path | None = None,
    through: Callable[[Wsgi], Wsgi] = _as_it_is,
) -> Iterator[RunningOrg]:
    """Serve one org for the length of the block; certificates are kept in `ca_dir` if given.

    `through` may put something between the org and its clients.
    """
    described = folder if isinstance(folder, OrgFolder) else OrgFolder(folder)
    with ExitStack() as stack:
        certificates = ca_dir or Path(stack.enter_context(TemporaryDirectory()))
        server = DualServer(address.host, address.port, tls.ensure(certificates))
        host = address.public_host or address.host
        org = Org(described, f"{address.public_scheme}://{host}:{server.server_port}")
        stack.callback(org.close)
        stack.enter_context(_answering(server, through(App(org))))
        yield RunningOrg(org, address.host, server.server_port, certificates / tls.CA_FILE)


@contextmanager
def _answering(server: DualServer, app: Wsgi) -> Iterator[None]:
    server.app = app
    thread = threading.Thread(target=server.serve_forever, args=(_POLL_SECONDS,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def write_ready(path: Path, orgs: list[RunningOrg]) -> None:
    """Say where the orgs are, once all answer; the file appears whole or not at all."""
    text = json.dumps([running.described() for running in orgs], indent=2)
    partial = path.with_suffix(".part")
    partial.write_text(text + "\n")
    partial.replace(path)
