"""What to look for, and what was found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from pynamodb.expressions.condition import Condition

from crmsync.adapters.dynamodb.rows import RawKey, Row

R = TypeVar("R", bound=Row)


@dataclass(frozen=True, slots=True)
class Page(Generic[R]):
    """Rows of one query, and where it stopped; None at the end."""

    rows: tuple[R, ...]
    stopped_at: RawKey | None


@dataclass(frozen=True, slots=True)
class Query(Generic[R]):
    """What to look for under one partition key, of the table or of an index."""

    kind: type[R]
    pk: str
    index: str | None = None
    within: Condition | None = None
    where: Condition | None = None
    forward: bool = True
    consistent: bool = False
