"""Access tokens from oauth_callback, the only function that can refresh them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from crmsync.adapters.aws.clients import Clients
from crmsync.adapters.aws_failures import aws_failures
from crmsync.domain.errors import ConnectionStopped, CrmSyncError, Defer, LeaseLost, Retry
from crmsync.ports.access_tokens import AccessToken

_SECONDS = 60
"""How long to wait when the token service does not say."""


class InvokedAccessTokens:
    """`AccessTokens` for one tenant and one caller, which the token service checks.

    A token is asked for once and kept until the CRM refuses it.
    """

    def __init__(
        self, clients: Clients, function_name: str, *, tenant_id: str, caller: Mapping[str, object]
    ) -> None:
        self._clients = clients
        self._function = function_name
        self._tenant = tenant_id
        self._caller = dict(caller)
        self._kept: dict[str, AccessToken] = {}

    def get(self, connection_id: str, *, refused: str | None = None) -> AccessToken:
        """A token; `refused` is one the CRM no longer takes. Raises `ConnectionStopped`."""
        kept = self._kept.get(connection_id)
        if kept is None or kept.token == refused:
            kept = self._ask(connection_id, refused)
            self._kept[connection_id] = kept
        return kept

    def _ask(self, connection_id: str, refused: str | None) -> AccessToken:
        digest = hashlib.sha256(refused.encode()).hexdigest() if refused else None
        request = {
            "action": "access_token",
            "tenant_id": self._tenant,
            "connection_id": connection_id,
            "refused_sha256": digest,
            "caller": self._caller,
        }
        with aws_failures("Invoke"):
            answer = self._clients.functions.invoke(
                FunctionName=self._function,
                InvocationType="RequestResponse",
                Payload=json.dumps(request),
            )
            payload = answer["Payload"].read()
        if answer.get("FunctionError"):
            raise _failed("it raised an error")
        return _token_of(payload)


def _token_of(payload: bytes) -> AccessToken:
    try:
        answer = json.loads(payload)
        if answer["ok"]:
            return AccessToken(**answer["token"])
        problem = _problem(answer["error"])
    except (ValueError, KeyError, TypeError) as error:
        raise _failed("its answer is not readable") from error
    raise problem


def _problem(error: Mapping[str, Any]) -> CrmSyncError:
    code, detail = str(error["code"]), str(error["detail"])
    match error["kind"]:
        case "connection_stopped":
            return ConnectionStopped(code, detail)
        case "defer":
            return Defer(code, detail, seconds=int(error.get("seconds") or _SECONDS))
        case "lease_lost":
            return LeaseLost(code, detail)
        case "retry":
            return Retry(code, detail)
        case kind:
            return _failed(f"it answered '{kind}'")


def _failed(why: str) -> Retry:
    return Retry("token_service_failed", f"The token service failed: {why}.")
