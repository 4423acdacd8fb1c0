"""What differs between the platforms' stand-in orgs, so that one suite holds for all of them."""

from __future__ import annotations

from dataclasses import dataclass

from crmsync.adapters.salesforce.descriptors import DESCRIPTORS

from tests.contract.salesforce.standin_org import StandinOrg

PEOPLE = ("Account", "Contact", "Lead")
ALL = (*PEOPLE, "Campaign", "CampaignMember")


@dataclass(frozen=True)
class Profile:
    """One org: its seeded campaign, whom of it an import brings here, and whom not."""

    name: str
    campaign: str
    brought: frozenset[str]
    skipped: frozenset[str]
    holds_new_people: bool
    person_accounts: bool = False

    def newcomer(self, site: StandinOrg, first: str, last: str, **values: str) -> str:
        """Avery enters a person of the kind this org prefers; the person's member id."""
        values = {"first_name": first, "last_name": last, **values}
        values.setdefault("email", f"{first}@{last}.example".lower())
        if not self.person_accounts:
            return site.create("Contact", **self._columns("contact", values))
        account = site.create("Account", **self._columns("account", values))
        return str(site.row(account)["PersonContactId"])

    def edit(self, site: StandinOrg, person_id: str, **values: str) -> None:
        """The integration user changes a person where this org keeps them."""
        row = site.row(person_id)
        if row.get("IsPersonAccount"):
            site.update("Account", row["AccountId"], **self._columns("account", values))
        else:
            site.update("Contact", person_id, **self._columns("contact", values))

    def edit_late(self, site: StandinOrg, person_id: str, ago: int, **values: str) -> None:
        """An edit stamped so many seconds ago that becomes visible only now."""
        row = site.row(person_id)
        person_account = bool(row.get("IsPersonAccount"))
        kind, key = ("account", "AccountId") if person_account else ("contact", "Id")
        columns = self._columns(kind, values)
        site.do("late-commit", id=row[key], values=columns, seconds_ago=ago)
        stamps = {name: site.row(row[key])[name] for name in ("LastModifiedDate", "SystemModstamp")}
        site.do("raw", id=person_id, values=stamps)

    def value(self, site: StandinOrg, person_id: str, name: str) -> str:
        """What the CRM holds for one of our fields."""
        row = site.row(person_id)
        return str(row[DESCRIPTORS[self.name].contact.fields[name]] or "")

    def opt_out(self, site: StandinOrg, person_id: str) -> None:
        """The person asks the CRM not to be mailed."""
        row = site.row(person_id)
        if row.get("IsPersonAccount"):
            site.update("Account", row["AccountId"], PersonHasOptedOutOfEmail=True)
        else:
            site.update("Contact", person_id, HasOptedOutOfEmail=True)

    def delete(self, site: StandinOrg, person_id: str) -> str:
        """The person goes to the recycle bin; the id of what was deleted."""
        row = site.row(person_id)
        kind, key = ("Account", "AccountId") if row.get("IsPersonAccount") else ("Contact", "Id")
        site.delete(kind, row[key])
        return str(row[key])

    def _columns(self, kind: str, values: dict[str, str]) -> dict[str, str]:
        own = getattr(DESCRIPTORS[self.name], kind)
        return {own.fields[name]: value for name, value in values.items()}


PROFILES = (
    Profile(
        "salesforce",
        "Client Newsletter",
        brought=frozenset({"Chidi", "Ngozi", "Pia", "Vera", "Omar"}),
        skipped=frozenset({"no_email"}),
        holds_new_people=False,
    ),
    Profile(
        "practifi",
        "Quarterly Update",
        brought=frozenset({"Dana", "Evan", "Faye", "June", "Kurt"}),
        skipped=frozenset({"no_email"}),
        holds_new_people=True,
        person_accounts=True,
    ),
    Profile(
        "salentica",
        "Market Brief",
        brought=frozenset({"Lena", "Miles", "Nora", "Pam", "Rosa"}),
        skipped=frozenset({"no_email", "out_of_scope"}),
        holds_new_people=True,
    ),
)


def records(site: StandinOrg, *kinds: str) -> dict[str, list[dict[str, object]]]:
    """Every stored record of these objects, to compare before and after."""
    org = site.running.org
    with org.lock:
        return {
            kind: [dict(row) for row in org.store.find(kind, "1 = 1", [])]
            for kind in kinds
            if kind in org.schema
        }


def member_names(site: StandinOrg, campaign_id: str) -> set[str]:
    """First names of a campaign's live members."""
    org = site.running.org
    with org.lock:
        rows = org.store.find("CampaignMember", "CampaignId = ? AND IsDeleted = 0", [campaign_id])
    people = [site.row(str(r["ContactId"] or r["LeadId"])) for r in rows]
    return {str(person["FirstName"]) for person in people}
