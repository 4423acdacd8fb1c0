"""Deleting and undeleting rows together with what hangs on them."""

from typing import TYPE_CHECKING

from ..errors import ApiError
from ..schema import SObject
from .store import Row

if TYPE_CHECKING:
    from .writer import Writer


def put(writer: "Writer", sobject: SObject, row: Row) -> None:
    """Mark a row deleted, and what hangs on it."""
    now = writer.now_stamp()
    marks = {"IsDeleted": 1, "SystemModstamp": now, "LastModifiedDate": now}
    writer.store.update(sobject.name, row["Id"], marks)
    writer.rules(sobject).after_delete(writer, row)


def take(writer: "Writer", sobject: SObject, record_id: str) -> None:
    """Take a record out of the recycle bin, with what was deleted along with it."""
    with writer.batch():
        row = writer.store.get(sobject.name, record_id)
        if row is None or not row["IsDeleted"]:
            raise ApiError("UNDELETE_FAILED", "Entity is not in the recycle bin", [])
        _restore(writer, sobject, row)


def _restore(writer: "Writer", sobject: SObject, row: Row) -> None:
    marks = {"IsDeleted": 0, "SystemModstamp": writer.now_stamp()}
    writer.store.update(sobject.name, row["Id"], marks)
    writer.rules(sobject).after_undelete(writer, row)


def put_children(writer: "Writer", name: str, reference: str, parent_id: str) -> None:
    """Delete the live rows that refer to a deleted parent."""
    if name not in writer.schema:
        return
    for row in writer.store.find(name, f"{reference} = ? AND IsDeleted = 0", [parent_id]):
        put(writer, writer.schema[name], row)


def take_children(writer: "Writer", name: str, reference: str, parent: Row) -> None:
    """Bring back the rows that were deleted together with a parent, as it was in the bin."""
    if name not in writer.schema:
        return
    where = f"{reference} = ? AND IsDeleted = 1 AND SystemModstamp = ?"
    for row in writer.store.find(name, where, [parent["Id"], parent["SystemModstamp"]]):
        _restore(writer, writer.schema[name], row)
