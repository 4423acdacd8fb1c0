"""The local stack starts, finds and ends its own, and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from crmsync.domain.platforms import PLATFORMS

from local import demo
from local.setup import browser
from local.stack import layer, stack_file
from local.stack.__main__ import main as stack_main
from local.stack.deployment import _quoted
from local.stack.orgs import ORGS
from local.stack.processes import Detached, start
from local.stack.waiting import until

_SLEEPER = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(600)"]


@pytest.fixture
def sleeper(tmp_path: Path) -> Detached:
    return start(_SLEEPER, log=tmp_path / "logs" / "sleeper.log", cwd=tmp_path, env=os.environ)


def test_a_process_runs_until_it_is_stopped(sleeper: Detached) -> None:
    until(lambda: Path(sleeper.log).read_text() == "up\n", what="its first word", seconds=30)
    assert sleeper.is_alive()

    sleeper.stop()

    assert not sleeper.is_alive()


def test_a_process_is_found_again_by_what_was_written_about_it(sleeper: Detached) -> None:
    found = Detached.from_json(sleeper.as_json())

    assert found.is_alive()
    found.stop()
    assert not sleeper.is_alive()


def test_a_process_that_got_the_number_of_an_ended_one_is_left_alone(sleeper: Detached) -> None:
    ended = replace(sleeper, born="long ago")

    ended.stop()

    assert not ended.is_alive()
    assert sleeper.is_alive()
    sleeper.stop()


def test_what_never_happens_is_named(tmp_path: Path) -> None:
    with pytest.raises(TimeoutError, match=r"^the file coming did not happen within 0 s$"):
        until((tmp_path / "never").exists, what="the file coming", seconds=0)


def test_stack_json_is_empty_until_there_is_a_stack(tmp_path: Path) -> None:
    assert stack_file.read(tmp_path, stack_file.STACK) == {}

    stack_file.write(tmp_path, stack_file.STACK, {"api_url": "here"})

    assert stack_file.read(tmp_path, stack_file.STACK) == {"api_url": "here"}
    stack_file.remove(tmp_path, stack_file.STACK)
    assert stack_file.read(tmp_path, stack_file.STACK) == {}


def _built(folder: Path, text: str) -> Path:
    (folder / "python" / "crmsync").mkdir(parents=True)
    (folder / "python" / "vendor").mkdir()
    (folder / "python" / "crmsync" / "__init__.py").write_text(text)
    (folder / "python" / "vendor" / "__init__.py").write_text("name = 'vendor'\n")
    (folder / "python" / "requirements.txt").write_text("vendor==1\n")
    return folder


def test_a_layer_that_was_set_aside_is_imported_through_its_pointer(tmp_path: Path) -> None:
    built = _built(tmp_path / "built", "name = 'crmsync'\n")

    layer.set_aside(built, tmp_path / "shelf")

    (site,) = (built / "python" / "lib").glob("python*/site-packages")
    code = (
        f"import site; site.addsitedir({str(site)!r}); import crmsync, vendor; print(crmsync.name)"
    )
    shown = subprocess.run(
        [sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True
    )
    assert shown.stdout == "crmsync\n"


def test_changed_code_changes_the_pointer_and_keeps_what_it_runs_with(tmp_path: Path) -> None:
    shelf = tmp_path / "shelf"
    before = layer.set_aside(_built(tmp_path / "one", "name = 1\n"), shelf)

    after = layer.set_aside(_built(tmp_path / "two", "name = 2\n"), shelf)
    layer.forget_others(after)

    assert after[0] != before[0]
    assert after[1] == before[1]
    assert sorted(shelf.iterdir()) == sorted(after)


def test_a_parameter_with_quotes_survives_the_command_line() -> None:
    assert _quoted('{"a": "b\\c"}') == '"{\\"a\\": \\"b\\\\c\\"}"'


def test_a_chosen_chromium_is_used_and_a_missing_one_is_not_replaced() -> None:
    chosen = {"CRMSYNC_CHROMIUM": sys.executable}

    assert browser.find_chromium(chosen) == sys.executable
    assert browser.find_chromium({"CRMSYNC_CHROMIUM": "/nowhere/chromium"}) is None


def test_the_browser_is_left_out_only_when_somebody_said_so() -> None:
    assert browser.goes_without({"CRMSYNC_WITHOUT_BROWSER": "1"})
    assert not browser.goes_without({})


def test_signing_in_without_a_stack_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"stack\.json: start the stack, `make up`\.$"):
        stack_main(["sign-in", "--directory", str(tmp_path)])


def test_a_demo_of_a_platform_nobody_has_is_refused_before_anything_starts(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        demo.main(["--platform", "hubspot"])

    shown = capsys.readouterr()
    assert "choose from" in shown.err
    assert shown.out == ""


def test_every_platform_can_be_demonstrated() -> None:
    folders = {org.folder for org in ORGS}

    assert set(demo.PLATFORMS) == {platform.name for platform in PLATFORMS}
    assert set(demo.PLATFORMS) <= folders
