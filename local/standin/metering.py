"""Counts API calls as Salesforce does, guards the daily quota, and keeps the recent requests."""

from collections import Counter, deque
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .org import Org

DAY = 86_400
KEPT = 5_000


class Meter:
    """Usage of one org over a rolling 24 hours of its clock."""

    def __init__(self, org: "Org") -> None:
        self._org = org
        self._recent: deque[tuple[float, int]] = deque()
        self._in_window = 0
        self.calls = 0
        self.by_resource: Counter[str] = Counter()
        self.log: deque[dict[str, Any]] = deque(maxlen=KEPT)
        self.requests = 0

    def used(self) -> int:
        """Calls in the last 24 hours."""
        oldest = self._org.clock.epoch() - DAY
        while self._recent and self._recent[0][0] <= oldest:
            self._in_window -= self._recent.popleft()[1]
        return self._in_window

    def is_exhausted(self) -> bool:
        """Whether the next call must be refused."""
        return self.used() >= self._org.knobs.api_max

    def count(self, resource: str, calls: int = 1) -> None:
        """Charge calls to the quota under a resource name."""
        self._recent.append((self._org.clock.epoch(), calls))
        self._in_window += calls
        self.calls += calls
        self.by_resource[resource] += calls

    def set_used(self, used: int) -> None:
        """Make it look as if so many calls had been made just now."""
        self._recent.clear()
        self._recent.append((self._org.clock.epoch(), used))
        self._in_window = used

    def header(self) -> str:
        """The value of `Sforce-Limit-Info`."""
        return f"api-usage={self.used()}/{self._org.knobs.api_max}"

    def record(self, entry: dict[str, Any]) -> None:
        """Keep one request in the log."""
        self.requests += 1
        self.log.append({"number": self.requests, **entry})

    def clear(self) -> None:
        """Forget the counts and the log; the quota's window stays."""
        self.calls = 0
        self.by_resource.clear()
        self.log.clear()
