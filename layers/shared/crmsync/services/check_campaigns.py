"""Whether the campaigns of mappings exist, are active, and may be created without guessing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from crmsync.domain.errors import FieldProblem
from crmsync.domain.mapping import Mapping
from crmsync.domain.person import Campaign
from crmsync.ports.crm import Crm
from crmsync.ports.marketing import Marketing

Find = Callable[[int, Mapping], FieldProblem | None]


@dataclass(frozen=True, slots=True)
class CheckCampaigns:
    """Asks one CRM about the campaigns of some rows, in one call for those that exist."""

    marketing: Marketing
    crm: Crm

    def problems(self, rows: Sequence[Mapping]) -> list[FieldProblem]:
        """What is wrong, each problem at its row."""
        ids = sorted({row.campaign.id for row in rows if row.campaign.id})
        known = self.crm.campaigns_by_id(ids) if ids else {}
        return [
            *found_in(
                rows, lambda index, row: _problem(index, row, known.get(row.campaign.id or ""))
            ),
            *found_in(rows, self._name_problem),
        ]

    def _name_problem(self, index: int, row: Mapping) -> FieldProblem | None:
        """A campaign to create whose name is taken by one that nobody should guess about."""
        name = row.campaign.name or self._group_name(row)
        if not (row.campaign.create and name):
            return None
        taken = self.crm.campaigns_named(name)
        if not taken or (len(taken) == 1 and taken[0].active):
            return None
        pointer = f"/mappings/{index}/campaign"
        if len(taken) == 1:
            text = (
                f"An inactive campaign '{name}' exists. Activate it in the CRM or use another name."
            )
            return FieldProblem(pointer, "campaign_name_inactive", text)
        text = (
            f"{len(taken)} campaigns are called '{name}'. Choose one of them or use another name."
        )
        return FieldProblem(pointer, "campaign_name_ambiguous", text)

    def _group_name(self, row: Mapping) -> str:
        group = self.marketing.group(row.group.id) if row.group.id else None
        return group.name if group else ""


def found_in(rows: Sequence[Mapping], find: Find) -> list[FieldProblem]:
    """What `find` has to say about each row, given the row's index; silence is left out."""
    found = (find(index, row) for index, row in enumerate(rows))
    return [problem for problem in found if problem is not None]


def _problem(index: int, row: Mapping, found: Campaign | None) -> FieldProblem | None:
    pointer = f"/mappings/{index}/campaign"
    if row.campaign.id is None:
        return None
    if found is None or found.deleted:
        text = f"There is no campaign '{row.campaign.id}' that this login can see. Choose another."
        return FieldProblem(pointer, "no_such_campaign", text)
    if not found.active:
        text = (
            f"Campaign '{found.name}' is not active. Activate it in the CRM or choose another one."
        )
        return FieldProblem(pointer, "campaign_inactive", text)
    return None
