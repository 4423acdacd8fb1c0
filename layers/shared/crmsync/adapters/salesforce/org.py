"""One org as one login sees it: its shape, kept for a while, and what depends on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from crmsync.adapters.salesforce import composite, hosts, notes, soql
from crmsync.adapters.salesforce.capabilities import Probe
from crmsync.adapters.salesforce.client import OrgClient
from crmsync.adapters.salesforce.composite import Sub, SubReply
from crmsync.adapters.salesforce.describe import OrgShape, drifted
from crmsync.adapters.salesforce.descriptors import Descriptor
from crmsync.adapters.salesforce.errors import SchemaChanged
from crmsync.adapters.salesforce.further_fields import extended
from crmsync.adapters.salesforce.reading import Beside, Reader
from crmsync.adapters.salesforce.records import People
from crmsync.adapters.salesforce.shapes import (
    PEOPLE_OBJECTS,
    ShapeCache,
    changes_since,
    read_shape,
)
from crmsync.adapters.salesforce.soql import CAMPAIGN_COLUMNS, CAMPAIGN_EXTRAS
from crmsync.domain.errors import ConnectionStopped
from crmsync.domain.person import OrgUser
from crmsync.domain.stops import different_org

T = TypeVar("T")


@dataclass(slots=True)
class Org:
    """The org a client talks to.

    `cache_key` tells connections apart. `further` are fields that rules name beyond the platform's.
    `noted` is what an earlier session noted.
    """

    client: OrgClient
    descriptor: Descriptor
    cache: ShapeCache
    cache_key: str
    further: frozenset[str] = frozenset()
    noted: str = ""
    _shape: OrgShape | None = None
    _asked: tuple[str, str] | None = None

    @property
    def reader(self) -> Reader:
        """Runs queries here."""
        return Reader(self.client)

    @property
    def people(self) -> People:
        """Reads this org's people."""
        return People(self.mapped, self.shape())

    @property
    def probe(self) -> Probe:
        """Judges what is possible here."""
        return Probe(self.mapped, self.shape())

    @property
    def mapped(self) -> Descriptor:
        """The platform's descriptor with the further fields this org has."""
        return extended(self.descriptor, self.shape(), self.further)

    def query(self, ref: str, text: str, *, deleted_too: bool = False) -> Sub:
        """A query as part of a composite call."""
        return composite.query(ref, self.client.base, text, deleted_too=deleted_too)

    def shape(self) -> OrgShape:
        """What the login sees of the org; one call at most once an hour per worker."""
        if self._shape is None:
            self._shape = self.cache.get(self._key) or self._noted_shape()
        return self._shape or self.describe()

    def describe(self) -> OrgShape:
        """The same, read afresh."""
        seen = read_shape(self.client, self.descriptor, self.user_id)
        told = self.client.server_time
        self._shape = replace(seen, read_at=self.cache.clock(), as_of=told)
        self.cache.put(self._key, self._shape)
        return self._shape

    def _noted_shape(self) -> OrgShape | None:
        now = self.cache.clock()
        return notes.read(self.noted, self._notes_key, self.descriptor, now) if self.noted else None

    @property
    def still(self) -> Beside:
        """Whether people are described as they were, to be asked along with other things.

        The CRM answers describe only if it changed; `SchemaChanged` when it did.
        """
        return Beside(changes_since(self.client, self.shape()), self._check)

    def _check(self, answers: Mapping[str, SubReply]) -> None:
        for name in PEOPLE_OBJECTS:
            reply = answers.get(name)
            if reply and reply.ok and drifted(self.shape(), self.mapped, name, reply.body):
                raise SchemaChanged("schema_changed", f"{name} is described differently now.")

    @property
    def notes(self) -> str:
        """What the next session should be told; what this one was told if it read nothing."""
        if self._shape is None:
            return self.noted
        return notes.written(self._notes_key, self._shape, self.mapped)

    @property
    def _notes_key(self) -> str:
        return "/".join(
            (self._key, self.client.version, self.descriptor.name, *sorted(self.further))
        )

    @property
    def campaign_columns(self) -> list[str]:
        """What can be read of campaigns."""
        shape = self.shape().campaign
        extras = (column for name, column in CAMPAIGN_EXTRAS.items() if shape.readable(name))
        return [*CAMPAIGN_COLUMNS, *extras]

    @property
    def _key(self) -> str:
        return "/".join((self.cache_key, *self._who))

    def with_shape(self, call: Callable[[], T]) -> T:
        """`call`, once more with describe read afresh when the org changed underneath it."""
        try:
            return call()
        except SchemaChanged:
            self.describe()
        try:
            return call()
        except SchemaChanged as error:
            raise ConnectionStopped(error.code, error.detail) from None

    def require_campaigns(self) -> None:
        """Raises `ConnectionStopped` with the reason when there are no campaigns to work with."""
        able = self.probe.capability("campaigns")
        if not able.available:
            raise ConnectionStopped(able.code or "campaigns_not_readable", able.reason or "")

    @property
    def org_id(self) -> str:
        """The org behind the token."""
        return self._who[0]

    @property
    def user_id(self) -> str:
        """The CRM user behind the token; asked of the CRM when the token does not tell."""
        return self._who[1]

    @property
    def _who(self) -> tuple[str, str]:
        """Org and user id."""
        token = self.client.token
        if not (token.org_id and token.user_id) and self._asked is None:
            self._asked = self._ask_who()
        return self._asked or (token.org_id, token.user_id)

    def _ask_who(self) -> tuple[str, str]:
        """The resource list of a version names the identity of whoever asks."""
        resources = self.client.get("")
        identity = resources.get("identity") if isinstance(resources, Mapping) else None
        found = hosts.org_and_user(identity) if isinstance(identity, str) else None
        if found is None:
            raise composite.unreadable()
        return found

    def identity(self) -> OrgUser:
        """The org and the user behind the token."""
        org_id, user_id = self._who
        user = soql.by_ids(("Id", "Name"), "User", "Id", [user_id])
        found = self.reader.run(
            [self.query("org", "SELECT Id, Name FROM Organization"), self.query("user", user)]
        )
        require_org(found["org"].records, org_id)
        user_name = found["user"].records[0]["Name"] if found["user"].records else ""
        return OrgUser(
            org_id=org_id,
            org_name=found["org"].records[0]["Name"],
            org_url=self.client.token.instance_url,
            user_id=user_id,
            user_name=user_name,
        )


def require_org(records: list[Any], org_id: str) -> None:
    """Raises `ConnectionStopped` when another org answers than the one that was connected."""
    if not records or records[0].get("Id") != org_id:
        raise different_org()
