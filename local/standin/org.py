"""One stand-in org: everything it holds, and the way back to its seed."""

import threading
from typing import Any

from . import seeding
from .bulk_jobs import BulkJobs
from .clock import Clock
from .data.access import UserAccount, Viewer
from .data.store import Store
from .data.writer import Writer
from .faults import Faults
from .ids import IdFactory, normalise, to18
from .metering import Meter
from .oauth.tokens import Tokens
from .queries import Queries
from .schema import SObject
from .settings import OrgFolder

LATEST_VERSION = "68.0"


class Org:
    """State of one org. Hold `lock` while reading or writing records."""

    latest_version = LATEST_VERSION

    def __init__(self, folder: OrgFolder, public_url: str) -> None:
        self.folder = folder
        self.settings = folder.settings
        self.public_url = public_url
        self.name = folder.name
        self.platform = str(self.settings.get("platform", folder.name))
        self.lock = threading.RLock()
        self.clock = Clock()
        self.schema = folder.schema()
        self.org_id = normalise(self.settings["org"]["id"]) or to18(self.settings["org"]["id"][:15])
        self.tokens = Tokens(self)
        self.faults = Faults()
        self._start()

    def _start(self) -> None:
        self.knobs = self.folder.knobs()
        self.sharing: dict[str, str] = dict(self.settings.get("sharing", {}))
        self.org_rules: dict[str, list[dict[str, Any]]] = {
            kind: [dict(rule) for rule in self.settings.get(kind, [])]
            for kind in ("normalisations", "validation_rules", "duplicate_rules", "automations")
        }
        self.ids = IdFactory(self.settings["org"].get("instance", "5f0"))
        self.store = Store(self.schema)
        self.users: dict[str, UserAccount] = {}
        self._described: dict[tuple[str, ...], tuple[str, str]] = {}
        self.queries = Queries(self)
        self.bulk = BulkJobs(self)
        self.meter = Meter(self)
        seeding.seed(self)

    def reset(self, *, tokens: bool = False) -> None:
        """Back to the seed: records, users, knobs, rules, clock, faults, counts and the log.

        Sessions and refresh tokens stay valid unless `tokens`; ids come out the same again.
        """
        with self.lock:
            self.clock.reset()
            self.faults.clear()
            self.store.close()
            self._start()
            if tokens:
                self.tokens.clear()

    def close(self) -> None:
        """Free the records."""
        self.store.close()

    @property
    def instance_url(self) -> str:
        """The API host as token answers give it."""
        return self.knobs.instance_url or self.public_url

    def identity_url(self, user: UserAccount) -> str:
        """The identity URL of a user."""
        return f"{self.public_url}/id/{self.org_id}/{user.id}"

    def user_by_name(self, username: str) -> UserAccount | None:
        """The user of that login name (case does not matter)."""
        wanted = username.strip().lower()
        return next((u for u in self.users.values() if u.username.lower() == wanted), None)

    def viewer(self, user: UserAccount) -> Viewer:
        """The org as one user sees it."""
        return Viewer(user, self.schema, self.knobs, self.sharing)

    def system_viewer(self) -> Viewer:
        """The org as its automations see it: everything, under the integration user's name."""
        return self.viewer(self.system_user())

    def system_user(self) -> UserAccount:
        """The first administrator."""
        return next(user for user in self.users.values() if user.admin)

    def automation_writer(self) -> Writer:
        """Writes of the org's own automations."""
        return Writer(self, self.system_viewer())

    def writer(self, user: UserAccount) -> Writer:
        """Writes on behalf of a user."""
        return Writer(self, self.viewer(user))

    def rules(self, kind: str, sobject: str) -> list[dict[str, Any]]:
        """The org's active rules of one kind for an object."""
        return [
            rule
            for rule in self.org_rules[kind]
            if rule["object"] == sobject and rule.get("active", True)
        ]

    def matches(self, sobject: SObject, record_id: str, condition: str) -> bool:
        """Whether a stored record satisfies a SOQL condition."""
        statement = f"SELECT COUNT() FROM {sobject.name} WHERE Id = '{record_id}' AND ({condition})"
        compiled = self.queries.compiled(statement, self.system_viewer())
        return bool(self.queries.rows(compiled)[0][0])

    def describe_changed(self, key: tuple[str, ...], tag: str) -> str:
        """Since when the describe of that key has had the content of that tag."""
        known = self._described.get(key)
        if known is None or known[0] != tag:
            known = self._described[key] = (tag, self.clock.stamp())
        return known[1]

    def record_type(self, sobject: str, *, person: bool) -> str | None:
        """The default record type of an object, for persons or for others."""
        where = "SobjectType = ? AND IsActive = 1 AND IsPersonType = ?"
        found = self.store.find("RecordType", where, [sobject, int(person)])
        return str(found[0]["Id"]) if found else None
