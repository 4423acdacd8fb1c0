"""Every error over HTTP is a problem, and nobody gets in without saying who they are."""

from __future__ import annotations

import base64
import io
import json
from typing import Annotated, Any

import pytest
from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from crmsync.domain.caller import Caller
from crmsync.domain.errors import (
    Conflict,
    ConnectionStopped,
    CrmSyncError,
    Defer,
    FieldProblem,
    Forbidden,
    Invalid,
    LeaseLost,
    NotFound,
    RecordRefused,
    Retry,
)
from crmsync.http import PROBLEMS, SignedIn, make_resolver, serve
from pydantic import BaseModel

from tests.unit.functions.events import Context, body_of, header_of, request

ADVISOR = Caller("t1", "u1", frozenset({"advisor"}))
ADMIN = Caller("t1", "u2", frozenset({"marketing-admin"}))


class Body(BaseModel):
    """Something with a place deep inside."""

    rows: list[dict[str, int]]


def resolver(error: Exception | None = None) -> APIGatewayRestResolver:
    """A small API: it tells who called, takes a body, or fails as told."""
    app = make_resolver()

    @app.get("/api/who", responses=PROBLEMS)
    def who(caller: SignedIn, limit: Annotated[int, Query(ge=1)] = 1) -> dict[str, Any]:
        _fail_with(error)
        return {"tenant": caller.tenant_id, "roles": sorted(caller.roles), "limit": limit}

    @app.post("/api/contacts")
    @app.post("/api/connections", status_code=201)
    def create(body: Body) -> dict[str, int]:
        return {"rows": len(body.rows)}

    @app.get("/api/wrong")
    def wrong() -> Body:
        return {"rows": "no list"}

    @app.get("/api/kept")
    def kept() -> Response[str]:
        return Response(200, "text/plain", "kept", headers={"Cache-Control": "private"})

    _add_places(app)
    return app


def _add_places(app: APIGatewayRestResolver) -> None:
    @app.get("/open")
    def public() -> dict[str, bool]:
        return {"open": True}

    @app.get("/api/things/<thing>")
    def thing(thing: Annotated[str, Path(pattern="^[a-z]{1,8}$")]) -> dict[str, str]:
        return {"thing": thing}


def _fail_with(error: Exception | None) -> None:
    if error is not None:
        raise error


def ask(
    method: str, path: str, body: object = None, *, error: Exception | None = None, **more: Any
) -> dict[str, Any]:
    event = request(method, path, body, **{"caller": ADVISOR, **more})
    return serve(resolver(error), event, Context())


def assert_problem(answer: dict[str, Any], status: int, code: str) -> dict[str, Any]:
    problem: dict[str, Any] = body_of(answer)
    assert (answer["statusCode"], problem["status"], problem["code"]) == (status, status, code)
    assert header_of(answer, "Content-Type") == "application/problem+json"
    assert set(problem) == {"type", "title", "status", "code", "detail", "errors"}
    return problem


def test_a_signed_in_caller_is_known_to_the_route() -> None:
    assert body_of(ask("GET", "/api/who")) == {"tenant": "t1", "roles": ["advisor"], "limit": 1}


@pytest.mark.parametrize(
    "groups",
    ["advisor,marketing-admin", "[advisor marketing-admin]", ["advisor", "marketing-admin"]],
)
def test_groups_are_understood_in_every_form_the_gateway_gives_them(groups: object) -> None:
    event = request("GET", "/api/who", caller=ADVISOR)
    event["requestContext"]["authorizer"]["claims"]["cognito:groups"] = groups

    answer = serve(resolver(), event, Context())

    assert body_of(answer)["roles"] == ["advisor", "marketing-admin"]


# --- who may ask ----------------------------------------------------------------------------------


def test_nobody_signed_in_is_401() -> None:
    assert_problem(ask("GET", "/api/who", caller=None), 401, "not_signed_in")


@pytest.mark.parametrize(
    ("claim", "value", "status", "code"),
    [
        ("sub", None, 401, "not_signed_in"),
        ("token_use", "access", 401, "not_signed_in"),
        ("custom:tenant_id", None, 403, "no_tenant"),
        ("custom:tenant_id", "", 403, "no_tenant"),
        ("custom:tenant_id", "t1#x", 403, "no_tenant"),
        ("cognito:groups", "", 403, "no_role"),
        ("cognito:groups", "somebody", 403, "no_role"),
    ],
)
def test_a_token_that_says_too_little_is_refused(
    claim: str, value: str | None, status: int, code: str
) -> None:
    event = request("GET", "/api/who", caller=ADVISOR)
    claims = event["requestContext"]["authorizer"]["claims"]
    claims.pop(claim)
    if value is not None:
        claims[claim] = value

    assert_problem(serve(resolver(), event, Context()), status, code)


def test_a_path_outside_the_api_needs_no_token() -> None:
    assert ask("GET", "/open", caller=None)["statusCode"] == 200


def test_a_marketing_admin_reads() -> None:
    assert ask("GET", "/api/who", caller=ADMIN)["statusCode"] == 200


@pytest.mark.parametrize("body", [{"rows": []}, {"rows": "wrong"}, None])
def test_a_marketing_admin_is_refused_before_the_request_is_read(body: object) -> None:
    assert_problem(ask("POST", "/api/connections", body, caller=ADMIN), 403, "read_only_role")


def test_a_marketing_admin_works_on_contacts() -> None:
    assert ask("POST", "/api/contacts", {"rows": []}, caller=ADMIN)["statusCode"] == 200


# --- what was asked -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["{", "rows", '{"rows": NaN}', '{"rows": "\\ud800"}', "[" * 100_000, '{"a":1}}']
)
def test_a_body_that_is_not_json_is_400(text: str) -> None:
    answer = ask("POST", "/api/connections", None, caller=ADVISOR)
    event = {**request("POST", "/api/connections", caller=ADVISOR), "body": text}

    answer = serve(resolver(), event, Context())

    assert_problem(answer, 400, "not_json")


@pytest.mark.parametrize("raw", [b"\xff\xfe", b"{"])
def test_bytes_that_are_not_json_are_400(raw: bytes) -> None:
    event = request("POST", "/api/connections", caller=ADVISOR)
    coded = {"body": base64.b64encode(raw).decode(), "isBase64Encoded": True}

    assert_problem(serve(resolver(), {**event, **coded}, Context()), 400, "not_json")


def test_what_only_claims_to_be_base64_is_400() -> None:
    event = request("POST", "/api/connections", caller=ADVISOR)
    coded = {"body": "not base64 at all!", "isBase64Encoded": True}

    assert_problem(serve(resolver(), {**event, **coded}, Context()), 400, "not_json")


def test_another_media_type_is_415() -> None:
    event = request("POST", "/api/connections", {"rows": []}, caller=ADVISOR)
    event["headers"] = {"content-type": "text/csv"}

    assert_problem(serve(resolver(), event, Context()), 415, "not_json")


def test_a_value_that_does_not_fit_is_pointed_at() -> None:
    answer = ask("POST", "/api/connections", {"rows": [{"a": 1}, {"b/c~d": "seven"}]})

    problem = assert_problem(answer, 422, "invalid_request")
    assert [error["pointer"] for error in problem["errors"]] == ["/rows/1/b~1c~0d"]
    assert "seven" not in json.dumps(problem)


def test_a_missing_body_is_pointed_at_as_a_whole() -> None:
    problem = assert_problem(ask("POST", "/api/connections"), 422, "invalid_request")

    assert [error["pointer"] for error in problem["errors"]] == [""]


def test_a_query_parameter_that_does_not_fit_is_named() -> None:
    answer = ask("GET", "/api/who", query={"limit": "0"})

    problem = assert_problem(answer, 422, "invalid_request")
    assert [error["pointer"] for error in problem["errors"]] == ["?limit"]


@pytest.mark.parametrize("thing", ["x" * 300, "UPPER", "a b"])
def test_an_id_that_nothing_can_have_is_404_and_not_repeated(thing: str) -> None:
    problem = assert_problem(ask("GET", f"/api/things/{thing}"), 404, "no_such_id")

    assert thing not in json.dumps(problem)


@pytest.mark.parametrize(("method", "path"), [("GET", "/api/none"), ("DELETE", "/api/who")])
def test_an_unknown_route_or_method_is_404(method: str, path: str) -> None:
    assert_problem(ask(method, path), 404, "no_such_route")


# --- what went wrong ------------------------------------------------------------------------------

PLACE = FieldProblem("/my_domain", "host", "Not a host.")


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (NotFound("gone", "d"), 404),
        (Forbidden("gone", "d"), 403),
        (Conflict("gone", "d"), 409),
        (Invalid("gone", "d"), 422),
        (ConnectionStopped("gone", "d"), 409),
        (RecordRefused("gone", "d"), 409),
        (Retry("gone", "d"), 503),
        (Defer("gone", "d", seconds=900), 503),
        (LeaseLost("gone", "d"), 503),
        (CrmSyncError("gone", "d"), 500),
    ],
)
def test_every_error_of_ours_has_its_status(error: CrmSyncError, status: int) -> None:
    assert_problem(ask("GET", "/api/who", error=error), status, "gone")


def test_what_only_the_operator_can_mend_is_logged_with_its_code_and_says_no_more(
    logged: io.StringIO,
) -> None:
    refused = CrmSyncError("aws_refused", "PutItem was refused: AccessDeniedException")

    answer = ask("GET", "/api/who", error=refused)

    told = json.loads(logged.getvalue().splitlines()[0])
    assert (told["level"], told["error_code"]) == ("ERROR", "aws_refused")
    assert told["detail"] == "PutItem was refused: AccessDeniedException"
    assert body_of(answer)["detail"].endswith("Tell the operator.")
    assert "PutItem" not in json.dumps(answer)


def test_a_refusal_that_is_the_callers_business_is_not_logged(logged: io.StringIO) -> None:
    ask("GET", "/api/who", error=Conflict("preview_used", "d"))
    ask("GET", "/api/who", error=LeaseLost("run_moved", "d"))

    assert "request_refused" not in logged.getvalue()


def test_what_may_pass_says_when_to_come_back() -> None:
    later = ask("GET", "/api/who", error=Defer("quota", "d", seconds=900))
    soon = ask("GET", "/api/who", error=Retry("reset", "d"))

    assert header_of(later, "Retry-After") == "900"
    assert header_of(soon, "Retry-After") == "5"


def test_places_named_by_a_service_are_passed_on() -> None:
    answer = ask("GET", "/api/who", error=Invalid("hosts", "d", (PLACE,)))

    assert body_of(answer)["errors"] == [
        {"pointer": "/my_domain", "code": "host", "detail": "Not a host."}
    ]


@pytest.mark.parametrize("error", [ValueError("secret detail"), KeyError("secret detail")])
def test_the_unexpected_is_500_and_tells_nothing(error: Exception) -> None:
    answer = ask("GET", "/api/who", error=error)

    problem = assert_problem(answer, 500, "unexpected")
    assert "secret detail" not in json.dumps(problem)


def test_an_answer_of_the_wrong_shape_is_our_fault_not_the_callers() -> None:
    assert_problem(ask("GET", "/api/wrong"), 500, "unexpected")


@pytest.mark.parametrize("path", ["/api/who", "/api/none", "/open"])
def test_no_answer_may_be_kept_on_the_way(path: str) -> None:
    answer = ask("GET", path)

    assert header_of(answer, "Cache-Control") == "no-store"
    assert header_of(answer, "X-Content-Type-Options") == "nosniff"


def test_a_route_may_say_otherwise() -> None:
    assert header_of(ask("GET", "/api/kept"), "Cache-Control") == "private"


def test_the_document_describes_problems_and_hides_who_is_calling() -> None:
    document = json.loads(resolver().get_openapi_json_schema())

    operation = document["paths"]["/api/who"]["get"]
    assert [parameter["name"] for parameter in operation["parameters"]] == ["limit"]
    assert set(operation["responses"]["409"]["content"]) == {"application/problem+json"}
