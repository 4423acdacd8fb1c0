"""S1 to S7, S27 to S29, S35, A23: sessions, refresh tokens, users, hosts and orgs that change."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from crmsync.adapters.aws.clients import Clients
from crmsync.adapters.aws.secrets import CACHED_SECONDS, ClientSecrets
from crmsync.adapters.salesforce.login import SalesforceOAuth
from crmsync.domain.errors import Conflict, ConnectionStopped, Defer, Retry
from crmsync.domain.terms import TERMS_VERSION
from crmsync.services.refresh_grant import COOL_DOWN

from functions.oauth_callback.app import make_handler
from tests.conformance.office import BLAKE, Office, counts
from tests.contract.salesforce.standin_org import StandinOrg
from tests.faults.front_door import FrontDoor
from tests.template.template import Template, names_in
from tests.unit.functions.events import Context

NEWSLETTER = "Client Newsletter"
REFRESHED = "00D5f000000NewAEAX"


def row_of(office: Office) -> dict[str, Any]:
    """The seeded campaign and a new group."""
    return office.row(office.site.find("Campaign", Name=NEWSLETTER), office.group())


def refresh_answers(site: StandinOrg, status: int, **body: str) -> None:
    """What the token endpoint says from now on."""
    site.fault("status", path="oauth2/token", times=0, with_={"status": status, "body": body})


def run_while(door: FrontDoor, row: dict[str, Any], act: Callable[[], object]) -> dict[str, Any]:
    """A run that was queued before something happened, to its end."""
    door.firm.pass_time(minutes=30)
    answer = door.ask("runs", {"mappings": [row], "terms_version": TERMS_VERSION})
    act()
    door.work()
    return dict(door.user.get(f"runs/{answer.body['run_id']}").body)


def spent(door: FrontDoor) -> str:
    """An access token that the org no longer takes."""
    token = door.get(door.connection_id).token
    door.session_ends()
    return token


def test_s1_a_refused_session_is_renewed_once_and_a_second_refusal_stops_the_connection(
    door: FrontDoor,
) -> None:
    row = row_of(door)
    assert door.sync(row)["state"] == "succeeded"
    before = door.token_calls()
    door.session_ends()
    assert door.later(row)["state"] == "succeeded"
    assert door.token_calls() == before + 1

    page = {"status": 401, "body": "<p>"}
    run = run_while(
        door,
        row,
        lambda: door.site.fault("html", path="/services/data", times=0, with_=page),
    )

    assert (run["state"], run["error"]["code"]) == ("failed", "session_refused")
    assert door.token_calls() == before + 2
    assert not door.connected
    assert len([n for n in door.notices() if n["kind"] == "connection.stopped"]) == 1


def test_s2_a_dead_refresh_token_needs_a_login_unless_somebody_has_a_newer_one(
    door: FrontDoor,
) -> None:
    old = spent(door)
    fresh = door.get(door.connection_id, refused=old)
    calls = door.token_calls()
    assert door.get(door.connection_id, refused=old) == fresh
    assert (door.token_calls(), door.connected) == (calls, True)

    row = row_of(door)
    door.sync(row)
    run = run_while(door, row, lambda: door.site.running.org.tokens.end_refreshes(None))
    with pytest.raises(ConnectionStopped, match="grant_refused"):
        door.get(door.connection_id)

    assert (run["state"], run["error"]["code"]) == ("failed", "grant_refused")
    assert not door.connected
    assert door.stops == ["grant_refused"]
    (told,) = [n for n in door.notices() if n["kind"] == "connection.stopped"]
    assert "no longer accepts our access" in told["body"]


def test_s3_a_deactivated_user_is_named_as_the_reason(door: FrontDoor) -> None:
    row = row_of(door)
    door.sync(row)

    run = run_while(door, row, lambda: door.site.change_user("avery.advisor", active=False))

    assert run["error"]["code"] == "inactive_user"
    assert door.stops == ["inactive_user"]
    (told,) = [n for n in door.notices() if n["kind"] == "connection.stopped"]
    assert "no longer active" in told["body"]


def test_s4_our_own_refused_client_pages_somebody_and_breaks_no_connection(
    door: FrontDoor, deployed: Template, capsys: pytest.CaptureFixture[str]
) -> None:
    row = row_of(door)
    door.sync(row)
    spent(door)
    refresh_answers(door.site, 401, error="invalid_client", error_description="invalid secret")
    with pytest.raises(Defer, match="oauth_client_refused"):
        door.get(door.connection_id, refused=door.get(door.connection_id).token)
    calls = door.token_calls()
    with pytest.raises(Retry, match="refresh_in_progress"):
        door.get(door.connection_id, refused=door.get(door.connection_id).token)
    assert door.token_calls() == calls

    door.firm.clock.advance(by=timedelta(days=8))
    event = {"action": "keep_alive", "tenant_id": "t1", "connection_id": door.connection_id}
    answer = make_handler(lambda _: door.desk)(event, Context())
    metric = json.loads(capsys.readouterr().out.splitlines()[-1])
    alarm = deployed.of_type("AWS::CloudWatch::Alarm")["OAuthClientAlarm"]

    assert answer["error"]["kind"] == "defer"
    assert metric["OAuthClientRefused"] == [1.0]
    assert (alarm["Namespace"], alarm["MetricName"]) == ("crmsync", "OAuthClientRefused")
    assert "AlarmTopicArn" in names_in(alarm["AlarmActions"])
    assert (door.connected, door.stops) == (True, [])
    door.site.running.org.faults.clear()
    assert door.later(row)["state"] == "succeeded"


def test_s5_of_two_that_would_refresh_one_does_and_both_get_its_token(door: FrontDoor) -> None:
    old = spent(door)
    calls = door.token_calls()
    door.site.fault("delay", path="oauth2/token", with_={"seconds": 0.3})
    door.desk = replace(door.desk, pause=lambda _: time.sleep(0.05))

    with ThreadPoolExecutor(max_workers=2) as pool:
        asked = [pool.submit(door.get, door.connection_id, refused=old) for _ in range(2)]
        found = [each.result() for each in asked]

    assert door.token_calls() == calls + 1
    assert found[0] == found[1]
    assert found[0].token != old


def test_s6_a_lost_refresh_is_tried_once_more_with_the_old_token_and_no_further(
    door: FrontDoor,
) -> None:
    old = spent(door)
    door.site.fault("reset_before", path="oauth2/token")
    with pytest.raises(Retry):
        door.get(door.connection_id, refused=old)
    assert door.grant.refresh_started
    door.firm.clock.moment += COOL_DOWN + timedelta(seconds=1)
    newer = door.get(door.connection_id, refused=old).token
    assert newer != old
    assert not door.grant.refresh_started

    door.session_ends()
    door.site.fault("reset_after", path="oauth2/token")
    with pytest.raises(Retry):
        door.get(door.connection_id, refused=newer)
    calls = door.token_calls()
    door.firm.clock.moment += COOL_DOWN + timedelta(seconds=1)
    for _ in range(2):
        with pytest.raises(ConnectionStopped, match="refresh_answer_lost"):
            door.get(door.connection_id, refused=newer)

    assert door.token_calls() == calls + 1
    assert door.stops == ["refresh_answer_lost"]


def test_s7_an_address_off_the_allow_list_is_our_outage_and_not_a_revoked_login(
    door: FrontDoor,
) -> None:
    row = row_of(door)
    door.sync(row)
    old = spent(door)
    refresh_answers(door.site, 400, error="invalid_grant", error_description="ip restricted")

    with pytest.raises(Defer, match="token_address_refused") as waits:
        door.get(door.connection_id, refused=old)

    assert waits.value.seconds >= 600
    assert (door.connected, door.stops) == (True, [])
    door.site.running.org.faults.clear()
    assert door.later(row)["state"] == "succeeded"


def test_s27_a_new_instance_address_is_taken_from_the_token_answer_and_checked(
    door: FrontDoor,
) -> None:
    row, knobs = row_of(door), door.site.running.org.knobs
    door.sync(row)
    moved = f"https://localhost:{door.site.running.port}"
    knobs.change({"instance_url": moved})
    door.session_ends()
    assert door.later(row)["state"] == "succeeded"
    assert door.grant.instance_url == moved

    evil = {"set": {"instance_url": "https://evil.example"}}

    def turns_evil() -> None:
        door.session_ends()
        door.site.fault("rewrite", path="oauth2/token", with_=evil)

    run = run_while(door, row, turns_evil)

    assert (run["state"], run["error"]["code"]) == ("failed", "host_not_allowed")
    assert door.grant.instance_url == moved
    assert door.stops == ["host_not_allowed"]


@pytest.fixture
def other_org(site: StandinOrg) -> Any:
    """What a sandbox refresh leaves: the same host, users and records, but another org."""
    before = site.running.org.org_id

    def refresh() -> None:
        with site.running.org.lock:
            site.running.org.store.select(f"UPDATE Organization SET Id = '{REFRESHED}'")
            site.running.org.org_id = REFRESHED

    yield refresh
    site.running.org.org_id = before


@pytest.mark.parametrize("session_lives", [True, False])
def test_s28_a_refreshed_sandbox_stops_the_connection_before_anything_is_written(
    door: FrontDoor, other_org: Callable[[], None], *, session_lives: bool
) -> None:
    row = row_of(door)
    door.sync(row)
    group = row["group"]["id"]
    here = set(door.members(group))
    door.join(group, door.contact("Nadia", "Novak"))

    def refreshed() -> None:
        other_org()
        if not session_lives:
            door.session_ends()

    run = run_while(door, row, refreshed)

    assert (run["state"], run["error"]["code"]) == ("failed", "different_org")
    assert door.stops == ["different_org"]
    assert set(door.members(group)) == {*here, "Nadia"}
    with pytest.raises(AssertionError, match="0 Contact"):
        door.site.person_id("nadia@novak.example")


def test_s29_a_login_to_another_org_is_refused_and_one_of_another_user_removes_nobody(
    door: FrontDoor, other_org: Any
) -> None:
    row = row_of(door)
    door.sync(row)
    here = set(door.members(row["group"]["id"]))
    door.connects(BLAKE, again=True)
    run = door.later(row)
    assert run["state"] == "succeeded"
    assert counts(run)["considered"] >= len(here)
    assert "removed" not in counts(run)
    assert here <= set(door.members(row["group"]["id"]))

    before = door.connection
    other_org()
    with pytest.raises(Conflict, match="belongs to the org"):
        door.connects(again=True)

    assert door.connection.org == before.org


def test_s35_a_redirect_is_never_followed_with_the_token(door: FrontDoor) -> None:
    row, org = row_of(door), door.site.running.org
    door.sync(row)
    where = {"Location": f"{door.site.running.https_url}/elsewhere"}
    answer = {"status": 302, "headers": where, "body": ""}

    run = run_while(
        door,
        row,
        lambda: door.site.fault("status", path="/services/data", times=0, with_=answer),
    )

    assert (run["state"], run["error"]["code"]) == ("failed", "org_moved")
    assert not [entry for entry in org.meter.log if "elsewhere" in entry["path"]]
    assert not door.connected


def test_a23_a_rotated_client_secret_is_read_again_when_the_old_one_is_refused(
    door: FrontDoor, clients: Clients
) -> None:
    org = door.site.running.org
    app = org.settings["demo_client"]
    registered = org.settings.setdefault("clients", {}).setdefault("registered", {})
    registered[app["id"]] = {"secret": app["secret"]}

    def keep(secret: str) -> None:
        text = json.dumps({"salesforce": {"client_id": app["id"], "client_secret": secret}})
        clients.secrets.put_secret_value(SecretId="clients", SecretString=text)

    clients.secrets.create_secret(Name="clients", SecretString="{}")
    keep(app["secret"])
    oauth = SalesforceOAuth(ClientSecrets(clients, "clients"), door.firm.settings)
    door.desk = door.desk_with(oauth=oauth)
    newer = door.get(door.connection_id, refused=spent(door)).token
    registered[app["id"]] = {"secret": "the next one"}
    keep("the next one")
    door.session_ends()

    assert door.get(door.connection_id, refused=newer).token != newer

    assert CACHED_SECONDS <= 300
    assert door.connected
    del registered[app["id"]]
