"""Mappings: which campaign and group are kept the same, and which way changes travel."""

from __future__ import annotations

from collections.abc import Mapping as Dict
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from crmsync.domain.errors import FieldProblem
from crmsync.domain.fields import FieldRule

CAMPAIGN_NAME_LENGTH = 80
"""How long a campaign's name may be in every CRM we know."""


class Direction(StrEnum):
    """Which way changes travel: `export` is marketing to CRM, `import` is CRM to marketing."""

    BOTH = "both"
    EXPORT = "export"
    IMPORT = "import"

    @property
    def writes_crm(self) -> bool:
        """Whether this direction may write to the CRM."""
        return self is not Direction.IMPORT

    @property
    def writes_marketing(self) -> bool:
        """Whether this direction may write contacts, groups and memberships."""
        return self is not Direction.EXPORT


@dataclass(frozen=True, slots=True)
class Target:
    """One end of a mapping: an existing thing by `id`, or one to create, by name if given."""

    id: str | None = None
    create: bool = False
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Mapping:
    """One row of an automation. `id` is stable while the row exists."""

    id: str
    campaign: Target
    group: Target
    direction: Direction
    rules: Dict[str, FieldRule] = field(default_factory=dict)


def problems_of(
    mappings: Sequence[Mapping], allowed: frozenset[Direction]
) -> tuple[FieldProblem, ...]:
    """Everything wrong with the rows, each problem pointing at its row; empty when they can run."""
    found: list[FieldProblem] = []
    for index, mapping in enumerate(mappings):
        found += _row_problems(index, mapping, allowed)
        found += _clashes(index, mapping, mappings[:index])
    return tuple(found)


def _row_problems(index: int, row: Mapping, allowed: frozenset[Direction]) -> list[FieldProblem]:
    found = []
    at = f"/mappings/{index}"
    if row.direction not in allowed:
        text = f"This connection cannot sync with direction '{row.direction}'. Choose another."
        found.append(FieldProblem(f"{at}/direction", "direction_unavailable", text))
    if row.campaign.create and row.group.create:
        text = "Both sides cannot be new. Choose an existing campaign or an existing group."
        found.append(FieldProblem(f"{at}/campaign", "both_sides_new", text))
    if row.campaign.create and not row.direction.writes_crm:
        text = "An import cannot create a campaign. Choose a campaign or another direction."
        found.append(FieldProblem(f"{at}/campaign", "create_against_direction", text))
    if row.group.create and not row.direction.writes_marketing:
        text = "An export cannot create a group. Choose a group or another direction."
        found.append(FieldProblem(f"{at}/group", "create_against_direction", text))
    return found


def _clashes(index: int, row: Mapping, earlier: Sequence[Mapping]) -> list[FieldProblem]:
    found = []
    at = f"/mappings/{index}"
    for number, other in enumerate(earlier, start=1):
        if (row.campaign, row.group) == (other.campaign, other.group):
            text = f"This campaign and group are already mapped in row {number}. Remove one row."
            found.append(FieldProblem(at, "duplicate_pair", text))
        elif _conflicting(row, other):
            text = f"Row {number} writes to the same place in another direction. Use one direction."
            found.append(FieldProblem(f"{at}/direction", "conflicting_directions", text))
    return found


def _conflicting(row: Mapping, other: Mapping) -> bool:
    """Two rows share an existing target and disagree about which side is the source."""
    shares = (row.group.id is not None and row.group.id == other.group.id) or (
        row.campaign.id is not None and row.campaign.id == other.campaign.id
    )
    return shares and row.direction is not other.direction
