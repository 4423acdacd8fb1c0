"""How every list of the fakes comes page by page."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

Item = TypeVar("Item")


def page_of(
    items: Iterable[Item],
    place: Callable[[Item], str],
    cursor: str | None,
    limit: int,
    *,
    backwards: bool = False,
) -> tuple[tuple[Item, ...], str | None]:
    """At most `limit` items behind `cursor` in the order of their places; where to go on, if so."""
    if cursor is not None:
        items = [i for i in items if (place(i) < cursor if backwards else place(i) > cursor)]
    listed = sorted(items, key=place, reverse=backwards)
    last = place(listed[limit - 1]) if len(listed) > limit else None
    return tuple(listed[:limit]), last
