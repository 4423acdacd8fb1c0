"""The quick plants are caught in every test run; `make plants` catches them all."""

from __future__ import annotations

import pytest

from tests.plants.garden import ROOT, caught, planted
from tests.plants.plants import PACKAGE, PLANTS, Plant

SECONDS = 120.0
QUICK = [plant for plant in PLANTS if not plant.slow]


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.name)
def test_the_line_of_every_plant_is_still_there(plant: Plant) -> None:
    source = (ROOT / PACKAGE / plant.file).read_text()

    assert planted(plant, source) != source


@pytest.mark.parametrize("plant", QUICK, ids=lambda plant: plant.name)
def test_a_planted_bug_is_caught(plant: Plant) -> None:
    assert caught(plant, SECONDS).noticed


def test_there_are_enough_plants_and_no_name_twice() -> None:
    names = [plant.name for plant in PLANTS]

    assert len(set(names)) == len(names) >= 25
