"""The admin API."""

from __future__ import annotations

from typing import Any

import pytest


def test_reset_goes_back_to_the_seed_and_keeps_sessions(avery: Any, admin: Any) -> None:
    holt = avery.contact("Holt")
    avery.delete(f"/sobjects/Contact/{holt}")
    admin.knob(api_max=5)
    admin.fault(path="limits", action={"kind": "quota"})
    overview = admin.post("/reset", {})
    assert overview["records"]["Contact"] == 7
    assert avery.contact("Holt") == holt
    assert avery.get("/limits").status_code == 200
    assert admin.get("/knobs")["api_max"] == 100_000
    admin.post("/reset", {"tokens": True})
    assert avery.get("/limits").status_code == 401


def test_the_seed_lies_in_the_past(avery: Any) -> None:
    recent = "SELECT COUNT() FROM Contact WHERE SystemModstamp >= LAST_N_DAYS:28"
    assert avery.soql(recent).json()["totalSize"] == 0


def test_a_late_commit_is_visible_now_with_an_older_stamp(avery: Any, admin: Any) -> None:
    pia = avery.contact("Lindqvist")
    change = {"id": pia, "values": {"Title": "Late"}, "seconds_ago": 90}
    row = admin.post("/late-commit", change)
    assert row["Title"] == "Late"
    now = avery.running.org.clock.stamp()
    assert row["SystemModstamp"] < now
    added = admin.post(
        "/late-commit",
        {"object": "Lead", "values": {"LastName": "L", "Company": "C"}, "seconds_ago": 90},
    )
    assert added["CreatedDate"] == added["SystemModstamp"] < now
    gone = admin.post("/late-commit", {"id": pia, "delete": True, "seconds_ago": 30})
    assert gone["IsDeleted"] == 1


def test_seeding_many_contacts_gives_a_campaign_full_of_members(avery: Any, admin: Any) -> None:
    made = admin.post("/seed", {"count": 300, "campaign": "Many", "over_seconds": 600})
    assert made["count"] == 300
    row = avery.one(f"SELECT NumberOfContacts FROM Campaign WHERE Id = '{made['campaign_id']}'")
    assert row["NumberOfContacts"] == 300
    stamps = avery.rows(
        "SELECT SystemModstamp s, COUNT(Id) FROM Contact WHERE Email LIKE 'person%' "
        "GROUP BY SystemModstamp"
    )
    assert len(stamps) > 100
    more = admin.post("/seed", {"count": 5, "campaign_id": made["campaign_id"], "start": 301})
    assert more["campaign_id"] == made["campaign_id"]


def test_sessions_and_refresh_tokens_can_be_ended(avery: Any, admin: Any) -> None:
    body = {"username": "avery.advisor@salesforce.example"}
    assert admin.post("/sessions/expire", body)["ended"] == 1
    assert avery.get("/limits").status_code == 401
    assert admin.post("/refresh-tokens/revoke", {}) == {"ended": 0}


def test_cursors_can_be_dropped(avery: Any, admin: Any) -> None:
    admin.post("/seed", {"count": 2_100})
    page = avery.soql("SELECT Id FROM Contact").json()
    admin.post("/cursors/expire", {})
    answer = avery.get(page["nextRecordsUrl"])
    assert answer.json()[0]["errorCode"] == "INVALID_QUERY_LOCATOR"


def test_a_raw_change_moves_no_stamp(avery: Any, admin: Any) -> None:
    pia = avery.contact("Lindqvist")
    before = admin.post("/record", {"id": pia})
    after = admin.post("/raw", {"id": pia, "values": {"Title": "Silent"}})
    assert after == {**before, "Title": "Silent"}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/knobs", {"no_such_knob": 1}),
        ("/users/nobody@salesforce.example", {"active": False}),
        ("/users/avery.advisor@salesforce.example", {"shoe_size": 44}),
    ],
)
def test_a_wrong_admin_request_says_what_is_wrong(
    admin: Any, path: str, body: dict[str, Any]
) -> None:
    with pytest.raises(AssertionError, match="Error"):
        admin.patch(path, body)


def test_the_clock_can_be_frozen_and_moved(admin: Any) -> None:
    admin.put("/clock", {"now": "2030-01-01T00:00:00Z", "frozen": True})
    assert admin.get("/clock")["now"] == "2030-01-01T00:00:00+00:00"
    assert admin.post("/clock/advance", {"seconds": 90})["now"] == "2030-01-01T00:01:30+00:00"
