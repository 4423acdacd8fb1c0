"""What standard objects do of their own accord when rows are written."""

from typing import TYPE_CHECKING

from ..errors import ApiError
from . import recycle_bin
from .store import Row
from .values import full_name

if TYPE_CHECKING:
    from .writer import Writer


class ObjectRules:
    """The hooks of one object; the default does nothing."""

    def before_create(self, writer: "Writer", row: Row) -> None:
        """Complete or refuse a row about to be inserted."""

    def after_create(self, writer: "Writer", row: Row) -> None:
        """Follow up an insert."""

    def before_update(self, writer: "Writer", old: Row, changes: Row) -> None:
        """Complete or refuse changes about to be stored."""

    def after_update(self, writer: "Writer", old: Row, new: Row) -> None:
        """Follow up an update."""

    def before_delete(self, writer: "Writer", row: Row) -> None:
        """Refuse a delete."""

    def after_delete(self, writer: "Writer", row: Row) -> None:
        """Follow up a delete."""

    def after_undelete(self, writer: "Writer", row: Row) -> None:
        """Follow up an undelete."""


class NamedPersonRules(ObjectRules):
    """Name is first and last name."""

    def before_create(self, writer: "Writer", row: Row) -> None:
        row["Name"] = full_name(row)

    def before_update(self, writer: "Writer", old: Row, changes: Row) -> None:
        if "FirstName" in changes or "LastName" in changes:
            changes["Name"] = full_name({**old, **changes})


class LeadRules(NamedPersonRules):
    """A converted lead may not change; a deleted lead leaves its campaigns."""

    def before_update(self, writer: "Writer", old: Row, changes: Row) -> None:
        if old["IsConverted"]:
            raise ApiError("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead", [])
        super().before_update(writer, old, changes)

    def after_delete(self, writer: "Writer", row: Row) -> None:
        recycle_bin.put_children(writer, "CampaignMember", "LeadId", row["Id"])

    def after_undelete(self, writer: "Writer", row: Row) -> None:
        recycle_bin.take_children(writer, "CampaignMember", "LeadId", row)
