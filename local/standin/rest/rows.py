"""sObject rows: create, read, change, upsert and delete one record."""

from typing import Any
from urllib.parse import unquote

from .. import ids
from ..errors import ApiError, no_such_column, not_found
from ..schema import Field, SObject
from ..stamps import http_date, is_after
from .call import Call, Reply
from .describes import summary

UPSERT_ANSWERS_SINCE = 46


def create(call: Call, name: str) -> Reply:
    """POST sobjects/<object>."""
    sobject = call.sobject(name)
    record_id = call.writer().create(sobject, call.object())
    location = f"{call.base}/sobjects/{sobject.name}/{record_id}"
    body = {"id": record_id, "success": True, "errors": []}
    return Reply(201, body, {"Location": location})


def basic(call: Call, name: str) -> Reply:
    """GET sobjects/<object>: what it is, and recent items."""
    return Reply(body={"objectDescribe": summary(call, call.sobject(name)), "recentItems": []})


def read(call: Call, name: str, record_id: str) -> Reply:
    """GET sobjects/<object>/<id>?fields=."""
    sobject = call.sobject(name)
    full = ids.normalise(record_id)
    if full is None:
        raise not_found()
    record = fetch(call, sobject, [full], _fields(call, sobject))[0]
    if record is None:
        raise not_found()
    modified = call.org.store.get(sobject.name, full)
    stamp = modified["LastModifiedDate"] if modified else call.org.clock.stamp()
    since = call.headers.get("if-modified-since")
    headers = {"Last-Modified": http_date(stamp)}
    return (
        Reply(304, headers=headers)
        if since and not is_after(stamp, since)
        else Reply(body=record, headers=headers)
    )


def _fields(call: Call, sobject: SObject) -> list[str]:
    asked = call.args.get("fields")
    if asked:
        return [name.strip() for name in asked.split(",")]
    return [item.name for item in call.viewer.fields(sobject)]


def fetch(
    call: Call, sobject: SObject, record_ids: list[str], names: list[str]
) -> list[dict[str, Any] | None]:
    """The visible live records in the order asked, None for each that is not there."""
    for name in names:
        if "." not in name and call.viewer.field(sobject, name) is None:
            raise no_such_column(name, sobject.name)
    if not record_ids:
        return []
    marks = ", ".join(f"'{record_id}'" for record_id in dict.fromkeys(record_ids))
    wanted = list(dict.fromkeys(names))
    statement = f"SELECT {', '.join(wanted)} FROM {sobject.name} WHERE Id IN ({marks})"
    compiled = call.org.queries.compiled(statement, call.viewer)
    rows = call.org.queries.rows(compiled)
    index = compiled.node.id_index or 0
    records = call.org.queries.records(compiled, rows, call.base)
    found = {str(row[index]): record for row, record in zip(rows, records, strict=True)}
    return [found.get(record_id) for record_id in record_ids]


def change(call: Call, name: str, record_id: str) -> Reply:
    """PATCH sobjects/<object>/<id>: 204 with no body."""
    sobject = call.sobject(name)
    _check_unmodified(call, sobject, record_id)
    values = call.object()
    if any(key.lower() == "id" for key in values):
        raise ApiError(
            "INVALID_FIELD", "The Id field should not be specified in the sobject data.", []
        )
    _as_row(lambda: call.writer().update(sobject, record_id, values))
    return Reply(204)


def _check_unmodified(call: Call, sobject: SObject, record_id: str) -> None:
    since = call.headers.get("if-unmodified-since")
    row = call.org.store.get(sobject.name, ids.normalise(record_id) or "")
    if since and row and is_after(row["LastModifiedDate"], since):
        raise ApiError("PRECONDITION_FAILED", "The record was modified since the given time")


def _as_row(write: Any) -> None:
    """On this resource an unknown id is a missing resource."""
    try:
        write()
    except ApiError as error:
        if error.code in ("INVALID_CROSS_REFERENCE_KEY", "MALFORMED_ID") and not (
            error.fields and error.fields != ["Id"]
        ):
            raise not_found() from None
        raise


def remove(call: Call, name: str, record_id: str) -> Reply:
    """DELETE sobjects/<object>/<id>: 204 with no body."""
    sobject = call.sobject(name)
    _as_row(lambda: call.writer().delete(sobject, record_id))
    return Reply(204)


def external_field(call: Call, sobject: SObject, name: str) -> Field:
    """The external id field a path names, or the refusal clients match on."""
    item = call.viewer.field(sobject, name)
    if item is None or not (item.flag("idLookup") or item.flag("externalId")):
        text = f"Provided external ID field does not exist or is not accessible: {name}"
        raise ApiError("NOT_FOUND", text)
    return item


def by_external_id(call: Call, sobject: SObject, item: Field, value: str) -> list[str]:
    """Ids of the live records with that external id."""
    where = f'"{item.name}" = ? AND IsDeleted = 0'
    return [str(row["Id"]) for row in call.org.store.find(sobject.name, where, [value])]


def upsert(call: Call, name: str, external: str, value: str) -> Reply:
    """PATCH sobjects/<object>/<external id field>/<value>."""
    sobject, value = call.sobject(name), unquote(value)
    if external.lower() == "id":
        return change(call, name, value)
    item = external_field(call, sobject, external)
    found = by_external_id(call, sobject, item, value)
    if len(found) > 1:
        return Reply(300, [f"{call.base}/sobjects/{sobject.name}/{one}" for one in found])
    values = call.object()
    if found:
        call.writer().update(sobject, found[0], values)
        body = {"id": found[0], "success": True, "errors": [], "created": False}
        return Reply(200, body) if float(call.version) >= UPSERT_ANSWERS_SINCE else Reply(204)
    if call.args.get("updateOnly") == "true":
        raise not_found()
    record_id = call.writer().create(sobject, {**values, item.name: value})
    body = {"id": record_id, "success": True, "errors": [], "created": True}
    return Reply(201, body, {"Location": f"{call.base}/sobjects/{sobject.name}/{record_id}"})


def _one(call: Call, name: str, external: str, value: str) -> tuple[SObject, list[str]]:
    sobject = call.sobject(name)
    item = external_field(call, sobject, external)
    found = by_external_id(call, sobject, item, unquote(value))
    if not found:
        raise not_found()
    return sobject, found


def read_external(call: Call, name: str, external: str, value: str) -> Reply:
    """GET sobjects/<object>/<external id field>/<value>."""
    sobject, found = _one(call, name, external, value)
    if len(found) > 1:
        return Reply(300, [f"{call.base}/sobjects/{sobject.name}/{one}" for one in found])
    return read(call, name, found[0])


def remove_external(call: Call, name: str, external: str, value: str) -> Reply:
    """DELETE sobjects/<object>/<external id field>/<value>."""
    _, found = _one(call, name, external, value)
    return remove(call, name, found[0])
