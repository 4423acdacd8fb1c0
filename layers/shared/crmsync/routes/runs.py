"""Runs: previews and manual syncs are started here, and every run is followed here."""

from __future__ import annotations

import json
from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, StrictBool, model_validator
from pydantic_core import PydanticCustomError

from crmsync.routes.mapping_models import IdText, Rows, rows_of
from crmsync.routes.once import AtMostOnce, IdempotencyKey, Started
from crmsync.routes.paging import opened, sealed
from crmsync.routes.registry import AtDesk, Cursor, Id, Limit, Routes
from crmsync.routes.run_models import RunAnswer, RunList, run_answer

routes = Routes("runs")


class PreviewBody(BaseModel):
    """The mappings to plan."""

    model_config = ConfigDict(extra="forbid")

    mappings: Rows


class RunBody(BaseModel):
    """Either mappings, or the preview to carry out; and the terms agreed to.

    `full` compares everybody on both sides, as the weekly run does, instead of what changed.
    """

    model_config = ConfigDict(extra="forbid")

    mappings: Rows | None = None
    preview_id: IdText | None = None
    terms_version: str | None = None
    full: StrictBool = False

    @model_validator(mode="after")
    def _one_of_both(self) -> RunBody:
        if (self.mappings is None) is (self.preview_id is None):
            text = "Give either mappings or a preview_id."
            raise PydanticCustomError("mappings_or_preview", text)
        if self.full and self.preview_id is not None:
            text = "A preview was read in full already. Give full with mappings only."
            raise PydanticCustomError("full_preview", text)
        return self


@routes.answer("POST", "/api/connections/<connection_id>/previews", Started, status=202)
def start_preview(
    desk: AtDesk,
    once: AtMostOnce,
    connection_id: Id,
    body: PreviewBody,
    key: IdempotencyKey = None,
) -> Started:
    """Plan these mappings: every change with before and after, nothing written."""
    rows = rows_of(body.mappings)
    return once.start(key, body, lambda: desk.order_runs.preview(connection_id, rows))


@routes.answer("POST", "/api/connections/<connection_id>/runs", Started, status=202)
def start_run(
    desk: AtDesk, once: AtMostOnce, connection_id: Id, body: RunBody, key: IdempotencyKey = None
) -> Started:
    """Sync once, by hand; the saved automation stays as it is. Waits behind a run in progress."""
    order, terms = desk.order_runs, body.terms_version
    preview_id = body.preview_id
    if preview_id is not None:
        return once.start(key, body, lambda: order.from_preview(connection_id, preview_id, terms))
    rows = rows_of(body.mappings or [])
    return once.start(key, body, lambda: order.sync(connection_id, rows, terms, full=body.full))


@routes.answer("GET", "/api/connections/<connection_id>/runs", RunList)
def list_runs(desk: AtDesk, connection_id: Id, cursor: Cursor = None, limit: Limit = 25) -> RunList:
    """List the runs of a connection, newest first."""
    scope = f"runs of {connection_id}"
    page = desk.runs.page(connection_id, opened(scope, cursor), limit)
    items = [run_answer(run) for run in page.items]
    return RunList(items=items, cursor=sealed(scope, page.cursor))


@routes.answer("GET", "/api/runs/<run_id>", RunAnswer)
def get_run(desk: AtDesk, run_id: Id) -> RunAnswer:
    """Read one run: state, progress, counts."""
    return run_answer(desk.runs.one(run_id))


@routes.answer("POST", "/api/runs/<run_id>/cancel", Started, status=202)
def cancel_run(desk: AtDesk, run_id: Id) -> Started:
    """Stop a run at its next page. What it wrote stays; a run that has ended is left alone."""
    return Started(run_id=desk.order_runs.cancel(run_id).id)


@routes.answer("POST", "/api/runs/<run_id>/approve", Started, status=202)
def approve_run(desk: AtDesk, once: AtMostOnce, run_id: Id, key: IdempotencyKey = None) -> Started:
    """Carry out what the run held back."""
    return once.start(key, None, lambda: desk.order_runs.approve(run_id))


@routes.answer("POST", "/api/runs/<run_id>/undo", Started, status=202)
def undo_run(desk: AtDesk, once: AtMostOnce, run_id: Id, key: IdempotencyKey = None) -> Started:
    """Plan putting back what the run changed; carried out like any preview."""
    return once.start(key, None, lambda: desk.order_runs.undo(run_id))


@routes.answer("POST", "/api/runs/<run_id>/retry", Started, status=202)
def retry_run(desk: AtDesk, once: AtMostOnce, run_id: Id, key: IdempotencyKey = None) -> Started:
    """Plan what failed in the run again; carried out like any preview."""
    return once.start(key, None, lambda: desk.order_runs.retry(run_id))


Moment = Annotated[
    AwareDatetime | None, Query(description="RFC 3339, with its offset from UTC; now when missing.")
]


class ListSources(BaseModel):
    """Where lists came from, as it was recorded when a run ended; one per list."""

    items: list[dict[str, Any]]


@routes.answer("GET", "/api/runs/<run_id>/list-source", ListSources)
def get_list_source(desk: AtDesk, run_id: Id) -> ListSources:
    """The list-source record: campaign, scope, time, actor and members of each list."""
    return ListSources(items=[json.loads(each) for each in desk.runs.list_sources(run_id)])


@routes.answer("GET", "/api/connections/<connection_id>/list-sources", ListSources)
def get_list_sources(desk: AtDesk, connection_id: Id, at: Moment = None) -> ListSources:
    """The list-source records that held at a moment in the past: the latest by then, per list."""
    return ListSources(items=[json.loads(each) for each in desk.past_lists.at(connection_id, at)])
