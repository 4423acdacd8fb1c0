"""The engine alone in a process: everything it needs from outside is asked for over a pipe.

Plans and results go through the real adapter, packed and parsed as in AWS; all else arrives as
values, so what this process holds is the engine, the libraries of its function and one page.
"""

from __future__ import annotations

import importlib
import resource
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection as Pipe
from multiprocessing.reduction import ForkingPickler
from types import SimpleNamespace
from typing import Any, cast

from crmsync.domain.base import Agreed, Link, MembershipBase
from crmsync.domain.contact import Contact, ContactDraft, TimelineEvent
from crmsync.domain.person import Member, Person
from crmsync.domain.run import SliceMessage
from crmsync.ports.crm import Crm

MEGABYTE = 1 << 20
LIBRARIES = (
    "boto3",
    "crmsync.adapters.aws.artifacts",
    "crmsync.adapters.dynamodb.sync_state",
    "crmsync.adapters.salesforce.gateway",
    "crmsync.bootstrap.sync",
)
"""What the function has loaded before it works on anything."""
THERE = ("connections", "automations", "runs", "reviews", "queue", "events", "clock", "ids")
"""The ports that need no opening."""
_VALUES = frozenset(name for name, kept in vars(Crm).items() if isinstance(kept, property))


@dataclass(frozen=True, slots=True)
class Figures:
    """What the worker came to: bytes held before its first slice and at most since.

    `held` is what Python allocated beyond the start, where it was asked to trace that.
    """

    start: int
    peak: int
    held: int = 0


@dataclass(frozen=True, slots=True)
class Asked:
    """One call on a port, by the name it was opened under."""

    port: str
    method: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]


class Remote:
    """A port whose calls another process answers."""

    def __init__(self, pipe: Pipe, port: str) -> None:
        self._pipe = pipe
        self._port = port

    def __getattr__(self, name: str) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            self._pipe.send(Asked(self._port, name, args, kwargs))
            return self._pipe.recv()

        return call() if name in _VALUES else call


def _flat(value: Any) -> tuple[type, tuple[Any, ...]]:
    return type(value), tuple(getattr(value, name) for name in value.__slots__)


for _kind in (Agreed, Contact, ContactDraft, Link, Member, MembershipBase, Person, TimelineEvent):
    ForkingPickler.register(_kind, _flat)  # twice as fast as what a frozen class does by itself


def work(pipe: Pipe, limit: int, *, traced: bool) -> None:
    """Work on slice after slice until there is none; `limit` bounds the address space in bytes."""
    if limit:
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    for name in LIBRARIES:
        importlib.import_module(name)
    handle = _engine(pipe)
    start = _resident()
    if traced:
        tracemalloc.start()
    while (message := cast("SliceMessage | None", pipe.recv())) is not None:
        pipe.send(handle(message))
    held = tracemalloc.get_traced_memory()[1] if traced else 0
    pipe.send(Figures(start, _resident(), held))


def _engine(pipe: Pipe) -> Callable[[SliceMessage], str]:
    from crmsync.adapters.aws.artifacts import S3Artifacts  # noqa: PLC0415 - after the limit is set
    from crmsync.services.run_slice import RunSlice  # noqa: PLC0415 - likewise
    from crmsync.services.work import Ports  # noqa: PLC0415 - likewise

    there = {name: cast("Any", Remote(pipe, name)) for name in THERE}
    ports = Ports(
        **there,
        artifacts=S3Artifacts(cast("Any", SimpleNamespace(s3=Remote(pipe, "s3"))), "bench"),
        marketing=_opener(pipe, "marketing"),
        state=_opener(pipe, "state"),
        crm=_opener(pipe, "crm"),
    )
    return RunSlice(ports).handle


def _opener(pipe: Pipe, name: str) -> Callable[..., Any]:
    def opened(*args: Any) -> Any:
        return Remote(pipe, getattr(Remote(pipe, "open"), name)(*args))

    return opened


def _resident() -> int:
    """The most memory this process ever had at once."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
