"""No port is without a suite, and no suite without a fake and a real implementation."""

from __future__ import annotations

import inspect
from importlib import import_module
from pkgutil import iter_modules, resolve_name
from typing import Protocol

import pytest
from crmsync import ports

from tests.contract.providers import PROVIDERS

PORTS_OF = {
    "access_tokens": {"AccessTokens"},
    "artifacts": {"Artifacts"},
    "clock": {"Clock"},
    "control": {
        "AuditLog",
        "Automations",
        "Connections",
        "DueIndex",
        "Notices",
        "Posts",
        "Rates",
        "Reviews",
        "Runs",
    },
    "crm": {"Crm"},
    "crm_with_our_id": {"Crm"},
    "dead_letters": {"DeadLetters"},
    "events": {"Events"},
    "grants": {"Grants"},
    "ids": {"Ids"},
    "keep_alive": {"KeepAlive"},
    "marketing": {"Marketing"},
    "oauth": {"OAuth"},
    "queue": {"SyncQueue"},
    "state": {"SyncState"},
    "vault": {"Vault"},
    "webhooks": {"WebhookSender"},
}


def _protocols() -> set[str]:
    found = set()
    for name in (each.name for each in iter_modules(ports.__path__, "crmsync.ports.")):
        module = import_module(name)
        for each in vars(module).values():
            own = inspect.isclass(each) and each.__module__ == module.__name__
            if own and Protocol in each.__bases__:
                found.add(each.__name__)
    return found


def test_every_port_has_a_suite() -> None:
    assert set().union(*PORTS_OF.values()) == _protocols()
    assert set(PORTS_OF) == set(PROVIDERS)


@pytest.mark.parametrize("port", sorted(PROVIDERS))
def test_every_suite_runs_on_the_fake_and_on_something_real(port: str) -> None:
    assert "memory" in PROVIDERS[port]
    assert len(PROVIDERS[port]) > 1


@pytest.mark.parametrize(
    "place", sorted({place for places in PROVIDERS.values() for place in places.values()})
)
def test_every_provider_can_be_loaded(place: str) -> None:
    assert callable(resolve_name(place))
