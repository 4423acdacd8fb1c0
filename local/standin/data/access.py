"""Who may see and change what: objects, fields and rows, per user."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..schema import Field, Schema, SObject

if TYPE_CHECKING:
    from ..settings import Knobs

PUBLIC_READ = ("read", "read_write")


@dataclass
class UserAccount:
    """A user as the org's settings describe them; the admin API changes the flags."""

    id: str
    username: str
    password: str
    admin: bool = False
    active: bool = True
    api_enabled: bool = True
    marketing_user: bool = True
    hidden_objects: set[str] = field(default_factory=set)
    hidden_fields: set[str] = field(default_factory=set)
    readonly_fields: set[str] = field(default_factory=set)


@dataclass
class Viewer:
    """The org through one user's eyes."""

    user: UserAccount
    schema: Schema
    knobs: "Knobs"
    sharing: dict[str, str]

    def sobject(self, name: str) -> SObject | None:
        """The object, unless the org lacks it or the user may not see it."""
        found = self.schema.get(name)
        if found is None or found.name in self.knobs.absent_objects:
            return None
        return None if found.name in self.user.hidden_objects else found

    def sobjects(self) -> Iterator[SObject]:
        """Every object the user may see."""
        return (item for item in self.schema if self.sobject(item.name) is not None)

    def field(self, sobject: SObject, name: str) -> Field | None:
        """The field, unless the org lacks it or the user may not see it."""
        found = sobject.field(name)
        return found if found is not None and self._sees(sobject, found) else None

    def fields(self, sobject: SObject) -> list[Field]:
        """Every field of the object the user may see."""
        return [item for item in sobject.fields.values() if self._sees(sobject, item)]

    def _sees(self, sobject: SObject, item: Field) -> bool:
        key = f"{sobject.name}.{item.name}"
        if key == "CampaignMember.AccountId" and not self.knobs.accounts_as_members:
            return False
        return key not in self.knobs.absent_fields and key not in self.user.hidden_fields

    def may_write(self, sobject: SObject, item: Field, operation: str) -> bool:
        """Whether `operation` ("createable" or "updateable") may set the field."""
        if f"{sobject.name}.{item.name}" in self.user.readonly_fields:
            return False
        return item.flag(operation)

    def may(self, sobject: SObject, operation: str) -> bool:
        """Whether the object permits "createable", "updateable" or "deletable" to this user."""
        if sobject.name == "Campaign" and not self.user.marketing_user:
            return False
        return bool(sobject.document[operation])

    def rows(self, sobject: SObject, alias: str) -> str:
        """The SQL condition under which a row of the object is visible to the user."""
        if self.user.admin:
            return "1"
        if sobject.name == "CampaignMember":
            return self._member_rows(alias)
        if not sobject.has("OwnerId"):
            return "1"
        mine = self.owned_or_granted(alias, ("read", "edit"))
        if self.sharing.get(sobject.name, "private") not in PUBLIC_READ:
            return mine
        if sobject.name == "Contact" and self.knobs.private_contacts:
            return f"({alias}.AccountId IS NOT NULL OR {mine})"
        return "1"

    def owned_or_granted(self, alias: str, levels: tuple[str, ...]) -> str:
        """The SQL condition for rows the user owns or was granted at one of the levels."""
        allowed = ", ".join(f"'{level}'" for level in levels)
        granted = (
            f"SELECT 1 FROM _grants WHERE record_id = {alias}.Id "
            f"AND user_id = '{self.user.id}' AND level IN ({allowed})"
        )
        return f"({alias}.OwnerId = '{self.user.id}' OR EXISTS ({granted}))"

    def _member_rows(self, alias: str) -> str:
        campaign = self._sees_parent(alias, "Campaign")
        if self.sharing.get("CampaignMember", "lead_or_contact") == "campaign":
            return campaign
        kinds = (
            ("Contact", "Lead", "Account")
            if self.knobs.accounts_as_members
            else ("Contact", "Lead")
        )
        people = " OR ".join(self._sees_parent(alias, name) for name in kinds)
        return f"({campaign} AND ({people}))"

    def _sees_parent(self, alias: str, parent: str) -> str:
        inner = f"{alias}_{parent.lower()}"
        condition = self.rows(self.schema[parent], inner)
        if condition == "1":
            return f"{alias}.{parent}Id IS NOT NULL"
        return (
            f"EXISTS (SELECT 1 FROM {parent} {inner} "
            f"WHERE {inner}.Id = {alias}.{parent}Id AND {condition})"
        )
