"""Groups and their names: one group per name, case ignored."""

from __future__ import annotations

from crmsync.adapters.dynamodb.keys import sorting, time_of, time_text
from crmsync.adapters.dynamodb.marketing_rows import ONLY, GroupRow, NameRow
from crmsync.adapters.dynamodb.queries import Query
from crmsync.adapters.dynamodb.rows import Keys, place_after
from crmsync.adapters.dynamodb.tenant_store import TenantStore
from crmsync.domain.contact import Group
from crmsync.domain.errors import Conflict, NotFound
from crmsync.ports.marketing import GroupPage


class GroupStore(TenantStore):
    """The group part of `Marketing`."""

    def groups(self, cursor: str | None, limit: int) -> GroupPage:
        """All groups by name; `cursor` is the name's key the page comes after."""
        pk = self._key("names")
        taken = Query(NameRow, pk, where=NameRow.group_id.exists(), consistent=True)
        after = place_after(pk, cursor)
        names, last = self._table.some(taken, after=after, limit=limit)
        groups = self._groups([str(row.group_id) for row in names])
        return GroupPage(tuple(groups[str(row.group_id)] for row in names), last)

    def group(self, group_id: str) -> Group | None:
        """One group, or None; strongly consistent."""
        row = self._table.get(GroupRow, self._group_keys(group_id))
        return _group_of(group_id, row) if row else None

    def group_named(self, name: str) -> Group | None:
        """The group of this name, case ignored; strongly consistent."""
        row = self._table.get(NameRow, self._name_keys(name))
        return self.group(row.group_id) if row and row.group_id else None

    def create_group(self, group_id: str, name: str) -> Group:
        """Create it, or return the one that has the name, or else the id, already."""
        now = time_text(self._now())
        row = GroupRow(
            *self._group_keys(group_id), name=name, member_count=0, created_at=now, updated_at=now
        )
        creation = self._table.database.transaction()
        creation.put(self._table, row, "group", GroupRow.pk.does_not_exist())
        taken = NameRow(*self._name_keys(name), group_id=group_id)
        creation.put(self._table, taken, "name", NameRow.group_id.does_not_exist())
        if not creation.commit():
            return _group_of(group_id, row)
        known = self.group_named(name) or self.group(group_id)
        return known or self.create_group(group_id, name)

    def rename_group(self, group_id: str, name: str) -> Group:
        """Rename; raises `Conflict` when another group has the name, `NotFound` when none is it."""
        group = self.group(group_id)
        if group is None:
            raise NotFound("no_such_group", f"There is no group '{group_id}'.")
        if group.name == name:
            return group
        refused = self._rename(group, name)
        if "name" in refused:
            raise Conflict("name_taken", f"Another group is called {name}. Choose another name.")
        # Somebody else renamed it in between: their name is released instead.
        return self.rename_group(group_id, name) if refused else self._sure(group_id)

    def _rename(self, group: Group, name: str) -> frozenset[str]:
        keys, old, new = (self._group_keys(group.id), *map(self._name_keys, (group.name, name)))
        renaming = self._table.database.transaction()
        actions = [GroupRow.name.set(name), GroupRow.updated_at.set(time_text(self._now()))]
        unmoved = GroupRow.name == group.name
        renaming.update(self._table, keys, actions, "group", unmoved)
        if old != new:
            free = NameRow.group_id.does_not_exist() | (NameRow.group_id == group.id)
            renaming.put(self._table, NameRow(*new, group_id=group.id), "name", free)
            renaming.put(self._table, NameRow(*old), "old_name", NameRow.group_id == group.id)
        return renaming.commit()

    def _sure(self, group_id: str) -> Group:
        return self._groups([group_id])[group_id]

    def _groups(self, ids: list[str]) -> dict[str, Group]:
        keys = {self._group_keys(group_id): group_id for group_id in ids}
        rows = self._table.get_many(GroupRow, keys)
        return {keys[row.pk, row.sk]: _group_of(keys[row.pk, row.sk], row) for row in rows}

    def _group_keys(self, group_id: str) -> Keys:
        return self._key("group", group_id), ONLY

    def _name_keys(self, name: str) -> Keys:
        return self._key("names"), sorting(name.casefold())


def _group_of(group_id: str, row: GroupRow) -> Group:
    return Group(
        id=group_id,
        name=row.name,
        member_count=int(row.member_count),
        created_at=time_of(row.created_at),
        updated_at=time_of(row.updated_at),
    )
