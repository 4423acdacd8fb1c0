"""Creates, changes and deletes records with every check and side effect the org has."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import ApiError
from ..schema import SObject
from . import campaigns, checks, org_rules, recycle_bin
from .access import Viewer
from .campaigns import CampaignMemberRules, CampaignRules
from .people import AccountRules, ContactRules
from .rules import LeadRules, ObjectRules
from .store import Row, Store
from .values import defaults

if TYPE_CHECKING:
    from ..org import Org

_RULES: dict[str, ObjectRules] = {
    "Account": AccountRules(),
    "Contact": ContactRules(),
    "Lead": LeadRules(),
    "Campaign": CampaignRules(),
    "CampaignMember": CampaignMemberRules(),
}
_PLAIN = ObjectRules()

RowFault = Callable[[str, Mapping[str, Any]], ApiError | None]


@dataclass(frozen=True)
class Options:
    """How one call wants its writes done."""

    allow_duplicates: bool = False
    row_fault: RowFault | None = None


class Writer:
    """Writes on behalf of one user."""

    def __init__(self, org: "Org", viewer: Viewer, options: Options | None = None) -> None:
        self.org = org
        self.viewer = viewer
        self.schema = org.schema
        self.store: Store = org.store
        self.options = options or Options()
        self._uncounted: set[str] = set()
        self._touched: dict[tuple[str, str], None] = {}
        self._depth = 0

    def rules(self, sobject: SObject) -> ObjectRules:
        """What the object does of its own accord."""
        return _RULES.get(sobject.name, _PLAIN)

    def now_stamp(self) -> str:
        """The org's present moment."""
        return self.org.clock.stamp()

    def count_later(self, campaign_id: str) -> None:
        """Have the campaign's member counts brought up to date when the write ends."""
        self._uncounted.add(campaign_id)

    @contextmanager
    def batch(self) -> Iterator[None]:
        """One write, undone as a whole when an exception leaves it; automations follow it."""
        self._depth += 1
        try:
            with self.store.savepoint():
                yield
                if self._depth == 1:
                    self._settle()
        finally:
            self._depth -= 1

    def _settle(self) -> None:
        touched, self._touched = list(self._touched), {}
        org_rules.run_automations(self, touched)
        uncounted, self._uncounted = self._uncounted, set()
        for campaign_id in uncounted:
            campaigns.count(self, campaign_id)

    def create(self, sobject: SObject, values: Mapping[str, Any]) -> str:
        """A new record; its id."""
        with self.batch():
            self._fault(sobject, values)
            written = checks.writeable(self, sobject, values, "createable")
            row = {**defaults(sobject), **written}
            if sobject.has("OwnerId") and not row["OwnerId"]:
                row["OwnerId"] = self.viewer.user.id
            checks.required(sobject, row)
            self.rules(sobject).before_create(self, row)
            row = org_rules.normalised(self.org, sobject, row)
            return self._insert(sobject, row)

    def _insert(self, sobject: SObject, row: Row) -> str:
        row.update(self._birth(sobject))
        checks.unique(self, sobject, row)
        org_rules.refuse_duplicates(self, sobject, row)
        self.store.insert(sobject.name, row)
        org_rules.validate(self, sobject, row["Id"])
        self.rules(sobject).after_create(self, row)
        self._touched[sobject.name, row["Id"]] = None
        return str(row["Id"])

    def insert_row(self, name: str, values: Row) -> str:
        """A row the org itself adds: no checks, no rules."""
        sobject = self.schema[name]
        row = {**defaults(sobject), **values}
        if sobject.has("OwnerId") and not row["OwnerId"]:
            row["OwnerId"] = self.viewer.user.id
        row.update(self._birth(sobject))
        self.store.insert(name, {key: value for key, value in row.items() if sobject.has(key)})
        return str(row["Id"])

    def _birth(self, sobject: SObject) -> Row:
        now, user = self.now_stamp(), self.viewer.user.id
        return {
            "Id": self.org.ids.next(sobject.prefix),
            "CreatedDate": now,
            "CreatedById": user,
            "LastModifiedDate": now,
            "LastModifiedById": user,
            "SystemModstamp": now,
        }

    def stamps(self, row: Row) -> Row:
        """The change stamps of a row, to give them to another."""
        return {
            name: row[name] for name in ("LastModifiedDate", "LastModifiedById", "SystemModstamp")
        }

    def update(self, sobject: SObject, record_id: str, values: Mapping[str, Any]) -> None:
        """Change fields of a record the user may edit."""
        with self.batch():
            self._fault(sobject, {**values, "Id": record_id})
            old = checks.editable(self, sobject, record_id, "updateable")
            changes = checks.writeable(self, sobject, values, "updateable")
            checks.required(sobject, {**old, **changes}, only=changes)
            self.rules(sobject).before_update(self, old, changes)
            self.store_changes(sobject, old, org_rules.normalised(self.org, sobject, changes))

    def store_changes(self, sobject: SObject, old: Row, changes: Row) -> None:
        """Store checked changes with their stamps, then follow them up."""
        now = self.now_stamp()
        changes.update(
            LastModifiedDate=now, LastModifiedById=self.viewer.user.id, SystemModstamp=now
        )
        new = {**old, **changes}
        checks.unique(self, sobject, new, only=changes)
        org_rules.refuse_duplicates(self, sobject, new, changes)
        self.store.update(sobject.name, old["Id"], changes)
        org_rules.validate(self, sobject, old["Id"])
        self.rules(sobject).after_update(self, old, new)
        self._touched[sobject.name, old["Id"]] = None

    def delete(self, sobject: SObject, record_id: str) -> None:
        """Put a record the user may edit into the recycle bin."""
        with self.batch():
            self._fault(sobject, {"Id": record_id})
            row = checks.editable(self, sobject, record_id, "deletable")
            self.rules(sobject).before_delete(self, row)
            recycle_bin.put(self, sobject, row)

    def _fault(self, sobject: SObject, values: Mapping[str, Any]) -> None:
        error = self.options.row_fault(sobject.name, values) if self.options.row_fault else None
        if error is not None:
            raise error
