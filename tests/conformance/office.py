"""An advisor's office: the product in one process, on a stand-in org through the real adapter.

The API and the engine are the deployed ones; only what AWS would hold is in memory. Everything a
test does to the CRM is done by users of the org, everything it does here goes through the API.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from crmsync.adapters.salesforce.crm import SalesforceCrm
from crmsync.adapters.salesforce.gateway import SalesforceGateway
from crmsync.adapters.salesforce.login import open_crm
from crmsync.adapters.salesforce.settings import SalesforceSettings
from crmsync.domain.connection import Connection
from crmsync.domain.contact import ContactDraft
from crmsync.domain.run import Run
from crmsync.domain.terms import TERMS_VERSION
from crmsync.ports.access_tokens import AccessToken
from crmsync.ports.oauth import Tokens
from crmsync.services.notify_outcome import NotifyOutcome
from crmsync.services.post_webhooks import PostWebhooks
from crmsync.services.queue_run import QueueRun
from crmsync.services.run_slice import RunSlice
from crmsync.services.scheduled_run import ScheduledRun
from crmsync.services.start_due import StartDue
from crmsync.services.store_login import Connected, StoreLogin

from tests.contract.salesforce.standin_org import PasswordTokens, StandinOrg
from tests.fakes.builders import a_login
from tests.fakes.control import FakeConnections, FakeDueIndex, FakePosts
from tests.fakes.platform import FakeWebhookSender
from tests.fakes.tokens import FakeGrants, FakeOAuth, FakeVault
from tests.fakes.world import World
from tests.unit.functions.api.people import Answer, Api, User

Json = dict[str, Any]
AVERY, BLAKE, IRIS = "avery.advisor", "blake.broker", "iris.integration"


@dataclass
class Logins:
    """Hands out access tokens: a connection's CRM user, signed in again when a token is refused."""

    org: StandinOrg
    users: dict[str, str] = field(default_factory=dict)
    held: dict[str, PasswordTokens] = field(default_factory=dict)

    def get(self, connection_id: str, *, refused: str | None = None) -> AccessToken:
        if connection_id not in self.held:
            name = self.org.username(self.users[connection_id])
            self.held[connection_id] = PasswordTokens(self.org, name)
        return self.held[connection_id].get(connection_id, refused=refused)


class Firm(World):
    """A world whose CRM sessions are the real adapter's, with one clock for both sides."""

    def __init__(self, site: StandinOrg) -> None:
        self.site = site
        self.logins = Logins(site)
        self.sessions: list[SalesforceCrm] = []
        super().__init__()
        self.clock.moment = site.running.org.clock.now()

    @property
    def settings(self) -> SalesforceSettings:
        """What reaches the org under either of its names."""
        names = (f"{host}:{self.site.running.port}" for host in ("127.0.0.1", "localhost"))
        return replace(self.site.settings(), allowed_hosts=frozenset(names))

    def crm(self, connection: Connection, run: Run | None = None) -> SalesforceCrm:
        assert run is None or run.connection_id == connection.id
        gateway = SalesforceGateway(
            self.logins, self.settings, self.site.shapes, self.site.slept.append
        )
        rows = run.mappings if run else ()
        named = [name for row in rows for name in row.mapping.rules]
        noted = connection.crm_notes if run else ""
        self.sessions.append(gateway.open_for(connection, named=named, noted=noted))
        return self.sessions[-1]

    def pass_time(self, **by: float) -> None:
        """Both sides' clocks move on."""
        now = self.clock.advance(by=timedelta(**by))
        self.site.running.org.clock.set(now, frozen=True)


@dataclass
class Office:
    """One advisor at the API, connected to one org as one of its users."""

    firm: Firm
    user: User
    connection_id: str = "con1"

    @property
    def site(self) -> StandinOrg:
        return self.firm.site

    # --- connecting -------------------------------------------------------------------------------

    def log_in(self, name: str = AVERY) -> Connected:
        """Finish a login of that CRM user, as the OAuth function does."""
        token = self.site.sign_in(self.site.username(name))
        self.firm.logins.users[self.connection_id] = name
        self.firm.logins.held.pop(self.connection_id, None)
        store = StoreLogin(
            FakeConnections(self.firm.control),
            FakeGrants(),
            FakeVault(),
            FakeOAuth(),
            self.firm.clock,
            open_crm(self.firm.settings),
        )
        login = a_login(
            platform=self.site.platform,
            user_id="advisor-u1",
            connection_id=self.connection_id,
            login_url=self.site.running.https_url,
        )
        identity = f"{token.instance_url}/id/{token.org_id}/{token.user_id}"
        return store(login, Tokens(token.token, "refresh", token.instance_url, identity))

    @property
    def connection(self) -> Connection:
        """As stored."""
        found = FakeConnections(self.firm.control).get("t1", self.connection_id)
        assert found is not None
        return found

    def settings(self, **choices: Any) -> Json:
        """The owner changes the connection through the API."""
        answer = self.user.patch(f"connections/{self.connection_id}", choices)
        assert answer.status == 200, answer.body
        return dict(answer.body)

    # --- this side --------------------------------------------------------------------------------

    def group(self, *contacts: str, name: str = "Clients") -> str:
        """A group with these members; its id."""
        group = str(self.user.post("groups", {"name": name}).body["id"])
        for contact in contacts:
            self.join(group, contact)
        return group

    def join(self, group: str, contact: str) -> None:
        """Put a contact into a group."""
        assert self.user.put(f"groups/{group}/members/{contact}").status == 204

    def leave(self, group: str, contact: str) -> None:
        """Take a contact out of a group."""
        assert self.user.delete(f"groups/{group}/members/{contact}").status == 204

    def contact(self, first: str, last: str, **more: Any) -> str:
        """A marketing contact; its id."""
        given = {"first_name": first, "last_name": last, "email": f"{first}@{last}.example".lower()}
        answer = self.user.post("contacts", {**given, **more})
        assert answer.status == 201, answer.body
        return str(answer.body["id"])

    def members(self, group: str) -> dict[str, Json]:
        """A group's members by first name."""
        items = self.user.get(f"groups/{group}/members").body["items"]
        return {item["first_name"]: item for item in items}

    def edit(self, contact_id: str, **values: Any) -> None:
        """Change a contact."""
        assert self.user.patch(f"contacts/{contact_id}", values).status == 200

    def reads(self, contact_id: str) -> Json:
        """A contact as the API shows it."""
        return dict(self.user.get(f"contacts/{contact_id}").body)

    # --- runs -------------------------------------------------------------------------------------

    def row(self, campaign: str | Json, group: str | Json, direction: str = "both") -> Json:
        """A mapping row; a plain id names an existing end."""
        ends = {"campaign": campaign, "group": group}
        named = {k: {"id": v} if isinstance(v, str) else v for k, v in ends.items()}
        return {**named, "direction": direction}

    def ask(self, kind: str, body: Json) -> Answer:
        """Ask for a run; nothing is worked on yet."""
        return self.user.post(f"connections/{self.connection_id}/{kind}", body)

    def sync(self, *rows: Json, full: bool = False) -> Json:
        """A manual sync, to its end."""
        body = {"mappings": [*rows], "terms_version": TERMS_VERSION, "full": full}
        return self._ended(self.ask("runs", body))

    def preview(self, *rows: Json) -> Json:
        """A preview, to its end."""
        return self._ended(self.ask("previews", {"mappings": [*rows]}))

    def execute(self, preview_id: str) -> Json:
        """Run a preview, to its end."""
        body = {"preview_id": preview_id, "terms_version": TERMS_VERSION}
        return self._ended(self.ask("runs", body))

    def undo(self, run_id: str) -> Json:
        """Plan taking a run back, then do it."""
        planned = self._ended(self.user.post(f"runs/{run_id}/undo"))
        return self.execute(planned["id"])

    def _ended(self, answer: Answer) -> Json:
        assert answer.status == 202, answer.body
        self.work()
        return dict(self.user.get(f"runs/{answer.body['run_id']}").body)

    def work(self) -> None:
        """The engine does whatever is queued."""
        self.firm.drain(RunSlice(self.firm.ports).handle)

    def later(self, *rows: Json, **by: float) -> Json:
        """The next sync, half an hour on unless told otherwise."""
        self.firm.pass_time(**(by or {"minutes": 30}))
        return self.sync(*rows)

    def automate(self, *rows: Json) -> None:
        """Save the rows as what runs every hour, and agree to it."""
        path = f"connections/{self.connection_id}/automation"
        draft = {"mappings": [*rows], "cadence": {"every": "hour"}, "enabled": True}
        assert self.user.put(path, draft).status == 200
        done = self.user.post(f"{path}/finalize", {"terms_version": TERMS_VERSION})
        assert done.status == 200, done.body

    def scheduled(self, **by: float) -> Json:
        """Time passes, the schedule ticks, and the run it started comes to its end."""
        self.firm.pass_time(**(by or {"hours": 1}))
        ports = self.firm.ports
        start = ScheduledRun(QueueRun(ports.runs, ports.queue, ports.ids, ports.clock))
        tick = StartDue(ports.connections, ports.automations, start, ports.clock)
        for due in FakeDueIndex(self.firm.control).due(self.firm.clock.now(), None, 100).items:
            if due.kind == "automation":
                tick(due)
        self.work()
        newest = self.user.get(f"connections/{self.connection_id}/runs").body["items"][0]
        assert newest["trigger"] == "schedule"
        return dict(newest)

    def changes(self, run: Json) -> list[Json]:
        """Every unit of a run."""
        return list(self.user.get(f"runs/{run['id']}/changes").body["items"])

    def notices(self) -> list[Json]:
        """What the owner is told, after every event published so far was handled."""
        notify = NotifyOutcome(
            self.firm.connections,
            self.firm.runs,
            self.firm.notices,
            PostWebhooks(
                self.firm.notices,
                FakePosts(self.firm.control),
                FakeWebhookSender(),
                self.firm.clock,
            ),
            self.firm.clock,
        )
        handlers: dict[str, Callable[[Any], bool]] = {
            "run.completed": notify.run_completed,
            "connection.stopped": notify.connection_stopped,
        }
        for kind, detail in self.firm.events.published:
            handlers[kind](detail)
        return list(self.user.get("notifications").body["items"])

    # --- reviews ----------------------------------------------------------------------------------

    def reviews(self) -> list[Json]:
        """The open questions."""
        return list(self.user.get(f"connections/{self.connection_id}/reviews").body["items"])

    def decide(self, review: Json, decision: str, candidate_id: str | None = None) -> None:
        """Answer one."""
        body = {"decision": decision, "candidate_id": candidate_id}
        assert self.user.post(f"reviews/{review['id']}", body).status == 200

    # --- the CRM side -----------------------------------------------------------------------------

    def watch(self) -> Watch:
        """Count calls and writes from now on."""
        return Watch(self.site, self.site.running.org.meter.requests)

    def cold(self) -> None:
        """The next run is a new worker's: it knows what the connection's notes say at most."""
        self.site.forget_shapes()

    def store(self, *drafts: ContactDraft) -> None:
        """Contacts that were here before, past the API."""
        self.firm.tenant().create_contacts(drafts)


@dataclass
class Watch:
    """What reached the org since it was made."""

    site: StandinOrg
    since: int

    @property
    def calls(self) -> int:
        """Requests that arrived."""
        return self.site.running.org.meter.requests - self.since


def new_office(site: StandinOrg, *, connect: bool = True) -> Office:
    """An office connected to that org as Avery."""
    firm = Firm(site)
    office = Office(firm, Api(firm).user())
    if connect:
        office.log_in()
    return office


def counts(run: Json, mapping: int = 0) -> Json:
    """What became of one mapping's units, zeros left out."""
    return {name: n for name, n in run["mappings"][mapping]["counts"].items() if n}
