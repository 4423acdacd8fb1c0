"""Messages that webhooks did not take at once, due for their next try."""

from __future__ import annotations

from datetime import datetime, timedelta

from crmsync.adapters.dynamodb.control_rows import PostRow
from crmsync.adapters.dynamodb.due import due_shard
from crmsync.adapters.dynamodb.keys import joined, time_text
from crmsync.adapters.dynamodb.rows import Keys
from crmsync.adapters.dynamodb.table import Table
from crmsync.ports.clock import Clock
from crmsync.ports.posts import Post

_REMEMBERED = timedelta(days=30)
"""How long a message stays known after its last try, for events that come again."""


class DynamoPosts:
    """`Posts` in the control table."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def keep(self, post: Post, at: datetime | None) -> None:
        """Due again at `at`, or, with None, never; without effect unless its tries are new."""
        keys = _keys(post.tenant_id, post.id)
        row = PostRow(
            *keys,
            run_id=post.run_id,
            webhook_id=post.webhook_id,
            tries=post.tries,
            due_shard=due_shard(keys) if at else None,
            due_at=time_text(at) if at else None,
            expires_at=int(((at or self._clock.now()) + _REMEMBERED).timestamp()),
        )
        self._table.put(row, PostRow.pk.does_not_exist() | (PostRow.tries < post.tries))

    def get(self, tenant_id: str, post_id: str) -> Post | None:
        """As kept, strongly consistent; None when the first try was taken, or none was made."""
        row = self._table.get(PostRow, _keys(tenant_id, post_id))
        return Post(tenant_id, row.run_id, row.webhook_id, int(row.tries)) if row else None


def _keys(tenant_id: str, post_id: str) -> Keys:
    return joined(tenant_id, "posts"), joined("post", post_id)
