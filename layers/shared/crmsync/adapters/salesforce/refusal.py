"""What a refusal by Salesforce is to us: a kind that decides, a stable code, two sentences."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What the caller does about it."""

    RECORD = "record"
    PASSING = "passing"
    LATER = "later"
    QUOTA = "quota"
    SESSION = "session"
    STOPPED = "stopped"
    SCHEMA = "schema"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Our stable code for it, one sentence of what happened, one of what to do."""

    kind: Kind
    code: str
    message: str
    remedy: str

    @property
    def sentence(self) -> str:
        """Message and remedy."""
        return f"{self.message} {self.remedy}"
