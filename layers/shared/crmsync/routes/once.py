"""POSTs that start work happen once per Idempotency-Key, however often they are sent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from aws_lambda_powertools.event_handler.depends import Depends
from aws_lambda_powertools.event_handler.openapi.params import Header
from aws_lambda_powertools.event_handler.request import Request
from aws_lambda_powertools.utilities.idempotency import (
    BasePersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from aws_lambda_powertools.utilities.idempotency.exceptions import (
    IdempotencyAlreadyInProgressError,
    IdempotencyPersistenceLayerError,
    IdempotencyValidationError,
)
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel

from crmsync.domain.errors import Conflict, Invalid, Retry
from crmsync.domain.run import Run
from crmsync.http import caller_of

_DAY_SECONDS = 24 * 60 * 60


class Started(BaseModel):
    """The run that was started."""

    run_id: str


@dataclass(frozen=True, slots=True)
class Once:
    """Remembers for a day what a key led to. `scope` is tenant, user, method and path.

    `context` tells how long this invocation may go on, and so when a dead one stops blocking.
    """

    store: BasePersistenceLayer
    scope: str
    context: LambdaContext

    def start(self, key: str | None, body: BaseModel | None, work: Callable[[], Run]) -> Started:
        """Do the work, or give the answer it gave before; without a key simply do it."""
        if key is None:
            return Started(run_id=work().id)
        sent = body.model_dump(mode="json") if body else None
        request = {"key": f"{self.scope}|{key}", "body": sent}
        try:
            return Started(**self._remembered(work)(request=request))
        except IdempotencyAlreadyInProgressError as error:
            text = "The same request is being carried out. Ask again in a moment."
            raise Conflict("in_progress", text) from error
        except IdempotencyValidationError as error:
            text = "This Idempotency-Key was used with another body. Use a new key."
            raise Invalid("idempotency_key_reused", text) from error
        except IdempotencyPersistenceLayerError as error:
            text = "The request could not be recorded. Send it again with the same key."
            raise Retry("idempotency_unavailable", text) from error

    def _remembered(self, work: Callable[[], Run]) -> Callable[..., dict[str, str]]:
        config = IdempotencyConfig(
            event_key_jmespath="key",
            payload_validation_jmespath="body",
            raise_on_no_idempotency_key=True,
            expires_after_seconds=_DAY_SECONDS,
            hash_function="sha256",
            lambda_context=self.context,
        )

        def started(**_: object) -> dict[str, str]:
            return {"run_id": work().id}

        remembered: Callable[..., dict[str, str]] = idempotent_function(
            started,
            data_keyword_argument="request",
            persistence_store=self.store,
            config=config,
            key_prefix="api",
        )
        return remembered


def _once(request: Request) -> Once:
    caller = caller_of(request.resolved_event.raw_event)
    scope = f"{caller.tenant_id}|{caller.user_id}|{request.method} {request.resolved_event.path}"
    supplies = request.context["supplies"]
    return Once(supplies.repeats, scope, supplies.context)


AtMostOnce = Annotated[Once, Depends(_once)]
"""A route parameter of this type carries out work once per key."""

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        pattern=r"^[\x21-\x7e]+$",
        description="Chosen by the client, one per intent: the same key starts the work once.",
    ),
]
