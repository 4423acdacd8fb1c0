"""Cheap copies of a fake's memory, for the fault 'an older snapshot was restored'."""

from __future__ import annotations

from dataclasses import fields
from typing import Any


class Snapshots:
    """For dataclasses that keep frozen values in dicts and lists, nested two deep at most."""

    def snapshot(self) -> dict[str, Any]:
        """What is remembered now; later changes do not reach it."""
        return {
            f.name: _copy(getattr(self, f.name))
            for f in fields(self)
            if isinstance(getattr(self, f.name), dict | list)
        }

    def restore(self, snapshot: dict[str, Any]) -> None:
        """Remember what `snapshot` held; the same snapshot can be restored again."""
        for name, value in snapshot.items():
            setattr(self, name, _copy(value))


def _copy(value: Any) -> Any:
    if isinstance(value, list):
        return value.copy()
    return {k: v.copy() if isinstance(v, dict | list) else v for k, v in value.items()}
