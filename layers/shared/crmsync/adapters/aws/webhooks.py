"""Webhook posts that cannot be turned against us.

The name is resolved once, every address must be public, and the connection goes to that very
address, so a name that changes its mind in between gains nothing. Certificates are checked for the
name. No redirect is followed, no proxy used, little is read, and all of it ends in time.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable, Mapping
from http.client import HTTPException, HTTPResponse, HTTPSConnection
from threading import Timer
from urllib.parse import SplitResult, urlsplit

from crmsync.adapters.aws.public_addresses import is_public
from crmsync.ports.webhooks import PORTS, Delivery

Resolve = Callable[[str, int], list[str]]
"""All addresses of a host."""

SECONDS = 15.0
MOST_READ = 64 * 1024


class HttpsWebhookSender:
    """`WebhookSender`. Tests trust another CA, resolve names and permit addresses and ports."""

    def __init__(
        self,
        *,
        tls: ssl.SSLContext | None = None,
        resolve: Resolve | None = None,
        permits: Callable[[str], bool] = is_public,
        ports: frozenset[int] = PORTS,
        seconds: float = SECONDS,
    ) -> None:
        self._tls = tls or ssl.create_default_context()
        self._resolve = resolve or _addresses_of
        self._permits = permits
        self._ports = ports
        self._seconds = seconds

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Delivery:
        """Post once; no redirects followed, the address checked before connecting."""
        try:
            parts = urlsplit(url)
            host, port = self._target(parts)
            address = self._address(host, port)
        except ValueError as error:
            return Delivery(0, str(error))
        connection = _Pinned(host, port, address, self._tls, self._seconds)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        try:
            return self._send(connection, path, headers, body)
        except (OSError, HTTPException, ValueError) as error:
            return Delivery(0, f"not reached: {type(error).__name__}")
        finally:
            connection.close()

    def _target(self, parts: SplitResult) -> tuple[str, int]:
        port = parts.port or 443
        if parts.scheme != "https" or not parts.hostname:
            raise ValueError("refused: not an https address")
        if parts.username is not None or parts.password is not None:
            raise ValueError("refused: the address holds a user name")
        if port not in self._ports:
            raise ValueError(f"refused: port {port} is not allowed")
        return parts.hostname, port

    def _address(self, host: str, port: int) -> str:
        """The address to connect to; every address of the name must be public."""
        try:
            addresses = self._resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise ValueError("not reached: the name does not resolve") from error
        if not addresses or not all(map(self._permits, addresses)):
            raise ValueError("refused: not a public address")
        return addresses[0]

    def _send(
        self, connection: _Pinned, path: str, headers: Mapping[str, str], body: bytes
    ) -> Delivery:
        watchdog = Timer(self._seconds, connection.cut)
        watchdog.daemon = True
        watchdog.start()
        try:
            connection.request("POST", path, body=body, headers=dict(headers))
            response = connection.getresponse()
            response.read(MOST_READ)
            return _delivery(response)
        finally:
            watchdog.cancel()


class _Pinned(HTTPSConnection):
    """Connects to one address but speaks to, and checks the certificate of, the name."""

    def __init__(
        self, host: str, port: int, address: str, tls: ssl.SSLContext, seconds: float
    ) -> None:
        super().__init__(host, port, timeout=seconds, context=tls)
        self._address = address
        self._tls = tls
        self._ends = time.monotonic() + seconds

    def connect(self) -> None:
        """Open the connection within what is left of the time."""
        plain = socket.create_connection((self._address, self.port), self.timeout)
        plain.settimeout(max(0.1, self._ends - time.monotonic()))
        self.sock = self._tls.wrap_socket(plain, server_hostname=self.host)

    def cut(self) -> None:
        """End it now, also under a reader that is fed a byte at a time."""
        if self.sock is not None:
            self.sock.shutdown(socket.SHUT_RDWR)


def _addresses_of(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


def _delivery(response: HTTPResponse) -> Delivery:
    seconds = response.headers.get("Retry-After", "")
    return Delivery(
        status=response.status,
        retry_after=int(seconds) if seconds.isdecimal() else None,
        headers={name.lower(): value for name, value in response.headers.items()},
    )
