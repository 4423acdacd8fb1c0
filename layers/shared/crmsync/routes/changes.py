"""What a run did or would do, record by record: as a list and as a spreadsheet."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import BaseModel

from crmsync.domain.change import Action, Change, FieldChange, Outcome, Side
from crmsync.routes.paging import opened, sealed
from crmsync.routes.registry import AtDesk, Cursor, Id, Limit, Routes, Search
from crmsync.services.report_run import named
from crmsync.services.show_changes import Wanted

routes = Routes("runs")


class FieldChangeAnswer(BaseModel):
    """One field. The bases are null when both sides never agreed; `loser` was overruled."""

    name: str
    side: Side
    base_left: str | None
    base_right: str | None
    before: str
    after: str
    other: str
    rule: str
    loser: str | None


class ChangeAnswer(BaseModel):
    """One record considered. `side` and `action` are those of its strongest step."""

    id: str
    mapping_id: str
    contact_id: str | None
    person_id: str | None
    email: str
    first_name: str
    last_name: str
    side: Side
    action: Action
    outcome: Outcome
    reason: str
    detail: str
    replanned: bool
    fields: list[FieldChangeAnswer]


class ChangeList(BaseModel):
    """Changes in plan order; a page may be short, only a null cursor ends the list."""

    items: list[ChangeAnswer]
    cursor: str | None


OutcomeFilter = Annotated[Outcome | None, Query(description="Only records with this outcome.")]


@routes.answer("GET", "/api/runs/<run_id>/changes", ChangeList)
def list_changes(
    desk: AtDesk,
    run_id: Id,
    outcome: OutcomeFilter = None,
    search: Search = "",
    cursor: Cursor = None,
    limit: Limit = 50,
) -> ChangeList:
    """Every record the run considered, before and after, with outcome and reason."""
    run = desk.runs.one(run_id)
    scope = f"changes of {run_id} {outcome} {search}"
    wanted = Wanted(outcome, search)
    page = desk.changes.page(run, wanted, opened(scope, cursor), limit)
    items = [_answer(change) for change in page.items]
    return ChangeList(items=items, cursor=sealed(scope, page.cursor))


@routes.answer("GET", "/api/runs/<run_id>/report.csv", str, media="text/csv")
def get_report(
    desk: AtDesk,
    run_id: Id,
    outcome: OutcomeFilter = None,
    search: Search = "",
    cursor: Cursor = None,
) -> Response[str]:
    """The same as a file for a spreadsheet, one line per record and field.

    A long report comes in parts: the header `Link: <...>; rel="next"` names the next one.
    """
    scope = f"report of {run_id} {outcome} {search}"
    wanted = Wanted(outcome, search)
    part = desk.report.part(desk.runs.one(run_id), wanted, opened(scope, cursor))
    headers: dict[str, str | list[str]] = {
        "Content-Disposition": f'attachment; filename="crmsync-{run_id}.csv"'
    }
    following = sealed(scope, part.cursor)
    if following:
        asked = {"cursor": following, "outcome": outcome, "search": search}
        query = urlencode({name: value for name, value in asked.items() if value})
        headers["Link"] = f'<report.csv?{query}>; rel="next"'
    return Response(200, "text/csv; charset=utf-8", part.text, headers=headers)


def _answer(change: Change) -> ChangeAnswer:
    primary = change.primary
    return ChangeAnswer(
        id=change.id,
        mapping_id=change.mapping_id,
        contact_id=change.contact_id,
        person_id=change.person_id,
        email=named(change, "email"),
        first_name=named(change, "first_name"),
        last_name=named(change, "last_name"),
        side=primary.side,
        action=primary.action,
        outcome=change.outcome,
        reason=change.reason,
        detail=change.detail,
        replanned=change.replanned,
        fields=[_field(field) for field in change.fields],
    )


def _field(field: FieldChange) -> FieldChangeAnswer:
    return FieldChangeAnswer(
        name=field.name,
        side=field.side,
        base_left=field.base_left,
        base_right=field.base_right,
        before=field.before,
        after=field.after,
        other=field.other,
        rule=field.rule,
        loser=field.loser,
    )
