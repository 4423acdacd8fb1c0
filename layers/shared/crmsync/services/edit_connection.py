"""What the owner of a connection may choose for it, beyond mappings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from crmsync.domain.automation import Automation
from crmsync.domain.connection import Connection, ConnectionSettings, NewPeople
from crmsync.domain.errors import FieldProblem, Invalid
from crmsync.domain.fields import FIELD_NAMES, FieldRule
from crmsync.ports.connections import Connections
from crmsync.ports.crm import Crm
from crmsync.services.put_again import put_again
from crmsync.services.see_connections import SeeConnections, require_connected


@dataclass(frozen=True, slots=True)
class ConnectionEdit:
    """The choices to change; None leaves one as it is. `inactive_campaign_id` '' clears it."""

    sync_by_visibility: bool | None = None
    inactive_campaign_id: str | None = None
    field_rules: Mapping[str, FieldRule] | None = None
    new_people: NewPeople | None = None
    remove_members_in_crm: bool | None = None


@dataclass(frozen=True, slots=True)
class EditConnection:
    """Changes one connection for its owner, after checking that its CRM can do it."""

    see: SeeConnections
    connections: Connections
    crm_of: Callable[[Connection], Crm]
    automation_of: Callable[[Connection], Automation]

    def edit(self, connection_id: str, edit: ConnectionEdit) -> Connection:
        """The connection as stored, tried again when a run or another tab wrote it meanwhile."""
        self._check(self.see.own(connection_id), edit)
        return put_again(
            lambda: self.see.own(connection_id),
            lambda current: _applied(current, edit),
            self.connections.put,
        )

    def _check(self, connection: Connection, edit: ConnectionEdit) -> None:
        if edit.sync_by_visibility:
            _require(connection, "sync_by_visibility", "/sync_by_visibility")
        if edit.new_people is NewPeople.CREATE:
            _require(connection, "create_people", "/settings/new_people")
        if edit.remove_members_in_crm:
            _require(connection, "remove_members", "/settings/remove_members_in_crm")
        if edit.inactive_campaign_id:
            _require(connection, "inactive_campaign", "/inactive_campaign_id")
            self._check_campaign(connection, edit.inactive_campaign_id)
        extra = sorted(set(edit.field_rules or ()) - set(FIELD_NAMES))
        if extra:
            self._check_fields(connection, extra)

    def _check_campaign(self, connection: Connection, campaign_id: str) -> None:
        crm = self.crm_of(require_connected(connection))
        campaign = crm.campaigns_by_id([campaign_id]).get(campaign_id)
        if campaign is None or campaign.deleted:
            text = f"There is no campaign '{campaign_id}' that this login can see. Choose another."
            raise Invalid("no_such_campaign", text, at="/inactive_campaign_id")
        automation = self.automation_of(connection)
        if any(m.campaign.id == campaign_id for m in (*automation.live, *automation.draft)):
            text = f"'{campaign.name}' is mapped to a group, which it would empty. Choose another."
            raise Invalid("campaign_is_mapped", text, at="/inactive_campaign_id")

    def _check_fields(self, connection: Connection, names: list[str]) -> None:
        schema = self.crm_of(require_connected(connection)).schema()
        unknown = [name for name in names if name not in {*schema.fields, *schema.offered}]
        if unknown:
            text = f"This CRM has no field {', '.join(unknown)} to sync; see errors."
            raise Invalid("no_such_field", text, tuple(map(_field_problem, unknown)))


def _applied(connection: Connection, edit: ConnectionEdit) -> Connection:
    inactive = connection.inactive_campaign_id
    if edit.inactive_campaign_id is not None:
        inactive = edit.inactive_campaign_id or None
    visibility = edit.sync_by_visibility
    return replace(
        connection,
        sync_by_visibility=connection.sync_by_visibility if visibility is None else visibility,
        inactive_campaign_id=inactive,
        settings=_settings(connection.settings, edit),
    )


def _settings(now: ConnectionSettings, edit: ConnectionEdit) -> ConnectionSettings:
    removes = edit.remove_members_in_crm
    return ConnectionSettings(
        field_rules=now.field_rules if edit.field_rules is None else edit.field_rules,
        new_people=edit.new_people or now.new_people,
        remove_members_in_crm=now.remove_members_in_crm if removes is None else removes,
    )


def _require(connection: Connection, capability: str, pointer: str) -> None:
    found = connection.capability(capability)
    if not found.available:
        text = found.reason or "This CRM cannot do that."
        raise Invalid(found.code or "not_available", text, at=pointer)


def _field_problem(name: str) -> FieldProblem:
    text = f"This CRM has no field '{name}' to sync. Remove the rule or correct the name."
    return FieldProblem(f"/settings/field_rules/{name}", "no_such_field", text)
