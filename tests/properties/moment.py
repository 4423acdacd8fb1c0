"""One moment of a history, kept to come back to: copied stores instead of a replayed past.

Everything in the stores is a frozen value, so a moment costs a few copied dicts. Users' own things,
the ledger and the dice, come back too, so that what follows is the same every time.
"""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.properties.story import Story

Kept = list[tuple[Any, dict[str, Any]]]


class Moment:
    """What a story's world held when this was made, and which worker was at it."""

    def __init__(self, story: Story) -> None:
        world = story.world
        self._story = story
        self._kept = [(store, _state_of(store)) for store in _stores(story)]
        self._clock = (world.clock.moment, world.clock.deadline)
        self._ids = world.ids.count
        self._io = world.io.count
        self._dice = story.rng.getstate()
        self._mine = (story.serial, story.mark, story.quota_until, story.message, story.handling)
        self._witness = (story.witness.images.copy(), story.witness.parts_seen)
        self.worker = (story.stats["slices"], story.handling)
        self._stopped = {user: login.stopped for user, login in story.org.logins.items()}

    def restore(self) -> None:
        """Go back; the same moment can be gone back to again."""
        story, world = self._story, self._story.world
        for store, state in self._kept:
            for name, value in state.items():
                setattr(store, name, _copy(value))
        world.clock.moment, world.clock.deadline = self._clock
        world.ids.count = self._ids
        world.io.count = self._io
        world.io.trace.clear()
        world.io.struck.clear()
        world.io.calm()
        world.gateway.sessions.clear()
        story.rng.setstate(self._dice)
        story.serial, story.mark, story.quota_until, story.message, story.handling = self._mine
        images, story.witness.parts_seen = self._witness
        story.witness.images = images.copy()
        for user, stopped in self._stopped.items():
            story.org.logins[user].stopped = stopped


def _stores(story: Story) -> list[Any]:
    world = story.world
    for connection_id in story.connection_ids():
        world.memory_of(story.stored(connection_id))  # made on first use, so before it is copied
    return [
        world.control,
        world.queue,
        world.events,
        world.artifacts,
        *world.tenants.values(),
        *world.orgs.values(),
        *world.memories.values(),
        story.ledger,
    ]


def _state_of(store: Any) -> dict[str, Any]:
    names = [each.name for each in fields(store)]
    return {name: _copy(getattr(store, name)) for name in names if name != "clock"}


def _copy(value: Any) -> Any:
    if isinstance(value, list | set):
        return value.copy()
    if not isinstance(value, dict):
        return value
    copied = value.copy()
    for key, each in value.items():
        if isinstance(each, dict | list | set):
            copied[key] = each.copy()
    return copied
