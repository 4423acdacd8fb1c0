"""Choose how each mapping is read: completely, from what changed, or not now.

This is the one place that says when a delta would miss something. It must not read either side's
members, and must not know how the pages of either reading are made.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import timedelta

from crmsync.domain.connection import Connection
from crmsync.domain.mapping import Mapping
from crmsync.domain.mapping_run import MappingRun, MappingState
from crmsync.domain.run import RunKind, Trigger
from crmsync.ports.state import MappingMemory
from crmsync.services.resolve import find_group
from crmsync.services.scene import memory_of, readable, returned
from crmsync.services.work import Work

OFFLINE_LIMIT = timedelta(days=15)
"""The CRM keeps deleted rows no longer, so a delta from before would miss removals."""
FULL_EVERY = timedelta(days=7)
"""How long a mapping goes without a complete reading that would find what every delta missed."""


def prepared(work: Work, row: MappingRun) -> MappingRun:
    """The row with its reading chosen; rows that ended already are left alone."""
    if row.state not in (MappingState.WAITING, MappingState.RUNNING):
        return row
    row = find_group(work, row) if not row.group_id or not row.group_name else row
    if row.state is MappingState.FAILED:
        return row
    memory = memory_of(work, row)
    if _is_held(work, memory):
        held_id = memory.held_preview_id
        return replace(row, state=MappingState.PAUSED, reason="held", held_preview_id=held_id)
    settings = row.fingerprint or fingerprint(work.connection, row.mapping)
    row = replace(row, fields=row.fields or readable(work.crm.schema()), fingerprint=settings)
    full = row.full or _needs_full(work, row, memory)
    complete = work.run.kind is not RunKind.RETRY
    return replace(row, state=MappingState.RUNNING, full=full, complete=complete)


def fingerprint(connection: Connection, mapping: Mapping) -> str:
    """A digest of all whose change asks for a complete read of both sides."""
    facts = {
        "direction": mapping.direction,
        "rules": {**connection.settings.field_rules, **mapping.rules},
        "visibility": connection.sync_by_visibility,
        "crm_user": connection.org.user_id,
        "inactive": connection.inactive_campaign_id,
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def is_checked(work: Work, row: MappingRun) -> bool:
    """Whether a full reading can be compared with a delta, to find what every delta missed."""
    memory = memory_of(work, row)
    if not row.full or work.run.kind is not RunKind.SYNC or memory.watermark is None:
        return False
    known = memory.fingerprint == fingerprint(work.connection, row.mapping)
    return known and work.ports.clock.now() - memory.watermark <= OFFLINE_LIMIT


def _is_held(work: Work, memory: MappingMemory) -> bool:
    """Whether an automated run has to leave the mapping alone until somebody decides."""
    if not memory.held_preview_id or work.run.trigger is Trigger.MANUAL:
        return False
    if memory.held_until is None or work.ports.clock.now() > memory.held_until:
        return False
    preview = work.ports.runs.get(work.run.tenant_id, memory.held_preview_id)
    return preview is not None and preview.used_by is None


def _needs_full(work: Work, row: MappingRun, memory: MappingMemory) -> bool:
    now = work.ports.clock.now()
    if work.run.kind is RunKind.RETRY:
        return False
    if work.run.kind is RunKind.PREVIEW or memory.watermark is None:
        return True
    if memory.fingerprint != fingerprint(work.connection, row.mapping):
        return True
    if returned(row, memory):
        return True
    full_at = memory.full_at or memory.watermark
    return now - full_at > FULL_EVERY or now - memory.watermark > OFFLINE_LIMIT
