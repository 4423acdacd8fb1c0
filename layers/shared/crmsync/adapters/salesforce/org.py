"""One org as one login sees it: its shape, kept for a while, and what depends on it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from crmsync.adapters.salesforce import composite, hosts, soql
from crmsync.adapters.salesforce.capabilities import Probe
from crmsync.adapters.salesforce.client import OrgClient
from crmsync.adapters.salesforce.composite import Sub, SubReply
from crmsync.adapters.salesforce.describe import OBJECTS, OrgShape, org_shape
from crmsync.adapters.salesforce.descriptors import Descriptor
from crmsync.adapters.salesforce.errors import SchemaChanged, from_reply
from crmsync.adapters.salesforce.reading import Reader
from crmsync.adapters.salesforce.records import People
from crmsync.domain.errors import ConnectionStopped, RecordRefused
from crmsync.domain.person import OrgUser

SHAPE_SECONDS = 3600.0
_KEPT = 1000
_PERSON_TYPES = (
    "SELECT Id FROM RecordType "
    "WHERE SobjectType = 'Account' AND IsPersonType = true AND IsActive = true"
)
T = TypeVar("T")


@dataclass(slots=True)
class ShapeCache:
    """Shapes by connection, for an hour; one that went stale shows itself by a refused query."""

    clock: Callable[[], float] = time.monotonic
    _kept: dict[str, tuple[float, OrgShape]] = field(default_factory=dict)

    def get(self, key: str) -> OrgShape | None:
        """The shape if it was read within the hour."""
        read_at, shape = self._kept.get(key, (0.0, None))
        return shape if shape is not None and self.clock() - read_at < SHAPE_SECONDS else None

    def put(self, key: str, shape: OrgShape) -> None:
        """Keep it, dropping the oldest when there are too many."""
        self._kept.pop(key, None)
        if len(self._kept) >= _KEPT:
            self._kept.pop(next(iter(self._kept)))
        self._kept[key] = (self.clock(), shape)


@dataclass(slots=True)
class Org:
    """The org a client talks to. `cache_key` tells connections (and their users) apart."""

    client: OrgClient
    descriptor: Descriptor
    cache: ShapeCache
    cache_key: str
    _shape: OrgShape | None = None
    _asked: tuple[str, str] | None = None

    @property
    def reader(self) -> Reader:
        """Runs queries here."""
        return Reader(self.client)

    @property
    def people(self) -> People:
        """Reads this org's people."""
        return People(self.descriptor, self.shape())

    @property
    def probe(self) -> Probe:
        """Judges what is possible here."""
        return Probe(self.descriptor, self.shape())

    def query(self, ref: str, text: str, *, deleted_too: bool = False) -> Sub:
        """A query as part of a composite call."""
        return composite.query(ref, self.client.base, text, deleted_too=deleted_too)

    def shape(self) -> OrgShape:
        """What the login sees of the org; one call at most once an hour per worker."""
        if self._shape is None:
            self._shape = self.cache.get(self._key)
        return self._shape or self._describe()

    def _describe(self) -> OrgShape:
        self._shape = self._read_shape()
        self.cache.put(self._key, self._shape)
        return self._shape

    @property
    def _key(self) -> str:
        return "/".join((self.cache_key, *self._who))

    def with_shape(self, call: Callable[[], T]) -> T:
        """`call`, once more with describe read afresh when the org changed underneath it."""
        try:
            return call()
        except SchemaChanged:
            self._describe()
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

    def _read_shape(self) -> OrgShape:
        base = self.client.base
        user = soql.by_ids(("Id", "UserPermissionsMarketingUser"), "User", "Id", [self.user_id])
        subs = [Sub(name, "GET", f"{base}/sobjects/{name}/describe") for name in OBJECTS]
        queries = [self.query("types", _PERSON_TYPES), self.query("user", user)]
        answers = self.client.composite([*subs, *queries])
        documents = {name: answers[name].body for name in OBJECTS if self._visible(answers[name])}
        marketing = self._records(answers["user"])
        return org_shape(
            self.descriptor,
            documents,
            person_types=[record["Id"] for record in self._records(answers["types"])],
            marketing_user=marketing[0].get("UserPermissionsMarketingUser") if marketing else None,
        )

    def _visible(self, reply: SubReply) -> bool:
        """Whether an object was described; one the login cannot see is answered NOT_FOUND."""
        return reply.ok or self._refused_quietly(reply)

    def _records(self, reply: SubReply) -> list[Any]:
        """Rows of a query that an org may refuse for want of the field or object it names."""
        if not reply.ok:
            self._refused_quietly(reply)
            return []
        return list(composite.rows(reply).records)

    def _refused_quietly(self, reply: SubReply) -> bool:
        error = from_reply(reply.status, reply.body, budget=self.client.budget)
        if not isinstance(error, (SchemaChanged, RecordRefused)):
            raise error
        return False


def require_org(records: list[Any], org_id: str) -> None:
    """Raises `ConnectionStopped` when another org answers than the one that was connected."""
    if not records or records[0].get("Id") != org_id:
        text = "Another CRM org answers at this address than the one connected. Connect again."
        raise ConnectionStopped("different_org", text)
