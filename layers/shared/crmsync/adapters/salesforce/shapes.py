"""Reading what an org looks like to a login, in one call, and keeping it for a while."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

from crmsync.adapters.salesforce import composite, soql
from crmsync.adapters.salesforce.client import OrgClient
from crmsync.adapters.salesforce.composite import Sub, SubReply
from crmsync.adapters.salesforce.describe import OBJECTS, OrgShape, org_shape
from crmsync.adapters.salesforce.descriptors import Descriptor
from crmsync.adapters.salesforce.errors import SchemaChanged, from_reply
from crmsync.domain.errors import RecordRefused, Retry

SHAPE_SECONDS = 3600.0
MARGIN = timedelta(minutes=1)
PEOPLE_OBJECTS = ("Contact", "Lead", "Account")
_KEPT = 1000
_PERSON_TYPES = (
    "SELECT Id FROM RecordType "
    "WHERE SobjectType = 'Account' AND IsPersonType = true AND IsActive = true"
)


@dataclass(slots=True)
class ShapeCache:
    """Shapes by connection, for an hour; one that went stale shows itself by a refused query."""

    clock: Callable[[], float] = time.time
    _kept: dict[str, OrgShape] = field(default_factory=dict)

    def get(self, key: str) -> OrgShape | None:
        """The shape if it was read within the hour."""
        shape = self._kept.get(key)
        return shape if shape is not None and self.age(shape) < SHAPE_SECONDS else None

    def put(self, key: str, shape: OrgShape) -> None:
        """Keep it, dropping the oldest when there are too many."""
        self._kept.pop(key, None)
        if len(self._kept) >= _KEPT:
            self._kept.pop(next(iter(self._kept)))
        self._kept[key] = shape

    def age(self, shape: OrgShape) -> float:
        """How long ago it was read, in seconds."""
        return self.clock() - shape.read_at


def read_shape(client: OrgClient, descriptor: Descriptor, user_id: str) -> OrgShape:
    """Describe of every object we use, the person record types, and the user's licence."""
    user = soql.by_ids(("Id", "UserPermissionsMarketingUser"), "User", "Id", [user_id])
    subs = [Sub(name, "GET", _path(client, name)) for name in OBJECTS]
    types = composite.query("types", client.base, _PERSON_TYPES)
    answers = client.composite([*subs, types, composite.query("user", client.base, user)])
    seen = {ref: reply for ref, reply in answers.items() if _is_seen(client, reply)}
    licence = _records(seen, "user")
    return org_shape(
        descriptor,
        {name: _description(seen[name]) for name in OBJECTS if name in seen},
        person_types=[record["Id"] for record in _records(seen, "types")],
        marketing_user=licence[0].get("UserPermissionsMarketingUser") if licence else None,
    )


def changes_since(client: OrgClient, shape: OrgShape) -> list[Sub]:
    """Describe of the people's objects, for an org that answers it only if it changed."""
    if shape.as_of is None:
        return []
    since = {"If-Modified-Since": format_datetime(shape.as_of - MARGIN, usegmt=True)}
    return [Sub(name, "GET", _path(client, name), headers=since) for name in PEOPLE_OBJECTS]


def _path(client: OrgClient, name: str) -> str:
    return f"{client.base}/sobjects/{name}/describe"


def _is_seen(client: OrgClient, reply: SubReply) -> bool:
    """Whether it was answered: an org refuses to describe or query what it lacks or hides."""
    if reply.ok:
        return True
    error = from_reply(reply.status, reply.body, budget=client.budget)
    if isinstance(error, (SchemaChanged, RecordRefused)):
        return False
    raise error


def _description(reply: SubReply) -> Mapping[str, Any]:
    """The document; an answer that is none would make all look as if it could not be read."""
    if isinstance(reply.body, Mapping) and isinstance(reply.body.get("fields"), list):
        return reply.body
    text = "Your CRM answered with something else than an object's description."
    raise Retry("crm_answer_unreadable", text)


def _records(seen: Mapping[str, SubReply], ref: str) -> tuple[Mapping[str, Any], ...]:
    return composite.rows(seen[ref]).records if ref in seen else ()
