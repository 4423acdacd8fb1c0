"""Connecting a CRM: the login there, finishing it here, doing it again, and ending it."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Literal
from urllib.parse import urlencode

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.depends import Depends
from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.event_handler.request import Request
from pydantic import BaseModel, ConfigDict, Field

from crmsync.bootstrap.oauth import LoginDesk
from crmsync.domain.caller import Caller
from crmsync.domain.connection import Connection
from crmsync.http import SignedIn
from crmsync.routes.connection_models import ConnectionAnswer, connection_answer
from crmsync.routes.registry import Id, Routes
from crmsync.services.park_code import LoginAnswer, LoginFailed
from crmsync.services.start_login import LoginPlace, LoginStarted, redirect_uri

routes = Routes("connections")


class LoginBody(BaseModel):
    """Where to sign in. `my_domain` is the org's own host, for that environment only."""

    model_config = ConfigDict(extra="forbid")

    platform: Annotated[str, Field(min_length=1, max_length=40)]
    environment: Literal["production", "sandbox", "my_domain"] = "production"
    my_domain: Annotated[str | None, Field(max_length=200)] = None


class LoginStartedAnswer(BaseModel):
    """Send the browser to `authorize_url`."""

    connection_id: str
    authorize_url: str


class FinishBody(BaseModel):
    """What the browser came back with."""

    model_config = ConfigDict(extra="forbid")

    state: Annotated[str, Field(min_length=1, max_length=200)]
    receipt: Annotated[str, Field(min_length=1, max_length=200)]


class ConnectedAnswer(ConnectionAnswer):
    """The connection. Another CRM user than before means the next run reads everything."""

    crm_user_changed: bool


class DisconnectedAnswer(ConnectionAnswer):
    """The connection. `revoked` tells that the CRM confirmed the end of our access there, too."""

    revoked: bool


def _desk(request: Request) -> LoginDesk:
    desk: LoginDesk = request.context["login_desk"]
    return desk


def _public_url(request: Request) -> str:
    """The API's own address, which a function cannot know from its environment."""
    variables = request.resolved_event.get("stageVariables") or {}
    return str(variables["public_url"]).rstrip("/")


AtDesk = Annotated[LoginDesk, Depends(_desk)]
PublicUrl = Annotated[str, Depends(_public_url)]


@routes.answer("POST", "/api/connections", LoginStartedAnswer, status=201)
def start_login(
    desk: AtDesk, caller: SignedIn, public_url: PublicUrl, body: LoginBody
) -> LoginStartedAnswer:
    """Start connecting a CRM. The connection exists once its login is finished."""
    place = LoginPlace(body.platform, body.environment, body.my_domain)
    return _started(desk.start.new(caller, place, public_url))


@routes.answer("POST", "/api/connections/finish", ConnectedAnswer)
def finish_login(desk: AtDesk, caller: SignedIn, body: FinishBody) -> ConnectedAnswer:
    """Finish a login. Only who started it can, in the browser that holds the receipt."""
    connected = desk.finish(caller, body.state, body.receipt)
    shown = _shown(desk, caller, connected.connection)
    return ConnectedAnswer(**shown.model_dump(), crm_user_changed=connected.crm_user_changed)


@routes.answer("POST", "/api/connections/<connection_id>/reconnect", LoginStartedAnswer)
def reconnect(
    desk: AtDesk, caller: SignedIn, public_url: PublicUrl, connection_id: Id
) -> LoginStartedAnswer:
    """Start signing in again. Everything about the connection is kept."""
    return _started(desk.start.again(caller, connection_id, public_url))


@routes.answer("DELETE", "/api/connections/<connection_id>", DisconnectedAnswer)
def disconnect(desk: AtDesk, caller: SignedIn, connection_id: Id) -> DisconnectedAnswer:
    """End our access to the CRM and stop every run. Mappings and history are kept."""
    ended = desk.disconnect(caller, connection_id)
    shown = _shown(desk, caller, ended.connection)
    return DisconnectedAnswer(**shown.model_dump(), revoked=ended.revoked)


@routes.get(
    "/oauth/callback/<platform>",
    summary="Take the CRM's answer to a login.",
    description="Where the CRM sends the browser. Answers with the page's address: a receipt and "
    "the state in its fragment, or an error.",
    operation_id="take_login_answer",
    responses={302: {"description": HTTPStatus.FOUND.phrase}},
    tags=["connections"],
    security=[],
)
def take_login_answer(
    desk: AtDesk,
    public_url: PublicUrl,
    platform: str,
    state: Annotated[str, Query()] = "",
    code: Annotated[str | None, Query()] = None,
    error: Annotated[str | None, Query()] = None,
) -> Response[str]:
    """Park the code and send the browser to the page with a receipt for it."""
    answer = LoginAnswer(platform, redirect_uri(public_url, platform), state, code, error)
    try:
        found = {"receipt": desk.park(answer), "state": state}
    except LoginFailed as failure:
        found = {"error": failure.code, "error_description": failure.detail}
    address = f"{public_url}/#{urlencode(found)}"
    return Response(HTTPStatus.FOUND.value, headers={"Location": address}, body="")


def _started(login: LoginStarted) -> LoginStartedAnswer:
    return LoginStartedAnswer(connection_id=login.connection_id, authorize_url=login.authorize_url)


def _shown(desk: LoginDesk, caller: Caller, connection: Connection) -> ConnectionAnswer:
    automation = desk.ports.automations.get(connection.tenant_id, connection.id)
    return connection_answer(connection, automation, desk.clock.now(), caller)
