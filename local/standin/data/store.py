"""The org's rows: one SQLite table per object, in memory."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from ..schema import Field, Schema, SObject

Row = dict[str, Any]

_BINARY = ("id", "reference", "date", "datetime")
_INTEGER = ("boolean", "int")
_REAL = ("double", "currency", "percent")
_UNINDEXED = ("CreatedById", "LastModifiedById", "MasterRecordId", "ParentId", "ReportsToId")


class Store:
    """Rows by object and id. Not thread safe: the org's lock guards it."""

    def __init__(self, schema: Schema) -> None:
        self._db = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA synchronous = OFF")
        self._depth = 0
        for sobject in schema:
            self._create(sobject)
        self._db.execute("CREATE TABLE _grants (record_id TEXT, user_id TEXT, level TEXT)")
        self._db.execute("CREATE INDEX _grants_record ON _grants (record_id, user_id)")

    def _create(self, sobject: SObject) -> None:
        stored = [item for item in sobject.fields.values() if item.is_stored]
        columns = ", ".join(_column(item) for item in stored)
        self._db.execute(f"CREATE TABLE {sobject.name} ({columns})")
        for item in stored:
            if _is_indexed(item):
                self._index(sobject.name, [item.name])
        if sobject.has("SystemModstamp"):
            self._index(sobject.name, ["SystemModstamp", "Id"])
        if sobject.name == "CampaignMember":
            self._index(sobject.name, ["CampaignId", "SystemModstamp", "Id"])
            self._index(sobject.name, ["CampaignId", "Id"])

    def _index(self, table: str, columns: Sequence[str]) -> None:
        name = f"{table}_{'_'.join(columns)}"
        self._db.execute(f"CREATE INDEX {name} ON {table} ({', '.join(columns)})")

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Everything written inside stays only if no exception leaves the block."""
        self._depth += 1
        name = f"sp{self._depth}"
        self._db.execute(f"SAVEPOINT {name}")
        try:
            yield
        except BaseException:
            self._db.execute(f"ROLLBACK TO {name}")
            raise
        finally:
            self._db.execute(f"RELEASE {name}")
            self._depth -= 1

    def select(self, sql: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of a SELECT."""
        return self._db.execute(sql, params).fetchall()

    def get(self, sobject: str, record_id: str) -> Row | None:
        """The stored row, deleted or not."""
        found = self.find(sobject, "Id = ?", [record_id])
        return found[0] if found else None

    def find(self, sobject: str, where: str, params: Sequence[Any]) -> list[Row]:
        """The stored rows a SQL condition selects, oldest first."""
        sql = f"SELECT * FROM {sobject} WHERE {where} ORDER BY rowid"
        cursor = self._db.execute(sql, params)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, values, strict=True)) for values in cursor]

    def insert(self, sobject: str, row: Row) -> None:
        """Add one row; fields it does not name are null."""
        self.insert_many(sobject, [row])

    def insert_many(self, sobject: str, rows: Sequence[Row]) -> None:
        """Add rows that all have the same fields."""
        if not rows:
            return
        names = list(rows[0])
        columns = ", ".join(f'"{name}"' for name in names)
        marks = ", ".join("?" * len(names))
        sql = f"INSERT INTO {sobject} ({columns}) VALUES ({marks})"
        self._db.executemany(sql, ([row[name] for name in names] for row in rows))

    def update(self, sobject: str, record_id: str, values: Row) -> None:
        """Set fields of one row."""
        sets = ", ".join(f'"{name}" = ?' for name in values)
        sql = f"UPDATE {sobject} SET {sets} WHERE Id = ?"
        self._db.execute(sql, [*values.values(), record_id])

    def purge(self, sobject: str, record_id: str) -> None:
        """Remove a row for good, as emptying the recycle bin does."""
        self._db.execute(f"DELETE FROM {sobject} WHERE Id = ?", [record_id])

    def grant(self, record_id: str, user_id: str, level: str | None) -> None:
        """Let a user read or edit a record ("read", "edit"), or no longer (None)."""
        self._db.execute(
            "DELETE FROM _grants WHERE record_id = ? AND user_id = ?", [record_id, user_id]
        )
        if level is not None:
            self._db.execute("INSERT INTO _grants VALUES (?, ?, ?)", [record_id, user_id, level])

    def close(self) -> None:
        """Free the memory."""
        self._db.close()


def _column(item: Field) -> str:
    if item.name == "Id":
        return '"Id" TEXT PRIMARY KEY'
    if item.type in _BINARY:
        return f'"{item.name}" TEXT'
    if item.type in _INTEGER:
        default = " DEFAULT 0 NOT NULL" if item.type == "boolean" else ""
        return f'"{item.name}" INTEGER{default}'
    if item.type in _REAL:
        return f'"{item.name}" REAL'
    return f'"{item.name}" TEXT COLLATE NOCASE'


def _is_indexed(item: Field) -> bool:
    if item.type == "reference":
        return item.name not in _UNINDEXED
    return item.flag("externalId") or item.flag("unique") or item.type == "email"
