"""The recycle bin: queryAll, undelete, purge, getUpdated, getDeleted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any


def test_query_hides_what_query_all_shows(avery: Any) -> None:
    holt = avery.contact("Holt")
    avery.delete(f"/sobjects/Contact/{holt}")
    statement = f"SELECT IsDeleted FROM Contact WHERE Id = '{holt}'"
    assert avery.rows(statement) == []
    assert avery.one(statement, "queryAll")["IsDeleted"] is True


def test_deleted_members_show_or_not_as_the_org_pleases(avery: Any, admin: Any) -> None:
    campaign = avery.campaign("Client Newsletter")
    member = avery.rows(f"SELECT Id FROM CampaignMember WHERE CampaignId = '{campaign}'")[0]["Id"]
    avery.delete(f"/sobjects/CampaignMember/{member}")
    statement = f"SELECT IsDeleted FROM CampaignMember WHERE Id = '{member}'"
    assert avery.one(statement, "queryAll")["IsDeleted"] is True
    admin.knob(deleted_members_visible=False)
    assert avery.rows(statement, "queryAll") == []


def test_the_bin_is_emptied_after_fifteen_days(avery: Any, admin: Any) -> None:
    holt = avery.contact("Holt")
    avery.delete(f"/sobjects/Contact/{holt}")
    admin.knob(session_seconds=30 * 86_400)
    admin.post("/clock/advance", {"seconds": 16 * 86_400})
    assert avery.rows(f"SELECT Id FROM Contact WHERE Id = '{holt}'", "queryAll") == []


def test_deleting_a_person_takes_the_memberships_and_undelete_brings_them_back(
    avery: Any, admin: Any
) -> None:
    holt, campaign = avery.contact("Holt"), avery.campaign("Client Newsletter")
    members = f"SELECT Id FROM CampaignMember WHERE ContactId = '{holt}'"
    count = f"SELECT NumberOfContacts FROM Campaign WHERE Id = '{campaign}'"
    avery.delete(f"/sobjects/Contact/{holt}")
    assert avery.rows(members) == []
    assert avery.one(count)["NumberOfContacts"] == 4
    admin.post("/undelete", {"id": holt})
    assert len(avery.rows(members)) == 1
    assert avery.one(count)["NumberOfContacts"] == 5
    assert avery.get(f"/sobjects/Contact/{holt}").status_code == 200


def test_undelete_leaves_what_was_deleted_before_in_the_bin(avery: Any, admin: Any) -> None:
    holt = avery.contact("Holt")
    members = f"SELECT Id FROM CampaignMember WHERE ContactId = '{holt}'"
    avery.delete(f"/sobjects/CampaignMember/{avery.one(members)['Id']}")
    admin.post("/clock/advance", {"seconds": 60})
    avery.delete(f"/sobjects/Contact/{holt}")
    admin.post("/undelete", {"id": holt})
    assert avery.rows(members) == []


def test_a_purged_record_leaves_no_trace(avery: Any, admin: Any) -> None:
    holt = avery.contact("Holt")
    avery.delete(f"/sobjects/Contact/{holt}")
    admin.post("/purge", {"ids": [holt]})
    assert avery.rows(f"SELECT Id FROM Contact WHERE Id = '{holt}'", "queryAll") == []


def window(client: Any, start: timedelta, end: timedelta) -> dict[str, str]:
    now = client.running.org.clock.now()
    return {
        "start": (now + start).strftime("%Y-%m-%dT%H:%M:%S+00:00"),
        "end": (now + end).strftime("%Y-%m-%dT%H:%M:%S+00:00"),
    }


def test_get_updated_lists_ids_by_stamp(avery: Any, admin: Any) -> None:
    pia = avery.contact("Lindqvist")
    avery.patch(f"/sobjects/Contact/{pia}", {"Title": "x"})
    parameters = window(avery, timedelta(minutes=-5), timedelta(minutes=5))
    body = avery.get("/sobjects/Contact/updated/", params=parameters).json()
    assert body["ids"] == [pia]
    assert set(body) == {"ids", "latestDateCovered"}
    covered = datetime.strptime(body["latestDateCovered"], "%Y-%m-%dT%H:%M:%S.000%z")
    assert covered <= datetime.now(UTC) + timedelta(seconds=2)
    admin.knob(replication_lag_seconds=3_600)
    lagging = avery.get("/sobjects/Contact/updated/", params=parameters).json()
    assert lagging["latestDateCovered"] < body["latestDateCovered"]


def test_get_deleted_lists_ids_and_how_far_back_it_reaches(avery: Any) -> None:
    holt = avery.contact("Holt")
    avery.delete(f"/sobjects/Contact/{holt}")
    parameters = window(avery, timedelta(days=-2), timedelta(minutes=5))
    body = avery.get("/sobjects/Contact/deleted", params=parameters).json()
    assert [row["id"] for row in body["deletedRecords"]] == [holt]
    earliest = datetime.strptime(body["earliestDateAvailable"], "%Y-%m-%dT%H:%M:%S.000%z")
    age = avery.running.org.clock.now() - earliest
    assert timedelta(days=14, hours=23) < age < timedelta(days=15, hours=1)


def test_a_window_the_wrong_way_round_is_refused(avery: Any) -> None:
    parameters = window(avery, timedelta(minutes=5), timedelta(minutes=-5))
    answer = avery.get("/sobjects/Contact/updated", params=parameters)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "INVALID_REPLICATION_DATE")


def test_a_window_older_than_thirty_days_is_refused(avery: Any) -> None:
    parameters = window(avery, timedelta(days=-31), timedelta())
    answer = avery.get("/sobjects/Contact/updated", params=parameters)
    assert answer.json()[0]["errorCode"] == "INVALID_REPLICATION_DATE"
