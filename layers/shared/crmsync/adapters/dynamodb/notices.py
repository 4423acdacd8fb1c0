"""In-app notifications, one per id, and what each user wants to be told."""

from __future__ import annotations

from dataclasses import replace

from crmsync.adapters.dynamodb.control_rows import NoticePlaceRow, NoticeRow, NoticeSettingsRow
from crmsync.adapters.dynamodb.documents import text_of, value_of
from crmsync.adapters.dynamodb.keys import joined, time_text
from crmsync.adapters.dynamodb.queries import Query
from crmsync.adapters.dynamodb.rows import Keys, place_after
from crmsync.adapters.dynamodb.table import Table
from crmsync.domain.notification import Notification
from crmsync.ports.notices import NoticePage, NoticeSettings

_AT = joined("at", "")
"""What the sort keys of notifications begin with."""


class DynamoNotices:
    """`Notices` in the control table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def add(self, notification: Notification) -> bool:
        """Store it once; False when its id exists already."""
        pk = _partition(notification.tenant_id, notification.user_id)
        place = joined("at", time_text(notification.created_at), notification.id)
        adding = self._table.database.transaction()
        marker = NoticePlaceRow(pk, joined("id", notification.id), place=place)
        adding.put(self._table, marker, "id", NoticePlaceRow.pk.does_not_exist())
        row = NoticeRow(pk, place, document=text_of(notification), is_read=notification.read)
        adding.put(self._table, row, "notice")
        return not adding.commit()

    def page(self, tenant_id: str, user_id: str, cursor: str | None, limit: int) -> NoticePage:
        """The user's notifications, newest first; `cursor` is the place the page comes after."""
        pk = _partition(tenant_id, user_id)
        within = NoticeRow.sk.startswith(_AT)
        query = Query(NoticeRow, pk, within=within, forward=False, consistent=True)
        after = place_after(pk, cursor, _AT)
        rows, last = self._table.some(query, after=after, limit=limit)
        return NoticePage(tuple(map(_notice_of, rows)), last)

    def mark_read(self, tenant_id: str, user_id: str, notification_id: str) -> bool:
        """Mark it read; False when the user has no such notification."""
        pk = _partition(tenant_id, user_id)
        marker = self._table.get(NoticePlaceRow, (pk, joined("id", notification_id)))
        if marker is None:
            return False
        self._table.update(NoticeRow, (pk, marker.place), [NoticeRow.is_read.set(True)])
        return True

    def settings(self, tenant_id: str, user_id: str) -> NoticeSettings:
        """The user's settings, or the defaults; strongly consistent."""
        row = self._table.get(NoticeSettingsRow, _settings_keys(tenant_id, user_id))
        return value_of(NoticeSettings, row.document) if row else NoticeSettings()

    def put_settings(self, tenant_id: str, user_id: str, settings: NoticeSettings) -> None:
        """Replace the user's settings."""
        keys = _settings_keys(tenant_id, user_id)
        self._table.put(NoticeSettingsRow(*keys, document=text_of(settings)))


def _partition(tenant_id: str, user_id: str) -> str:
    return joined(tenant_id, "notices", user_id)


def _settings_keys(tenant_id: str, user_id: str) -> Keys:
    return _partition(tenant_id, user_id), "settings"


def _notice_of(row: NoticeRow) -> Notification:
    return replace(value_of(Notification, row.document), read=row.is_read)
