"""Asks for refreshes that no run asks for, so that no token dies of disuse."""

from __future__ import annotations

import json

from crmsync.adapters.aws.clients import Clients
from crmsync.adapters.aws_failures import aws_failures


class InvokedKeepAlive:
    """`KeepAlive` through oauth_callback, which refreshes later and gives no token back."""

    def __init__(self, clients: Clients, function_name: str) -> None:
        self._clients = clients
        self._function = function_name

    def keep_alive(self, tenant_id: str, connection_id: str) -> None:
        """Ask; Lambda keeps the request and repeats it when it fails."""
        request = {"action": "keep_alive", "tenant_id": tenant_id, "connection_id": connection_id}
        with aws_failures("Invoke"):
            self._clients.functions.invoke(
                FunctionName=self._function, InvocationType="Event", Payload=json.dumps(request)
            )
