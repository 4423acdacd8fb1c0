"""Contacts, accounts and person accounts: one person in two rows that move together."""

from typing import TYPE_CHECKING

from ..errors import ApiError, not_writeable
from ..schema import Schema
from . import recycle_bin
from .rules import NamedPersonRules, ObjectRules
from .store import Row
from .values import full_name

if TYPE_CHECKING:
    from .writer import Writer

_SAME = ("FirstName", "LastName", "Salutation", "Phone", "Fax", "OwnerId")
_THROUGH_ACCOUNT = ("FirstName", "LastName", "Salutation", "Email")


def is_enabled(schema: Schema) -> bool:
    """Whether the org has person accounts."""
    return "Account" in schema and schema["Account"].has("IsPersonAccount")


def mirrored(schema: Schema) -> dict[str, str]:
    """Account field to the field of its shadow contact."""
    contact = schema["Contact"]
    pairs = {}
    for item in schema["Account"].fields.values():
        name = item.name
        if name in _SAME:
            target = name
        elif name.endswith("__pc"):
            target = name.removesuffix("__pc") + "__c"
        elif name.startswith("Person") and name != "PersonContactId":
            target = name.removeprefix("Person")
        else:
            continue
        found = contact.field(target)
        if found is not None and found.is_stored and item.is_stored:
            pairs[name] = found.name
    return pairs


class AccountRules(ObjectRules):
    """A row with a last name is a person account and brings its shadow contact."""

    def before_create(self, writer: "Writer", row: Row) -> None:
        if is_enabled(writer.schema) and self._is_person(writer, row):
            self._make_person(row)
        elif not row.get("Name"):
            raise ApiError(
                "REQUIRED_FIELD_MISSING", "Required fields are missing: [Name]", ["Name"]
            )
        else:
            self._refuse_person_fields(writer, row)

    def _is_person(self, writer: "Writer", row: Row) -> bool:
        """By record type; without one, by last name, which then decides the record type."""
        if not row.get("RecordTypeId"):
            person = bool(row.get("LastName"))
            row["RecordTypeId"] = writer.org.record_type("Account", person=person)
            return person
        record_type = writer.store.get("RecordType", row["RecordTypeId"])
        return bool(record_type and record_type["IsPersonType"])

    def _make_person(self, row: Row) -> None:
        if row.get("Name"):
            raise not_writeable(["Name"])
        if not row.get("LastName"):
            raise _missing("LastName")
        row["IsPersonAccount"] = 1
        row["Name"] = full_name(row)

    def _refuse_person_fields(self, writer: "Writer", row: Row) -> None:
        if not is_enabled(writer.schema):
            return
        pairs = mirrored(writer.schema)
        shared = ("Phone", "Fax", "OwnerId")
        personal = [name for name in pairs if name not in shared and row.get(name)]
        if personal:
            raise not_writeable(personal)

    def after_create(self, writer: "Writer", row: Row) -> None:
        if not row.get("IsPersonAccount"):
            return
        shadow = {target: row[name] for name, target in mirrored(writer.schema).items()}
        shadow.update(AccountId=row["Id"], IsPersonAccount=1, Name=row["Name"])
        contact_id = writer.insert_row("Contact", shadow)
        writer.store.update("Account", row["Id"], {"PersonContactId": contact_id})

    def before_update(self, writer: "Writer", old: Row, changes: Row) -> None:
        if old.get("IsPersonAccount"):
            if "Name" in changes:
                raise not_writeable(["Name"])
            if "FirstName" in changes or "LastName" in changes:
                changes["Name"] = full_name({**old, **changes})
        else:
            self._refuse_person_fields(writer, changes)

    def after_update(self, writer: "Writer", old: Row, new: Row) -> None:
        if not new.get("IsPersonAccount"):
            return
        shadow = {target: new[name] for name, target in mirrored(writer.schema).items()}
        shadow.update(Name=new["Name"], **writer.stamps(new))
        writer.store.update("Contact", new["PersonContactId"], shadow)

    def after_delete(self, writer: "Writer", row: Row) -> None:
        recycle_bin.put_children(writer, "Contact", "AccountId", row["Id"])

    def after_undelete(self, writer: "Writer", row: Row) -> None:
        recycle_bin.take_children(writer, "Contact", "AccountId", row)


def _missing(name: str) -> ApiError:
    return ApiError("REQUIRED_FIELD_MISSING", f"Required fields are missing: [{name}]", [name])


class ContactRules(NamedPersonRules):
    """A person account's contact takes its name and e-mail from the account only."""

    def before_create(self, writer: "Writer", row: Row) -> None:
        super().before_create(writer, row)
        account = writer.store.get("Account", row["AccountId"]) if row.get("AccountId") else None
        if account and account.get("IsPersonAccount"):
            raise ApiError(
                "FIELD_INTEGRITY_EXCEPTION",
                "Account ID: a person account cannot have further contacts",
                ["AccountId"],
            )

    def before_update(self, writer: "Writer", old: Row, changes: Row) -> None:
        if old.get("IsPersonAccount"):
            refused = [name for name in _THROUGH_ACCOUNT if name in changes]
            if refused:
                raise not_writeable(refused)
        super().before_update(writer, old, changes)

    def after_update(self, writer: "Writer", old: Row, new: Row) -> None:
        if new.get("IsPersonAccount"):
            pairs = mirrored(writer.schema)
            values = {name: new[target] for name, target in pairs.items()}
            writer.store.update("Account", new["AccountId"], {**values, **writer.stamps(new)})

    def before_delete(self, writer: "Writer", row: Row) -> None:
        if row.get("IsPersonAccount"):
            raise ApiError("DELETE_FAILED", "A person account's contact is deleted with it", [])

    def after_delete(self, writer: "Writer", row: Row) -> None:
        recycle_bin.put_children(writer, "CampaignMember", "ContactId", row["Id"])

    def after_undelete(self, writer: "Writer", row: Row) -> None:
        recycle_bin.take_children(writer, "CampaignMember", "ContactId", row)
