"""SOQL: what it finds, how rows look, and how it refuses."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simple_salesforce.format import format_soql

from local.standin.soql import parse
from local.standin.soql.literals import unescape
from local.standin.soql.tree import Compared


def names(client: Any, statement: str) -> list[str]:
    return [row["Name"] for row in client.rows(statement)]


def refused(client: Any, statement: str) -> tuple[str, str]:
    answer = client.soql(statement)
    assert answer.status_code == 400, answer.text
    (error,) = answer.json()
    return error["errorCode"], error["message"]


def test_rows_carry_attributes_and_the_fields_in_the_order_selected(avery: Any) -> None:
    answer = avery.soql("SELECT LastName, Id, FirstName FROM Contact WHERE LastName = 'Lindqvist'")
    body = answer.json()
    assert list(body) == ["totalSize", "done", "records"]
    (row,) = body["records"]
    assert list(row) == ["attributes", "LastName", "Id", "FirstName"]
    url = f"/services/data/v60.0/sobjects/Contact/{row['Id']}"
    assert row["attributes"] == {"type": "Contact", "url": url}
    assert len(row["Id"]) == 18


def test_a_finished_result_has_no_next_records_url(avery: Any) -> None:
    body = avery.soql("SELECT Id FROM Contact").json()
    assert body["done"] is True
    assert "nextRecordsUrl" not in body


def test_an_unfinished_result_names_the_next_page(avery: Any, admin: Any) -> None:
    admin.post("/seed", {"count": 450, "campaign": "Paged"})
    options = {"Sforce-Query-Options": "batchSize=200"}
    page = avery.soql("SELECT Id FROM Contact WHERE Email LIKE 'person%'", headers=options).json()
    seen = {row["Id"] for row in page["records"]}
    assert (page["totalSize"], page["done"], len(seen)) == (450, False, 200)
    while not page["done"]:
        assert page["nextRecordsUrl"].startswith("/services/data/v60.0/query/0r8")
        page = avery.get(page["nextRecordsUrl"]).json()
        seen |= {row["Id"] for row in page["records"]}
    assert len(seen) == 450


def test_a_page_holds_two_thousand_rows_by_default(avery: Any, admin: Any) -> None:
    admin.post("/seed", {"count": 2_100})
    page = avery.soql("SELECT Id FROM Contact WHERE Email LIKE 'person%'").json()
    assert (len(page["records"]), page["totalSize"]) == (2_000, 2_100)


def test_a_locator_dies_after_two_days_and_belongs_to_its_user(
    avery: Any, blake: Any, admin: Any
) -> None:
    admin.post("/seed", {"count": 2_100})
    page = avery.soql("SELECT Id FROM Contact").json()
    assert blake.get(page["nextRecordsUrl"]).json()[0]["errorCode"] == "INVALID_QUERY_LOCATOR"
    admin.knob(session_seconds=10 * 86_400)
    admin.post("/clock/advance", {"seconds": 2 * 86_400 + 60})
    answer = avery.get(page["nextRecordsUrl"])
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "INVALID_QUERY_LOCATOR")


def test_a_parent_is_an_object_with_attributes_or_null(avery: Any) -> None:
    row = avery.one("SELECT Account.Name, Owner.Name FROM Contact WHERE LastName = 'Lindqvist'")
    assert row["Account"]["attributes"]["type"] == "Account"
    assert (row["Account"]["Name"], row["Owner"]["Name"]) == ("Millbrook Pottery", "Avery Advisor")
    assert avery.one("SELECT Account.Name FROM Contact WHERE LastName = 'Holt'")["Account"] is None


def test_a_member_reaches_its_people_and_its_campaign(avery: Any) -> None:
    row = avery.one(
        "SELECT Contact.OwnerId, Contact.Account.Name, Campaign.Name, Lead.Name, Email, Name, "
        "Type, CompanyOrAccount FROM CampaignMember "
        "WHERE Contact.LastName = 'Lindqvist' AND Campaign.IsActive = true"
    )
    assert row["Contact"]["OwnerId"] == avery.user_id
    assert row["Contact"]["Account"]["Name"] == "Millbrook Pottery"
    assert row["Campaign"]["Name"] == "Client Newsletter"
    assert row["Lead"] is None
    assert (row["Email"], row["Name"]) == ("pia@millbrook.example", "Pia Lindqvist")
    assert (row["Type"], row["CompanyOrAccount"]) == ("Contact", "Millbrook Pottery")


def test_children_come_as_a_result_of_their_own_or_null(avery: Any) -> None:
    rows = avery.rows(
        "SELECT Name, (SELECT LastName FROM Contacts ORDER BY LastName) FROM Account ORDER BY Name"
    )
    found = {row["Name"]: row["Contacts"] for row in rows}
    assert found["Millbrook Pottery"]["totalSize"] == 2
    assert found["Millbrook Pottery"]["done"] is True
    assert [c["LastName"] for c in found["Millbrook Pottery"]["records"]] == ["Lindqvist", "Reyes"]
    campaign = avery.one(
        "SELECT (SELECT Id FROM CampaignMembers WHERE Status = 'None') FROM Campaign LIMIT 1"
    )
    assert campaign["CampaignMembers"] is None


def test_a_semi_join_keeps_the_members_and_an_anti_join_the_others(avery: Any) -> None:
    inside = "(SELECT ContactId FROM CampaignMember WHERE Campaign.Name = 'Client Newsletter')"
    members = names(avery, f"SELECT Name FROM Contact WHERE Id IN {inside} ORDER BY Name")
    assert members == ["Chidi Okafor", "Ngozi Okafor", "Pia Lindqvist", "Tom Reyes", "Vera Holt"]
    others = names(avery, f"SELECT Name FROM Contact WHERE Id NOT IN {inside}")
    assert others == ["Marco Sandoval"]


def test_keyset_pages_cover_every_member_once(avery: Any, admin: Any) -> None:
    campaign = admin.post("/seed", {"count": 500, "campaign": "Keys"})["campaign_id"]
    seen: list[str] = []
    stamp, last = "2000-01-01T00:00:00.000+0000", "000000000000000"
    while True:
        rows = avery.rows(
            f"SELECT Id, SystemModstamp FROM CampaignMember WHERE CampaignId = '{campaign}' AND "
            f"(SystemModstamp > {stamp} OR (SystemModstamp = {stamp} AND Id > '{last}')) "
            "ORDER BY SystemModstamp, Id LIMIT 120"
        )
        if not rows:
            break
        seen += [row["Id"] for row in rows]
        stamp, last = rows[-1]["SystemModstamp"], rows[-1]["Id"]
    assert len(seen) == len(set(seen)) == 500


def test_count_gives_only_a_total(avery: Any) -> None:
    body = avery.soql("select count() from Contact where LastName = 'okafor'").json()
    assert body == {"totalSize": 2, "done": True, "records": []}


def test_aggregates_are_named_expr_or_by_alias(avery: Any) -> None:
    rows = avery.rows(
        "SELECT Status, COUNT(Id), MAX(CreatedDate) latest FROM CampaignMember "
        "WHERE Campaign.Name = 'Client Newsletter' GROUP BY Status HAVING COUNT(Id) > 1"
    )
    (row,) = rows
    assert row["attributes"] == {"type": "AggregateResult"}
    assert list(row) == ["attributes", "Status", "expr0", "latest"]
    assert (row["Status"], row["expr0"]) == ("Sent", 5)


def test_text_compares_without_case_and_like_too(avery: Any) -> None:
    assert names(avery, "SELECT Name FROM Contact WHERE Email = 'PIA@MILLBROOK.EXAMPLE'")
    assert names(avery, "SELECT Name FROM Contact WHERE Name LIKE 'pia%'") == ["Pia Lindqvist"]
    single = "SELECT Name FROM Contact WHERE Name LIKE 'p_a lind%'"
    assert names(avery, single) == ["Pia Lindqvist"]


def test_like_wildcards_can_be_escaped(avery: Any) -> None:
    avery.create("Contact", LastName="100% Sure")
    avery.create("Contact", LastName="1000 Sure")
    assert names(avery, r"SELECT Name FROM Contact WHERE Name LIKE '100\%%'") == ["100% Sure"]


def test_null_is_a_value(avery: Any) -> None:
    assert names(avery, "SELECT Name FROM Contact WHERE Email = null") == ["Tom Reyes"]
    different = "SELECT Name FROM Contact WHERE Email != 'pia@millbrook.example'"
    assert "Tom Reyes" in names(avery, different)
    assert "Tom Reyes" in names(avery, "SELECT Name FROM Contact WHERE (NOT Email LIKE 'pia%')")
    assert "Tom Reyes" in names(avery, "SELECT Name FROM Contact WHERE Email NOT IN ('a@b.cd')")


def test_ids_match_in_15_and_18_characters(avery: Any) -> None:
    pia = avery.contact("Lindqvist")
    statement = "SELECT Name FROM Contact WHERE Id IN ('{}', '{}')"
    assert names(avery, statement.format(pia[:15], pia)) == ["Pia Lindqvist"]


def test_nulls_come_first_unless_told(avery: Any) -> None:
    statement = "SELECT Name FROM Contact ORDER BY Email DESC{} LIMIT 1"
    assert names(avery, statement.format("")) == ["Tom Reyes"]
    assert names(avery, statement.format(" NULLS LAST")) == ["Vera Holt"]


def test_limit_and_offset_cut_a_window(avery: Any) -> None:
    every = names(avery, "SELECT Name FROM Contact ORDER BY Name")
    assert names(avery, "SELECT Name FROM Contact ORDER BY Name LIMIT 2 OFFSET 1") == every[1:3]


def test_date_literals_read_the_clock_of_the_org(avery: Any, admin: Any) -> None:
    avery.create("Contact", LastName="Today")
    count = "SELECT COUNT() FROM Contact WHERE CreatedDate = {}"
    assert avery.soql(count.format("TODAY")).json()["totalSize"] == 1
    admin.knob(session_seconds=10 * 86_400)
    admin.post("/clock/advance", {"seconds": 2 * 86_400})
    for literal, expected in (("TODAY", 0), ("N_DAYS_AGO:2", 1), ("LAST_N_DAYS:2", 1)):
        assert avery.soql(count.format(literal)).json()["totalSize"] == expected


def test_datetimes_take_offsets(avery: Any) -> None:
    stamp = avery.one("SELECT CreatedDate FROM Contact WHERE LastName = 'Holt'")["CreatedDate"]
    assert stamp.endswith(".000+0000")
    shifted = stamp.replace(".000+0000", "+00:00")
    assert names(avery, f"SELECT Name FROM Contact WHERE CreatedDate = {shifted} LIMIT 1")


def test_an_address_is_an_object_of_its_parts(avery: Any) -> None:
    row = avery.one("SELECT MailingAddress FROM Contact WHERE FirstName = 'Chidi'")
    assert row["MailingAddress"] == {
        "city": "Boston",
        "country": "USA",
        "geocodeAccuracy": None,
        "latitude": None,
        "longitude": None,
        "postalCode": "02110",
        "state": "MA",
        "street": "12 Wharf Road",
    }


def test_values_have_the_types_the_api_gives_them(iris: Any) -> None:
    iris.create("Campaign", Name="Typed", ExpectedRevenue=23, StartDate="2024-02-03")
    row = iris.one(
        "SELECT ExpectedRevenue, StartDate, NumberOfContacts, IsActive, EndDate FROM Campaign "
        "WHERE Name = 'Typed'"
    )
    del row["attributes"]
    assert row == {
        "ExpectedRevenue": 23.0,
        "StartDate": "2024-02-03",
        "NumberOfContacts": 0,
        "IsActive": False,
        "EndDate": None,
    }
    assert isinstance(row["ExpectedRevenue"], float)


def test_column_metadata_is_given_on_request(avery: Any) -> None:
    statement = "SELECT Id, Owner.Name, (SELECT Id FROM CampaignMembers) FROM Contact"
    body = avery.get("/query", params={"q": statement, "columns": "true"}).json()
    columns = {column["columnName"]: column for column in body["columnMetadata"]}
    assert columns["Owner"]["joinColumns"][0]["columnName"] == "Name"
    assert columns["CampaignMembers"]["aggregate"] is True
    assert columns["Id"]["joinColumns"] == []


def test_an_unknown_field_is_located_in_the_statement(avery: Any) -> None:
    code, message = refused(avery, "SELECT Shoe__c FROM Contact")
    assert code == "INVALID_FIELD"
    assert message == (
        "\nSELECT Shoe__c FROM Contact\n       ^\nERROR at Row:1:Column:8\n"
        "No such column 'Shoe__c' on entity 'Contact'. If you are attempting to use a custom "
        "field, be sure to append the '__c' after the custom field name. Please reference your "
        "WSDL or the describe call for the appropriate names."
    )


def test_an_unknown_object_is_an_invalid_type(avery: Any) -> None:
    code, message = refused(avery, "select count() from XYZZY")
    assert code == "INVALID_TYPE"
    assert message == (
        "\nselect count() from XYZZY\n                    ^\nERROR at Row:1:Column:21\n"
        "sObject type 'XYZZY' is not supported. If you are attempting to use a custom object, be "
        "sure to append the '__c' after the entity name. Please reference your WSDL or the "
        "describe call for the appropriate names."
    )


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT Id FROM Contact WHERE",
        "SELECT Id FROM WHERE Id = null",
        "SELECT FROM Contact",
        "SELECT Id FROM Contact WHERE LastName = 'a' AND LastName = 'b' OR LastName = 'c'",
        'SELECT Id FROM Contact WHERE LastName = "a"',
        "SELECT Id FROM Contact WHERE LastName == 'a'",
        "SELECT Id, Id FROM Contact",
        "SELECT Id FROM Contact WHERE Id IN (SELECT Id FROM Contact)",
        "SELECT Id FROM Contact WHERE Title = 'a' OR Id IN (SELECT ContactId FROM CampaignMember)",
        "SELECT Id FROM Contact WHERE LastName IN (SELECT ContactId FROM CampaignMember)",
        "SELECT Id FROM Contact WHERE Id IN (SELECT ContactId FROM CampaignMember LIMIT 1)",
        "SELECT Status, Id FROM CampaignMember GROUP BY Status",
        "",
    ],
)
def test_what_soql_does_not_allow_is_malformed(avery: Any, statement: str) -> None:
    assert refused(avery, statement)[0] == "MALFORMED_QUERY"


@pytest.mark.parametrize(
    ("condition", "code"),
    [
        ("IsActive = 'true'", "INVALID_FIELD"),
        ("SystemModstamp > '2024-01-01T00:00:00Z'", "INVALID_FIELD"),
        ("SystemModstamp > 2024-01-01", "INVALID_FIELD"),
        ("Name = 5", "INVALID_FIELD"),
        ("Id = 'nonsense'", "INVALID_QUERY_FILTER_OPERATOR"),
        ("Description = 'x'", "INVALID_FIELD"),
        ("Nowhere.Name = 'x'", "INVALID_FIELD"),
    ],
)
def test_a_condition_of_the_wrong_kind_is_refused(avery: Any, condition: str, code: str) -> None:
    assert refused(avery, f"SELECT Id FROM Campaign WHERE {condition}")[0] == code


def test_an_offset_past_two_thousand_is_refused(avery: Any) -> None:
    assert refused(avery, "SELECT Id FROM Contact OFFSET 2001")[0] == "NUMBER_OUTSIDE_VALID_RANGE"


def test_a_condition_may_have_thousands_of_terms(avery: Any) -> None:
    terms = " OR ".join(f"Phone = '{number}'" for number in range(3_000))
    statement = f"SELECT COUNT() FROM Contact WHERE {terms}"
    request = {
        "method": "GET",
        "url": f"/services/data/v60.0/query?q={quote(statement)}",
        "referenceId": "long",
    }
    (answer,) = avery.post("/composite", {"compositeRequest": [request]}).json()[
        "compositeResponse"
    ]
    assert answer["httpStatusCode"] == 200


def test_a_uri_longer_than_sixteen_kilobytes_is_414(avery: Any) -> None:
    many = ", ".join(f"'003{n:012d}'" for n in range(1_000))
    assert avery.soql(f"SELECT Id FROM Contact WHERE Id IN ({many})").status_code == 414


@settings(max_examples=150)
@given(text=st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=60))
def test_whatever_format_soql_quotes_is_read_back_unchanged(text: str) -> None:
    where = parse(format_soql("SELECT Id FROM Contact WHERE LastName = {}", text)).where
    assert isinstance(where, Compared)
    assert unescape(where.literal.text) == text
