"""composite (one API call, references between sub-requests) and composite/batch (counts each)."""

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

from werkzeug.datastructures import MultiDict

from ..errors import ApiError
from ..faults import Fault
from .call import Call, Reply

MAX_SUBREQUESTS = 25
MAX_QUERIES = 5
_REFERENCE = re.compile(r"@\{([A-Za-z0-9_]+)((?:\.[A-Za-z0-9_]+|\[\d+\])+)\}")
_STEP = re.compile(r"\.([A-Za-z0-9_]+)|\[(\d+)\]")
_LIMITED = re.compile(r"/(query|queryAll)(/|\?|$)|/composite/sobjects|/parameterizedSearch")
_ROLLED_BACK = (
    "The transaction was rolled back since another operation in the same transaction failed."
)

Dispatch = Callable[[Call], Reply]


class _RolledBack(Exception):
    """Leaves the savepoint of an allOrNone composite."""


def composite(call: Call, dispatch: Dispatch) -> Reply:
    """POST composite: sub-requests in order, each able to use the results before it."""
    body = call.object()
    requests = body.get("compositeRequest")
    if not isinstance(requests, list) or not requests:
        raise ApiError("JSON_PARSER_ERROR", "compositeRequest is required")
    _check(requests)
    answers: list[tuple[dict[str, Any], Reply]] = []
    try:
        with call.org.store.savepoint():
            for request in requests:
                answers.append((request, _answer(call, request, answers, dispatch)))
                _check_all(answers[-1][1], body.get("allOrNone"))
    except _RolledBack:
        answers = _halted(requests, answers)
    return Reply(body={"compositeResponse": [_shown(req, reply) for req, reply in answers]})


def _check_all(reply: Reply, all_or_none: Any) -> None:
    if all_or_none and reply.failed:
        raise _RolledBack


def _check(requests: list[dict[str, Any]]) -> None:
    if len(requests) > MAX_SUBREQUESTS:
        text = f"The composite request cannot contain more than {MAX_SUBREQUESTS} subrequests"
        raise ApiError("LIMIT_EXCEEDED", text)
    limited = [r for r in requests if _LIMITED.search(str(r.get("url", "")))]
    if len(limited) > MAX_QUERIES:
        text = (
            f"The composite request cannot contain more than {MAX_QUERIES} query or sObject "
            "Collections operations"
        )
        raise ApiError("LIMIT_EXCEEDED", text)
    names = [str(request.get("referenceId", "")) for request in requests]
    for name in names:
        if not re.fullmatch(r"[A-Za-z0-9]\w*", name):
            raise ApiError("INVALID_INPUT", f"Provided referenceId '{name}' is invalid.")
    if len(set(names)) != len(names):
        raise ApiError("INVALID_INPUT", "Reference ids must be unique in a composite request.")


def _answer(
    call: Call,
    request: dict[str, Any],
    answers: list[tuple[dict[str, Any], Reply]],
    dispatch: Dispatch,
) -> Reply:
    known = {req["referenceId"]: reply for req, reply in answers}
    try:
        url = _filled(str(request["url"]), known)
        body = _filled_body(request.get("body"), known)
    except ApiError as error:
        return Reply(error.status, [error.as_row()])
    return dispatch(subcall(call, request, url, body))


def subcall(call: Call, request: dict[str, Any], url: str, body: Any) -> Call:
    """A sub-request as a call of its own."""
    parts = urlsplit(url)
    values = parse_qs(parts.query, keep_blank_values=True)
    headers = {str(k).lower(): str(v) for k, v in (request.get("httpHeaders") or {}).items()}
    return Call(
        org=call.org,
        viewer=call.viewer,
        method=str(request.get("method", "GET")).upper(),
        path=parts.path + (f"?{parts.query}" if parts.query else ""),
        args=MultiDict(values),
        headers=headers,
        body=b"",
        parsed=body,
        depth=call.depth + 1,
    )


def _filled_body(body: Any, known: dict[str, Reply]) -> Any:
    if body is None:
        return None
    return _filled_value(body, known)


def _filled_value(value: Any, known: dict[str, Reply]) -> Any:
    if isinstance(value, str):
        return _filled(value, known)
    if isinstance(value, list):
        return [_filled_value(item, known) for item in value]
    if isinstance(value, dict):
        return {key: _filled_value(item, known) for key, item in value.items()}
    return value


def _filled(text: str, known: dict[str, Reply]) -> str:
    return _REFERENCE.sub(lambda match: _referenced(match, known), text)


def _referenced(match: re.Match[str], known: dict[str, Reply]) -> str:
    reply = known.get(match[1])
    value: Any = reply.body if reply is not None else None
    if reply is None or reply.failed:
        text = f"Invalid reference specified. No value for {match[0][2:-1]} found in {match[1]}"
        raise ApiError("PROCESSING_HALTED", text)
    for name, index in _STEP.findall(match[2]):
        try:
            value = value[int(index)] if index else value[name]
        except (KeyError, IndexError, TypeError):
            text = f"Invalid reference specified. No value for {match[0][2:-1]} found in {match[1]}"
            raise ApiError("PROCESSING_HALTED", text) from None
    return value if isinstance(value, str) else json.dumps(value)


def _halted(
    requests: list[dict[str, Any]], answers: list[tuple[dict[str, Any], Reply]]
) -> list[tuple[dict[str, Any], Reply]]:
    """What an allOrNone composite answers: the failure, and everything else rolled back."""
    undone = ApiError("PROCESSING_HALTED", _ROLLED_BACK)
    failed = answers[-1]
    return [
        failed if request is failed[0] else (request, Reply(400, [undone.as_row()]))
        for request in requests
    ]


def _shown(request: dict[str, Any], reply: Reply) -> dict[str, Any]:
    return {
        "body": reply.body,
        "httpHeaders": reply.headers,
        "httpStatusCode": reply.status,
        "referenceId": request["referenceId"],
    }


def batch(call: Call, dispatch: Dispatch) -> Reply:
    """POST composite/batch: independent sub-requests, each charged to the quota."""
    body = call.object()
    requests = body.get("batchRequests")
    if not isinstance(requests, list) or not requests:
        raise ApiError("JSON_PARSER_ERROR", "batchRequests is required")
    if len(requests) > MAX_SUBREQUESTS:
        text = f"The batch request cannot contain more than {MAX_SUBREQUESTS} subrequests"
        raise ApiError("LIMIT_EXCEEDED", text)
    call.org.meter.count("composite/batch", len(requests) - 1)
    halted = ApiError("BATCH_PROCESSING_HALTED", "Batch processing halted per request", status=412)
    replies: list[Reply] = []
    for request in requests:
        if replies and replies[-1].failed and body.get("haltOnError"):
            replies.append(Reply(halted.status, [halted.as_row()]))
            continue
        body_sent = request.get("richInput")
        replies.append(dispatch(subcall(call, request, _rooted(request["url"]), body_sent)))
    results = [{"statusCode": reply.status, "result": reply.body} for reply in replies]
    failed = any(reply.failed for reply in replies)
    return Reply(body={"hasErrors": failed, "results": results})


def _rooted(url: str) -> str:
    """Batch URLs may leave /services/data out."""
    return url if url.startswith("/services/") else f"/services/data/{url.lstrip('/')}"


def fault_reply(faults: list[Fault]) -> Reply | None:
    """What a fault seeded for sub-requests makes one answer."""
    for fault in faults:
        if fault.kind == "status":
            return Reply(int(fault.action.get("status", 500)), fault.action.get("body"))
    return None
