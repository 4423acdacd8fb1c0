"""Store links and membership bases: the same way before a write as after it.

It must not know what is in flight or agreed, only how either is stored safely.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from crmsync.domain.base import Link, MembershipBase
from crmsync.services.work import Scene, Work


def put_links(work: Work, links: Sequence[Link]) -> list[Link | None]:
    """Store links; one that points at another person than before is moved first."""
    state = work.state
    if not links:
        return []
    before = state.links_by_contact(sorted(link.contact_id for link in links))
    ready = [_following(work, link, before.get(link.contact_id)) for link in links]
    stored = iter(state.put_links([link for link in ready if link is not None]))
    return [next(stored) if link is not None else None for link in ready]


def put_bases(work: Work, scene: Scene, bases: Mapping[str, MembershipBase]) -> None:
    """Store membership bases of the scene's pair, by contact id."""
    if bases:
        pair = (scene.campaign_id, scene.group_id)
        work.state.put_membership_bases(*pair, bases)


def _following(work: Work, link: Link, old: Link | None) -> Link | None:
    """The link ready to be stored, moved to its person's successor where it has one."""
    if old is None or old.person_id == link.person_id or not link.version:
        return link
    moved = work.state.move_link(old, link.person_id)
    return replace(link, version=moved.version) if moved else None
