"""What AWS hands to a function, cut down to what is read of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from crmsync.domain.caller import Caller


@dataclass(frozen=True, slots=True)
class Context:
    """The context object of Lambda."""

    function_name: str = "function"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:eu-west-1:123456789012:function:function"
    aws_request_id: str = "request-1"
    seconds_left: float = 29.0

    def get_remaining_time_in_millis(self) -> int:
        return int(self.seconds_left * 1000)


def request(
    method: str,
    path: str,
    body: object = None,
    *,
    caller: Caller | None = None,
    query: Mapping[str, str] | None = None,
    **changes: Any,
) -> dict[str, Any]:
    """A proxy event of the REST API, as its Cognito authorizer lets it through."""
    claims = _claims(caller) if caller else None
    event = {
        "httpMethod": method,
        "path": path,
        "resource": path,
        "headers": {"content-type": "application/json"},
        "multiValueHeaders": {"content-type": ["application/json"]},
        "queryStringParameters": dict(query) if query else None,
        "multiValueQueryStringParameters": {k: [v] for k, v in query.items()} if query else None,
        "body": None if body is None else json.dumps(body),
        "isBase64Encoded": False,
        "stageVariables": {"public_url": "https://sync.example.com/live"},
        "requestContext": {
            "stage": "live",
            "path": f"/live{path}",
            "authorizer": {"claims": claims} if claims else None,
        },
    }
    return {**event, **changes}


def _claims(caller: Caller) -> dict[str, str]:
    return {
        "sub": caller.user_id,
        "custom:tenant_id": caller.tenant_id,
        "cognito:groups": ",".join(sorted(caller.roles)),
        "email": "ann@example.com",
        "token_use": "id",
    }


def body_of(answer: Mapping[str, Any]) -> Any:
    """The JSON body of an answer."""
    return json.loads(answer["body"])


def header_of(answer: Mapping[str, Any], name: str) -> str:
    """One header of an answer."""
    values: list[str] = answer["multiValueHeaders"][name]
    return values[0]
