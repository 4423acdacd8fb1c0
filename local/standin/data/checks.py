"""The checks every write passes: names, permissions, values, references, uniqueness."""

from collections.abc import Container, Mapping
from typing import TYPE_CHECKING, Any

from .. import ids
from ..errors import ApiError, no_such_column, not_writeable
from ..schema import Field, SObject
from .store import Row
from .values import coerce

if TYPE_CHECKING:
    from .writer import Writer

_IGNORED = ("attributes", "id")


def writeable(writer: "Writer", sobject: SObject, values: Mapping[str, Any], operation: str) -> Row:
    """The written values as stored, by API name, after every check on the single field."""
    _may(writer, sobject, operation)
    checked: Row = {}
    refused: list[str] = []
    for name, written in values.items():
        if name.lower() in _IGNORED:
            continue
        item, value = _resolved(writer, sobject, name, written)
        if not writer.viewer.may_write(sobject, item, operation):
            refused.append(item.name)
            continue
        checked[item.name] = coerce(item, value)
        if item.type == "reference" and checked[item.name]:
            _referenced(writer, item, checked[item.name])
    if refused:
        raise not_writeable(refused)
    return checked


def _may(writer: "Writer", sobject: SObject, operation: str) -> None:
    if writer.viewer.may(sobject, operation):
        return
    verb = {"createable": "inserted", "updateable": "updated", "deletable": "deleted"}[operation]
    text = f"entity type cannot be {verb}: {sobject.document['label']}"
    raise ApiError("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", text, [])


def _resolved(writer: "Writer", sobject: SObject, name: str, value: Any) -> tuple[Field, Any]:
    """The field a written name means; `Contact: {Ext__c: x}` names ContactId by external id."""
    item = writer.viewer.field(sobject, name)
    if item is not None:
        return item, value
    reference = sobject.relations.get(name.lower())
    if reference is None or not isinstance(value, dict):
        raise no_such_column(name, sobject.name)
    return reference, _by_external_id(writer, reference, value)


def _by_external_id(writer: "Writer", reference: Field, value: dict[str, Any]) -> str:
    target = writer.schema[reference.reference_to[-1]]
    names = [name for name in value if name != "attributes"]
    item = writer.viewer.field(target, names[0]) if len(names) == 1 else None
    if item is None or not item.flag("idLookup"):
        raise no_such_column(", ".join(names), target.name)
    text = value[item.name]
    found = writer.store.find(target.name, f'"{item.name}" = ? AND IsDeleted = 0', [text])
    if len(found) != 1:
        message = (
            f"Foreign key external ID: {text} not found for field {item.name} "
            f"in entity {target.name}"
        )
        raise ApiError("INVALID_FIELD", message, [])
    return str(found[0]["Id"])


def _referenced(writer: "Writer", item: Field, record_id: str) -> None:
    for name in item.reference_to:
        target = writer.schema.get(name)
        if target is None or target.prefix != record_id[:3]:
            continue
        row = writer.store.get(target.name, record_id)
        if row is None or row["IsDeleted"]:
            code = "ENTITY_IS_DELETED" if row else "INVALID_CROSS_REFERENCE_KEY"
            text = "entity is deleted" if row else "invalid cross reference id"
            raise ApiError(code, text, [] if row else [item.name], status=400)
        if not _sees(writer, target, record_id):
            raise _no_access()
        return
    raise ApiError(
        "FIELD_INTEGRITY_EXCEPTION",
        f"{item.label}: id value of incorrect type: {record_id}",
        [item.name],
    )


def _sees(writer: "Writer", sobject: SObject, record_id: str) -> bool:
    condition = writer.viewer.rows(sobject, "t0")
    sql = f"SELECT 1 FROM {sobject.name} t0 WHERE t0.Id = ? AND {condition}"
    return bool(writer.store.select(sql, [record_id]))


def _no_access() -> ApiError:
    return ApiError(
        "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
        "insufficient access rights on cross-reference id",
        [],
    )


def required(sobject: SObject, row: Row, only: Container[str] | None = None) -> None:
    """REQUIRED_FIELD_MISSING when a required field is blank (of those in `only`, if given)."""
    missing = [
        item.name
        for item in sobject.fields.values()
        if item.is_required
        and item.is_stored
        and row.get(item.name) is None
        and (only is None or item.name in only)
        and not (sobject.name == "Account" and item.name == "Name")
    ]
    if missing:
        text = f"Required fields are missing: [{', '.join(missing)}]"
        raise ApiError("REQUIRED_FIELD_MISSING", text, missing)


def editable(writer: "Writer", sobject: SObject, record_id: str, operation: str) -> Row:
    """The live row, if the user may change it."""
    _may(writer, sobject, operation)
    full = ids.normalise(record_id)
    if full is None or full[:3] != sobject.prefix:
        raise ApiError(
            "MALFORMED_ID", f"{sobject.name} ID: id value of incorrect type: {record_id}", ["Id"]
        )
    row = writer.store.get(sobject.name, full)
    if row is None:
        raise ApiError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", [])
    if row["IsDeleted"]:
        raise ApiError("ENTITY_IS_DELETED", "entity is deleted", [])
    if not _sees(writer, sobject, full):
        raise _no_access()
    if not _may_edit_row(writer, sobject, full):
        raise ApiError(
            "INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id", []
        )
    return row


def _may_edit_row(writer: "Writer", sobject: SObject, record_id: str) -> bool:
    viewer = writer.viewer
    shared = viewer.sharing.get(sobject.name, "private") == "read_write"
    if viewer.user.admin or shared or not sobject.has("OwnerId"):
        return True
    condition = viewer.owned_or_granted("t0", ("edit",))
    sql = f"SELECT 1 FROM {sobject.name} t0 WHERE t0.Id = ? AND {condition}"
    return bool(writer.store.select(sql, [record_id]))


def unique(
    writer: "Writer", sobject: SObject, row: Row, only: Container[str] | None = None
) -> None:
    """DUPLICATE_VALUE when a unique field repeats a live record's value."""
    for item in sobject.fields.values():
        if not item.flag("unique") or not row.get(item.name):
            continue
        if only is not None and item.name not in only:
            continue
        where = f'"{item.name}" = ? AND Id != ? AND IsDeleted = 0'
        taken = writer.store.find(sobject.name, where, [row[item.name], row["Id"]])
        if taken:
            text = (
                f"duplicate value found: {item.name} duplicates value on record "
                f"with id: {taken[0]['Id'][:15]}"
            )
            raise ApiError("DUPLICATE_VALUE", text, [])
