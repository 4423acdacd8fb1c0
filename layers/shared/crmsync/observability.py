"""The one logger, metrics and tracer, and the redaction every log line passes through.

No token, code, verifier, secret or e-mail address may reach a log. Callers do not log them; this is
what makes a slip, or a library's exception text, harmless. It works on the finished log entry, so
messages, extra fields and stack traces are all covered.
"""

from __future__ import annotations

import functools
import json
import logging
import re
from collections.abc import Callable, Mapping
from typing import Any

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

_REMOVED = "[removed]"
_SENSITIVE_NAME = (
    r"(?:[\w.-]{0,40}(?:token|secret|password|verifier|receipt|authorization|signature)"
    r"|code|state|email|username|cookie|assertion)"
)
_SENSITIVE_KEY = re.compile(_SENSITIVE_NAME, re.IGNORECASE)
_PLAIN_KEYS = frozenset({"state"})  # a run's state; a login's state only ever stands in an address
_SENSITIVE = (
    # name=value and "name": "value" inside texts: query strings, forms, JSON bodies
    (re.compile(rf"\b({_SENSITIVE_NAME})=[^&\s\"']+", re.IGNORECASE), rf"\1={_REMOVED}"),
    (
        re.compile(rf"([\"'])({_SENSITIVE_NAME})\1\s*:\s*([\"'])(?:\\.|(?!\3).)*\3", re.IGNORECASE),
        rf'"\2": "{_REMOVED}"',
    ),
    (re.compile(r"\b(Bearer|Basic|OAuth)\s+[\w.!~+/=-]+", re.IGNORECASE), rf"\1 {_REMOVED}"),
    # a Salesforce session id, refresh token or code; a JSON web token; a webhook secret
    (re.compile(r"\b00D[0-9A-Za-z]{9,15}!\S+"), _REMOVED),
    (re.compile(r"\b5Aep[\w.!-]{8,}"), _REMOVED),
    (re.compile(r"\baPrx[\w.!-]{8,}"), _REMOVED),
    (re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]*"), _REMOVED),
    (re.compile(r"\bwhsec_[\w+/=-]+"), _REMOVED),
    (re.compile(r"[\w.+'*-]{1,64}(?:@|%40)[\w-]{1,63}(?:\.[\w-]{1,63})+", re.IGNORECASE), _REMOVED),
)


def redacted(value: object) -> object:
    """The same value without secrets: by the name of the key, and by what texts look like."""
    if isinstance(value, str):
        return _redacted_text(value)
    if isinstance(value, Mapping):
        return {str(key): _redacted_item(str(key), item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [redacted(item) for item in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return _redacted_text(str(value))


def _redacted_item(key: str, value: object) -> object:
    if isinstance(value, str | bytes) and key not in _PLAIN_KEYS and _SENSITIVE_KEY.fullmatch(key):
        return _REMOVED
    return redacted(value)


def _redacted_text(text: str) -> str:
    for pattern, replacement in _SENSITIVE:
        text = pattern.sub(replacement, text)
    return text


def _serialize(entry: Mapping[str, Any]) -> str:
    return json.dumps(redacted(entry), default=str, separators=(",", ":"), ensure_ascii=False)


class RedactingFilter(logging.Filter):
    """For handlers of other libraries' loggers: rewrites the record before it is formatted."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep the record, redacted; arguments are merged first because they may hold secrets."""
        record.msg, record.args = _redacted_text(record.getMessage()), None
        if record.exc_info:
            text = logging.Formatter().formatException(record.exc_info)
            record.exc_text, record.exc_info = _redacted_text(text), None
        return True


logger = Logger(json_serializer=_serialize, log_uncaught_exceptions=False)
metrics = Metrics(namespace="crmsync")
# Only our AWS calls are traced: addresses of CRM requests hold queries, and those hold addresses.
tracer = Tracer(patch_modules=["botocore"])

Handler = Callable[[dict[str, Any], LambdaContext], Any]


class Failed(Exception):
    """What the runtime gets to see of an unexpected error: its kind, nothing it said."""


def entry_point(handler: Handler) -> Handler:
    """Log what escapes `handler` redacted and raise `Failed`: the runtime logs texts as they are.

    Counted metrics are written out in any case; results and errors stay out of traces.
    """

    @functools.wraps(handler)
    def wrapper(event: dict[str, Any], context: LambdaContext) -> object:
        _redact_other_loggers()
        try:
            return handler(event, context)
        except Exception as error:
            logger.exception("unexpected_error", error_type=type(error).__name__)
            msg = f"{type(error).__name__}; the log entry 'unexpected_error' has the details"
            raise Failed(msg) from None
        finally:
            if metrics.metric_set:
                metrics.flush_metrics()

    traced = tracer.capture_lambda_handler(wrapper, capture_response=False, capture_error=False)
    return logger.inject_lambda_context(traced, clear_state=True)


def count(name: str, value: int = 1) -> None:
    """Add to a metric; nothing is written for zero."""
    if value:
        metrics.add_metric(name=name, unit=MetricUnit.Count, value=value)


def _redact_other_loggers() -> None:
    for handler in logging.getLogger().handlers:
        if not any(isinstance(known, RedactingFilter) for known in handler.filters):
            handler.addFilter(RedactingFilter())
