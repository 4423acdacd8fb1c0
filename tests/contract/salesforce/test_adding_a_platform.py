"""docs/adding-a-platform.md, followed to the letter in a copy of the project."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
GUIDE = ROOT / "docs" / "adding-a-platform.md"
BLOCK = re.compile(
    r"(?:^`(?P<path>[\w./]+)`\n\n)?^```(?P<kind>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)

TRY_IT = """
from crmsync.domain.platforms import platform
from crmsync.ports.crm import PersonWrite
from tests.contract.salesforce.standin_org import standin_org

with standin_org("northwind") as org:
    crm = org.crm()
    (campaign,) = crm.campaigns("", None).items
    page = crm.members_page(campaign.id, None)
    people = {person.value("first_name"): person for person in page.people.values()}
    missing = [each.code for each in crm.schema().capabilities if not each.available]
    (written,) = crm.write_people([PersonWrite("k1", opt_out=True, person=people["Ned"])])
    print(platform("northwind").title, "|", campaign.name)
    print({name: person.opted_out for name, person in sorted(people.items())})
    print(missing, written.person.opted_out, org.row(written.id)["Northwind__No_Email__c"])
"""


def follow(guide: str, project: Path) -> list[str]:
    """Do what the guide says; the files it touched, in order."""
    touched: list[str] = []
    for block in BLOCK.finditer(guide):
        path = block["path"] or touched[-1]
        target = project / path
        if block["kind"] == "diff":
            target.write_text(patched(target.read_text(), block["text"]))
        else:
            assert not target.exists(), f"the guide creates {path}, which is there already"
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(block["text"])
        touched.append(path)
    return touched


def patched(text: str, diff: str) -> str:
    """`text` after the change; its old lines must be there exactly once."""
    lines = diff.splitlines(keepends=True)
    old = "".join(line[1:] for line in lines if not line.startswith("+"))
    new = "".join(line[1:] for line in lines if not line.startswith("-"))
    assert text.count(old) == 1, f"these lines of the guide are not in the file once:\n{old}"
    return text.replace(old, new)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of what the guide changes and of what tries it."""
    for folder in ("layers/shared/crmsync", "local", "tests"):
        shutil.copytree(
            ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__")
        )
    return tmp_path


def test_a_platform_added_by_the_guide_connects_reads_and_writes(project: Path) -> None:
    touched = follow(GUIDE.read_text(), project)

    paths = {"PYTHONPATH": os.pathsep.join([str(project), str(project / "layers/shared")])}
    done = subprocess.run(
        [sys.executable, "-c", TRY_IT],
        cwd=project,
        env={**os.environ, **paths},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "Northwind | Northwind News",
        "{'Mara': True, 'Ned': False}",
        "['person_accounts_off'] True 1",
    ]
    assert len(set(touched)) == 5
