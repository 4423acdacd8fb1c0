"""Token calls between our functions: the message that comes in, the message that goes out.

::

    {"action": "access_token", "tenant_id", "connection_id", "refused_sha256": hex or null,
     "caller": {"function": "run_sync", "run_id", "fence"}
             | {"function": "api", "user_id", "roles"}}
        -> {"ok": true, "token": {"token", "instance_url", "org_id", "user_id"}}
    {"action": "keep_alive", "tenant_id", "connection_id"}
        -> {"ok": true}
    any -> {"ok": false, "error": {"kind", "code", "detail", "seconds"}}
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from crmsync.domain.caller import Caller
from crmsync.domain.errors import ConnectionStopped, CrmSyncError, Defer, LeaseLost, Retry
from crmsync.services.access_tokens import RunProof, TokenRequest, TokenService

Message = Mapping[str, Any]

KINDS: Mapping[type[CrmSyncError], str] = {
    ConnectionStopped: "connection_stopped",
    Defer: "defer",
    LeaseLost: "lease_lost",
    Retry: "retry",
}
"""The errors a caller can act on, by the word they travel under."""


def answer_call(tokens: TokenService, message: Message) -> dict[str, Any]:
    """Carry out one call. Errors meant for the caller are answers; any other one is raised."""
    try:
        return {"ok": True, **_carried_out(tokens, message)}
    except tuple(KINDS) as error:
        seconds = error.seconds if isinstance(error, Defer) else None
        told = {"kind": KINDS[type(error)], "code": error.code, "detail": error.detail}
        return {"ok": False, "error": {**told, "seconds": seconds}}


def _carried_out(tokens: TokenService, message: Message) -> dict[str, Any]:
    match message["action"]:
        case "access_token":
            return {"token": dataclasses.asdict(tokens.access_token(_request(message)))}
        case "keep_alive":
            tokens.keep_alive(message["tenant_id"], message["connection_id"])
            return {}
        case unknown:
            msg = f"There is no token call '{unknown}'; see crmsync.services.token_calls."
            raise ValueError(msg)


def _request(message: Message) -> TokenRequest:
    return TokenRequest(
        tenant_id=message["tenant_id"],
        connection_id=message["connection_id"],
        asker=_asker(message["tenant_id"], message["caller"]),
        refused=message.get("refused_sha256"),
    )


def _asker(tenant_id: str, caller: Message) -> RunProof | Caller:
    match caller["function"]:
        case "run_sync":
            return RunProof(caller["run_id"], int(caller["fence"]))
        case "api":
            return Caller(tenant_id, caller["user_id"], frozenset(caller["roles"]))
        case unknown:
            msg = f"Function '{unknown}' may not ask for access tokens."
            raise ValueError(msg)
