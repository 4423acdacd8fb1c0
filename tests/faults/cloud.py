"""The engine on the real AWS adapters, over an emulated AWS; only the CRM is in memory."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from itertools import count
from typing import Any

from crmsync.adapters.aws.artifacts import S3Artifacts
from crmsync.adapters.aws.clients import Clients
from crmsync.adapters.aws.dead_letters import SqsDeadLetters
from crmsync.adapters.aws.events import EventBridgeEvents
from crmsync.adapters.aws.queue import SqsQueue, slice_of
from crmsync.adapters.dynamodb.automations import DynamoAutomations
from crmsync.adapters.dynamodb.connections import DynamoConnections
from crmsync.adapters.dynamodb.database import Database
from crmsync.adapters.dynamodb.due import DynamoDueIndex
from crmsync.adapters.dynamodb.marketing import DynamoMarketing
from crmsync.adapters.dynamodb.reviews import DynamoReviews
from crmsync.adapters.dynamodb.runs import DynamoRuns
from crmsync.adapters.dynamodb.sync_state import DynamoSyncState
from crmsync.bootstrap.schedule import SchedulePorts, sweep_of
from crmsync.bootstrap.sync import SyncDesk
from crmsync.domain.connection import Connection
from crmsync.domain.run import Run
from crmsync.domain.terms import TERMS_VERSION
from crmsync.services.run_slice import RunSlice
from crmsync.services.schedule_syncs import Swept
from crmsync.services.start_run import StartRun

from functions.run_sync.app import make_handler
from tests.fakes.builders import a_draft, a_mapping
from tests.fakes.numbered import Kind
from tests.fakes.world import World
from tests.unit.functions.events import Context
from tests.unit.services.test_schedule_syncs import FakeKeepAlive


class Desk(World):
    """A group of so many people to export, everything in memory."""

    def __init__(self, people: int) -> None:
        super().__init__()
        self.connection = self.connect()
        campaign_id = self.org().add_campaign("Spring").id
        names = [f"p{number:03}" for number in range(people)]
        self.tenant().create_group("g1", "Spring")
        self.tenant().create_contacts([a_draft(name, first_name=name) for name in names])
        self.tenant().add_members("g1", names)
        self.slices = RunSlice(self.ports)
        mapping = a_mapping(campaign_id, "g1")
        self._started = start_of(self).sync(self.connection, [mapping], "u1", TERMS_VERSION)

    @property
    def run(self) -> Run:
        """The run as it is now."""
        return self.control.runs["t1", self._started.id]

    def writes(self) -> list[str]:
        """Every write to people in the CRM that was begun."""
        return [name for name in self.io.names() if name == "crm.write_people"]

    def dies_at(self, name: str, nth: int) -> None:
        """The worker is killed at the nth call of that name."""
        calls = count(1)
        self.io.strike(name, Kind.CRASH_BEFORE, when=lambda _: next(calls) == nth)


def start_of(world: World) -> StartRun:
    """What starts runs in this world."""
    ports = world.ports
    return StartRun(runs=ports.runs, queue=ports.queue, ids=ports.ids, clock=world.clock)


TABLES = ("MarketingTable", "ControlTable", "SyncTable")
BUCKET, BUS = "artifacts", "bus"


class Cloud(World):
    """A connection, a campaign and a group, and the functions that work on them."""

    def __init__(self, database: Database, clients: Clients) -> None:
        self.database, self.clients = database, clients
        clients.s3.create_bucket(Bucket=BUCKET)
        clients.events.create_event_bus(Name=BUS)
        self.dead_url = clients.sqs.create_queue(QueueName="dead")["QueueUrl"]
        self.queue_url = clients.sqs.create_queue(QueueName="sync")["QueueUrl"]
        super().__init__()
        self.connection = self.connect()
        self.campaign_id = self.org().add_campaign("Spring").id
        self.store.create_group("g1", "Spring")
        self.outcomes: list[str] = []

    def _number_ports(self) -> None:
        super()._number_ports()
        control = self.database.table("ControlTable")
        self.ports = replace(
            self.ports,
            connections=DynamoConnections(control),
            automations=DynamoAutomations(control),
            runs=DynamoRuns(control, self.clock),
            reviews=DynamoReviews(control, self.clock),
            artifacts=S3Artifacts(self.clients, BUCKET),
            queue=SqsQueue(self.clients, self.queue_url),
            events=EventBridgeEvents(self.clients, BUS),
            marketing=self._marketing,
            state=self._memory,
        )

    def _marketing(self, tenant_id: str) -> DynamoMarketing:
        return DynamoMarketing(self.database.table("MarketingTable"), tenant_id, self.clock)

    def _memory(self, connection: Connection) -> DynamoSyncState:
        return DynamoSyncState(
            self.database.table("SyncTable"),
            self.database.table("ControlTable"),
            tenant_id=connection.tenant_id,
            connection_id=connection.id,
            org_id=connection.org.org_id if connection.org else "",
        )

    def connect(self, *args: Any, **choices: Any) -> Connection:
        made = super().connect(*args, **choices)
        return self.ports.connections.put(replace(made, version=0))

    # --- two sides --------------------------------------------------------------------------------

    @property
    def store(self) -> DynamoMarketing:
        """The tenant's contacts and groups."""
        return self._marketing("t1")

    def group(self, *names: str) -> None:
        """People who are in the group."""
        self.store.create_contacts([a_draft(n, first_name=n.title()) for n in names])
        self.store.add_members("g1", names)

    @property
    def arrived(self) -> list[str]:
        """First names of everybody in the CRM, sorted."""
        return sorted(person.value("first_name") for person in self.org().people.values())

    # --- runs -------------------------------------------------------------------------------------

    def start(self) -> Run:
        """Somebody presses sync."""
        mapping = a_mapping(self.campaign_id, "g1")
        return start_of(self).sync(self.connection, [mapping], "u1", TERMS_VERSION)

    def stored(self, run: Run) -> Run:
        """The run as it is now."""
        found = self.ports.runs.get("t1", run.id)
        assert found is not None
        return found

    def messages(self) -> list[str]:
        """Take every message that is ready."""
        answer = self.clients.sqs.receive_message(QueueUrl=self.queue_url, MaxNumberOfMessages=10)
        for message in answer.get("Messages", ()):
            self.clients.sqs.delete_message(
                QueueUrl=self.queue_url, ReceiptHandle=message["ReceiptHandle"]
            )
        return [message["Body"] for message in answer.get("Messages", ())]

    def deliver(self, body: str, **ports: Any) -> str:
        """Lambda hands one message to run_sync; what became of the slice."""
        self._handle_event(body, **ports)
        return self.outcomes[-1]

    def _handle_event(self, body: str, **ports: Any) -> dict[str, Any]:
        slices = Noted(replace(self.ports, **ports), self.outcomes)
        letters = SqsDeadLetters(self.clients, self.dead_url)
        handler = make_handler(lambda _: SyncDesk(slices, letters))
        event = {"Records": [{"messageId": self.ids.new("m"), "body": body}]}
        return dict(handler(event, Context()))

    def sync(self) -> Run:
        """A run from its start to its end."""
        run = self.start()
        self.work()
        return self.stored(run)

    def work(self) -> None:
        """Deliver until nothing is waiting."""
        while bodies := self.messages():
            for body in bodies:
                self.deliver(body)

    def message_of(self, run: Run) -> str:
        """What the sweep would send for a run."""
        stored = self.stored(run)
        names = {"tenant_id": "t1", "connection_id": run.connection_id, "run_id": run.id}
        return json.dumps({**names, "checkpoint_version": stored.checkpoint.version, "hop": 0})

    def dead(self) -> Sequence[str]:
        """What is kept for a person to look at."""
        answer = self.clients.sqs.receive_message(QueueUrl=self.dead_url, MaxNumberOfMessages=10)
        return [message["Body"] for message in answer.get("Messages", ())]

    def sweep(self, **replaced: Any) -> Swept:
        """One tick of the schedule."""
        ports: dict[str, Any] = {
            "connections": self.ports.connections,
            "automations": self.ports.automations,
            "runs": self.ports.runs,
            "due_index": DynamoDueIndex(self.database.table("ControlTable")),
            "queue": self.ports.queue,
            "events": self.ports.events,
            "ids": self.ids,
            "keep_alive": FakeKeepAlive(),
        }
        return sweep_of(SchedulePorts(**{**ports, **replaced}), self.clock)()


class Noted(RunSlice):
    """Writes down what became of each slice."""

    def __init__(self, ports: Any, outcomes: list[str]) -> None:
        super().__init__(ports)
        self._outcomes = outcomes

    def handle(self, message: Any) -> str:
        self._outcomes.append(super().handle(message))
        return self._outcomes[-1]


def checkpoint_in(body: str) -> int:
    """Which checkpoint a message was sent for."""
    return slice_of(body).checkpoint_version
