"""What a deployment may change, and what every answer carries along."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import requests
from crmsync.adapters.salesforce.gateway import described, everywhere
from crmsync.adapters.salesforce.settings import SalesforceSettings
from crmsync.adapters.salesforce.signals import Signals
from crmsync.domain.errors import ConnectionStopped


class TestSettings:
    def test_nothing_stated_changes_nothing(self) -> None:
        assert SalesforceSettings.parse("{}") == SalesforceSettings()

    def test_login_hosts_and_the_ca_can_be_moved(self) -> None:
        found = SalesforceSettings.parse(
            '{"login_urls": {"practifi": {"production": "https://127.0.0.1:18082"}},'
            ' "allowed_hosts": ["LOCALHOST:18082"], "ca_bundle": "ca.pem"}'
        )

        assert found.login_urls["practifi"]["production"] == "https://127.0.0.1:18082"
        assert found.allowed_hosts == {"localhost:18082"}
        assert found.ca_bundle == "ca.pem"

    @pytest.mark.parametrize("text", ['{"allowed_host": []}', "[]", "7", "not json", ""])
    def test_what_cannot_be_read_is_an_error_that_names_the_setting(self, text: str) -> None:
        with pytest.raises(ValueError, match="SALESFORCE_SETTINGS"):
            SalesforceSettings.parse(text)


def answer(**headers: str) -> requests.Response:
    found = requests.Response()
    found.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    return found


class TestSignals:
    @pytest.mark.parametrize(
        "text",
        [
            "api-usage=18/5000",
            "api-usage=18/5000; per-app-api-usage=17/250(appName=crmsync)",
            "per-app-api-usage=17/250(appName=crmsync); api-usage=18/5000",
        ],
    )
    def test_usage_of_the_org_is_read_and_that_of_the_app_is_not(self, text: str) -> None:
        signals = Signals()

        signals.note(answer(Sforce_Limit_Info=text))

        assert (signals.usage.used, signals.usage.max) == (18, 5000)

    def test_what_an_answer_does_not_tell_stays_as_it_was(self) -> None:
        signals = Signals()
        date = "Mon, 02 Mar 2026 09:00:00 GMT"
        signals.note(answer(Sforce_Limit_Info="api-usage=1/2", Date=date, Retry_After="7"))

        signals.note(answer(Date="sometime", Retry_After="later"))

        assert signals.usage.used == 1
        assert signals.server_time == datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
        assert signals.retry_after is None


def test_a_platform_nobody_serves_stops_the_connection_and_names_the_served() -> None:
    with pytest.raises(ConnectionStopped, match="salesforce, practifi, salentica"):
        described("dynamics")

    assert everywhere("dynamics") == ()
