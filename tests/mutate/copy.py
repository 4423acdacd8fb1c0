"""The copy of the project that is mutated: mutmut wants the package in a folder `src`."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

from tests.mutate.scope import LEFT_OUT, TESTS

ROOT = Path(__file__).parents[2]
COPY = ROOT / ".local" / "mutate"
BESIDE = ("docs", "functions", "local", "tests", "template.yaml", "README.md", "CHANGELOG.md")
"""What the tests read beside the package."""
QUICKLY = ("-p", "no:cacheprovider", "-p", "no:unraisableexception")
"""pytest collects garbage twice for the latter, which costs more than most mutants' tests."""
_PATHS = 'pythonpath = [".", "layers/shared"]'


def prepare(modules: Sequence[str]) -> None:
    """Bring the copy up to date; verdicts stay, which test runs through what is found out anew."""
    COPY.mkdir(parents=True, exist_ok=True)
    (COPY / "mutants" / "mutmut-stats.json").unlink(missing_ok=True)
    _bring(ROOT / "layers/shared/crmsync", COPY / "src/crmsync")
    for name in BESIDE:
        _bring(ROOT / name, COPY / name)
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    (COPY / "pyproject.toml").write_text(configured(text, modules), "utf-8")


def configured(pyproject: str, modules: Sequence[str]) -> str:
    """The project's settings with those of mutmut, and the package where it wants it."""
    settings = {
        "source_paths": ["src"],
        "only_mutate": [f"src/crmsync/{module}.py" for module in modules],
        "also_copy": [*BESIDE, "src"],
        "pytest_add_cli_args": [*QUICKLY, *(f"--deselect={name}" for name in LEFT_OUT)],
        "pytest_add_cli_args_test_selection": list(TESTS),
        "timeout_constant": 3.0,
        "timeout_multiplier": 4.0,
        "use_git_change_detection": False,
    }
    told = "".join(f"{name} = {json.dumps(value)}\n" for name, value in settings.items())
    if _PATHS not in pyproject:
        raise ValueError(f"pyproject.toml does not say {_PATHS}; say in tests/mutate/copy.py what")
    return pyproject.replace(_PATHS, 'pythonpath = [".", "src"]') + f"\n[tool.mutmut]\n{told}"


def _bring(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(
            source, target, ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True
        )
    else:
        shutil.copy2(source, target)
