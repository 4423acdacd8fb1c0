"""Every fault of the catalogue has one test that carries its number, and no number has two."""

from __future__ import annotations

import ast
import re
from pathlib import Path

_NUMBER = re.compile(r"test_([as]\d+)_")
CATALOGUE = [*(f"a{number}" for number in range(1, 25)), *(f"s{n}" for n in range(1, 37))]


def test_each_of_the_sixty_faults_has_one_test() -> None:
    names = [
        node.name
        for path in sorted(Path(__file__).parent.glob("test_*.py"))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef)
    ]
    numbers = [found[1] for found in map(_NUMBER.match, names) if found]

    assert len(CATALOGUE) == 60
    assert sorted(numbers) == sorted(CATALOGUE)
