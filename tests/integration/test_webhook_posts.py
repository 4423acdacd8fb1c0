"""Posting webhooks: a real TLS server on this machine, and addresses that must not be reached."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from crmsync.adapters.aws.webhooks import HttpsWebhookSender, Resolve
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

Answer = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Endpoint:
    """A listening endpoint that answers as told and remembers what it was sent."""

    port: int = 0
    ca: Path = Path()
    answer: Answer = field(default=lambda handler: reply(handler, 200))
    received: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    def url(self, path: str = "/hook") -> str:
        return f"https://localhost:{self.port}{path}"

    def sender(self, seconds: float = 10.0, resolve: Resolve | None = None) -> HttpsWebhookSender:
        """A sender that trusts the endpoint's certificate and may reach this machine."""
        return HttpsWebhookSender(
            tls=ssl.create_default_context(cafile=str(self.ca)),
            permits=lambda _address: True,
            ports=frozenset({self.port}),
            seconds=seconds,
            resolve=resolve,
        )


def reply(handler: BaseHTTPRequestHandler, status: int, body: bytes = b"", **headers: str) -> None:
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def certificate_for(name: str, folder: Path) -> tuple[Path, Path]:
    """A certificate of its own making, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = folder / f"{name}.pem", folder / f"{name}.key"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return paths


def listening(name: str, folder: Path) -> Iterator[Endpoint]:
    endpoint = Endpoint()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            endpoint.received.append((self.path, dict(self.headers), body))
            endpoint.answer(self)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """A client that goes away is what some tests are about."""

    server = Server(("127.0.0.1", 0), Handler)
    endpoint.ca, key = certificate_for(name, folder)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(endpoint.ca, key)
    server.socket = tls.wrap_socket(server.socket, server_side=True)
    endpoint.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield endpoint
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def endpoint(tmp_path: Path) -> Iterator[Endpoint]:
    yield from listening("localhost", tmp_path)


@pytest.fixture
def stranger(tmp_path: Path) -> Iterator[Endpoint]:
    """An endpoint whose certificate is for another name."""
    yield from listening("other.example", tmp_path)


class TestPosting:
    def test_the_endpoint_gets_headers_and_body_as_given(self, endpoint: Endpoint) -> None:
        delivery = endpoint.sender().post(
            endpoint.url("/hook?key=1"), {"webhook-id": "msg_1"}, b'{"type":"run.completed"}'
        )

        ((path, headers, body),) = endpoint.received
        assert delivery.status == 200
        assert path == "/hook?key=1"
        assert headers["webhook-id"] == "msg_1"
        assert headers["Host"] == f"localhost:{endpoint.port}"
        assert body == b'{"type":"run.completed"}'

    @pytest.mark.parametrize("status", [204, 400, 410, 429, 503])
    def test_the_status_comes_back(self, endpoint: Endpoint, status: int) -> None:
        endpoint.answer = lambda handler: reply(handler, status)

        assert endpoint.sender().post(endpoint.url(), {}, b"{}").status == status

    def test_a_busy_endpoint_says_when_to_come_back(self, endpoint: Endpoint) -> None:
        endpoint.answer = lambda handler: reply(handler, 429, Retry_After="120")

        assert endpoint.sender().post(endpoint.url(), {}, b"{}").retry_after == 120

    def test_a_date_to_come_back_at_is_no_number_of_seconds(self, endpoint: Endpoint) -> None:
        endpoint.answer = lambda h: reply(h, 429, Retry_After="Wed, 21 Oct 2026 07:28:00 GMT")

        assert endpoint.sender().post(endpoint.url(), {}, b"{}").retry_after is None

    def test_a_redirect_is_not_followed(self, endpoint: Endpoint) -> None:
        endpoint.answer = lambda handler: reply(handler, 307, Location=endpoint.url("/elsewhere"))

        delivery = endpoint.sender().post(endpoint.url(), {}, b"{}")

        assert delivery.status == 307
        assert [path for path, _, _ in endpoint.received] == ["/hook"]

    def test_a_huge_answer_is_not_read_to_its_end(self, endpoint: Endpoint) -> None:
        endpoint.answer = lambda handler: reply(handler, 200, b"x" * 5_000_000)
        began = time.monotonic()

        assert endpoint.sender(60).post(endpoint.url(), {}, b"{}").status == 200
        assert time.monotonic() - began < 30


class TestUnreachable:
    def test_nobody_listening_is_status_zero(self, endpoint: Endpoint) -> None:
        sender, url = endpoint.sender(), endpoint.url().replace(str(endpoint.port), "1")
        sender._ports = frozenset({1})

        delivery = sender.post(url, {}, b"{}")

        assert delivery.status == 0
        assert delivery.detail.startswith("not reached")

    def test_a_certificate_for_another_name_is_not_trusted(self, stranger: Endpoint) -> None:
        delivery = stranger.sender().post(stranger.url(), {}, b"{}")

        assert delivery.status == 0
        assert stranger.received == []

    def test_a_certificate_nobody_vouches_for_is_not_trusted(self, endpoint: Endpoint) -> None:
        sender = HttpsWebhookSender(permits=lambda _: True, ports=frozenset({endpoint.port}))

        assert sender.post(endpoint.url(), {}, b"{}").status == 0
        assert endpoint.received == []

    def test_an_endpoint_that_never_answers_is_left(self, endpoint: Endpoint) -> None:
        gone = threading.Event()

        def hang(_handler: BaseHTTPRequestHandler) -> None:
            gone.wait(60)

        endpoint.answer = hang
        began = time.monotonic()

        delivery = endpoint.sender(seconds=1.0).post(endpoint.url(), {}, b"{}")
        gone.set()

        assert delivery.status == 0
        assert time.monotonic() - began < 30

    def test_an_endpoint_that_answers_a_byte_at_a_time_is_left(self, endpoint: Endpoint) -> None:
        stop = threading.Event()

        def drip(handler: BaseHTTPRequestHandler) -> None:
            while not stop.wait(0.1):
                handler.wfile.write(b"H")
                handler.wfile.flush()

        endpoint.answer = drip
        began = time.monotonic()

        delivery = endpoint.sender(seconds=1.0).post(endpoint.url(), {}, b"{}")
        stop.set()

        assert delivery.status == 0
        assert time.monotonic() - began < 30


class TestForbiddenAddresses:
    @pytest.mark.parametrize(
        "url",
        [
            "http://example.com/",
            "ftp://example.com/",
            "//example.com/",
            "example.com",
            "",
            "https://",
            "https:///path",
            "https://user@example.com/",
            "https://user:secret@example.com/",
            "https://example.com:80/",
            "https://example.com:22/",
            "https://example.com:99999/",
            "https://example.com:port/",
            "https://[::1",
        ],
    )
    def test_only_plain_https_addresses_are_tried(self, url: str) -> None:
        delivery = HttpsWebhookSender(permits=lambda _: True).post(url, {}, b"{}")

        assert delivery.status == 0
        assert "secret" not in delivery.detail

    @pytest.mark.parametrize(
        "host",
        [
            "localhost",
            "127.0.0.1",
            "127.1",
            "2130706433",
            "0x7f000001",
            "0.0.0.0",  # noqa: S104 - an address to refuse
            "169.254.169.254",
            "10.0.0.1",
            "192.168.0.1",
            "172.16.0.1",
            "100.64.0.1",
            "224.0.0.1",
            "[::1]",
            "[::]",
            "[::ffff:127.0.0.1]",
            "[fe80::1]",
            "[fd00:ec2::254]",
            "[64:ff9b::7f00:1]",
            "[2002:7f00:1::]",
        ],
    )
    def test_an_address_that_is_not_public_is_not_connected_to(
        self, endpoint: Endpoint, host: str
    ) -> None:
        sender = HttpsWebhookSender(ports=frozenset({endpoint.port}))

        delivery = sender.post(f"https://{host}:{endpoint.port}/", {}, b"{}")

        assert delivery.status == 0
        assert delivery.detail == "refused: not a public address"
        assert endpoint.received == []

    @pytest.mark.parametrize(
        "addresses",
        [["8.8.8.8", "10.0.0.1"], ["127.0.0.1", "8.8.8.8"], ["8.8.8.8", "::1"], []],
    )
    def test_a_name_with_a_private_address_or_none_is_refused_whole(
        self, addresses: list[str]
    ) -> None:
        sender = HttpsWebhookSender(resolve=lambda _host, _port: addresses)

        delivery = sender.post("https://hooks.example/", {}, b"{}")

        assert delivery.detail == "refused: not a public address"

    def test_a_name_that_does_not_resolve_is_not_reached(self) -> None:
        def resolve(_host: str, _port: int) -> list[str]:
            raise socket.gaierror

        delivery = HttpsWebhookSender(resolve=resolve).post("https://hooks.example/", {}, b"{}")

        assert delivery.detail == "not reached: the name does not resolve"

    def test_the_connection_goes_to_the_address_that_was_checked(self, stranger: Endpoint) -> None:
        """A name that resolves to something else a moment later gains nothing."""
        resolved: list[str] = []

        def resolve(host: str, _port: int) -> list[str]:
            resolved.append(host)
            return ["127.0.0.1"]

        sender = stranger.sender(resolve=resolve)
        delivery = sender.post(f"https://other.example:{stranger.port}/", {}, b"{}")

        assert delivery.status == 200
        assert resolved == ["other.example"]
        assert stranger.received[0][1]["Host"] == f"other.example:{stranger.port}"

    @pytest.mark.parametrize("path", ["/caf\u00e9", "/a b", "/a\x00b"])
    def test_a_path_that_no_request_can_hold_is_not_sent(
        self, endpoint: Endpoint, path: str
    ) -> None:
        assert endpoint.sender().post(endpoint.url(path), {}, b"{}").status == 0
        assert endpoint.received == []

    def test_a_header_cannot_smuggle_another_request(self, endpoint: Endpoint) -> None:
        delivery = endpoint.sender().post(endpoint.url(), {"x": "1\r\nHost: inside"}, b"{}")

        assert delivery.status == 0
        assert endpoint.received == []
