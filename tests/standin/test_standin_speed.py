"""The stand-in must not be what a performance test measures."""

from __future__ import annotations

import time
from typing import Any

PEOPLE = (
    "SELECT Id, SystemModstamp, FirstName, LastName, Salutation, Title, Email, Phone, MobilePhone, "
    "MailingStreet, MailingCity, MailingState, MailingPostalCode, MailingCountry, Birthdate, "
    "HasOptedOutOfEmail, OwnerId, Account.Name FROM Contact WHERE Id IN (SELECT ContactId FROM "
    "CampaignMember WHERE CampaignId = '{campaign}') AND Id > '{last}' ORDER BY Id LIMIT 2000"
)


def fastest(client: Any, statement: str, rows: int) -> float:
    """Seconds of the best of three runs (the machine may be busy)."""
    best = float("inf")
    for _ in range(3):
        began = time.perf_counter()
        assert len(client.rows(statement)) == rows
        best = min(best, time.perf_counter() - began)
    return best


def test_pages_of_a_large_campaign_come_quickly(avery: Any, admin: Any) -> None:
    campaign = admin.post("/seed", {"count": 20_000, "campaign": "Large"})["campaign_id"]
    people = PEOPLE.format(campaign=campaign, last="000000000000000")
    assert fastest(avery, people, 2_000) < 1.0
    members = (
        "SELECT Id, ContactId, Contact.Name, Contact.Email, Name FROM CampaignMember "
        f"WHERE CampaignId = '{campaign}' ORDER BY Id LIMIT 2000"
    )
    assert fastest(avery, members, 2_000) < 1.0


def test_two_hundred_writes_come_quickly_into_a_large_campaign(avery: Any, admin: Any) -> None:
    campaign = admin.post("/seed", {"count": 20_000, "campaign": "Large"})["campaign_id"]
    records = [
        {"attributes": {"type": "Contact"}, "LastName": f"Quick {n}", "Email": f"q{n}@mail.example"}
        for n in range(200)
    ]
    began = time.perf_counter()
    made = avery.post("/composite/sobjects", {"records": records}).json()
    members = [
        {"attributes": {"type": "CampaignMember"}, "CampaignId": campaign, "ContactId": row["id"]}
        for row in made
    ]
    joined = avery.post("/composite/sobjects", {"records": members}).json()
    assert all(result["success"] for result in joined)
    assert time.perf_counter() - began < 3.0
