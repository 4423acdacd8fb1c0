"""Works on one slice of one run. A message that cannot be read goes to the dead letters at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext
from crmsync.bootstrap import sync
from crmsync.observability import Handler, count, entry_point, logger


def make_handler(desk: Callable[[LambdaContext], sync.SyncDesk]) -> Handler:
    """The handler over a desk, built anew for each invocation. The batch size is one."""

    @entry_point
    def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, list[Any]]:
        for record in event["Records"]:
            _slice(desk(context), record)
        return {"batchItemFailures": []}

    return handler


def _slice(desk: sync.SyncDesk, record: dict[str, Any]) -> None:
    message, problem = sync.read_message(record["body"])
    if message is None:
        desk.dead_letters.put(record["body"], problem)
        count("MessagesUnreadable")
        logger.error("message_unreadable", message_id=record["messageId"], reason=problem)
        return
    ids = {"tenant_id": message.tenant_id, "run_id": message.run_id, "hop": message.hop}
    logger.append_keys(**ids)
    outcome = desk.run_slice.handle(message)
    count("Slices")
    logger.info("slice_done", outcome=outcome)


lambda_handler = make_handler(sync.desk)
