"""Lead conversion: the lead becomes a contact of an account, its members follow."""

from typing import TYPE_CHECKING, Any

from ..errors import ApiError
from . import people, recycle_bin
from .store import Row

if TYPE_CHECKING:
    from .writer import Writer

_CARRIED = (
    "FirstName",
    "LastName",
    "Salutation",
    "Title",
    "Email",
    "Phone",
    "MobilePhone",
    "Fax",
    "LeadSource",
    "HasOptedOutOfEmail",
    "DoNotCall",
    "OwnerId",
)
_ADDRESS = ("Street", "City", "State", "PostalCode", "Country")


def convert(
    writer: "Writer", lead_id: str, account_id: str | None, contact_id: str | None
) -> dict[str, Any]:
    """Convert a lead into the given account and contact, or into new ones."""
    lead = writer.store.get("Lead", lead_id)
    if lead is None or lead["IsDeleted"] or lead["IsConverted"]:
        raise ApiError("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead", [])
    with writer.batch():
        if contact_id is None:
            account_id, contact_id = _person(writer, lead, account_id)
        elif account_id is None:
            account_id = (writer.store.get("Contact", contact_id) or {})["AccountId"]
        now = writer.now_stamp()
        writer.store.update("Lead", lead_id, _converted(writer, account_id, contact_id, now))
        _move_members(writer, lead_id, contact_id)
    return {"lead_id": lead_id, "account_id": account_id, "contact_id": contact_id}


def _converted(
    writer: "Writer", account_id: str | None, contact_id: str, now: str
) -> dict[str, Any]:
    return {
        "IsConverted": 1,
        "Status": "Closed - Converted",
        "ConvertedDate": now[:10],
        "ConvertedAccountId": account_id,
        "ConvertedContactId": contact_id,
        "LastModifiedDate": now,
        "LastModifiedById": writer.viewer.user.id,
        "SystemModstamp": now,
    }


def _person(writer: "Writer", lead: Row, account_id: str | None) -> tuple[str, str]:
    contact = writer.schema["Contact"]
    values = {name: lead[name] for name in _CARRIED if lead.get(name) is not None}
    values.update({f"Mailing{part}": lead[part] for part in _ADDRESS if lead.get(part)})
    values = {
        name: bool(value) if contact.fields[name.lower()].type == "boolean" else value
        for name, value in values.items()
        if contact.has(name)
    }
    if people.is_enabled(writer.schema) and account_id is None:
        return _person_account(writer, values)
    if account_id is None:
        company = {"Name": lead["Company"], "OwnerId": lead["OwnerId"]}
        account_id = writer.create(writer.schema["Account"], company)
    return account_id, writer.create(contact, {**values, "AccountId": account_id})


def _person_account(writer: "Writer", values: Row) -> tuple[str, str]:
    pairs = {target: name for name, target in people.mirrored(writer.schema).items()}
    account = {pairs[name]: value for name, value in values.items() if name in pairs}
    account_id = writer.create(writer.schema["Account"], account)
    row = writer.store.get("Account", account_id) or {}
    return account_id, str(row["PersonContactId"])


def _move_members(writer: "Writer", lead_id: str, contact_id: str) -> None:
    """A member row keeps its lead and gains the contact, unless the contact is a member already."""
    if "CampaignMember" not in writer.schema:
        return
    for row in writer.store.find("CampaignMember", "LeadId = ? AND IsDeleted = 0", [lead_id]):
        where = "ContactId = ? AND CampaignId = ? AND IsDeleted = 0"
        if writer.store.find("CampaignMember", where, [contact_id, row["CampaignId"]]):
            recycle_bin.put(writer, writer.schema["CampaignMember"], row)
        else:
            moved = {
                "ContactId": contact_id,
                "Type": "Contact",
                "SystemModstamp": writer.now_stamp(),
            }
            writer.store.update("CampaignMember", row["Id"], moved)
        writer.count_later(row["CampaignId"])
