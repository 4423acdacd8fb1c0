"""Change what others may be changing at the same time: read it, change it, store it, or again."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from crmsync.domain.errors import Conflict

ATTEMPTS = 5

T = TypeVar("T")


def put_again(read: Callable[[], T], change: Callable[[T], T], put: Callable[[T], T]) -> T:
    """What is stored once `change` was applied to the current thing; again when it moved.

    Nothing is stored when nothing changes. `Conflict` with the code `stale` when others were
    first every time.
    """
    for _ in range(ATTEMPTS):
        now = read()
        wanted = change(now)
        if wanted == now:
            return now
        try:
            return put(wanted)
        except Conflict as error:
            if error.code != "stale":
                raise
    raise Conflict("stale", "Somebody else is changing this at the same time. Try again.")
