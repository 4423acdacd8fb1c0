"""The linters agree, on the template as written and on what the transform makes of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.template.template import PROJECT, TEMPLATE, Template

_CONFIG = PROJECT / "cfn-lint.yaml"


def _cfn_lint(template: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("cfn-lint")), "--config-file", str(_CONFIG)]
    return subprocess.run(
        [*command, "--template", str(template), *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=PROJECT,
    )


def test_cfn_lint_accepts_the_template_as_written() -> None:
    linted = _cfn_lint(TEMPLATE)

    assert (linted.returncode, linted.stdout) == (0, "")


def test_cfn_lint_accepts_the_translated_template(translated: Template, tmp_path: Path) -> None:
    file = tmp_path / "translated.json"
    file.write_text(json.dumps(translated.content))

    linted = _cfn_lint(file)

    assert (linted.returncode, linted.stdout) == (0, "")


def test_sam_accepts_the_template() -> None:
    validated = subprocess.run(
        [str(PROJECT / ".venv-sam" / "bin" / "sam"), "validate", "--lint"],
        capture_output=True,
        text=True,
        check=False,
        cwd=PROJECT,
        env=os.environ | {"SAM_CLI_TELEMETRY": "0"},
    )

    assert validated.returncode == 0, validated.stdout + validated.stderr
