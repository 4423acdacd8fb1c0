"""What `functions/oauth_callback` works with: logins, disconnecting, and the token service."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from aws_lambda_powertools.utilities.typing import LambdaContext

from crmsync import settings
from crmsync.ports.audit import AuditLog
from crmsync.ports.automations import Automations
from crmsync.ports.clock import Clock
from crmsync.ports.connections import Connections
from crmsync.ports.events import Events
from crmsync.ports.grants import Grants
from crmsync.ports.ids import Ids
from crmsync.ports.oauth import OAuth
from crmsync.ports.runs import Runs
from crmsync.ports.vault import Vault
from crmsync.services.access_tokens import TokenService
from crmsync.services.audited import Audit, AuditedConnections
from crmsync.services.disconnect import Disconnect
from crmsync.services.finish_login import FinishLogin
from crmsync.services.keep_grant import KeepGrant
from crmsync.services.limit_rate import LimitRate
from crmsync.services.park_code import ParkCode
from crmsync.services.refresh_grant import RefreshGrant
from crmsync.services.start_login import LoginUrl, StartLogin
from crmsync.services.store_login import OpenCrm, StoreLogin

_RESERVE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class LoginPorts:
    """What the services need from outside, whatever the request."""

    connections: Connections
    automations: Automations
    runs: Runs
    grants: Grants
    vault: Vault
    oauth: OAuth
    events: Events
    ids: Ids
    login_url: LoginUrl
    open_crm: OpenCrm
    limit: LimitRate
    audit: AuditLog


@dataclass(frozen=True, slots=True)
class LoginDesk:
    """Every service of the function, for one request with its own clock."""

    ports: LoginPorts
    clock: Clock
    pause: Callable[[float], None] = time.sleep

    @property
    def start(self) -> StartLogin:
        """Starts logins."""
        ports = self.ports
        return StartLogin(
            ports.connections,
            ports.grants,
            ports.vault,
            ports.oauth,
            ports.ids,
            self.clock,
            ports.login_url,
            ports.limit,
        )

    @property
    def park(self) -> ParkCode:
        """Takes the CRM's answers."""
        return ParkCode(self.ports.grants, self.ports.vault, self.ports.ids, self.clock)

    @property
    def finish(self) -> FinishLogin:
        """Finishes logins."""
        ports = self.ports
        store = StoreLogin(
            self._connections, ports.grants, ports.vault, ports.oauth, self.clock, ports.open_crm
        )
        return FinishLogin(store, ports.limit)

    @property
    def disconnect(self) -> Disconnect:
        """Disconnects."""
        ports = self.ports
        return Disconnect(self._connections, ports.runs, ports.grants, ports.vault, ports.oauth)

    @property
    def _connections(self) -> AuditedConnections:
        """As their owners change them by signing in and disconnecting."""
        audit = Audit(self.ports.audit, self.ports.ids, self.clock)
        return AuditedConnections(self.ports.connections, audit)

    @property
    def tokens(self) -> TokenService:
        """Hands out access tokens."""
        ports = self.ports
        keep = KeepGrant(
            ports.grants, ports.vault, ports.oauth, ports.connections, self.clock, self.pause
        )
        refresh = RefreshGrant(keep, ports.events, ports.ids)
        return TokenService(
            ports.connections, ports.runs, ports.grants, ports.vault, refresh, self.clock
        )


def desk(context: LambdaContext) -> LoginDesk:
    """The services for one invocation; what they are made of is built once per container."""
    from crmsync.adapters.aws.clock import SystemClock

    return LoginDesk(_ports(), SystemClock(context, reserve_seconds=_RESERVE_SECONDS))


@functools.cache
def _ports() -> LoginPorts:
    from crmsync.adapters.aws.clients import Clients
    from crmsync.adapters.aws.clock import SystemClock
    from crmsync.adapters.aws.events import EventBridgeEvents
    from crmsync.adapters.aws.ids import RandomIds
    from crmsync.adapters.aws.secrets import ClientSecrets
    from crmsync.adapters.aws.vault import KmsVault
    from crmsync.adapters.dynamodb.audit import DynamoAuditLog
    from crmsync.adapters.dynamodb.automations import DynamoAutomations
    from crmsync.adapters.dynamodb.connections import DynamoConnections
    from crmsync.adapters.dynamodb.database import Database
    from crmsync.adapters.dynamodb.grants import DynamoGrants
    from crmsync.adapters.dynamodb.rates import DynamoRates
    from crmsync.adapters.dynamodb.runs import DynamoRuns
    from crmsync.adapters.salesforce.login import SalesforceOAuth, login_url_of, open_crm
    from crmsync.adapters.salesforce.settings import Limits, SalesforceSettings

    chosen = settings.read(settings.OauthCallbackSettings)
    clients, database = Clients(), Database()
    control = database.table(chosen.control_table)
    salesforce = SalesforceSettings.parse(chosen.salesforce_settings)
    return LoginPorts(
        connections=DynamoConnections(control),
        automations=DynamoAutomations(control),
        runs=DynamoRuns(control, SystemClock()),
        grants=DynamoGrants(database.table(chosen.tokens_table)),
        vault=KmsVault(clients, chosen.token_key_id),
        events=EventBridgeEvents(clients, chosen.event_bus_name),
        ids=RandomIds(),
        oauth=SalesforceOAuth(
            ClientSecrets(clients, chosen.oauth_clients_secret),
            replace(salesforce, limits=Limits(connect=3.0, silence=7.0, total=10.0)),
        ),
        login_url=login_url_of(salesforce),
        open_crm=open_crm(salesforce),
        audit=DynamoAuditLog(control),
        limit=LimitRate(
            DynamoRates(control, SystemClock()), SystemClock(), int(chosen.rate_limit_scale)
        ),
    )
