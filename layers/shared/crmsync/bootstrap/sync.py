"""What `functions/run_sync` works with: the engine on real ports."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import ValidationError

from crmsync import settings
from crmsync.bootstrap.tenant_stores import marketing_in, state_in
from crmsync.domain.connection import Connection
from crmsync.domain.run import Run, SliceMessage
from crmsync.ports.crm import Crm
from crmsync.ports.queue import DeadLetters
from crmsync.services.run_slice import RunSlice
from crmsync.services.work import Ports

if TYPE_CHECKING:
    from crmsync.adapters.aws.clients import Clients

_RESERVE_SECONDS = 30.0
"""Left at the end of a slice for the page in hand; no token is refreshed later than that."""


@dataclass(frozen=True, slots=True)
class SyncDesk:
    """Every service of the function, for one invocation with its own clock."""

    run_slice: RunSlice
    dead_letters: DeadLetters


def read_message(body: str) -> tuple[SliceMessage | None, str]:
    """The message, or None and what is wrong with it, naming fields and never their values."""
    from crmsync.adapters.aws.queue import slice_of

    try:
        return slice_of(body), ""
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_input=False, include_context=False)
        told = (f"{'.'.join(map(str, e['loc'])) or 'body'}: {e['msg']}" for e in wrong)
        return None, "; ".join(told)


def desk(context: LambdaContext) -> SyncDesk:
    """The services for one invocation; what they are made of is built once per container."""
    from crmsync.adapters.aws.clock import SystemClock

    ports, dead_letters, slice_seconds = _ports()
    clock = SystemClock(context, reserve_seconds=_RESERVE_SECONDS, at_most=slice_seconds)
    return SyncDesk(RunSlice(replace(ports, clock=clock)), dead_letters)


@functools.cache
def _ports() -> tuple[Ports, DeadLetters, float]:
    from crmsync.adapters.aws.artifacts import S3Artifacts
    from crmsync.adapters.aws.clients import Clients
    from crmsync.adapters.aws.clock import SystemClock
    from crmsync.adapters.aws.dead_letters import SqsDeadLetters
    from crmsync.adapters.aws.events import EventBridgeEvents
    from crmsync.adapters.aws.ids import RandomIds
    from crmsync.adapters.aws.queue import SqsQueue
    from crmsync.adapters.dynamodb.automations import DynamoAutomations
    from crmsync.adapters.dynamodb.connections import DynamoConnections
    from crmsync.adapters.dynamodb.database import Database
    from crmsync.adapters.dynamodb.reviews import DynamoReviews
    from crmsync.adapters.dynamodb.runs import DynamoRuns

    chosen = settings.read(settings.RunSyncSettings)
    clients, database, clock = Clients(), Database(), SystemClock()
    control = database.table(chosen.control_table)
    ports = Ports(
        connections=DynamoConnections(control),
        automations=DynamoAutomations(control),
        runs=DynamoRuns(control, clock),
        reviews=DynamoReviews(control, clock),
        artifacts=S3Artifacts(clients, chosen.artifact_bucket),
        queue=SqsQueue(clients, chosen.sync_queue_url),
        events=EventBridgeEvents(clients, chosen.event_bus_name),
        clock=clock,
        ids=RandomIds(),
        marketing=marketing_in(database, chosen.marketing_table, clock),
        state=state_in(database, chosen.sync_table, chosen.control_table),
        crm=_crm_opener(chosen, clients),
    )
    return ports, SqsDeadLetters(clients, chosen.sync_dlq_url), float(chosen.slice_seconds)


def _crm_opener(
    chosen: settings.RunSyncSettings, clients: Clients
) -> Callable[[Connection, Run], Crm]:
    """Opens the CRM with a token for exactly this run and fence."""
    from crmsync.adapters.aws.access_tokens import InvokedAccessTokens
    from crmsync.adapters.salesforce.gateway import SalesforceGateway
    from crmsync.adapters.salesforce.settings import SalesforceSettings

    salesforce = SalesforceSettings.parse(chosen.salesforce_settings)

    def open_crm(connection: Connection, run: Run) -> Crm:
        caller = {"function": "run_sync", "run_id": run.id, "fence": run.fence}
        tokens = InvokedAccessTokens(
            clients, chosen.oauth_function_name, tenant_id=connection.tenant_id, caller=caller
        )
        named = [name for row in run.mappings for name in row.mapping.rules]
        gateway = SalesforceGateway(tokens, salesforce)
        return gateway.open_for(connection, named=named, noted=connection.crm_notes)

    return open_crm
