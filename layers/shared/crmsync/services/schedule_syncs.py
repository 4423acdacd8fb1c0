"""Every minute: look after all that is due, for all tenants, within the time there is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from crmsync.ports.clock import Clock
from crmsync.ports.due import Due, DueIndex
from crmsync.ports.events import Events
from crmsync.ports.keep_alive import KeepAlive
from crmsync.services.revive_run import ReviveRun
from crmsync.services.start_due import StartDue

PAGE = 100
_NEEDED_SECONDS = 8.0
LOOK_AGAIN = {
    "automation": timedelta(minutes=5),
    "run": timedelta(minutes=10),
    "keep_alive": timedelta(hours=1),
    "post": timedelta(minutes=5),
}
"""When a claimed thing is due again if its claimer dies."""


@dataclass(slots=True)
class Swept:
    """What one sweep did: how many of each kind, what failed, and whether time ran out."""

    done: Counter[str] = field(default_factory=Counter)
    failed: list[tuple[Due, Exception]] = field(default_factory=list)
    complete: bool = True


@dataclass(frozen=True, slots=True)
class ScheduleSyncs:
    """Sweeps. Two sweeps at once never act on the same due time: whoever claims it acts."""

    due_index: DueIndex
    start_due: StartDue
    revive_run: ReviveRun
    keep_alive: KeepAlive
    events: Events
    clock: Clock

    def __call__(self) -> Swept:
        """One thing that fails keeps no other waiting; it is due again later."""
        swept = Swept()
        for due in self._due():
            if self.clock.remaining() < _NEEDED_SECONDS:
                swept.complete = False
                return swept
            self._look_after(due, swept)
        return swept

    def _due(self) -> Iterator[Due]:
        now, cursor = self.clock.now(), None
        while True:
            page = self.due_index.due(now, cursor, PAGE)
            yield from page.items
            cursor = page.cursor
            if cursor is None:
                return

    def _look_after(self, due: Due, swept: Swept) -> None:
        try:
            if self.due_index.claim(due, self.clock.now() + LOOK_AGAIN[due.kind]):
                self._actions[due.kind](due)
                swept.done[due.kind] += 1
        except Exception as error:  # noqa: BLE001 - reported by the handler, which then fails
            swept.failed.append((due, error))

    @property
    def _actions(self) -> Mapping[str, Callable[[Due], None]]:
        return {
            "automation": self.start_due,
            "run": self.revive_run,
            "keep_alive": lambda due: self.keep_alive.keep_alive(due.tenant_id, due.id),
            "post": self._post_again,
        }

    def _post_again(self, due: Due) -> None:
        detail = {"tenant_id": due.tenant_id, "post_id": due.id}
        self.events.publish(
            "webhook.due", {**detail, "event_id": f"{due.id}-{due.due_at.isoformat()}"}
        )
