"""Read of a mapping only what changed, what did not agree last time, or what failed in a run.

The units are sorted and the cursor is the last one's key, so a page can be found again after a
crash. It must not know how a change is noticed, nor how a page's changes are stored.
"""

from __future__ import annotations

from crmsync.domain.base import NO_MEMBERSHIP
from crmsync.domain.change import Outcome
from crmsync.domain.membership import Seen
from crmsync.domain.observation import Observation
from crmsync.domain.run import RunKind
from crmsync.services.changed_units import CONTACT, PERSON, ChangedUnits, Key
from crmsync.services.gathering import DELTA, PAGE_SIZE, Gathering
from crmsync.services.observe import Observer
from crmsync.services.plan_parts import PlanParts
from crmsync.services.sight import Sight


class DeltaPages:
    """Plans one page of a partial reading at a time; `position` is a unit's key as text, or ''."""

    def __init__(self, gathering: Gathering, plan: PlanParts) -> None:
        self._gathering = gathering
        self._work = gathering.work
        self._plan = plan
        self._units = ChangedUnits(gathering)
        self._keys: dict[int, list[Key]] = {}

    def page(self, index: int, position: str) -> None:
        """A page of the units that changed on either side or did not agree last time."""
        todo = [key for key in self._keys_of(index) if "/".join(key) > position]
        if not todo:
            self._plan.finish(index)
            return
        page = todo[:PAGE_SIZE]
        people = [i for kind, i in page if kind == PERSON]
        contacts = [i for kind, i in page if kind == CONTACT]
        observer = Observer(self._work, self._gathering.scene(index), Sight())
        found = observer.observe(people, contacts)
        known = self._plan.known(index)
        units = [o for o in found.values() if _belongs(o) and not (_ids(o) & known)]
        self._plan.store(index, units, f"{DELTA}:{'/'.join(page[-1])}")

    def _keys_of(self, index: int) -> list[Key]:
        """Keys of the units to consider, sorted, so that a page cursor is a key."""
        if index not in self._keys:
            retry = self._work.run.kind is RunKind.RETRY
            self._keys[index] = sorted(self._failed(index) if retry else self._units.keys(index))
        return self._keys[index]

    def _failed(self, index: int) -> list[Key]:
        """Keys of what failed in the run that is tried again."""
        run, ports = self._work.run, self._work.ports
        source = ports.runs.get(run.tenant_id, run.source_run_id or "")
        refs = [r for r in (source.checkpoint.results if source else ()) if r.mapping == index]
        return [
            (PERSON, change.person_id) if change.person_id else (CONTACT, change.contact_id or "")
            for ref in refs
            for change in ports.artifacts.read_part(run.tenant_id, ref)
            if change.outcome is Outcome.FAILED
        ]


def _belongs(seen: Observation) -> bool:
    """Whether the unit has anything to do with the mapping: a change elsewhere is not ours."""
    return seen.member_left or seen.seen is Seen.IN or seen.membership != NO_MEMBERSHIP


def _ids(seen: Observation) -> set[str]:
    found = {seen.person.id if seen.person else "", seen.contact.id if seen.contact else ""}
    return found - {""}
