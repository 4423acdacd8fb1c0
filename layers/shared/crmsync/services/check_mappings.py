"""Whether mappings can run, before anything is saved or started: every problem names its row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from crmsync.domain.connection import Connection, ConnectionStatus
from crmsync.domain.errors import ConnectionStopped, FieldProblem, Invalid
from crmsync.domain.fields import FIELD_NAMES
from crmsync.domain.mapping import CAMPAIGN_NAME_LENGTH, Direction, Mapping, problems_of
from crmsync.domain.platforms import platform
from crmsync.ports.crm import Crm
from crmsync.ports.ids import Ids
from crmsync.ports.marketing import Marketing
from crmsync.services.check_campaigns import CheckCampaigns, found_in


@dataclass(frozen=True, slots=True)
class CheckMappings:
    """Checks rows against the rules, the tenant's groups and the CRM's campaigns."""

    marketing: Marketing
    crm_of: Callable[[Connection], Crm]

    def require(
        self, connection: Connection, rows: Sequence[Mapping], *, ask_crm: bool = True
    ) -> None:
        """Nothing when every row can run; `Invalid` with a pointer to each offending row else.

        Without `ask_crm` the campaigns are taken on trust: whoever runs the rows asks anyway.
        """
        problems = [*problems_of(rows, _directions(connection))]
        problems += found_in(rows, self._group_problem)
        problems += found_in(rows, self._name_problem)
        problems += found_in(rows, lambda index, row: _capability_problem(connection, index, row))
        problems += found_in(rows, lambda index, row: _inactive_problem(connection, index, row))
        if ask_crm:
            problems += self._crm_problems(connection, rows)
        if problems:
            text = f"{len(problems)} of the choices made cannot run; errors says which and why."
            raise Invalid("mappings_invalid", text, tuple(problems))

    def _group_problem(self, index: int, row: Mapping) -> FieldProblem | None:
        if row.group.id is None or self.marketing.group(row.group.id) is not None:
            return None
        text = f"There is no group '{row.group.id}'. Choose another one."
        return FieldProblem(f"/mappings/{index}/group", "no_such_group", text)

    def _name_problem(self, index: int, row: Mapping) -> FieldProblem | None:
        """A campaign to create under a name, its own or the group's, that no CRM would take."""
        group = self.marketing.group(row.group.id) if row.campaign.create and row.group.id else None
        name = row.campaign.name or (group.name if group else "")
        if not row.campaign.create or len(name) <= CAMPAIGN_NAME_LENGTH:
            return None
        text = (
            f"The campaign's name would have {len(name)} characters, and a CRM takes "
            f"{CAMPAIGN_NAME_LENGTH}. Give it a shorter name."
        )
        return FieldProblem(f"/mappings/{index}/campaign", "campaign_name_too_long", text)

    def _crm_problems(self, connection: Connection, rows: Sequence[Mapping]) -> list[FieldProblem]:
        """Asked of the CRM while it can be asked; the run asks again in any case."""
        if connection.status is not ConnectionStatus.CONNECTED or not rows:
            return []
        crm = self.crm_of(connection)
        known = {*FIELD_NAMES, *connection.settings.field_rules}
        try:
            found = CheckCampaigns(self.marketing, crm).problems(rows)
            if any(row.rules.keys() - known for row in rows):
                known |= {*crm.schema().offered}
        except ConnectionStopped:
            return []
        return [*found, *found_in(rows, lambda index, row: _rule_problem(known, index, row))]


def with_ids(rows: Sequence[Mapping], known: Sequence[Mapping], ids: Ids) -> tuple[Mapping, ...]:
    """The rows, each with the id it had before (same campaign and group) or a new one."""
    before = {(row.campaign, row.group): row.id for row in known}
    taken: set[str] = set()
    named = []
    for row in rows:
        row_id = before.get((row.campaign, row.group), "")
        row_id = row_id if row_id and row_id not in taken else ids.new("m")
        taken.add(row_id)
        named.append(replace(row, id=row_id))
    return tuple(named)


def _directions(connection: Connection) -> frozenset[Direction]:
    known = platform(connection.platform)
    return known.directions if known else frozenset(Direction)


def _rule_problem(known: AbstractSet[str], index: int, row: Mapping) -> FieldProblem | None:
    """A rule of the row for a field that the CRM does not have."""
    for name in sorted(row.rules.keys() - known):
        text = f"This CRM has no field '{name}' to sync. Remove the rule or correct the name."
        return FieldProblem(f"/mappings/{index}/rules/{name}", "no_such_field", text)
    return None


def _inactive_problem(connection: Connection, index: int, row: Mapping) -> FieldProblem | None:
    """The campaign whose members leave every group cannot fill one."""
    if row.campaign.id is None or row.campaign.id != connection.inactive_campaign_id:
        return None
    text = (
        "This is the connection's inactive campaign: its members leave every group. Choose another."
    )
    return FieldProblem(f"/mappings/{index}/campaign", "campaign_is_the_inactive_one", text)


def _capability_problem(connection: Connection, index: int, row: Mapping) -> FieldProblem | None:
    """Why this CRM cannot do what the row asks for, in the CRM's own reason."""
    needed = ["campaigns", "create_campaigns"] if row.campaign.create else ["campaigns"]
    for capability in map(connection.capability, needed):
        if not capability.available:
            text = capability.reason or "This login cannot do that in this CRM."
            pointer = f"/mappings/{index}/campaign"
            return FieldProblem(pointer, capability.code or "not_available", text)
    return None
