"""What holds for every test: which level it belongs to, what it may touch, and no real account."""

from __future__ import annotations

import fcntl
import itertools
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

import pytest
from hypothesis import HealthCheck, Phase, settings
from pytest_socket import disable_socket, enable_socket, socket_allow_hosts

from local.setup.browser import goes_without
from local.stack import stack_file
from local.stack.lifecycle import PROJECT, Stack

_HERE = Path(__file__).parent
_LEVEL_OF_FOLDER = {
    "browser": "browser",
    "conformance": "contract",
    "contract": "contract",
    "e2e": "e2e",
    "faults": "contract",
    "integration": "integration",
    "plants": "unit",
    "properties": "unit",
    "soak": "soak",
    "standin": "contract",
    "template": "template",
    "unit": "unit",
}
_WITHOUT_SOCKETS = {"unit", "template"}
_DENIED = "is not authorized to perform"

# Slow draws and slow tests are a matter of the machine, not of what is tested.
settings.register_profile(
    "crmsync", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.register_profile(
    "unshrunk", settings.get_profile("crmsync"), phases=(Phase.explicit, Phase.generate)
)
# The same few examples every time, so that two verdicts on one mutant agree.
settings.register_profile(
    "mutants", settings.get_profile("unshrunk"), derandomize=True, database=None, max_examples=8
)
settings.load_profile(os.environ.get("CRMSYNC_HYPOTHESIS", "crmsync"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test's level is its folder."""
    for item in items:
        folder = item.path.relative_to(_HERE).parts[0]
        level = _LEVEL_OF_FOLDER.get(folder)
        if level is None:
            raise pytest.UsageError(
                f"{item.path} lies in tests/{folder}, which has no level; known folders are "
                f"{', '.join(sorted(_LEVEL_OF_FOLDER))} (tests/conftest.py)"
            )
        item.add_marker(level)
        if level == "browser" and goes_without():
            item.add_marker(
                pytest.mark.skip(reason="CRMSYNC_WITHOUT_BROWSER=1: told to go without")
            )


@pytest.fixture(scope="session")
def stack() -> Iterator[Mapping[str, Any]]:
    """The whole product, deployed: the content of stack.json.

    It is brought up for these tests on free ports, beside whatever else runs, and ended after
    them; each worker of a parallel run has its own. Logs stay in `.local/e2e/logs`, or `e2e-2`.
    `CRMSYNC_STACK` names the directory of a stack that is up already (`.local` for that of
    `make up`), to be used instead and left as it is.
    """
    running = os.environ.get("CRMSYNC_STACK")
    if running:
        yield stack_file.read(Path(running), stack_file.STACK)
        return
    with _directory_of_our_own() as directory:
        own = Stack(directory, say=print, preferred_port=0)
        own.down()
        try:
            content = own.up()
            yield content
            _expect_no_denial(Path(content["function_log"]))
        finally:
            own.down()


@contextmanager
def _directory_of_our_own() -> Iterator[Path]:
    """One that no other test run uses now; an earlier run's is preferred for what it built."""
    for number in itertools.count(1):
        directory = PROJECT / ".local" / ("e2e" if number == 1 else f"e2e-{number}")
        directory.mkdir(parents=True, exist_ok=True)
        with (directory / "lock").open("w") as lock:
            if _is_ours(lock):
                yield directory
                return


def _is_ours(lock: TextIO) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _expect_no_denial(log: Path) -> None:
    """The roles of template.yaml let every function do what the tests made it do."""
    denied = [line for line in log.read_text().splitlines() if _DENIED in line]
    if denied:
        pytest.fail("template.yaml does not let a function do its work:\n" + "\n".join(denied))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Unit and template tests open no socket; no test reaches beyond this machine."""
    if any(item.get_closest_marker(level) for level in _WITHOUT_SOCKETS):
        disable_socket(allow_unix_socket=True)
    else:
        enable_socket()
        socket_allow_hosts(["127.0.0.1", "localhost", "::1"], allow_unix_socket=True)


@pytest.fixture(autouse=True, scope="session")
def _no_real_account() -> Iterator[None]:
    """Whatever account the machine knows, no test can reach it."""
    with pytest.MonkeyPatch.context() as environment:
        for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_SESSION_TOKEN"):
            environment.delenv(name, raising=False)
        environment.setenv("AWS_ACCESS_KEY_ID", "testing")
        environment.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        environment.setenv("AWS_DEFAULT_REGION", "us-east-1")
        environment.setenv("AWS_EC2_METADATA_DISABLED", "true")
        environment.setenv("AWS_CONFIG_FILE", "/dev/null")
        environment.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
        yield
