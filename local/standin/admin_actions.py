"""What the admin API can do to records and users.

Each action takes the org and a JSON body; records are named by id. `as` is a username (default:
the first administrator).
"""

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from .clock import stamp
from .data import bulk_seed, converting, merging, recycle_bin
from .data.access import UserAccount
from .data.store import Row
from .data.values import coerce
from .data.writer import Writer
from .schema import SObject
from .seeding import grant

if TYPE_CHECKING:
    from .org import Org

Body = dict[str, Any]


def user(org: "Org", username: str) -> UserAccount:
    """The user, or a KeyError that names it."""
    found = org.user_by_name(username)
    if found is None:
        raise KeyError(f"no user {username!r}; known: {[u.username for u in org.users.values()]}")
    return found


def change_user(org: "Org", username: str, body: Body) -> UserAccount:
    """Set a user's flags; an inactive user's sessions end at once."""
    found = user(org, username)
    for name, value in body.items():
        if name in ("hidden_objects", "hidden_fields", "readonly_fields"):
            setattr(found, name, set(value))
        elif name in ("admin", "active", "api_enabled", "marketing_user", "password"):
            setattr(found, name, value)
        else:
            raise ValueError(f"unknown user setting {name!r}")
    changes = {
        "IsActive": int(found.active),
        "UserPermissionsMarketingUser": int(found.marketing_user),
        "SystemModstamp": org.clock.stamp(),
    }
    org.store.update("User", found.id, changes)
    return found


def _writer(org: "Org", body: Body) -> Writer:
    return org.writer(user(org, body["as"]) if "as" in body else org.system_user())


def _sobject(org: "Org", record_id: str) -> SObject:
    found = org.schema.by_prefix(record_id)
    if found is None:
        raise KeyError(f"no object has ids like {record_id!r}")
    return found


def _record(org: "Org", record_id: str) -> Row:
    row = org.store.get(_sobject(org, record_id).name, record_id)
    if row is None:
        raise KeyError(f"no record {record_id!r}")
    return row


def _grant(org: "Org", body: Body) -> Body:
    """{id, username, level: "read"|"edit"|null}: explicit sharing."""
    grant(org, _record(org, body["id"])["Id"], user(org, body["username"]).id, body["level"])
    return {}


def _late_commit(org: "Org", body: Body) -> Body:
    """{id, values, seconds_ago} or {object, values, seconds_ago}: visible now, stamped earlier."""
    writer = _writer(org, body)
    past = stamp(org.clock.now() - timedelta(seconds=float(body["seconds_ago"])))
    if "id" in body:
        sobject, record_id = _sobject(org, body["id"]), str(body["id"])
        if body.get("delete"):
            writer.delete(sobject, record_id)
        else:
            writer.update(sobject, record_id, body["values"])
        stamps = {"LastModifiedDate": past, "SystemModstamp": past}
    else:
        sobject = org.schema[body["object"]]
        record_id = writer.create(sobject, body["values"])
        stamps = {"CreatedDate": past, "LastModifiedDate": past, "SystemModstamp": past}
    org.store.update(sobject.name, record_id, stamps)
    return _record(org, record_id)


def _raw(org: "Org", body: Body) -> Body:
    """{id, values}: set stored fields with no rule, check or stamp of any kind."""
    sobject = _sobject(org, body["id"])
    values = {}
    for name, value in body["values"].items():
        item = sobject.field(name)
        if item is None:
            raise KeyError(f"no field {name!r} on {sobject.name}")
        values[item.name] = coerce(item, value)
    org.store.update(sobject.name, body["id"], values)
    return _record(org, body["id"])


def _undelete(org: "Org", body: Body) -> Body:
    """{id}: out of the recycle bin, with what was deleted along with it."""
    recycle_bin.take(_writer(org, body), _sobject(org, body["id"]), body["id"])
    return _record(org, body["id"])


def _purge(org: "Org", body: Body) -> Body:
    """{ids}: gone for good, as after emptying the recycle bin."""
    for record_id in body["ids"]:
        org.store.purge(_sobject(org, record_id).name, record_id)
    return {}


def _convert(org: "Org", body: Body) -> Body:
    """{lead_id, account_id?, contact_id?}: lead conversion."""
    return converting.convert(
        _writer(org, body), body["lead_id"], body.get("account_id"), body.get("contact_id")
    )


def _merge(org: "Org", body: Body) -> Body:
    """{master_id, loser_ids, values?}: merge contacts, leads or accounts."""
    merging.merge(_writer(org, body), body["master_id"], body["loser_ids"], body.get("values", {}))
    return _record(org, body["master_id"])


def _seed(org: "Org", body: Body) -> Body:
    """Many contacts and members at once: see `bulk_seed.fill`."""
    return bulk_seed.fill(org, body)


def _get(org: "Org", body: Body) -> Body:
    """{id}: the row as stored, deleted or not."""
    return _record(org, body["id"])


ACTIONS: dict[str, Callable[["Org", Body], Body]] = {
    "grant": _grant,
    "late-commit": _late_commit,
    "raw": _raw,
    "undelete": _undelete,
    "purge": _purge,
    "convert-lead": _convert,
    "merge": _merge,
    "seed": _seed,
    "record": _get,
}
