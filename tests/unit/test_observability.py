"""Nothing secret in any log, whoever writes it."""

from __future__ import annotations

import io
import logging

import pytest
from crmsync.observability import Failed, RedactingFilter, entry_point, logger, redacted

from tests.unit.functions.events import Context

CANARIES = {
    "session": "00D000000000001!AQcAQCanarySession.1234567890",
    "refresh": "5Aep861CanaryRefreshToken.abcdefgh",
    "code": "aPrxCanaryCode.abcdefghijkl",
    "id token": "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.c2lnbmF0dXJl",
    "webhook secret": "whsec_Q2FuYXJ5U2VjcmV0Q2FuYXJ5",
    "address": "canary.person+tag@mail.example.co.uk",
    "encoded address": "canary.person%40mail.example.com",
}
NAMED = [
    "access_token",
    "refresh_token",
    "code",
    "code_verifier",
    "client_secret",
    "receipt",
    "password",
    "Authorization",
    "email",
    "sealed_verifier",
]


@pytest.mark.parametrize("canary", CANARIES.values(), ids=CANARIES.keys())
@pytest.mark.parametrize(
    "text", ["{}", "GET https://x.example/q={} failed", "'{}'", "({})", "{}, and more"]
)
def test_what_looks_like_a_secret_is_taken_out_of_texts(canary: str, text: str) -> None:
    assert canary not in redacted(text.format(canary))


@pytest.mark.parametrize("name", NAMED)
@pytest.mark.parametrize(
    "form", ["{}=opaque-value-1", '{{"{}": "opaque-value-1"}}', "{{'{}': 'opaque-value-1'}}"]
)
def test_what_is_called_a_secret_is_taken_out_of_texts(name: str, form: str) -> None:
    assert "opaque-value-1" not in redacted(form.format(name))


@pytest.mark.parametrize("name", NAMED)
def test_what_is_called_a_secret_is_taken_out_of_fields(name: str) -> None:
    found = redacted({"outer": [{name: "opaque-value-1", "count": 3}]})

    assert found == {"outer": [{name: "[removed]", "count": 3}]}


def test_what_an_operator_needs_stays() -> None:
    entry = {
        "message": "run_finished",
        "run_id": "run_1",
        "connection_id": "c_1",
        "state": "succeeded",
        "error_code": "lease_lost",
        "counts": {"created": 3},
        "seconds": 1.5,
        "path": "/api/connections/c_1",
    }

    assert redacted(entry) == entry


def test_the_logger_writes_no_secret_in_message_field_or_trace(logged: io.StringIO) -> None:
    @entry_point
    def handler(_: dict[str, str], __: object) -> None:
        for canary in CANARIES.values():
            logger.info("seen %s", canary)
            logger.info("seen", extra={"value": canary})
        text = " ".join(CANARIES.values())
        raise ValueError(text)

    with pytest.raises(Failed) as failed:
        handler({}, Context())

    written = logged.getvalue()
    assert written.count('"message":"seen') == 2 * len(CANARIES)
    assert "ValueError" in written
    assert [canary for canary in CANARIES.values() if canary in written] == []
    assert str(failed.value).startswith("ValueError;")
    assert failed.value.__cause__ is None
    assert failed.value.__suppress_context__


def test_other_libraries_records_are_redacted_too() -> None:
    error = ValueError(CANARIES["address"])
    info = (ValueError, error, None)
    record = logging.LogRecord(
        "urllib3", logging.WARNING, "f", 1, "GET %s", (CANARIES["session"],), info
    )

    assert RedactingFilter().filter(record)

    formatted = logging.Formatter().format(record)
    assert CANARIES["session"] not in formatted
    assert CANARIES["address"] not in formatted
    assert "ValueError" in formatted


def test_a_long_text_is_redacted_in_no_time() -> None:
    text = "a" * 200_000

    assert redacted(text) == text
