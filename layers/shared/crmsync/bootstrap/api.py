"""What `functions/api` works with: the ports of the desk, and the memory of repeated POSTs."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from aws_lambda_powertools.utilities.idempotency import BasePersistenceLayer
from aws_lambda_powertools.utilities.typing import LambdaContext

from crmsync import settings
from crmsync.bootstrap.desk import DeskPorts
from crmsync.bootstrap.tenant_stores import marketing_in, state_in
from crmsync.domain.caller import Caller
from crmsync.domain.connection import Connection
from crmsync.ports.crm import Crm
from crmsync.services.limit_rate import LimitRate

if TYPE_CHECKING:
    from crmsync.adapters.aws.clients import Clients

_RESERVE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Supplies:
    """All that the routes of one invocation take from outside.

    `context` is the invocation's own: it tells when a dead invocation stops blocking a repeat.
    """

    ports: DeskPorts
    repeats: BasePersistenceLayer
    context: LambdaContext


def supplies(context: LambdaContext) -> Supplies:
    """The supplies of one invocation; what they are made of is built once per container."""
    from crmsync.adapters.aws.clock import SystemClock

    ports, repeats = _kept()
    clock = SystemClock(context, reserve_seconds=_RESERVE_SECONDS)
    return Supplies(replace(ports, clock=clock), repeats, context)


@functools.cache
def _kept() -> tuple[DeskPorts, BasePersistenceLayer]:
    from crmsync.adapters.aws.artifacts import S3Artifacts
    from crmsync.adapters.aws.clients import Clients
    from crmsync.adapters.aws.clock import SystemClock
    from crmsync.adapters.aws.ids import RandomIds
    from crmsync.adapters.aws.queue import SqsQueue
    from crmsync.adapters.dynamodb.audit import DynamoAuditLog
    from crmsync.adapters.dynamodb.automations import DynamoAutomations
    from crmsync.adapters.dynamodb.connections import DynamoConnections
    from crmsync.adapters.dynamodb.database import Database
    from crmsync.adapters.dynamodb.notices import DynamoNotices
    from crmsync.adapters.dynamodb.rates import DynamoRates
    from crmsync.adapters.dynamodb.reviews import DynamoReviews
    from crmsync.adapters.dynamodb.runs import DynamoRuns

    chosen = settings.read(settings.ApiSettings)
    clients, database, clock = Clients(), Database(), SystemClock()
    control = database.table(chosen.control_table)
    ports = DeskPorts(
        connections=DynamoConnections(control),
        automations=DynamoAutomations(control),
        runs=DynamoRuns(control, clock),
        notices=DynamoNotices(control),
        reviews=DynamoReviews(control, clock),
        artifacts=S3Artifacts(clients, chosen.artifact_bucket),
        queue=SqsQueue(clients, chosen.sync_queue_url),
        clock=clock,
        ids=RandomIds(),
        marketing=marketing_in(database, chosen.marketing_table, clock),
        state=state_in(database, chosen.sync_table, chosen.control_table),
        crm=_crm_opener(chosen, clients),
        audit=DynamoAuditLog(control),
        limit=LimitRate(DynamoRates(control, clock), clock, int(chosen.rate_limit_scale)),
    )
    return ports, _repeats(chosen.idempotency_table)


def _crm_opener(
    chosen: settings.ApiSettings, clients: Clients
) -> Callable[[Connection, Caller], Crm]:
    """Opens the CRM as this user may use it: the token service asks who it is for."""
    from crmsync.adapters.aws.access_tokens import InvokedAccessTokens
    from crmsync.adapters.salesforce.gateway import SalesforceGateway
    from crmsync.adapters.salesforce.settings import Limits, SalesforceSettings

    parsed = SalesforceSettings.parse(chosen.salesforce_settings)
    salesforce = replace(parsed, limits=Limits(connect=3.0, silence=10.0, total=18.0))

    def open_crm(connection: Connection, caller: Caller) -> Crm:
        asking = {"function": "api", "user_id": caller.user_id, "roles": sorted(caller.roles)}
        tokens = InvokedAccessTokens(
            clients, chosen.oauth_function_name, tenant_id=connection.tenant_id, caller=asking
        )
        return SalesforceGateway(tokens, salesforce).open_for(connection)

    return open_crm


def _repeats(table: str) -> BasePersistenceLayer:
    import boto3
    from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer
    from botocore.config import Config

    quick = Config(
        connect_timeout=3, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 3}
    )
    return DynamoDBPersistenceLayer(
        table_name=table, boto3_client=boto3.client("dynamodb", config=quick)
    )
