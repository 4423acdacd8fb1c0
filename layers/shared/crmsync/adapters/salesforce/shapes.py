"""Reading what an org looks like to a login, in one call, and keeping it for a while."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from crmsync.adapters.salesforce import composite, soql
from crmsync.adapters.salesforce.client import OrgClient
from crmsync.adapters.salesforce.composite import Sub, SubReply
from crmsync.adapters.salesforce.describe import OBJECTS, OrgShape, org_shape
from crmsync.adapters.salesforce.descriptors import Descriptor
from crmsync.adapters.salesforce.errors import SchemaChanged, from_reply
from crmsync.domain.errors import RecordRefused

SHAPE_SECONDS = 3600.0
_KEPT = 1000
_PERSON_TYPES = (
    "SELECT Id FROM RecordType "
    "WHERE SobjectType = 'Account' AND IsPersonType = true AND IsActive = true"
)


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


def read_shape(client: OrgClient, descriptor: Descriptor, user_id: str) -> OrgShape:
    """Describe of every object we use, the person record types, and the user's licence."""
    user = soql.by_ids(("Id", "UserPermissionsMarketingUser"), "User", "Id", [user_id])
    subs = [Sub(name, "GET", f"{client.base}/sobjects/{name}/describe") for name in OBJECTS]
    types = composite.query("types", client.base, _PERSON_TYPES)
    answers = client.composite([*subs, types, composite.query("user", client.base, user)])
    seen = {ref: reply for ref, reply in answers.items() if _is_seen(client, reply)}
    licence = _records(seen, "user")
    return org_shape(
        descriptor,
        {name: seen[name].body for name in OBJECTS if name in seen},
        person_types=[record["Id"] for record in _records(seen, "types")],
        marketing_user=licence[0].get("UserPermissionsMarketingUser") if licence else None,
    )


def _is_seen(client: OrgClient, reply: SubReply) -> bool:
    """Whether it was answered: an org refuses to describe or query what it lacks or hides."""
    if reply.ok:
        return True
    error = from_reply(reply.status, reply.body, budget=client.budget)
    if isinstance(error, (SchemaChanged, RecordRefused)):
        return False
    raise error


def _records(seen: Mapping[str, SubReply], ref: str) -> tuple[Mapping[str, Any], ...]:
    return composite.rows(seen[ref]).records if ref in seen else ()
