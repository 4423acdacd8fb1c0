"""What `functions/schedule_sync` works with."""

from __future__ import annotations

import functools
from dataclasses import dataclass

from aws_lambda_powertools.utilities.typing import LambdaContext

from crmsync import settings
from crmsync.ports.automations import Automations
from crmsync.ports.clock import Clock
from crmsync.ports.connections import Connections
from crmsync.ports.due import DueIndex
from crmsync.ports.events import Events
from crmsync.ports.ids import Ids
from crmsync.ports.keep_alive import KeepAlive
from crmsync.ports.queue import SyncQueue
from crmsync.ports.runs import Runs
from crmsync.services.queue_run import QueueRun
from crmsync.services.revive_run import ReviveRun
from crmsync.services.schedule_syncs import ScheduleSyncs
from crmsync.services.scheduled_run import ScheduledRun
from crmsync.services.start_due import StartDue

_RESERVE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class SchedulePorts:
    """What a sweep needs from outside."""

    connections: Connections
    automations: Automations
    runs: Runs
    due_index: DueIndex
    queue: SyncQueue
    events: Events
    ids: Ids
    keep_alive: KeepAlive


def sweep_of(ports: SchedulePorts, clock: Clock) -> ScheduleSyncs:
    """One sweep over these ports."""
    start = ScheduledRun(QueueRun(ports.runs, ports.queue, ports.ids, clock))
    return ScheduleSyncs(
        due_index=ports.due_index,
        start_due=StartDue(ports.connections, ports.automations, start, clock),
        revive_run=ReviveRun(ports.runs, ports.queue, ports.events, clock),
        keep_alive=ports.keep_alive,
        events=ports.events,
        clock=clock,
    )


def sweep(context: LambdaContext) -> ScheduleSyncs:
    """The sweep for one invocation; what it is made of is built once per container."""
    from crmsync.adapters.aws.clock import SystemClock

    return sweep_of(_ports(), SystemClock(context, reserve_seconds=_RESERVE_SECONDS))


@functools.cache
def _ports() -> SchedulePorts:
    from crmsync.adapters.aws.clients import Clients
    from crmsync.adapters.aws.clock import SystemClock
    from crmsync.adapters.aws.events import EventBridgeEvents
    from crmsync.adapters.aws.ids import RandomIds
    from crmsync.adapters.aws.keep_alive import InvokedKeepAlive
    from crmsync.adapters.aws.queue import SqsQueue
    from crmsync.adapters.dynamodb.automations import DynamoAutomations
    from crmsync.adapters.dynamodb.connections import DynamoConnections
    from crmsync.adapters.dynamodb.database import Database
    from crmsync.adapters.dynamodb.due import DynamoDueIndex
    from crmsync.adapters.dynamodb.runs import DynamoRuns

    chosen = settings.read(settings.ScheduleSyncSettings)
    clients, control = Clients(), Database().table(chosen.control_table)
    return SchedulePorts(
        connections=DynamoConnections(control),
        automations=DynamoAutomations(control),
        runs=DynamoRuns(control, SystemClock()),
        due_index=DynamoDueIndex(control),
        queue=SqsQueue(clients, chosen.sync_queue_url),
        events=EventBridgeEvents(clients, chosen.event_bus_name),
        ids=RandomIds(),
        keep_alive=InvokedKeepAlive(clients, chosen.oauth_function_name),
    )
