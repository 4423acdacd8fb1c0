from __future__ import annotations

import csv
import io
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from crmsync.domain.change import Change, FieldChange, Side
from crmsync.domain.connection import Connection, ConnectionStatus
from crmsync.domain.run import RunState
from crmsync.domain.terms import TERMS_VERSION
from crmsync.services.run_slice import RunSlice

from tests.fakes.world import World
from tests.unit.functions.api.people import Api, User

TERMS = {"terms_version": TERMS_VERSION}


@dataclass
class Scene:
    """A campaign with a person, a group with a contact, and what was ordered with them."""

    world: World
    user: User
    connection: Connection
    row: dict[str, Any]

    def preview(self) -> str:
        answer = self.user.post(self.path("previews"), {"mappings": [self.row]})
        assert answer.status == 202, answer.body
        return self.worked(answer.body["run_id"])

    def sync(self) -> str:
        answer = self.user.post(self.path("runs"), {"mappings": [self.row], **TERMS})
        assert answer.status == 202, answer.body
        return self.worked(answer.body["run_id"])

    def worked(self, run_id: str) -> str:
        self.world.drain(RunSlice(self.world.ports).handle)
        return run_id

    def path(self, tail: str) -> str:
        return f"connections/{self.connection.id}/{tail}"


@pytest.fixture
def scene(advisor: User, world: World, connection: Connection) -> Scene:
    campaign = world.org().add_campaign("Newsletter")
    group = advisor.post("groups", {"name": "Clients"}).body["id"]
    row = {"campaign": {"id": campaign.id}, "group": {"id": group}, "direction": "both"}
    ann = world.org().add_person("u1", first_name="=Ann", last_name="Crm", email="ann@firm.example")
    world.org().join(campaign.id, ann.id)
    bob = {"email": "bob@firm.example", "first_name": "Bob", "last_name": "Here"}
    contact = advisor.post("contacts", bob).body["id"]
    advisor.put(f"groups/{group}/members/{contact}")
    return Scene(world, advisor, connection, row)


def test_a_preview_shows_every_change_and_writes_nothing(scene: Scene, world: World) -> None:
    people = len(world.org().people)

    run_id = scene.preview()

    run = scene.user.get(f"runs/{run_id}").body
    assert (run["kind"], run["state"], run["progress"]) == ("preview", "planned", 1.0)
    changes = scene.user.get(f"runs/{run_id}/changes").body["items"]
    assert {(c["email"], c["side"], c["action"]) for c in changes} == {
        ("ann@firm.example", "marketing", "create"),
        ("bob@firm.example", "crm", "create"),
    }
    assert len(world.org().people) == people


def test_a_manual_sync_does_what_was_chosen_and_leaves_the_automation_as_it_was(
    scene: Scene,
) -> None:
    scene.user.put(scene.path("automation"), {"mappings": [{**scene.row, "direction": "import"}]})
    before = scene.user.get(scene.path("automation")).body
    stored = scene.world.control.automations.copy()

    run_id = scene.sync()

    run = scene.user.get(f"runs/{run_id}").body
    assert run["state"] == "succeeded"
    counts = run["mappings"][0]["counts"]
    assert (counts["considered"], counts["created"]) == (2, 2)
    assert run["mappings"][0]["campaign"]["name"] == "Newsletter"
    assert scene.user.get(scene.path("automation")).body == before
    assert scene.world.control.automations == stored


def test_a_preview_is_carried_out_once(scene: Scene) -> None:
    preview = scene.preview()
    body = {"preview_id": preview, **TERMS}

    first = scene.user.post(scene.path("runs"), body)
    second = scene.user.post(scene.path("runs"), body)

    assert (first.status, second.status, second.code) == (202, 409, "preview_used")
    scene.worked(first.body["run_id"])
    assert scene.user.get(f"runs/{first.body['run_id']}").body["preview_id"] == preview
    assert scene.user.get(f"runs/{preview}").body["used_by"] == first.body["run_id"]


def test_a_preview_older_than_a_day_is_not_carried_out(scene: Scene) -> None:
    preview = scene.preview()
    scene.world.clock.advance(by=timedelta(hours=24, seconds=1))

    refused = scene.user.post(scene.path("runs"), {"preview_id": preview, **TERMS})

    assert refused.code == "preview_expired"


@pytest.mark.parametrize(
    ("terms", "code"), [({}, "terms_required"), ({"terms_version": "x"}, "terms_outdated")]
)
def test_nothing_is_written_without_the_current_terms(
    scene: Scene, terms: dict[str, str], code: str
) -> None:
    refused = scene.user.post(scene.path("runs"), {"mappings": [scene.row], **terms})

    assert (refused.status, refused.code) == (409, code)
    assert scene.world.queue.ready() == []


@pytest.mark.parametrize(
    "body",
    [
        {**TERMS},
        {"mappings": [], "preview_id": "run_1", **TERMS},
        {"mappings": "all", **TERMS},
        {"mappings": [{"campaign": {"id": "x"}}], **TERMS},
        {"preview_id": "r" * 3000, **TERMS},  # longer than any key of DynamoDB
        {"preview_id": "", **TERMS},
    ],
)
def test_a_run_needs_mappings_or_a_preview(scene: Scene, body: object) -> None:
    assert scene.user.post(scene.path("runs"), body).status == 422


def test_a_full_comparison_is_to_be_had_on_demand(scene: Scene) -> None:
    scene.sync()
    body = {"mappings": [scene.row], **TERMS, "full": True}

    run_id = scene.worked(scene.user.post(scene.path("runs"), body).body["run_id"])

    mapping = scene.user.get(f"runs/{run_id}").body["mappings"][0]
    assert (mapping["full"], mapping["drift"]) == (True, 0)


def test_a_preview_cannot_be_read_in_full_once_more(scene: Scene) -> None:
    body = {"preview_id": scene.preview(), **TERMS, "full": True}

    assert scene.user.post(scene.path("runs"), body).status == 422


def test_an_empty_choice_starts_nothing(scene: Scene) -> None:
    assert scene.user.post(scene.path("previews"), {"mappings": []}).code == "no_mappings"


def test_a_row_that_cannot_run_is_named_before_anything_starts(scene: Scene) -> None:
    row = {**scene.row, "group": {"id": "g_nope"}}

    refused = scene.user.post(scene.path("previews"), {"mappings": [scene.row, row]})

    assert refused.pointers == ["/mappings/1/group"]
    assert scene.world.control.runs == {}


@pytest.mark.parametrize("given", [None, "n" * 81])
def test_a_campaign_whose_name_no_crm_takes_is_refused_before_anything_starts(
    scene: Scene, given: str | None
) -> None:
    """The name is given with the row, or would be that of the group."""
    group = scene.user.post("groups", {"name": "g" * (81 if given is None else 10)}).body["id"]
    campaign = {"create": True, **({"name": given} if given else {})}
    row = {**scene.row, "group": {"id": group}, "campaign": campaign}

    answers = [
        scene.user.post(scene.path("previews"), {"mappings": [scene.row, row]}),
        scene.user.put(scene.path("automation"), {"mappings": [scene.row, row]}),
    ]
    named = {**row, "campaign": {"create": True, "name": "n" * 80}}
    fine = scene.user.post(scene.path("previews"), {"mappings": [scene.row, named]})

    for refused in answers:
        assert (refused.status, refused.pointers) == (422, ["/mappings/1/campaign"])
        assert refused.body["errors"][0]["code"] == "campaign_name_too_long"
    assert fine.status == 202


def test_the_waterfall_names_its_steps_in_their_order(scene: Scene) -> None:
    run = scene.user.get(f"runs/{scene.sync()}").body

    assert list(run["mappings"][0]["waterfall"].items()) == [
        ("in_group", 2),
        ("in_scope", 2),
        ("has_email", 2),
        ("unique", 2),
        ("matched", 2),
        ("mailable", 2),
    ]


def test_a_connection_that_cannot_be_used_starts_nothing(scene: Scene) -> None:
    broken = replace(scene.connection, status=ConnectionStatus.NEEDS_REAUTH)
    scene.world.connections.put(broken)

    assert scene.user.post(scene.path("previews"), {"mappings": [scene.row]}).code == "needs_reauth"


# --- once per key -------------------------------------------------------------------------------


def test_the_same_key_starts_the_work_once(scene: Scene) -> None:
    body = {"mappings": [scene.row]}

    first = scene.user.post(scene.path("previews"), body, key="k1")
    again = scene.user.post(scene.path("previews"), body, key="k1")
    other = scene.user.post(scene.path("previews"), body, key="k2")

    assert first.body == again.body != other.body
    assert len(scene.world.control.runs) == 2


def test_the_same_key_with_another_body_is_refused(scene: Scene) -> None:
    scene.user.post(scene.path("previews"), {"mappings": [scene.row]}, key="k1")
    other = {"mappings": [{**scene.row, "direction": "import"}]}

    refused = scene.user.post(scene.path("previews"), other, key="k1")

    assert (refused.status, refused.code) == (422, "idempotency_key_reused")


def test_a_key_counts_per_route_user_and_tenant(api: Api, scene: Scene) -> None:
    stranger, org = api.user("advisor-u1", "t2"), scene.world.org("2")
    theirs = scene.world.connect("t2", "2")
    group = stranger.post("groups", {"name": "Clients"}).body["id"]
    row = {
        "campaign": {"id": org.add_campaign("N").id},
        "group": {"id": group},
        "direction": "both",
    }

    mine = scene.user.post(scene.path("previews"), {"mappings": [scene.row]}, key="k")
    run = scene.user.post(scene.path("runs"), {"mappings": [scene.row], **TERMS}, key="k")
    other = stranger.post(f"connections/{theirs.id}/previews", {"mappings": [row]}, key="k")

    assert len({mine.body["run_id"], run.body["run_id"], other.body["run_id"]}) == 3


def test_a_refused_request_can_be_repeated_with_its_key(scene: Scene) -> None:
    row = {**scene.row, "campaign": {"create": True, "name": "Old"}}
    old = scene.world.org().add_campaign("Old", active=False)
    refused = scene.user.post(scene.path("previews"), {"mappings": [row]}, key="k")

    scene.world.org().change_campaign(old.id, active=True)
    again = scene.user.post(scene.path("previews"), {"mappings": [row]}, key="k")

    assert (refused.status, again.status) == (422, 202)


@pytest.mark.parametrize("key", ["a b", "\u00e4", "k" * 256])
def test_a_key_that_cannot_be_kept_is_a_422(scene: Scene, key: str) -> None:
    assert scene.user.post(scene.path("previews"), {"mappings": [scene.row]}, key=key).status == 422


# --- following a run ----------------------------------------------------------------------------


def test_runs_are_listed_newest_first_by_pages(scene: Scene) -> None:
    ids = []
    for _ in range(3):
        ids.append(scene.preview())
        scene.world.clock.advance(60)

    first = scene.user.get(scene.path("runs?limit=2")).body
    second = scene.user.get(scene.path(f"runs?limit=2&cursor={first['cursor']}")).body

    assert [run["id"] for run in first["items"] + second["items"]] == ids[::-1]
    assert second["cursor"] is None


def test_changes_are_found_by_outcome_and_by_name(scene: Scene) -> None:
    run_id = scene.sync()

    def found(query: str) -> list[str]:
        items = scene.user.get(f"runs/{run_id}/changes?{query}").body["items"]
        return [item["email"] for item in items]

    assert sorted(found("outcome=created")) == ["ann@firm.example", "bob@firm.example"]
    assert found("outcome=failed") == []
    assert found("search=BOB") == ["bob@firm.example"]
    assert found("search=ann@firm") == ["ann@firm.example"]
    assert scene.user.get(f"runs/{run_id}/changes?outcome=lost").status == 422


def test_changes_page_without_missing_or_repeating_one(scene: Scene) -> None:
    for number in range(5):
        body = {"email": f"c{number}@firm.example", "last_name": "C"}
        contact = scene.user.post("contacts", body).body["id"]
        scene.user.put(f"groups/{scene.row['group']['id']}/members/{contact}")
    run_id = scene.preview()

    seen, cursor = [], ""
    while True:
        page = scene.user.get(f"runs/{run_id}/changes?limit=2{cursor}").body
        seen += [item["id"] for item in page["items"]]
        if page["cursor"] is None:
            break
        cursor = f"&cursor={page['cursor']}"

    assert len(seen) == len(set(seen)) == 7


def test_every_field_tells_before_after_and_the_rule(scene: Scene) -> None:
    scene.sync()
    ann = scene.user.get("contacts?search=ann@firm").body["items"][0]
    scene.user.patch(f"contacts/{ann['id']}", {"last_name": "Married"})
    scene.world.clock.advance(600)

    run_id = scene.sync()

    change = scene.user.get(f"runs/{run_id}/changes?outcome=updated").body["items"][0]
    assert change["contact_id"] == ann["id"]
    assert change["fields"] == [
        {
            "name": "last_name",
            "side": "crm",
            "base_left": "Crm",
            "base_right": "Crm",
            "before": "Crm",
            "after": "Married",
            "other": "Married",
            "rule": "crm_wins",
            "loser": None,
        }
    ]


def test_the_report_has_every_record_and_no_formula(scene: Scene) -> None:
    run_id = scene.sync()

    report = scene.user.get(f"runs/{run_id}/report.csv")

    rows = list(csv.DictReader(io.StringIO(report.body)))
    assert report.headers["Content-Type"].startswith("text/csv")
    assert "attachment" in report.headers["Content-Disposition"]
    assert {row["email"] for row in rows} == {"ann@firm.example", "bob@firm.example"}
    assert {row["first_name"] for row in rows} == {"'=Ann", "Bob"}
    assert {row["campaign"] for row in rows} == {"Newsletter"}


def test_a_long_report_comes_in_parts_that_make_one_file(scene: Scene) -> None:
    run_id = scene.preview()
    long = FieldChange("street", Side.CRM, None, None, "", "x" * 4000, "", "new")
    changes = [Change(f"ch_{n}", "m", f"c_{n}", None, fields=(long,)) for n in range(700)]
    part = scene.world.artifacts.write_part("t1", "long", changes)
    run = scene.world.runs.get("t1", run_id)
    assert run is not None
    planned = replace(run, checkpoint=replace(run.checkpoint, plan=(part,)))
    scene.world.runs.save(planned, due_at=None)

    texts, path = [], "report.csv"
    while path:
        answer = scene.user.get(f"runs/{run_id}/{path}")
        texts.append(answer.body)
        path = answer.headers.get("Link", "").partition(">")[0].removeprefix("<")

    assert len(texts) == 2
    rows = list(csv.DictReader(io.StringIO("".join(texts))))
    assert [row["contact_id"] for row in rows] == [f"c_{n}" for n in range(700)]


def test_the_list_source_record_is_there_when_a_sync_has_ended(scene: Scene) -> None:
    preview, run_id = scene.preview(), scene.sync()

    record = scene.user.get(f"runs/{run_id}/list-source").body["items"][0]

    assert record["source"]["campaign_id"] == scene.row["campaign"]["id"]
    assert record["member_count"] == 2
    assert scene.user.get(f"runs/{preview}/list-source").code == "no_list_source"


def test_the_lists_of_a_past_moment_are_the_latest_records_by_then(scene: Scene) -> None:
    org, campaign = scene.world.org(), scene.row["campaign"]["id"]
    before = scene.world.clock.now()
    scene.world.clock.advance(3600)
    scene.sync()
    then = scene.world.clock.now()
    scene.world.clock.advance(3600)
    org.join(campaign, org.add_person("u1", last_name="Late", email="late@firm.example").id)
    scene.sync()

    def lists_at(moment: datetime) -> list[dict[str, Any]]:
        answer = scene.user.get(f"{scene.path('list-sources')}?at={quote(moment.isoformat())}")
        found: list[dict[str, Any]] = answer.body["items"]
        return found

    assert lists_at(before) == []
    assert [record["member_count"] for record in lists_at(then)] == [2]
    assert [record["member_count"] for record in lists_at(scene.world.clock.now())] == [3]
    assert lists_at(then)[0]["source"]["crm_user"]
    assert scene.user.get(f"{scene.path('list-sources')}?at=yesterday").status == 422


def test_a_waiting_run_is_cancelled(scene: Scene) -> None:
    started = scene.user.post(scene.path("previews"), {"mappings": [scene.row]}).body["run_id"]

    assert scene.user.post(f"runs/{started}/cancel").status == 202

    scene.worked(started)
    run = scene.user.get(f"runs/{started}").body
    assert (run["state"], run["mappings"][0]["state"]) == ("cancelled", "cancelled")


def test_undo_is_a_preview_that_names_the_run_it_undoes(scene: Scene) -> None:
    run_id = scene.sync()

    undo = scene.user.post(f"runs/{run_id}/undo")

    scene.worked(undo.body["run_id"])
    run = scene.user.get(f"runs/{undo.body['run_id']}").body
    assert (run["kind"], run["undoes"], run["state"]) == ("undo", run_id, "planned")


@pytest.mark.parametrize("verb", ["undo", "retry"])
def test_a_run_that_has_not_ended_is_neither_undone_nor_retried(scene: Scene, verb: str) -> None:
    body = {"mappings": [scene.row], **TERMS}
    started = scene.user.post(scene.path("runs"), body).body["run_id"]

    assert scene.user.post(f"runs/{started}/{verb}").code == "run_not_finished"


def test_approving_needs_something_held(scene: Scene) -> None:
    assert scene.user.post(f"runs/{scene.sync()}/approve").code == "nothing_held"


def test_what_a_run_held_back_is_carried_out_on_approval(scene: Scene) -> None:
    org, campaign = scene.world.org(), scene.row["campaign"]["id"]
    for number in range(30):
        email = f"p{number}@firm.example"
        org.join(campaign, org.add_person("u1", last_name=f"P{number}", email=email).id)
    scene.sync()
    for person_id in sorted(org.members_of(campaign)):
        org.leave(campaign, person_id)
    scene.world.clock.advance(600)
    held = scene.sync()
    run = scene.user.get(f"runs/{held}").body

    approved = scene.user.post(f"runs/{held}/approve")

    assert (run["state"], run["mappings"][0]["state"]) == ("partial", "held")
    assert run["held_from"] is None
    mapping = run["mappings"][0]
    preview = scene.user.get(f"runs/{mapping['held_preview_id']}").body
    assert preview["held_from"] == held
    assert mapping["reason"] == "campaign_reads_empty"
    assert mapping["detail"] == "The campaign had 32 members and now reads as empty."
    listed = scene.user.get(f"runs/{held}/changes?outcome=held").body["items"]
    told = {(each["reason"], each["detail"]) for each in listed}
    assert told == {(mapping["reason"], mapping["detail"])}
    assert approved.status == 202, approved.body
    scene.worked(approved.body["run_id"])
    counts = scene.user.get(f"runs/{approved.body['run_id']}").body["mappings"][0]["counts"]
    assert counts["removed"] > 10


# --- who may ------------------------------------------------------------------------------------


def test_somebody_elses_run_does_not_exist(api: Api, scene: Scene) -> None:
    run_id = scene.sync()

    for stranger in (api.user("advisor-u2"), api.user("advisor-u1", "t2")):
        for path in ("", "/changes", "/report.csv", "/list-source"):
            assert stranger.get(f"runs/{run_id}{path}").code == "no_such_run"
        for verb in ("cancel", "approve", "undo", "retry"):
            assert stranger.post(f"runs/{run_id}/{verb}").code == "no_such_run"
        assert stranger.post(scene.path("previews"), {"mappings": []}).status == 404


def test_a_marketing_admin_follows_runs_and_starts_none(admin: User, scene: Scene) -> None:
    run_id = scene.sync()

    for path in ("", "/changes", "/report.csv", "/list-source"):
        assert admin.get(f"runs/{run_id}{path}").status == 200
    assert admin.get(scene.path("runs")).body["items"][0]["id"] == run_id
    for path in (f"runs/{run_id}/cancel", f"runs/{run_id}/undo", scene.path("previews")):
        assert admin.post(path, {}).code == "read_only_role"


def test_a_failed_run_says_why(scene: Scene) -> None:
    started = scene.user.post(scene.path("previews"), {"mappings": [scene.row]}).body["run_id"]
    run = scene.world.runs.get("t1", started)
    assert run is not None
    failed = replace(
        run, state=RunState.FAILED, error="No campaigns.", error_code="promote_missing"
    )
    scene.world.runs.save(failed, due_at=None)

    assert scene.user.get(f"runs/{started}").body["error"] == {
        "code": "promote_missing",
        "detail": "No campaigns.",
    }
