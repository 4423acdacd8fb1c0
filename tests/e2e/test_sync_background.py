"""In the background: on schedule, large, interrupted, and told exactly once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from local.advisor import Advisor, until
from local.crm_user import CrmUser
from local.stack.aws import LocalAws
from tests.e2e.scenery import (
    mapping,
    member_emails,
    new_campaign,
    new_contact,
    new_group,
    new_person,
    tag,
    totals,
)

Json = dict[str, Any]


def test_a_finalized_automation_runs_by_itself_and_tells_once(
    advisor: Advisor, crm: CrmUser, connection: Json
) -> None:
    group = new_group(advisor)
    path = f"/api/connections/{connection['id']}/automation"
    row = mapping(new_campaign(crm, [new_person(crm)]), group)
    advisor.put(path, {"mappings": [row], "cadence": {"every": "15min"}, "enabled": True})
    terms = advisor.get("/api/platforms")["terms_version"]
    advisor.post(f"{path}/finalize", {"terms_version": terms})

    run = until(lambda: _scheduled_run(advisor, connection), "the schedule to start a run", 240)
    ended = advisor.run_to_end(run["id"])

    assert ended["state"] == "succeeded"
    assert totals(ended) == {"considered": 1, "created": 1}
    assert len(member_emails(advisor, group)) == 1
    until(lambda: _notices(advisor, ended["id"]), "the notification")
    assert len(_notices(advisor, ended["id"])) == 1
    assert advisor.get(f"/api/connections/{connection['id']}")["health"]["next_run_at"]


def test_a_manual_run_leaves_the_automation_byte_for_byte(
    advisor: Advisor, crm: CrmUser, connection: Json
) -> None:
    path = f"/api/connections/{connection['id']}/automation"
    campaign, group = new_campaign(crm, [new_person(crm)]), new_group(advisor)
    draft = {"mappings": [mapping(campaign, group)], "cadence": {"every": "hour"}, "enabled": False}
    advisor.put(path, draft)
    before = advisor.get(path)

    advisor.sync(connection["id"], [mapping(campaign, group, "import")])

    assert advisor.get(path) == before


def test_one_notification_per_run_with_counts_and_a_way_to_it(
    advisor: Advisor, crm: CrmUser, connection: Json, stack: Mapping[str, Any]
) -> None:
    run = advisor.sync(
        connection["id"], [mapping(new_campaign(crm, [new_person(crm)]), new_group(advisor))]
    )
    until(lambda: _notices(advisor, run["id"]), "the notification")

    _publish_again(stack, advisor, connection, run)
    other = advisor.sync(
        connection["id"], [mapping(new_campaign(crm, [new_person(crm)]), new_group(advisor))]
    )
    until(lambda: _notices(advisor, other["id"]), "the notification of the next run")

    notices = _notices(advisor, run["id"])
    assert len(notices) == 1
    assert "1" in notices[0]["body"]
    assert notices[0]["connection_id"] == connection["id"]


def test_a_campaign_of_three_thousand_arrives_whole(
    advisor: Advisor, crm: CrmUser, connection: Json
) -> None:
    seeded = crm.admin(
        "POST", "seed", {"count": 3000, "campaign": f"Large {tag()}", "domain": f"{tag()}.example"}
    )
    group = new_group(advisor, [new_contact(advisor)])
    row = mapping(seeded["campaign_id"], group)

    started = advisor.post(
        f"/api/connections/{connection['id']}/runs",
        {"mappings": [row], "terms_version": advisor.get("/api/platforms")["terms_version"]},
    )
    run = advisor.run_to_end(started["run_id"], seconds=600)

    assert run["state"] == "succeeded"
    assert totals(run) == {"considered": 3001, "created": 3001}
    counted = next(g for g in advisor.everything("/api/groups") if g["id"] == group)
    assert counted["member_count"] == 3001


def test_a_run_whose_worker_is_killed_finishes_after_all(
    advisor: Advisor, crm: CrmUser, connection: Json, stack: Mapping[str, Any]
) -> None:
    people = [new_person(crm) for _ in range(3)]
    group = new_group(advisor, [new_contact(advisor)])
    row = mapping(new_campaign(crm, people), group)
    fault = {
        "path": "composite",
        "body": "CampaignMember",
        "action": {"kind": "delay", "seconds": 20},
    }
    crm.admin("POST", "faults", fault)

    started = advisor.post(
        f"/api/connections/{connection['id']}/runs",
        {"mappings": [row], "terms_version": advisor.get("/api/platforms")["terms_version"]},
    )
    until(
        lambda: advisor.get(f"/api/runs/{started['run_id']}")["state"] == "gathering",
        "the run to begin",
    )
    until(lambda: _kill_workers(stack), "a worker to kill", 30)
    run = advisor.run_to_end(started["run_id"], seconds=600)

    assert run["state"] == "succeeded"
    assert totals(run) == {"considered": 4, "created": 4}
    until(lambda: _notices(advisor, run["id"]), "the notification")
    assert len(_notices(advisor, run["id"])) == 1


def test_a_message_nobody_can_read_goes_to_the_dead_letters_with_its_reason(
    stack: Mapping[str, Any],
) -> None:
    sqs = LocalAws(stack["aws_endpoint_url"]).client("sqs")
    mark = tag()
    sqs.send_message(
        QueueUrl=stack["outputs"]["SyncQueueUrl"],
        MessageBody=f'{{"no": "message", "mark": "{mark}"}}',
    )

    def dead() -> Json | None:
        answer = sqs.receive_message(
            QueueUrl=stack["outputs"]["SyncDeadLetterQueueUrl"],
            MessageAttributeNames=["All"],
            MaxNumberOfMessages=10,
        )
        return next((m for m in answer.get("Messages", []) if mark in m["Body"]), None)

    letter = until(dead, "the dead letter", 120)

    assert "tenant_id" in letter["MessageAttributes"]["reason"]["StringValue"]


def _scheduled_run(advisor: Advisor, connection: Json) -> Json | None:
    runs = advisor.get(f"/api/connections/{connection['id']}/runs")["items"]
    return next((run for run in runs if run["trigger"] == "schedule"), None)


def _notices(advisor: Advisor, run_id: str) -> list[Json]:
    return [n for n in advisor.everything("/api/notifications") if n["run_id"] == run_id]


def _publish_again(stack: Mapping[str, Any], advisor: Advisor, connection: Json, run: Json) -> None:
    """The completion event, delivered a second time."""
    tenant = advisor.user["email"].split("@")[1].removesuffix(".example")
    detail = {"tenant_id": tenant, "connection_id": connection["id"], "run_id": run["id"]}
    LocalAws(stack["aws_endpoint_url"]).client("events").put_events(
        Entries=[
            {
                "Source": "crmsync",
                "DetailType": "run.completed",
                "Detail": json.dumps({**detail, "event_id": f"completed-{run['id']}"}),
                "EventBusName": stack["outputs"]["EventBusName"],
            }
        ]
    )


def _kill_workers(stack: Mapping[str, Any]) -> int:
    """Kill the processes of this stack that run run_sync; how many there were."""
    home = str(Path(stack["function_log"]).parent.parent)
    listed = subprocess.run(
        ["ps", "-ww", "-eo", "pid,args"], capture_output=True, text=True, check=True
    )
    name = stack["functions"]["RunSyncFunction"]
    killed = 0
    for line in listed.stdout.splitlines():
        pid, _, command = line.strip().partition(" ")
        if name in command and home in command:
            os.kill(int(pid), signal.SIGKILL)
            killed += 1
    return killed
