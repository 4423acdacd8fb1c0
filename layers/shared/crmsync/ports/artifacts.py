"""Stored objects: what is too large for a table, or kept as evidence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from crmsync.domain.change import Change
from crmsync.domain.run import PartRef


class Artifacts(Protocol):
    """Plans, results and records: large things, written once, named by run and fence."""

    def write_part(self, tenant_id: str, key: str, changes: Sequence[Change]) -> PartRef:
        """Store a part unless the key exists (then the stored one must be the same)."""
        ...

    def read_part(self, tenant_id: str, ref: PartRef) -> tuple[Change, ...]:
        """The part; raises `Retry` when it is missing or its SHA-256 differs."""
        ...

    def write_record(self, tenant_id: str, key: str, text: str) -> PartRef:
        """Store a text document."""
        ...

    def read_record(self, tenant_id: str, ref: PartRef) -> str:
        """A text document."""
        ...
