"""What becomes of a new person whom a duplicate rule of the CRM stopped.

The alert is never bypassed: whom the rule points at is taken for the person, or asked about.
"""

from __future__ import annotations

from collections.abc import Sequence

from crmsync.domain.base import Link
from crmsync.domain.identity import NO_DECISIONS
from crmsync.services.work import Work

Verdict = tuple[str, tuple[str, ...]]
"""A reason to skip the unit for now, and the candidates of a review."""


def whom_instead(work: Work, contact_id: str, matches: Sequence[str]) -> Verdict | None:
    """Link the contact to the one free match, or name the candidates; None if there are none.

    A match counts while it can be seen, is not deleted and belongs to no other contact.
    """
    decided = work.state.decisions([contact_id]).get(contact_id, NO_DECISIONS)
    free = _free(work, sorted(set(matches) - decided.different))
    chosen = [match for match in free if match in decided.same] or free
    if not chosen or decided.create:
        return None
    if len(chosen) > 1:
        return "needs_review", tuple(chosen)
    (stored,) = work.state.put_links([Link(contact_id, chosen[0])])
    return ("linked_to_duplicate" if stored else "linked_meanwhile"), ()


def _free(work: Work, matches: list[str]) -> list[str]:
    if not matches:
        return []
    linked = work.state.links_by_person(matches)
    people = work.crm.look([], matches).people
    return [i for i in matches if i in people and not people[i].deleted and i not in linked]
