"""The platforms a user can connect, as data: what each is called and what it starts with.

Only what holds for every org of a platform stands here. What one org or login can do is probed by
the adapter, and the effective capability is both together (see ``effective``). Vendor objects,
fields and hosts are the adapter's business.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from crmsync.domain.connection import Capability, ConnectionSettings, NewPeople
from crmsync.domain.mapping import Direction


@dataclass(frozen=True, slots=True)
class Platform:
    """One card of the Integrations page. `name` is what connections store.

    `notice` is one sentence a user should read before connecting.
    """

    name: str
    title: str
    new_people: NewPeople = NewPeople.CREATE
    directions: frozenset[Direction] = frozenset(Direction)
    capabilities: tuple[Capability, ...] = ()
    notice: str | None = None

    def settings(self) -> ConnectionSettings:
        """What a new connection of this platform starts with."""
        return ConnectionSettings(new_people=self.new_people)


def _available(*names: str) -> tuple[Capability, ...]:
    return tuple(Capability(name, available=True) for name in names)


EVERYWHERE = _available(
    "campaigns",
    "create_campaigns",
    "create_people",
    "edit_people",
    "consent",
    "email",
    "external_id",
    "person_accounts",
    "sync_by_visibility",
    "inactive_campaign",
    "remove_members",
)
ELEMENTS_ONLY = (
    "Salentica Elements can be connected. Salentica Engage runs on Microsoft Dynamics, "
    "not on Salesforce, and cannot."
)

OWNED_ONLY = (
    "Sync by Visibility is not offered for Salentica. People you own are synced; "
    "to sync somebody else's, become the owner in Salentica."
)

PLATFORMS: tuple[Platform, ...] = (
    Platform("salesforce", "Salesforce", capabilities=EVERYWHERE),
    Platform("practifi", "Practifi", new_people=NewPeople.HOLD, capabilities=EVERYWHERE),
    Platform(
        "salentica",
        "Salentica",
        new_people=NewPeople.HOLD,
        capabilities=(
            *(c for c in EVERYWHERE if c.name != "sync_by_visibility"),
            Capability(
                "sync_by_visibility",
                available=False,
                reason=OWNED_ONLY,
                code="visibility_not_offered",
            ),
            Capability(
                "engage", available=False, reason=ELEMENTS_ONLY, code="engage_not_supported"
            ),
        ),
        notice=ELEMENTS_ONLY,
    ),
)


def platform(name: str) -> Platform | None:
    """The platform of this name, or None."""
    return next((each for each in PLATFORMS if each.name == name), None)


def effective(
    described: Iterable[Capability], probed: Iterable[Capability]
) -> tuple[Capability, ...]:
    """Descriptor AND probe: available only where both say so; the platform's reason comes first."""
    found = {capability.name: capability for capability in probed}
    merged = [_both(capability, found.pop(capability.name, None)) for capability in described]
    return (*merged, *found.values())


def _both(described: Capability, probed: Capability | None) -> Capability:
    return described if probed is None or not described.available else probed
