"""Who may call what, judged on the API as the transform writes it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.template.template import Template

PUBLIC = {
    ("get", "/"),
    ("get", "/static/{proxy+}"),
    ("get", "/oauth/callback/{platform}"),
}


def _routes(template: Template) -> Iterator[tuple[tuple[str, str], dict[str, object]]]:
    for path, methods in template.one("AWS::ApiGateway::RestApi")["Body"]["paths"].items():
        for method, operation in methods.items():
            yield (method, path), operation


def test_every_route_but_the_public_ones_asks_for_a_signed_in_user(translated: Template) -> None:
    open_routes = {
        route for route, operation in _routes(translated) if not operation.get("security")
    } | {
        route
        for route, operation in _routes(translated)
        if operation.get("security") == [{"NONE": []}]
    }

    assert open_routes == PUBLIC


def test_the_authorizer_is_the_stacks_own_user_pool(translated: Template) -> None:
    definitions = translated.one("AWS::ApiGateway::RestApi")["Body"]["securityDefinitions"]

    authorizer = definitions["SignedIn"]["x-amazon-apigateway-authorizer"]

    assert authorizer["type"] == "cognito_user_pools"
    assert authorizer["providerARNs"] == [{"Fn::GetAtt": ["UserPool", "Arn"]}]


def test_no_other_site_may_call_the_api_from_a_browser(translated: Template) -> None:
    assert not [route for route, _ in _routes(translated) if route[0] == "options"]
    assert "Access-Control-Allow-Origin" not in str(translated.content)


@pytest.mark.parametrize(
    ("route", "function"),
    [
        (("get", "/"), "WebFunction"),
        (("get", "/static/{proxy+}"), "WebFunction"),
        (("get", "/oauth/callback/{platform}"), "OauthCallbackFunction"),
        (("post", "/api/connections"), "OauthCallbackFunction"),
        (("post", "/api/connections/finish"), "OauthCallbackFunction"),
        (("post", "/api/connections/{id}/reconnect"), "OauthCallbackFunction"),
        (("delete", "/api/connections/{id}"), "OauthCallbackFunction"),
        (("get", "/api/connections"), "ApiFunction"),
        (("get", "/api/connections/{id}"), "ApiFunction"),
        (("patch", "/api/connections/{id}"), "ApiFunction"),
        *(((method, "/api/{proxy+}"), "ApiFunction") for method in ("get", "post", "put")),
        *(((method, "/api/{proxy+}"), "ApiFunction") for method in ("patch", "delete")),
    ],
)
def test_a_route_reaches_the_function_that_owns_it(
    translated: Template, route: tuple[str, str], function: str
) -> None:
    operation = dict(_routes(translated))[route]

    assert f"${{{function}.Arn}}" in str(operation["x-amazon-apigateway-integration"])


def test_a_stage_is_throttled(translated: Template) -> None:
    (settings,) = translated.one("AWS::ApiGateway::Stage")["MethodSettings"]

    assert 0 < settings["ThrottlingRateLimit"] <= settings["ThrottlingBurstLimit"]


def test_a_domain_name_of_ones_own_has_no_path(written: Template) -> None:
    """With a mapped path in it, API Gateway gives functions other paths than they know."""
    pattern = written.content["Parameters"]["PublicUrl"]["AllowedPattern"]
    taken = ["", "https://sync.firm.example", "https://sync.firm.example:8443"]
    refused = ["https://sync.firm.example/", "https://firm.example/sync", "http://firm.example"]

    assert [url for url in taken + refused if re.fullmatch(pattern, url)] == taken
