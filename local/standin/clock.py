"""The org's virtual clock: every stamp, token life and date literal reads it."""

from datetime import UTC, datetime, timedelta

STAMP_FORMAT = "%Y-%m-%dT%H:%M:%S.000+0000"


def stamp(moment: datetime) -> str:
    """A datetime as the REST API writes it: UTC, whole seconds."""
    return moment.astimezone(UTC).strftime(STAMP_FORMAT)


class Clock:
    """Real time plus an offset, or a frozen moment."""

    def __init__(self) -> None:
        self._offset = timedelta()
        self._frozen: datetime | None = None

    def now(self) -> datetime:
        """The present moment in UTC."""
        return self._frozen or datetime.now(UTC) + self._offset

    def epoch(self) -> float:
        """The present moment in seconds since 1970."""
        return self.now().timestamp()

    def stamp(self) -> str:
        """The present moment as the REST API writes it."""
        return stamp(self.now())

    def advance(self, seconds: float) -> None:
        """Move on by so many seconds (a frozen clock stays frozen)."""
        if self._frozen is not None:
            self._frozen += timedelta(seconds=seconds)
        self._offset += timedelta(seconds=seconds)

    def set(self, moment: datetime, *, frozen: bool = False) -> None:
        """Make it `moment` now; it runs on from there unless frozen."""
        self._offset = moment - datetime.now(UTC)
        self._frozen = moment if frozen else None

    def reset(self) -> None:
        """Real time again."""
        self._offset, self._frozen = timedelta(), None
