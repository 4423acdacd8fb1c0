"""The README of the stand-in names every knob there is."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

from local.standin.settings import Knobs

README = Path(__file__).parents[2] / "local" / "standin" / "README.md"


def test_every_knob_is_described_and_no_other() -> None:
    section = README.read_text().split("## Knobs")[1]
    rows = re.findall(r"^\| (`.*?) \|", section, re.MULTILINE)

    named = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    assert named == {knob.name for knob in fields(Knobs)}
