"""Every call on a port as one numbered boundary, at which a test can strike or look around.

One `Boundaries` counts the calls of all the objects wrapped with it. What happens at boundary k is
the same in every run of the same history, so a failure is replayed by its number.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from enum import Enum, StrEnum
from typing import Any, TypeVar, cast

from crmsync.domain.errors import Retry

from tests.fakes.clock import FakeClock
from tests.fakes.lost_answers import stopped_half_way, unanswered

T = TypeVar("T")


class Crash(BaseException):
    """The worker is gone. No `except Exception` of the code under test can swallow it."""


class Kind(StrEnum):
    """What can go wrong at a boundary.

    A crash ends the worker; a reset raises `Retry`, and says whether the call was applied. The last
    three answer CRM writes as the adapter does: rows nobody can know of, or only half of them done.
    """

    CRASH_BEFORE = "crash_before"
    CRASH_AFTER = "crash_after"
    RESET_BEFORE = "reset_before"
    RESET_AFTER = "reset_after"
    DUPLICATE = "duplicate"
    UNKNOWN_BEFORE = "unknown_before"
    UNKNOWN_AFTER = "unknown_after"
    PARTIAL = "partial"


@dataclass(frozen=True, slots=True)
class Delay:
    """The call takes this long, and then works."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Error:
    """The call fails with this exception and has no effect."""

    error: BaseException


Fault = Kind | str | Delay | Error
Hook = Callable[["Boundary"], object]
Which = Callable[["Boundary"], bool]


@dataclass(frozen=True, slots=True)
class Boundary:
    """One call as it was made. Arguments are frozen values, so they are kept, not copied."""

    index: int
    port: str
    method: str
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]

    @property
    def name(self) -> str:
        """`port.method`, as plans and assertions name it."""
        return f"{self.port}.{self.method}"

    @property
    def digest(self) -> str:
        """The same for equal arguments in every process, whatever the hash seed."""
        text = stable((self.args, dict(self.kwargs)))
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def __str__(self) -> str:
        return f"{self.index} {self.name} {self.digest}"


def always(_: Boundary) -> bool:
    """Any call will do."""
    return True


class Boundaries:
    """Counts the calls, keeps the trace and carries out the fault plan."""

    def __init__(self, clock: FakeClock | None = None, *, latency: float = 0.0) -> None:
        self.clock = clock
        self.latency = latency
        self.count = 0
        self.trace: list[Boundary] = []
        self.faults: dict[int, Fault] = {}
        self.struck: list[tuple[int, Fault]] = []
        self.every: Hook | None = None
        self.turn: Callable[[], None] | None = None
        self.unmet: list[tuple[Which, Hook]] = []
        """What is to happen at some later call and has not yet."""
        self._hooks: dict[int, list[Hook]] = {}

    def wrap(self, port: str, target: T, opens: Mapping[str, str] | None = None) -> T:
        """`target` with each method numbered. `opens` names methods whose result is wrapped too."""
        return cast("T", Numbered(self, port, target, opens or {}))

    def plan(self, faults: Mapping[int, Fault], *, ahead: bool = False) -> None:
        """Strike at these boundaries; `ahead` counts them from the next call on."""
        start = self.count if ahead else 0
        self.faults.update({start + index: fault for index, fault in faults.items()})

    def on_io(self, index: int, hook: Hook) -> None:
        """Call `hook` right before the effect of boundary `index`."""
        self._hooks.setdefault(index, []).append(hook)

    def once(self, name: str, act: Callable[[], object], when: Which = always) -> None:
        """Do `act` right before the next call of this name, `port.method`, and not again.

        `when` narrows which call that is.
        """
        self._await(name, when, lambda _: act())

    def strike(self, name: str, fault: Fault, when: Which = always) -> None:
        """Strike at the next call of this name, and not again."""
        self._await(name, when, lambda at: self.faults.update({at.index: fault}))

    def _await(self, name: str, when: Which, hook: Hook) -> None:
        self.unmet.append((lambda at: at.name == name and when(at), hook))

    def calm(self) -> None:
        """Forget the faults and hooks that have not come up yet."""
        self.faults.clear()
        self.unmet.clear()
        self._hooks.clear()

    def names(self) -> list[str]:
        """The trace as `port.method`, in order."""
        return [boundary.name for boundary in self.trace]

    def fingerprint(self) -> str:
        """One digest of the whole trace, to tell whether two runs did exactly the same."""
        return hashlib.sha256("\n".join(map(str, self.trace)).encode()).hexdigest()

    def pass_through(
        self, port: str, method: str, effect: Callable[..., Any], args: Any, kwargs: Any
    ) -> Any:
        """Number this call, then let it happen or strike."""
        if self.turn is not None:
            self.turn()
        boundary = Boundary(self.count, port, method, args, kwargs)
        self.count += 1
        self.trace.append(boundary)
        if self.latency and self.clock is not None:
            self.clock.advance(self.latency)
        self._look_around(boundary)
        fault = self.faults.pop(boundary.index, None) if self.faults else None
        if fault is None:
            return effect(*args, **kwargs)
        self.struck.append((boundary.index, fault))
        return self._strike(fault, boundary, effect)

    def _look_around(self, boundary: Boundary) -> None:
        if self.every is not None:
            self.every(boundary)
        if self.unmet:
            self._meet(boundary)
        for hook in self._hooks.pop(boundary.index, ()) if self._hooks else ():
            hook(boundary)

    def _meet(self, boundary: Boundary) -> None:
        for each in [each for each in self.unmet if each[0](boundary)]:
            self.unmet.remove(each)
            each[1](boundary)

    def _strike(self, fault: Fault, at: Boundary, effect: Callable[..., Any]) -> Any:
        if isinstance(fault, Error):
            raise fault.error
        if fault == Kind.PARTIAL:
            return stopped_half_way(effect, at.method, at.args)
        if fault in _UNAPPLIED:
            return _UNAPPLIED[fault](at)
        if isinstance(fault, Delay) and self.clock is not None:
            self.clock.advance(fault.seconds)
        result = effect(*at.args, **at.kwargs)
        if fault == Kind.DUPLICATE:
            return effect(*at.args, **at.kwargs)
        return result if isinstance(fault, Delay) else _APPLIED[fault](at)


def _crash(at: Boundary) -> Any:
    raise Crash(str(at))


def _lost_request(at: Boundary) -> Any:
    raise Retry("connection_reset", f"{at.name} did not arrive", applied=False)


def _lost_answer(at: Boundary) -> Any:
    raise Retry("connection_reset", f"the answer of {at.name} was lost", applied=None)


def _unknown(at: Boundary) -> Any:
    return unanswered(at.method, at.args)


_UNAPPLIED: Mapping[Any, Callable[[Boundary], Any]] = {
    Kind.CRASH_BEFORE: _crash,
    Kind.RESET_BEFORE: _lost_request,
    Kind.UNKNOWN_BEFORE: _unknown,
}
_APPLIED: Mapping[Any, Callable[[Boundary], Any]] = {
    Kind.CRASH_AFTER: _crash,
    Kind.RESET_AFTER: _lost_answer,
    Kind.UNKNOWN_AFTER: _unknown,
}


class Numbered:
    """A port object whose method calls pass through `Boundaries`; properties do not."""

    def __init__(
        self, boundaries: Boundaries, port: str, target: object, opens: Mapping[str, str]
    ) -> None:
        self._boundaries = boundaries
        self._port = port
        self._target = target
        self._opens = opens

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._target, name)
        if name.startswith("_") or not callable(value):
            return value
        call = self._numbered(name, value)
        self.__dict__[name] = call
        return call

    def _numbered(self, name: str, effect: Callable[..., Any]) -> Callable[..., Any]:
        boundaries, port, opened = self._boundaries, self._port, self._opens.get(name)

        def call(*args: Any, **kwargs: Any) -> Any:
            result = boundaries.pass_through(port, name, effect, args, kwargs)
            return boundaries.wrap(opened, result) if opened else result

        return call


def stable(value: object) -> str:
    """`value` as text that does not depend on hash seeds, addresses or insertion order."""
    if is_dataclass(value):
        inner = (f"{f.name}={stable(getattr(value, f.name))}" for f in fields(value))
        return f"{type(value).__name__}({','.join(inner)})"
    if isinstance(value, Mapping):
        return stable({f"{stable(k)}:{stable(v)}" for k, v in value.items()})
    if isinstance(value, AbstractSet):
        return "{" + ",".join(sorted(map(stable, value))) + "}"
    if isinstance(value, tuple | list):
        return "[" + ",".join(map(stable, value)) + "]"
    return _plain(value)


def _plain(value: object) -> str:
    if isinstance(value, Enum):
        return repr(value.value)
    if isinstance(value, datetime):
        return value.isoformat()
    return repr(value)
