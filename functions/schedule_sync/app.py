"""Every minute: start what is due, look after what got stuck, keep grants alive."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext
from crmsync.bootstrap import schedule
from crmsync.observability import Handler, count, entry_point, logger
from crmsync.services.schedule_syncs import ScheduleSyncs, Swept


class SweepFailed(Exception):
    """Some due things could not be looked after; each has its log entry and is due again later."""


def make_handler(sweep: Callable[[LambdaContext], ScheduleSyncs]) -> Handler:
    """The handler over a sweep, built anew for each invocation."""

    @entry_point
    def handler(_: dict[str, Any], context: LambdaContext) -> dict[str, int]:
        swept = sweep(context)()
        _report(swept)
        if swept.failed:
            msg = f"{len(swept.failed)} due things failed; see the log entries 'due_failed'"
            raise SweepFailed(msg)
        return dict(swept.done)

    return handler


def _report(swept: Swept) -> None:
    for kind, number in swept.done.items():
        count(f"Due_{kind}", number)
    count("DueLeftOver", int(not swept.complete))
    count("DueFailed", len(swept.failed))
    for due, error in swept.failed:
        logger.error(
            "due_failed",
            kind=due.kind,
            tenant_id=due.tenant_id,
            due_id=due.id,
            exc_info=(type(error), error, error.__traceback__),
        )


lambda_handler = make_handler(schedule.sweep)
