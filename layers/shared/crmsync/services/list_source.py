"""Keep the record of a list and its source: who is in the group, and where they came from.

The record is what an advisor shows when asked why somebody is on a list. It must not know how the
run went beyond whether the mapping is done, and gives no legal advice.
"""

from __future__ import annotations

import hashlib
import json

from crmsync.domain.mapping_run import MappingRun, MappingState
from crmsync.domain.run import PartRef, Run, Trigger
from crmsync.services.work import Work

LIST_SOURCE = "list-source"
"""What the key of each such record holds; there is one per mapping that was synced."""

MEMBERS_READ = 1000
"""How many members of the group are read at a time."""


def record_of(run: Run, row: MappingRun) -> PartRef | None:
    """The record that the run left of this mapping, if it did."""
    name = f"/{_name(row)}-"
    return next((ref for ref in run.records if name in ref.key), None)


class ListSource:
    """Writes the records of the run in hand, one for each mapping that came to its end."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def write(self, row: MappingRun) -> PartRef | None:
        """The memorandum of the list and its source; not for quiet automated runs."""
        run = self._work.run
        quiet = run.trigger is not Trigger.MANUAL and not row.considered
        if row.state is not MappingState.DONE or quiet or not row.group_id:
            return None
        text = json.dumps(self._memorandum(row), indent=2, sort_keys=True)
        return self._work.ports.artifacts.write_record(
            run.tenant_id, self._work.part_key(_name(row), 0), text
        )

    def _memorandum(self, row: MappingRun) -> dict[str, object]:
        run, connection = self._work.run, self._work.connection
        members = self._member_ids(row.group_id or "")
        return {
            "list": {"group_id": row.group_id, "name": row.group_name},
            "source": {
                "campaign_id": row.campaign_id,
                "name": row.campaign_name,
                "org": connection.org.org_name,
                "crm_user": connection.org.user_name,
                "scope": "visible" if connection.sync_by_visibility else "owned",
                "direction": row.mapping.direction,
                "inactive_campaign_id": connection.inactive_campaign_id,
            },
            "run_id": run.id,
            "actor": run.started_by,
            "terms_version": run.terms_version,
            "as_of": self._work.ports.clock.now().isoformat(),
            "member_count": len(members),
            "members_sha256": hashlib.sha256("\n".join(members).encode()).hexdigest(),
            "members": members,
            "note": "A record of a list and its source. It is not legal advice.",
        }

    def _member_ids(self, group_id: str) -> list[str]:
        members: list[str] = []
        cursor: str | None = None
        while True:
            page = self._work.marketing.members_page(group_id, cursor, MEMBERS_READ)
            members += page.contact_ids
            cursor = page.cursor
            if cursor is None:
                return members


def _name(row: MappingRun) -> str:
    return f"{LIST_SOURCE}-{row.mapping.id}"
