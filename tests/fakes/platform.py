"""Queue, events, stored objects and webhooks in memory."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from crmsync.domain.change import Change
from crmsync.domain.errors import LeaseLost, Retry
from crmsync.domain.run import PartRef, SliceMessage
from crmsync.ports.webhooks import Delivery

from tests.fakes.clock import FakeClock
from tests.fakes.snapshots import Snapshots


@dataclass
class FakeQueue(Snapshots):
    """Messages wait until a test hands one over: the first, any other, or an old one again."""

    clock: FakeClock
    waiting: list[tuple[datetime, SliceMessage]] = field(default_factory=list)
    delivered: list[SliceMessage] = field(default_factory=list)
    dead: list[SliceMessage] = field(default_factory=list)

    def send(self, message: SliceMessage, *, delay_seconds: int = 0) -> None:
        self.waiting.append((self.clock.now() + timedelta(seconds=delay_seconds), message))

    def ready(self) -> list[SliceMessage]:
        """What could be delivered now, in the order it was sent."""
        return [message for at, message in self.waiting if at <= self.clock.now()]

    def next_at(self) -> datetime | None:
        """When the earliest waiting message becomes ready."""
        return min((at for at, _ in self.waiting), default=None)

    def receive(self, index: int = 0) -> SliceMessage:
        """Take the ready message number `index`; another number than 0 reorders."""
        message = self.ready()[index]
        place = next(i for i, (_, waiting) in enumerate(self.waiting) if waiting is message)
        del self.waiting[place]
        self.delivered.append(message)
        return message

    def redeliver(self, index: int = -1) -> SliceMessage:
        """A message that was delivered before, once more."""
        return self.delivered[index]

    def put_back(self, message: SliceMessage, *, after_seconds: float = 0) -> None:
        """The worker died: the message shows up again after the visibility time-out."""
        self.waiting.append((self.clock.now() + timedelta(seconds=after_seconds), message))


@dataclass
class FakeEvents(Snapshots):
    """The bus: what was published, in order, repeats included."""

    published: list[tuple[str, Mapping[str, object]]] = field(default_factory=list)

    def publish(self, kind: str, detail: Mapping[str, object]) -> None:
        self.published.append((kind, dict(detail)))

    def of(self, kind: str) -> list[Mapping[str, object]]:
        """Details of one kind, in order."""
        return [detail for published, detail in self.published if published == kind]


@dataclass
class FakeArtifacts(Snapshots):
    """Stored objects. The digest of a part numbers its first write: equal parts, equal digests."""

    parts: dict[tuple[str, str], tuple[Change, ...]] = field(default_factory=dict)
    digests: dict[tuple[str, str], str] = field(default_factory=dict)
    records: dict[tuple[str, str], str] = field(default_factory=dict)
    written: int = 0

    def write_part(self, tenant_id: str, key: str, changes: Sequence[Change]) -> PartRef:
        place, wanted = (tenant_id, key), tuple(changes)
        if self.parts.setdefault(place, wanted) != wanted:
            raise LeaseLost("part_differs", f"{key} exists with other content")
        if place not in self.digests:
            self.written += 1
            self.digests[place] = f"{self.written:064x}"
        return PartRef(key, self.digests[place], count=len(wanted))

    def read_part(self, tenant_id: str, ref: PartRef) -> tuple[Change, ...]:
        if self.digests.get((tenant_id, ref.key)) != ref.sha256:
            raise Retry("part_unreadable", f"{ref.key} is missing or was altered")
        return self.parts[tenant_id, ref.key]

    def write_record(self, tenant_id: str, key: str, text: str) -> PartRef:
        text = self.records.setdefault((tenant_id, key), text)
        return PartRef(key, hashlib.sha256(text.encode()).hexdigest())

    def read_record(self, tenant_id: str, ref: PartRef) -> str:
        text = self.records.get((tenant_id, ref.key))
        if text is None or hashlib.sha256(text.encode()).hexdigest() != ref.sha256:
            raise Retry("record_unreadable", f"{ref.key} is missing or was altered")
        return text

    def spoil(self, tenant_id: str, key: str) -> None:
        """The stored object no longer is what its reference says."""
        self.digests[tenant_id, key] = "0" * 64
        if (tenant_id, key) in self.records:
            self.records[tenant_id, key] += "?"


@dataclass
class FakeDeadLetters:
    """Messages nobody could read, with the reasons."""

    kept: list[tuple[str, str]] = field(default_factory=list)

    def put(self, body: str, reason: str) -> None:
        self.kept.append((body, reason))


@dataclass
class FakeWebhookSender:
    """Answers every post as told; 200 unless a test says otherwise. Names count as public."""

    answer: Callable[[str], Delivery] = field(default=lambda _url: Delivery(200))
    posts: list[tuple[str, Mapping[str, str], bytes]] = field(default_factory=list)

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Delivery:
        if _is_refused(urlsplit(url)):
            return Delivery(0, "refused: not a public https address")
        self.posts.append((url, dict(headers), body))
        return self.answer(url)


def _is_refused(url: SplitResult) -> bool:
    if url.scheme != "https" or not url.hostname or url.username is not None:
        return True
    try:
        return not ip_address(url.hostname).is_global
    except ValueError:
        return False
