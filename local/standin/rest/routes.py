"""Which path and method means which resource."""

import re
from collections.abc import Callable
from typing import Any

from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.routing import Map, RequestRedirect, Rule

from ..errors import ApiError
from . import (
    bulk_ingest,
    bulk_query,
    catalogue,
    collections,
    composite,
    describes,
    query,
    replication,
    rows,
)
from .call import Call, Reply

Handler = Callable[..., Reply]


def _composite(call: Call) -> Reply:
    return composite.composite(call, subdispatch)


def _batch(call: Call) -> Reply:
    return composite.batch(call, subdispatch)


_TABLE: list[tuple[str, str, Handler]] = [
    ("GET", "", catalogue.resources),
    ("GET", "/limits", catalogue.limits),
    ("GET", "/limits/recordCount", catalogue.record_count),
    ("GET", "/sobjects", describes.global_describe),
    ("GET", "/query", query.query),
    ("GET", "/query/<locator>", query.more),
    ("GET", "/queryAll", query.query_all),
    ("GET", "/queryAll/<locator>", query.more),
    ("POST", "/composite", _composite),
    ("POST", "/composite/batch", _batch),
    ("POST", "/composite/sobjects", collections.create),
    ("PATCH", "/composite/sobjects", collections.update),
    ("DELETE", "/composite/sobjects", collections.delete),
    ("GET", "/composite/sobjects/<name>", collections.read),
    ("POST", "/composite/sobjects/<name>", collections.retrieve),
    ("PATCH", "/composite/sobjects/<name>/<external>", collections.upsert),
    ("GET", "/sobjects/<name>", rows.basic),
    ("POST", "/sobjects/<name>", rows.create),
    ("GET", "/sobjects/<name>/describe", describes.describe),
    ("GET", "/sobjects/<name>/describe/layouts", describes.layouts),
    ("GET", "/sobjects/<name>/updated", replication.updated),
    ("GET", "/sobjects/<name>/deleted", replication.deleted),
    ("GET", "/sobjects/<name>/<record_id>", rows.read),
    ("PATCH", "/sobjects/<name>/<record_id>", rows.change),
    ("DELETE", "/sobjects/<name>/<record_id>", rows.remove),
    ("GET", "/sobjects/<name>/<external>/<path:value>", rows.read_external),
    ("PATCH", "/sobjects/<name>/<external>/<path:value>", rows.upsert),
    ("DELETE", "/sobjects/<name>/<external>/<path:value>", rows.remove_external),
    ("GET", "/jobs/ingest", bulk_ingest.list_ingest),
    ("POST", "/jobs/ingest", bulk_ingest.open_ingest),
    ("GET", "/jobs/ingest/<job_id>", bulk_ingest.read_ingest),
    ("PATCH", "/jobs/ingest/<job_id>", bulk_ingest.change_ingest),
    ("DELETE", "/jobs/ingest/<job_id>", bulk_ingest.delete_ingest),
    ("PUT", "/jobs/ingest/<job_id>/batches", bulk_ingest.upload),
    ("GET", "/jobs/ingest/<job_id>/<which>", bulk_ingest.results),
    ("GET", "/jobs/query", bulk_query.list_query),
    ("POST", "/jobs/query", bulk_query.open_query),
    ("GET", "/jobs/query/<job_id>", bulk_query.read_query),
    ("PATCH", "/jobs/query/<job_id>", bulk_query.change_query),
    ("DELETE", "/jobs/query/<job_id>", bulk_query.delete_query),
    ("GET", "/jobs/query/<job_id>/results", bulk_query.query_results),
]
_MAP = Map(
    [
        Rule(
            f"/services/data/v<version>{path}",
            methods=[method],
            endpoint=handler,
            strict_slashes=False,
            merge_slashes=False,
        )
        for method, path, handler in _TABLE
    ]
)


_NESTED = re.compile(r"/composite(/batch)?/?(\?|$)")


def find(path: str, method: str) -> tuple[Handler, dict[str, Any], str]:
    """Handler, path values and resource name, or NOT_FOUND / METHOD_NOT_ALLOWED."""
    adapter = _MAP.bind("org")
    try:
        rule, values = adapter.match(path.partition("?")[0], method=method, return_rule=True)
    except MethodNotAllowed:
        text = f"HTTP Method '{method}' not allowed. Allowed are GET, POST, PATCH, DELETE"
        raise ApiError("METHOD_NOT_ALLOWED", text) from None
    except (NotFound, RequestRedirect):
        raise ApiError("NOT_FOUND", "The requested resource does not exist") from None
    resource = rule.rule.removeprefix("/services/data/v<version>") or "/"
    return rule.endpoint, dict(values), resource


def _missing() -> Reply:
    error = ApiError("NOT_FOUND", "The requested resource does not exist")
    return Reply(error.status, [error.as_row()])


def served(version: str) -> bool:
    """Whether the org speaks that API version."""
    number, _, minor = version.partition(".")
    known = range(catalogue.FIRST_VERSION, catalogue.LAST_VERSION + 1)
    return number.isdigit() and minor == "0" and int(number) in known


def run(call: Call) -> Reply:
    """Find and run the resource of a call; refusals become their answers."""
    try:
        handler, values, _ = find(call.path, call.method)
        call.version = values.pop("version")
        return handler(call, **values) if served(call.version) else _missing()
    except ApiError as error:
        return Reply(error.status, [error.as_row()])


def subdispatch(call: Call) -> Reply:
    """Run one sub-request of a composite or batch."""
    if _NESTED.search(call.path):
        error = ApiError("INVALID_INPUT", "Composite requests cannot be nested")
        return Reply(error.status, [error.as_row()])
    found = call.org.faults.firing(call.method, call.path, str(call.parsed), "composite")
    seeded = composite.fault_reply(found)
    return seeded if seeded is not None else run(call)
