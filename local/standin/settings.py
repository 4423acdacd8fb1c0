"""An org folder: `settings.json` (who, rules, seed) and `schema.json`, with optional recordings."""

import json
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from .schema import Schema, load_schema


@dataclass
class Knobs:
    """What the admin API may change while the org runs. Times are seconds or days."""

    api_max: int = 100_000
    session_seconds: int = 7_200
    code_seconds: int = 900
    refresh_rotation: bool = True
    rotation_reuse_revokes: bool = False
    refresh_idle_days: int = 30
    tokens_per_user: int = 5
    require_pkce: bool = False
    api_enabled: bool = True
    deleted_members_visible: bool = True
    recycle_bin_days: int = 15
    private_contacts: bool = True
    accounts_as_members: bool = False
    campaign_counts_touch_stamp: bool = False
    duplicate_result_key: str = "duplicateResut"
    bulk_polls: int = 0
    query_batch: int = 2_000
    replication_lag_seconds: int = 0
    instance_url: str | None = None
    absent_objects: list[str] = field(default_factory=list)
    absent_fields: list[str] = field(default_factory=list)

    def change(self, values: dict[str, Any]) -> None:
        """Set knobs by name; an unknown name is a ValueError that lists the known ones."""
        known = {item.name for item in fields(self)}
        unknown = set(values) - known
        if unknown:
            raise ValueError(f"unknown knobs {sorted(unknown)}; known: {sorted(known)}")
        for name, value in values.items():
            setattr(self, name, value)


class OrgFolder:
    """The description of one org on disk."""

    def __init__(self, folder: Path | str, recorded: list[Path] | None = None) -> None:
        self.folder = Path(folder)
        self.settings: dict[str, Any] = json.loads((self.folder / "settings.json").read_text())
        self._recorded = recorded

    @property
    def name(self) -> str:
        """Folder name, unique among the orgs of one process."""
        return self.folder.name

    def schema(self) -> Schema:
        """A fresh schema: compact files over the recordings (in `recorded/` or as given)."""
        recorded = self._recorded
        if recorded is None:
            recorded = sorted((self.folder / "recorded").glob("*.json"))
        return load_schema(self.folder / "schema.json", recorded)

    def knobs(self) -> Knobs:
        """Fresh knobs as the settings set them."""
        knobs = Knobs()
        knobs.change(self.settings.get("knobs", {}))
        return knobs
