"""What a CRM write answers, as the adapter does, when its reply is lost or it stopped half-way.

A write whose answer was lost does not raise: each of its rows is `unknown`. One that failed after
some rows were written says so row by row.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from crmsync.domain.errors import Defer, Retry
from crmsync.ports.crm import Written

ROWS_AT = {"write_people": 0, "add_members": 1, "remove_members": 0}
"""Which argument of a batch write holds its rows."""
UNKNOWN = Written(unknown=True)
CROWDED = Written(error="crm_crowded", detail="The org was busy.")


def unanswered(method: str, args: tuple[Any, ...]) -> object:
    """What the caller gets when the answer of this call was lost."""
    if method in ROWS_AT:
        return (UNKNOWN,) * len(args[ROWS_AT[method]])
    if method == "create_campaign":
        return UNKNOWN
    raise Retry("crm_answer_lost", f"the answer of {method} was lost", applied=None)


def stopped_half_way(effect: Callable[..., Any], method: str, args: tuple[Any, ...]) -> object:
    """The first half of the rows is written, the others are refused for now."""
    if method not in ROWS_AT or len(args[ROWS_AT[method]]) < 2:
        raise Defer("crm_crowded", "The org was busy.", seconds=60)
    at = ROWS_AT[method]
    rows = args[at]
    half = len(rows) // 2
    done = effect(*args[:at], rows[:half], *args[at + 1 :])
    return (*done, *(CROWDED,) * (len(rows) - half))
