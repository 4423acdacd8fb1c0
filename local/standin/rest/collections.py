"""sObject Collections: up to 200 records a call, one result each, in order, always 200."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from .. import ids
from ..data.store import Row
from ..data.writer import Writer
from ..errors import ApiError
from ..schema import SObject
from .call import Call, Reply
from .rows import by_external_id, external_field, fetch

MAX_RECORDS = 200
MAX_RETRIEVED = 2_000
MAX_CHUNKS = 10
_ROLLED_BACK = (
    "Record rolled back because not all records were valid and the request was using "
    "AllOrNone header"
)

Write = Callable[[], dict[str, Any]]


def create(call: Call) -> Reply:
    """POST composite/sobjects."""
    body = call.object()
    records = _records(body)
    writer = call.writer()

    def write(record: Row) -> dict[str, Any]:
        sobject = _type(call, record)
        return _ok(writer.create(sobject, _values(record)))

    return _run(writer, [partial(write, record) for record in records], body.get("allOrNone"))


def update(call: Call) -> Reply:
    """PATCH composite/sobjects."""
    body = call.object()
    records = _records(body)
    writer = call.writer()

    def write(record: Row) -> dict[str, Any]:
        sobject = _type(call, record)
        record_id = record.get("id", record.get("Id"))
        if not record_id:
            raise ApiError("MISSING_ARGUMENT", "Id not specified in an update call", [])
        writer.update(sobject, str(record_id), _values(record))
        return _ok(ids.normalise(record_id) or str(record_id))

    return _run(writer, [partial(write, record) for record in records], body.get("allOrNone"))


def upsert(call: Call, name: str, external: str) -> Reply:
    """PATCH composite/sobjects/<object>/<external id field>."""
    body = call.object()
    records = _records(body)
    sobject = call.sobject(name)
    item = external_field(call, sobject, external)
    writer = call.writer()

    def write(record: Row) -> dict[str, Any]:
        if _type(call, record) is not sobject:
            raise ApiError("INVALID_TYPE", "All records must be of the type in the URL", [])
        values = _values(record)
        key = next((k for k in values if k.lower() == item.name.lower()), None)
        value = values.pop(key) if key else None
        if not value:
            raise ApiError("MISSING_ARGUMENT", f"{item.name} not specified", [])
        found = by_external_id(call, sobject, item, str(value))
        if len(found) > 1:
            raise ApiError("DUPLICATE_EXTERNAL_ID", f"{item.name}: more than one record found", [])
        if found:
            writer.update(sobject, found[0], values)
            return {**_ok(found[0]), "created": False}
        return {**_ok(writer.create(sobject, {**values, item.name: value})), "created": True}

    return _run(writer, [partial(write, record) for record in records], body.get("allOrNone"))


def delete(call: Call) -> Reply:
    """DELETE composite/sobjects?ids=."""
    wanted = [part for part in call.args.get("ids", "").split(",") if part]
    _check_size(wanted)
    writer = call.writer()

    def write(record_id: str) -> dict[str, Any]:
        full = ids.normalise(record_id)
        sobject = call.org.schema.by_prefix(full) if full else None
        if full is None or sobject is None or call.viewer.sobject(sobject.name) is None:
            raise ApiError("MALFORMED_ID", f"malformed id {record_id}", [])
        writer.delete(sobject, full)
        return _ok(full)

    all_or_none = call.args.get("allOrNone", "").lower() == "true"
    return _run(writer, [partial(write, record_id) for record_id in wanted], all_or_none)


def read(call: Call, name: str) -> Reply:
    """GET composite/sobjects/<object>?ids=&fields=."""
    return _read(call, name, call.args.get("ids", "").split(","), call.args.get("fields", "Id"))


def retrieve(call: Call, name: str) -> Reply:
    """POST composite/sobjects/<object> with {ids, fields}."""
    body = call.object()
    return _read(call, name, body.get("ids", []), ",".join(body.get("fields", [])))


def _read(call: Call, name: str, wanted: Iterable[str], fields: str) -> Reply:
    sobject = call.sobject(name)
    record_ids = list(wanted)
    if len(record_ids) > MAX_RETRIEVED:
        text = f"The number of records exceeds the limit of {MAX_RETRIEVED}"
        raise ApiError("EXCEEDED_ID_LIMIT", text)
    full = [ids.normalise(record_id) or "" for record_id in record_ids]
    known = [record_id for record_id in full if record_id]
    names = [name.strip() for name in fields.split(",") if name.strip()]
    found = dict(zip(known, fetch(call, sobject, known, names), strict=True))
    return Reply(body=[found.get(record_id) for record_id in full])


def _records(body: Row) -> list[Row]:
    records = body.get("records")
    if not isinstance(records, list) or not all(isinstance(r, dict) for r in records):
        raise ApiError("REQUIRED_FIELD_MISSING", "The records list is required", ["records"])
    _check_size(records)
    types = [(record.get("attributes") or {}).get("type") for record in records]
    chunks = sum(1 for i, kind in enumerate(types) if i == 0 or kind != types[i - 1])
    if chunks > MAX_CHUNKS:
        text = f"The request contains {chunks} chunks of object types; the limit is {MAX_CHUNKS}"
        raise ApiError("LIMIT_EXCEEDED", text)
    return records


def _check_size(records: list[Any]) -> None:
    if len(records) > MAX_RECORDS:
        text = f"record limit reached. cannot submit more than {MAX_RECORDS} records in this call"
        raise ApiError("EXCEEDED_ID_LIMIT", text)


def _type(call: Call, record: Row) -> SObject:
    name = (record.get("attributes") or {}).get("type")
    if not name:
        raise ApiError("INVALID_TYPE", "The attributes of the record do not name its type", [])
    found = call.viewer.sobject(name)
    if found is None:
        raise ApiError("INVALID_TYPE", f"sObject type '{name}' is not supported.", [])
    return found


def _values(record: Row) -> Row:
    return {k: v for k, v in record.items() if k.lower() not in ("attributes", "id")}


def _ok(record_id: str) -> dict[str, Any]:
    return {"id": record_id, "success": True, "errors": []}


class _Undo(Exception):
    """Leaves the savepoint of an allOrNone call."""


def _run(writer: Writer, writes: list[Write], all_or_none: Any) -> Reply:
    results: list[dict[str, Any]] = []
    try:
        with writer.batch():
            results = [_attempt(write) for write in writes]
            _check_all(results, all_or_none)
    except _Undo:
        results = [_undone(result) for result in results]
    return Reply(200, results)


def _check_all(results: list[dict[str, Any]], all_or_none: Any) -> None:
    if all_or_none and not all(result["success"] for result in results):
        raise _Undo


def _attempt(write: Write) -> dict[str, Any]:
    try:
        return write()
    except ApiError as error:
        return {"success": False, "errors": [error.as_collection_error()]}


def _undone(result: dict[str, Any]) -> dict[str, Any]:
    if not result["success"]:
        return result
    error = ApiError("ALL_OR_NONE_OPERATION_ROLLED_BACK", _ROLLED_BACK, [])
    return {"success": False, "errors": [error.as_collection_error()]}
