"""Runs SOQL for a user and keeps the cursors of results that take several pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from .clock import stamp
from .data.access import Viewer
from .errors import ApiError
from .soql import Compiled, Context, compile_query, parse
from .soql.shapes import Children, Nested, builder

if TYPE_CHECKING:
    from .org import Org

LOCATOR_DAYS = 2
_CHUNK = 2_000


@dataclass
class Cursor:
    """A result whose pages are still to be fetched."""

    compiled: Compiled
    rows: list[tuple[Any, ...]]
    user_id: str
    born: float
    batch: int


class Queries:
    """Statements and cursors of one org."""

    def __init__(self, org: "Org") -> None:
        self._org = org
        self._cursors: dict[str, Cursor] = {}

    def compiled(self, statement: str, viewer: Viewer, *, deleted: bool = False) -> Compiled:
        """The statement ready to run as `viewer`; with `deleted`, as queryAll does."""
        context = Context(
            viewer, self._org.clock.now(), statement, self._deleted_rows if deleted else None
        )
        return compile_query(parse(statement), context)

    def _deleted_rows(self, sobject: str, alias: str) -> str:
        if sobject == "CampaignMember" and not self._org.knobs.deleted_members_visible:
            return f"{alias}.IsDeleted = 0"
        kept = timedelta(days=self._org.knobs.recycle_bin_days)
        oldest = stamp(self._org.clock.now() - kept)
        return f"({alias}.IsDeleted = 0 OR {alias}.SystemModstamp >= '{oldest}')"

    def run(
        self, statement: str, viewer: Viewer, base: str, *, deleted: bool = False, batch: int = 0
    ) -> dict[str, Any]:
        """The first page: {totalSize, done, nextRecordsUrl?, records}."""
        compiled = self.compiled(statement, viewer, deleted=deleted)
        rows = self._org.store.select(compiled.sql, compiled.params)
        if compiled.count:
            return {"totalSize": rows[0][0], "done": True, "records": []}
        size = batch or self._org.knobs.query_batch
        cursor = Cursor(compiled, rows, viewer.user.id, self._org.clock.epoch(), size)
        if len(rows) <= size:
            return self._page(cursor, "", 0, base)
        locator = self._org.ids.next("0r8")
        self._cursors[locator] = cursor
        return self._page(cursor, locator, 0, base)

    def more(self, locator: str, viewer: Viewer, base: str, batch: int = 0) -> dict[str, Any]:
        """The page a `nextRecordsUrl` names, or INVALID_QUERY_LOCATOR."""
        name, _, offset = locator.partition("-")
        cursor = self._cursors.get(name)
        age = self._org.clock.epoch() - cursor.born if cursor else 0
        if (
            cursor is None
            or not offset.isdigit()
            or int(offset) >= len(cursor.rows)
            or cursor.user_id != viewer.user.id
            or age > LOCATOR_DAYS * 86_400
        ):
            raise ApiError("INVALID_QUERY_LOCATOR", "invalid query locator")
        if batch:
            cursor.batch = batch
        return self._page(cursor, name, int(offset), base)

    def _page(self, cursor: Cursor, locator: str, offset: int, base: str) -> dict[str, Any]:
        end = offset + cursor.batch
        rows = cursor.rows[offset:end]
        page: dict[str, Any] = {"totalSize": len(cursor.rows), "done": end >= len(cursor.rows)}
        if not page["done"]:
            page["nextRecordsUrl"] = f"{base}/query/{locator}-{end}"
        page["records"] = self.records(cursor.compiled, rows, base)
        return page

    def rows(self, compiled: Compiled) -> list[tuple[Any, ...]]:
        """Every row of a compiled statement, as stored."""
        return self._org.store.select(compiled.sql, compiled.params)

    def records(
        self, compiled: Compiled, rows: Sequence[tuple[Any, ...]], base: str
    ) -> list[dict[str, Any]]:
        """Rows as JSON objects, with the children of each."""
        index = compiled.node.id_index
        parents = [str(row[index]) for row in rows] if compiled.nested and index is not None else []
        children: Children = {
            nested.name: self._children(nested, parents, base) for nested in compiled.nested
        }
        build = builder(compiled.node, base)
        return [build(row, children) or {} for row in rows]

    def _children(
        self, nested: Nested, parents: list[str], base: str
    ) -> dict[str, list[dict[str, Any]]]:
        compiled = nested.compiled
        at = compiled.node.parent_index or 0
        found: dict[str, list[dict[str, Any]]] = {}
        for start in range(0, len(parents), _CHUNK):
            chunk = parents[start : start + _CHUNK]
            marks = ", ".join(f"'{parent}'" for parent in chunk)
            rows = self._org.store.select(compiled.sql.replace("{parents}", marks), compiled.params)
            for row, record in zip(rows, self.records(compiled, rows, base), strict=True):
                found.setdefault(str(row[at]), []).append(record)
        return found

    def forget(self) -> None:
        """Drop every cursor, as Salesforce does with old ones."""
        self._cursors.clear()
