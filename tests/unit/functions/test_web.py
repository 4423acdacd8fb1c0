"""The web function: known files only, strict headers on every answer, settings from the stage."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

FUNCTION = Path(__file__).parents[3] / "functions" / "web"
SITE = FUNCTION / "static"
STAGE = {
    "public_url": "https://abc.execute-api.eu-west-1.amazonaws.com/prod/",
    "region": "eu-west-1",
    "sign_in_url": "https://firm.auth.eu-west-1.amazoncognito.com",
    "user_pool_client_id": "client1",
}
LOAD_LIMIT = 150_000


def load_function() -> ModuleType:
    spec = importlib.util.spec_from_file_location("web_app", FUNCTION / "app.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


WEB = load_function()


def request(path: str, method: str = "GET", **event: Any) -> dict[str, Any]:
    given = {
        "httpMethod": method,
        "path": path,
        "headers": {},
        "requestContext": {"path": f"/prod{path}"},
        "stageVariables": STAGE,
        **event,
    }
    answer: dict[str, Any] = WEB.lambda_handler(given, None)
    return answer


def asset_paths() -> list[str]:
    return re.findall(r'(?:href|src)="(static/[^"]+)"', request("/")["body"])


def test_the_root_is_the_page_and_is_never_stored() -> None:
    answer = request("/")
    assert answer["statusCode"] == 200
    assert answer["headers"]["Content-Type"] == "text/html; charset=utf-8"
    assert answer["headers"]["Cache-Control"] == "no-store"
    assert "<title>crmsync</title>" in answer["body"]


def test_every_file_the_page_names_is_served() -> None:
    assert len(asset_paths()) >= 5
    for path in asset_paths():
        assert request(f"/{path}")["statusCode"] == 200, path


def test_every_file_of_the_site_is_served_as_it_is() -> None:
    for file in SITE.rglob("*.*"):
        name = file.relative_to(SITE).as_posix()
        if name != "index.html":
            answer = request(f"/static/{WEB._VERSION}/{name}")
            assert answer["body"] == file.read_text("utf-8"), name


def test_modules_are_javascript_that_may_be_kept_for_ever() -> None:
    headers = request(f"/static/{WEB._VERSION}/js/main.js")["headers"]
    assert headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_files_of_another_deployment_are_not_mixed_in() -> None:
    assert request("/static/0000000000000000/js/main.js")["statusCode"] == 404


def test_a_known_validator_is_answered_without_a_body() -> None:
    path = f"/static/{WEB._VERSION}/js/main.js"
    etag = request(path)["headers"]["ETag"]
    answer = request(path, headers={"If-None-Match": etag})
    assert (answer["statusCode"], answer["body"]) == (304, "")


@pytest.mark.parametrize(
    "path",
    [
        "/static/",
        "/static",
        "/static/{version}/",
        "/static/{version}/index.html",
        "/static/{version}/../app.py",
        "/static/{version}/js/../../../app.py",
        "/static/{version}//etc/passwd",
        "/static/{version}/%2e%2e/app.py",
        "/static/{version}/js",
        "/app.py",
        "/api/connections",
        "//evil.example/",
        "/Static/{version}/js/main.js",
    ],
)
def test_no_other_address_leads_to_a_file(path: str) -> None:
    answer = request(path.replace("{version}", WEB._VERSION))
    assert answer["statusCode"] == 404
    assert "lambda_handler" not in answer["body"]


def test_only_reading_is_answered() -> None:
    answer = request("/", method="POST")
    assert answer["statusCode"] == 405
    assert answer["headers"]["Allow"] == "GET, HEAD"


def test_the_settings_are_the_stage_variables() -> None:
    answer = request("/static/config.json")
    assert json.loads(answer["body"]) == STAGE
    assert answer["headers"]["Cache-Control"] == "no-store"


def test_missing_settings_are_named() -> None:
    answer = request("/static/config.json", stageVariables={**STAGE, "sign_in_url": ""})
    assert answer["statusCode"] == 503
    assert "sign_in_url" in answer["body"]


def test_settings_never_leak_other_stage_variables() -> None:
    answer = request("/static/config.json", stageVariables={**STAGE, "table": "secret"})
    assert "secret" not in answer["body"]


def test_the_page_is_asked_for_with_a_slash_at_the_end() -> None:
    answer = request("/", requestContext={"path": "/prod"})
    assert answer["statusCode"] == 308
    assert answer["headers"]["Location"] == "/prod/"


def test_the_slash_never_leads_to_another_host() -> None:
    answer = request("/", requestContext={"path": "//evil.example"})
    assert answer["statusCode"] == 200


@pytest.mark.parametrize("path", ["/", "/static/config.json", "/static/x", "/nothing"])
def test_every_answer_carries_the_security_headers(path: str) -> None:
    headers = request(path)["headers"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Strict-Transport-Security"].startswith("max-age=")
    assert "default-src 'none'" in headers["Content-Security-Policy"]


def policy(**event: Any) -> dict[str, str]:
    text = request("/", **event)["headers"]["Content-Security-Policy"]
    return dict(part.split(" ", 1) for part in text.split("; "))


def test_the_page_may_call_only_itself_and_the_sign_in() -> None:
    sign_in = "'self' https://firm.auth.eu-west-1.amazoncognito.com"
    assert policy() == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data:",
        "connect-src": sign_in,
        "form-action": sign_in,
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }


def test_a_sign_in_address_cannot_widen_the_policy() -> None:
    hostile = {**STAGE, "sign_in_url": "https://a.example; script-src *"}
    assert policy(stageVariables=hostile)["script-src"] == "'self'"
    assert policy(stageVariables=None)["connect-src"] == "'self'"


def modules_from(start: Path) -> set[Path]:
    """The module and everything it imports before it runs."""
    found: set[Path] = set()
    waiting = [start]
    while waiting:
        module = waiting.pop()
        if module not in found:
            found.add(module)
            names = re.findall(r'from "(\.[^"]+)"', module.read_text("utf-8"))
            waiting += [(module.parent / name).resolve() for name in names]
    return found


@pytest.mark.parametrize("screen", sorted(p.stem for p in (SITE / "js/screens").glob("*.js")))
def test_opening_any_screen_loads_less_than_the_limit(screen: str) -> None:
    styles = [p for p in SITE.rglob("*") if p.suffix in {".css", ".html", ".svg"}]
    modules = modules_from(SITE / "js/main.js") | modules_from(SITE / f"js/screens/{screen}.js")
    total = sum(path.stat().st_size for path in {*styles, *modules})
    assert total < LOAD_LIMIT


def test_every_address_has_its_screen() -> None:
    named = set(re.findall(r'\["/[^"]*", "([^"]+)"\]', (SITE / "js/routes.js").read_text("utf-8")))
    assert named == {path.stem for path in (SITE / "js/screens").glob("*.js")}


def test_nothing_in_the_page_can_turn_text_into_markup() -> None:
    forbidden = re.compile(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function"
    )
    for module in (SITE / "js").rglob("*.js"):
        assert not forbidden.search(module.read_text("utf-8")), module.name


def test_the_page_has_words_only_for_reasons_that_are_given() -> None:
    words = (SITE / "js" / "words.js").read_text("utf-8")
    package = Path(__file__).parents[3] / "layers" / "shared" / "crmsync"
    code = "".join(path.read_text("utf-8") for path in package.rglob("*.py"))
    worded = words.partition("const REASONS = {")[2].partition("\n};")[0]

    codes = re.findall(r"^  (\w+):", worded, re.MULTILINE)

    assert len(codes) > 20
    assert [each for each in codes if f'"{each}"' not in code] == []
