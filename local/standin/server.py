"""A threaded HTTP/1.1 server that speaks plain HTTP and HTTPS on the same port."""

import contextlib
import os
import socket
import ssl
import struct
import sys
from typing import Any

from werkzeug.exceptions import NotFound
from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler
from werkzeug.test import run_wsgi_app

_TLS_HANDSHAKE = b"\x16"


class _Handler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def make_environ(self) -> dict[str, Any]:
        environ = super().make_environ()
        secure = isinstance(self.connection, ssl.SSLSocket)
        environ["wsgi.url_scheme"] = "https" if secure else "http"
        return environ

    def run_wsgi(self) -> None:
        """Answer one request and keep the connection: the application reads whole bodies."""
        if self.headers.get("Expect", "").strip().lower() == "100-continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        chunks, status, headers = run_wsgi_app(self.server.app, self.make_environ())
        code, _, reason = status.partition(" ")
        self.send_response_only(int(code), reason)
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        for chunk in chunks if self.command != "HEAD" else ():
            self.wfile.write(chunk)
        self.wfile.flush()

    def do_CONNECT(self) -> None:  # noqa: N802 - http.server names methods so
        """Be the proxy for clients with a fixed login host: every tunnel ends at this org."""
        self.send_response_only(200, "Connection established")
        self.end_headers()
        self.close_connection = True
        server = self.server
        if isinstance(server, DualServer):
            server.finish_request(self.connection, self.client_address)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """The org keeps its own request log."""

    def finish(self) -> None:
        with contextlib.suppress(OSError, ValueError):  # the client is gone
            super().finish()


class DualServer(ThreadedWSGIServer):
    """Looks at the first byte of a connection to tell TLS from plain HTTP.

    Set `app` to what it serves.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, host: str, port: int, context: ssl.SSLContext) -> None:
        self._context = context
        super().__init__(host, port, NotFound(), _Handler)

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Serve one connection in its own thread, inside TLS when the client opened it so."""
        if request.recv(1, socket.MSG_PEEK) != _TLS_HANDSHAKE:
            super().finish_request(request, client_address)
            return
        secure = self._context.wrap_socket(request, server_side=True)
        try:
            super().finish_request(secure, client_address)
        finally:
            secure.close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up, or distrusts the certificate, is no event; the rest is shown."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


def cut(connection: socket.socket) -> None:
    """Reset a connection: the peer sees ECONNRESET at once."""
    linger = struct.pack("ii", 1, 0)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    os.close(connection.detach())
