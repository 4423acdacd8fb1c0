"""Person accounts, contacts, leads and accounts as members of one campaign."""

from __future__ import annotations

from tests.conformance.office import AVERY, Office, counts
from tests.contract.salesforce.standin_org import StandinOrg


def _campaign(office: Office, name: str) -> str:
    return office.site.find("Campaign", Name=name)


def _writes(site: StandinOrg) -> str:
    """Every record body that was sent since the org's seed."""
    return " ".join(
        str(entry.get("body", "")) for entry in site.running.org.meter.log if entry["body"]
    )


class TestPersonAccounts:
    def test_a_new_person_is_an_account_with_a_person_record_type(self, practifi: Office) -> None:
        practifi.settings(settings={"new_people": "create"})
        news = _campaign(practifi, "Quarterly Update")
        row = practifi.row(news, practifi.group(practifi.contact("Nadia", "Novak")), "export")

        practifi.sync(row)

        made = practifi.site.person_id("nadia@novak.example")
        account = practifi.site.row(practifi.site.row(made)["AccountId"])
        kind = practifi.site.row(account["RecordTypeId"])
        assert (account["IsPersonAccount"], kind["DeveloperName"]) == (1, "PersonAccount")
        assert account["PersonContactId"] == made
        assert practifi.site.find("CampaignMember", CampaignId=news, ContactId=made)

    def test_an_edit_and_an_opt_out_go_to_the_account_and_never_to_its_contact(
        self, practifi: Office
    ) -> None:
        news = _campaign(practifi, "Quarterly Update")
        row = practifi.row(news, practifi.group())
        practifi.sync(row)
        dana = practifi.members(row["group"]["id"])["Dana"]
        practifi.site.running.org.meter.clear()

        practifi.edit(dana["id"], title="Partner", email_opt_out=True)
        run = practifi.later(row)

        assert counts(run)["updated"] == 1
        shadow = practifi.site.find("Contact", FirstName="Dana")
        account = practifi.site.row(practifi.site.row(shadow)["AccountId"])
        assert account["PersonTitle"] == "Partner"
        assert account["PersonHasOptedOutOfEmail"]
        sent = _writes(practifi.site)
        assert "PersonHasOptedOutOfEmail" in sent
        assert "'type': 'Contact'" not in sent.replace('"', "'")

    def test_contacts_and_person_accounts_live_in_one_campaign(self, practifi: Office) -> None:
        row = practifi.row(_campaign(practifi, "Quarterly Update"), practifi.group())
        practifi.sync(row)
        members = practifi.members(row["group"]["id"])
        assert {"Dana", "June"} <= set(members)

        for name in ("Dana", "June"):
            practifi.edit(members[name]["id"], city="Boulder")
        run = practifi.later(row)

        assert counts(run)["updated"] == 2
        dana = practifi.site.row(practifi.site.find("Contact", FirstName="Dana"))
        june = practifi.site.row(practifi.site.find("Contact", FirstName="June"))
        assert practifi.site.row(dana["AccountId"])["PersonMailingCity"] == "Boulder"
        assert june["MailingCity"] == "Boulder"
        assert not june["IsPersonAccount"]

    def test_what_automation_makes_of_a_value_right_after_the_write_comes_back_once(
        self, practifi: Office
    ) -> None:
        practifi.settings(settings={"new_people": "create"})
        nadia = practifi.contact("Nadia", "Novak", email="NADIA@Novak.example", phone="3035550199")
        row = practifi.row(_campaign(practifi, "Quarterly Update"), practifi.group(nadia))

        practifi.sync(row)
        first = practifi.reads(nadia)
        runs = [practifi.later(row, minutes=5) for _ in range(3)]

        made = practifi.site.row(practifi.site.person_id("nadia@novak.example"))
        assert made["Phone"] == "(303) 555-0199"
        assert all(set(counts(run)) <= {"considered", "unchanged", "skipped"} for run in runs)
        assert practifi.reads(nadia)["version"] == first["version"]

    def test_automation_that_overrules_a_value_wins_once_and_for_all(
        self, practifi: Office
    ) -> None:
        practifi.site.running.org.org_rules["automations"].append(
            {
                "object": "Account",
                "when": "IsPersonAccount = true",
                "set": {"PersonTitle": {"value": "Client"}},
            }
        )
        practifi.settings(settings={"new_people": "create"})
        nadia = practifi.contact("Nadia", "Novak", title="Engineer")
        row = practifi.row(_campaign(practifi, "Quarterly Update"), practifi.group(nadia))

        practifi.sync(row)
        runs = [practifi.later(row, minutes=5) for _ in range(3)]

        assert practifi.reads(nadia)["title"] == "Client"
        assert all(set(counts(run)) <= {"considered", "unchanged", "skipped"} for run in runs)


class TestLeads:
    def test_a_lead_is_imported_and_never_written(self, salesforce: Office) -> None:
        letter = _campaign(salesforce, "Client Newsletter")
        row = salesforce.row(letter, salesforce.group())
        salesforce.sync(row)
        omar = salesforce.members(row["group"]["id"])["Omar"]
        assert omar["company"] == "Nasser Imports"

        salesforce.edit(omar["id"], title="Owner")
        salesforce.later(row)

        lead = salesforce.site.row(salesforce.site.find("Lead", FirstName="Omar"))
        assert lead["Title"] is None

    def test_a_converted_lead_is_followed_to_its_contact(self, salesforce: Office) -> None:
        row = salesforce.row(_campaign(salesforce, "Client Newsletter"), salesforce.group())
        salesforce.sync(row)
        omar = salesforce.members(row["group"]["id"])["Omar"]
        lead = salesforce.site.find("Lead", FirstName="Omar")

        acting = {"as": salesforce.site.username(AVERY)}
        done = salesforce.site.do("convert-lead", lead_id=lead, **acting)
        salesforce.later(row)
        salesforce.edit(omar["id"], title="Owner")
        run = salesforce.later(row)

        assert counts(run)["updated"] == 1
        assert salesforce.site.row(done["contact_id"])["Title"] == "Owner"
        again = salesforce.members(row["group"]["id"])
        assert again["Omar"]["id"] == omar["id"]
        assert len(again) == 5


class TestAccountsAsMembers:
    def test_an_account_is_skipped_and_counted(self, salesforce: Office) -> None:
        site, letter = salesforce.site, _campaign(salesforce, "Client Newsletter")
        site.running.org.knobs.change({"accounts_as_members": True})
        firm = site.find("Account", Name="Millbrook Pottery")
        site.create("CampaignMember", CampaignId=letter, AccountId=firm)
        salesforce.cold()

        run = salesforce.sync(salesforce.row(letter, salesforce.group()))

        told = [c for c in salesforce.changes(run) if c["reason"] == "account_member"]
        assert [c["outcome"] for c in told] == ["skipped"]
        assert counts(run)["considered"] == 7
        assert len(salesforce.members(run["mappings"][0]["group"]["id"])) == 5
