"""Campaigns, their member statuses and their members."""

from typing import TYPE_CHECKING, Any

from ..errors import ApiError
from . import recycle_bin
from .rules import ObjectRules
from .store import Row

if TYPE_CHECKING:
    from .writer import Writer

_STATUSES = (("Sent", True, False), ("Responded", False, True))


class CampaignRules(ObjectRules):
    """A new campaign gets the two standard statuses; a deleted one loses its members."""

    def after_create(self, writer: "Writer", row: Row) -> None:
        for order, (label, default, responded) in enumerate(_STATUSES, start=1):
            writer.insert_row(
                "CampaignMemberStatus",
                {
                    "CampaignId": row["Id"],
                    "Label": label,
                    "SortOrder": order,
                    "IsDefault": int(default),
                    "HasResponded": int(responded),
                },
            )

    def after_delete(self, writer: "Writer", row: Row) -> None:
        recycle_bin.put_children(writer, "CampaignMember", "CampaignId", row["Id"])

    def after_undelete(self, writer: "Writer", row: Row) -> None:
        recycle_bin.take_children(writer, "CampaignMember", "CampaignId", row)


class CampaignMemberRules(ObjectRules):
    """One row per campaign and person; status from the campaign's list; counts kept."""

    def before_create(self, writer: "Writer", row: Row) -> None:
        if row.get("AccountId"):
            self._check_account(writer, row)
            return
        if not row["ContactId"] and not row["LeadId"]:
            raise ApiError(
                "REQUIRED_FIELD_MISSING",
                "Required fields are missing: [LeadId or ContactId]",
                ["ContactId", "LeadId"],
            )
        if row["ContactId"] and row["LeadId"]:
            raise ApiError(
                "FIELD_INTEGRITY_EXCEPTION", "Specify a lead or a contact, not both", ["LeadId"]
            )
        self._refuse_second(writer, row)
        self._set_status(writer, row, row["Status"])
        row["Type"] = "Contact" if row["ContactId"] else "Lead"

    def _check_account(self, writer: "Writer", row: Row) -> None:
        """A member that is an account, where the org lets accounts be members."""
        if row["ContactId"] or row["LeadId"]:
            text = "Specify an account, a lead or a contact, not several"
            raise ApiError("FIELD_INTEGRITY_EXCEPTION", text, ["AccountId"])
        self._refuse_second(writer, row)
        self._set_status(writer, row, row["Status"])
        row["Type"] = "Account"

    def _refuse_second(self, writer: "Writer", row: Row) -> None:
        name = next(n for n in ("ContactId", "LeadId", "AccountId") if row.get(n))
        taken = writer.store.find(
            "CampaignMember",
            f"{name} = ? AND CampaignId = ? AND IsDeleted = 0",
            [row[name], row["CampaignId"]],
        )
        if taken:
            raise ApiError("DUPLICATE_VALUE", "Already a campaign member.", [])

    def _set_status(self, writer: "Writer", row: Row, wanted: str | None) -> None:
        """A status the campaign does not list becomes its default one."""
        known = statuses(writer, row["CampaignId"])
        default = next((status for status in known if status["IsDefault"]), None)
        same = (s for s in known if wanted and s["Label"].lower() == wanted.lower())
        chosen = next(same, default)
        responded = bool(chosen and chosen["HasResponded"])
        row["Status"] = chosen["Label"] if chosen else wanted
        row["HasResponded"] = int(responded)
        row["FirstRespondedDate"] = writer.now_stamp()[:10] if responded else None

    def after_create(self, writer: "Writer", row: Row) -> None:
        writer.count_later(row["CampaignId"])

    def before_update(self, writer: "Writer", old: Row, changes: Row) -> None:
        if "Status" in changes:
            merged: Row = {**old, "Status": changes["Status"]}
            self._set_status(writer, merged, changes["Status"])
            for name in ("Status", "HasResponded", "FirstRespondedDate"):
                changes[name] = merged[name]

    def after_update(self, writer: "Writer", old: Row, new: Row) -> None:
        if old["HasResponded"] != new["HasResponded"]:
            writer.count_later(new["CampaignId"])

    def after_delete(self, writer: "Writer", row: Row) -> None:
        writer.count_later(row["CampaignId"])

    def after_undelete(self, writer: "Writer", row: Row) -> None:
        writer.count_later(row["CampaignId"])


def statuses(writer: "Writer", campaign_id: str) -> list[Row]:
    """The member statuses of one campaign."""
    return writer.store.find(
        "CampaignMemberStatus", "CampaignId = ? AND IsDeleted = 0", [campaign_id]
    )


def count(writer: "Writer", campaign_id: str) -> None:
    """Bring one campaign's counts up to date."""
    sql = (
        "SELECT COALESCE(SUM(LeadId IS NULL AND AccountId IS NULL), 0), "
        "COALESCE(SUM(LeadId IS NOT NULL), 0), "
        "COALESCE(SUM(LeadId IS NOT NULL AND ContactId IS NOT NULL), 0), "
        "COALESCE(SUM(HasResponded), 0) "
        "FROM CampaignMember WHERE CampaignId = ? AND IsDeleted = 0"
    )
    contacts, leads, converted, responses = writer.store.select(sql, [campaign_id])[0]
    values: dict[str, Any] = {
        "NumberOfContacts": contacts,
        "NumberOfLeads": leads,
        "NumberOfConvertedLeads": converted,
        "NumberOfResponses": responses,
    }
    if writer.org.knobs.campaign_counts_touch_stamp:
        values["SystemModstamp"] = writer.now_stamp()
    known = writer.schema["Campaign"]
    present = {name: value for name, value in values.items() if known.has(name)}
    writer.store.update("Campaign", campaign_id, present)
