"""Sends calls for one connection: token, retries, counting, budget, and nothing that leaks.

simple-salesforce builds the request; its exceptions hold addresses and bodies, so none of them
leaves this module.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import TypeVar

import requests
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import SalesforceError

from crmsync.adapters.salesforce import composite, hosts
from crmsync.adapters.salesforce.composite import Sub, SubReply
from crmsync.adapters.salesforce.errors import TokenRefused, from_reply
from crmsync.adapters.salesforce.retrying import Sleeper, trying
from crmsync.adapters.salesforce.settings import SalesforceSettings
from crmsync.adapters.salesforce.signals import Signals
from crmsync.adapters.salesforce.transport import BoundedSession, lost
from crmsync.domain.connection import ApiBudget
from crmsync.domain.errors import ConnectionStopped, CrmSyncError, Retry
from crmsync.ports.access_tokens import AccessToken

_HEADERS = {
    "Sforce-Call-Options": "client=crmsync",
    "Accept": "application/json",
    "Accept-Encoding": "gzip",
    "X-PrettyPrint": None,
}
_NO_HEADERS: Mapping[str, str] = MappingProxyType({})

T = TypeVar("T")
TokenSource = Callable[[str | None], AccessToken]


@dataclass(frozen=True, slots=True)
class _Line:
    token: AccessToken
    org: Salesforce


@dataclass(slots=True)
class OrgClient:
    """Calls one org for one connection. `tokens` takes the token that was refused, or None.

    Reads are tried again after a passing failure; a write only when it cannot have arrived.
    """

    tokens: TokenSource
    settings: SalesforceSettings
    version: str
    session: BoundedSession
    sleep: Sleeper
    calls: int = 0
    signals: Signals = field(default_factory=Signals)
    _line: _Line | None = None

    @property
    def budget(self) -> ApiBudget:
        """The org's usage as its last answer told it, and the part of it that may be used."""
        return replace(self.signals.usage, share=self.settings.budget_share)

    @property
    def server_time(self) -> datetime | None:
        """The org's clock at its last answer."""
        return self.signals.server_time

    @property
    def base(self) -> str:
        """The path all resources of the pinned version start with."""
        return f"/services/data/v{self.version}"

    @property
    def token(self) -> AccessToken:
        """The token in use."""
        return self._open_line().token

    def composite(self, subs: Sequence[Sub], *, writing: bool = False) -> dict[str, SubReply]:
        """The answers by `ref`, each of which may be a refusal of its own."""
        body = composite.envelope(subs)
        return self._trying(
            lambda: composite.replies(
                subs, self._exchange("POST", "composite", body, writing=writing)
            ),
            writing=writing,
        )

    def get(self, resource: str) -> object:
        """The JSON document of one resource below the version's path."""
        return self._trying(lambda: self._exchange("GET", resource, None, writing=False))

    def send(self, sub: Sub) -> object:
        """What one write is answered when it is sent by itself."""
        resource = sub.path.removeprefix(f"{self.base}/")
        return self._trying(
            lambda: self._exchange(
                sub.method, resource, sub.body, writing=True, headers=sub.headers
            ),
            writing=True,
        )

    def _trying(self, call: Callable[[], T], *, writing: bool = False) -> T:
        seconds = self.settings.limits.total
        return trying(
            lambda: self._with_fresh_token(call), self.sleep, seconds=seconds, writing=writing
        )

    def _with_fresh_token(self, call: Callable[[], T]) -> T:
        try:
            return call()
        except TokenRefused:
            self._line = self._lined(self.tokens(self.token.token))
        try:
            return call()
        except TokenRefused as error:
            raise ConnectionStopped(error.code, error.detail) from None

    def _exchange(
        self,
        method: str,
        resource: str,
        body: object,
        *,
        writing: bool,
        headers: Mapping[str, str] = _NO_HEADERS,
    ) -> object:
        """One request. simple-salesforce raises from status 300 on; that is translated here."""
        org = self._open_line().org
        content = None if body is None else json.dumps(body, separators=(",", ":"))
        self.calls += 1
        try:
            response = org._call_salesforce(  # noqa: SLF001 - only it takes headers and tells them
                method, org.base_url + resource, data=content, headers={**_HEADERS, **headers}
            )
        except SalesforceError as error:
            refused = self._refused(error, writing=writing)
        except requests.RequestException as error:
            refused = lost(error, writing=writing)
        else:
            return _document(response, writing=writing)
        raise refused

    def _refused(self, error: SalesforceError, *, writing: bool) -> CrmSyncError:
        return from_reply(
            error.status,
            error.content,
            budget=self.budget,
            retry_after=self.signals.retry_after,
            writing=writing,
        )

    def _open_line(self) -> _Line:
        if self._line is None:
            self._line = self._lined(self.tokens(None))
        return self._line

    def _lined(self, token: AccessToken) -> _Line:
        """The token's org; raises when its address is not Salesforce's."""
        instance = hosts.origin(token.instance_url, self.settings.allowed_hosts)
        if instance is None:
            text = "The sign-in points to an address that is not Salesforce's. Connect again."
            raise ConnectionStopped("host_not_allowed", text)
        self.session.hooks["response"] = [self.signals.note]
        org = Salesforce(
            instance_url=instance,
            session_id=token.token,
            version=self.version,
            session=self.session,
        )
        return _Line(token, org)


def _document(response: requests.Response, *, writing: bool) -> object:
    try:
        return response.json() if response.content else None
    except ValueError:
        text = "Your CRM sent an answer that cannot be read."
        applied = None if writing else False
        raise Retry("crm_answer_unreadable", text, applied=applied) from None
