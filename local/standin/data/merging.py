"""Merging: the losers go to the recycle bin naming their master, their members move to it."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ..errors import ApiError
from . import recycle_bin
from .store import Row

if TYPE_CHECKING:
    from .writer import Writer

_MEMBER_OF = {"Contact": "ContactId", "Lead": "LeadId"}


def merge(
    writer: "Writer", master_id: str, loser_ids: Iterable[str], values: Mapping[str, Any]
) -> None:
    """Merge records of one object into the master, whose fields `values` may replace."""
    sobject = writer.schema.by_prefix(master_id)
    if sobject is None or not sobject.has("MasterRecordId"):
        raise ApiError("INVALID_OPERATION", f"{master_id} cannot be a merge master", [])
    with writer.batch():
        master = _live(writer, sobject.name, master_id)
        for loser_id in loser_ids:
            _fold(writer, sobject.name, master, _live(writer, sobject.name, loser_id))
        writer.update(sobject, master_id, values)


def _live(writer: "Writer", name: str, record_id: str) -> Row:
    row = writer.store.get(name, record_id)
    if row is None or row["IsDeleted"]:
        raise ApiError("ENTITY_IS_DELETED", "entity is deleted", [])
    return row


def _fold(writer: "Writer", name: str, master: Row, loser: Row) -> None:
    if name in _MEMBER_OF:
        _move_members(writer, _MEMBER_OF[name], master["Id"], loser["Id"])
    if name == "Account":
        _move_contacts(writer, master, loser)
    now = writer.now_stamp()
    marks = {"IsDeleted": 1, "MasterRecordId": master["Id"], "SystemModstamp": now}
    writer.store.update(name, loser["Id"], marks)


def _move_contacts(writer: "Writer", master: Row, loser: Row) -> None:
    """Contacts follow their account; the contacts of two person accounts are merged too."""
    if loser.get("IsPersonAccount") and master.get("IsPersonAccount"):
        own = _live(writer, "Contact", master["PersonContactId"])
        _fold(writer, "Contact", own, _live(writer, "Contact", loser["PersonContactId"]))
        return
    moved = {"AccountId": master["Id"], "SystemModstamp": writer.now_stamp()}
    for row in writer.store.find("Contact", "AccountId = ? AND IsDeleted = 0", [loser["Id"]]):
        writer.store.update("Contact", row["Id"], moved)


def _move_members(writer: "Writer", reference: str, master_id: str, loser_id: str) -> None:
    if "CampaignMember" not in writer.schema:
        return
    members = writer.schema["CampaignMember"]
    for row in writer.store.find(
        "CampaignMember", f"{reference} = ? AND IsDeleted = 0", [loser_id]
    ):
        campaign = row["CampaignId"]
        where = f"{reference} = ? AND CampaignId = ? AND IsDeleted = 0"
        if writer.store.find("CampaignMember", where, [master_id, campaign]):
            recycle_bin.put(writer, members, row)
        else:
            moved = {reference: master_id, "SystemModstamp": writer.now_stamp()}
            writer.store.update("CampaignMember", row["Id"], moved)
        writer.count_later(campaign)
