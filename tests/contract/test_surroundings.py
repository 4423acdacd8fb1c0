"""Clock, ids, events, letters, webhooks, tokens: what every implementation promises."""

from __future__ import annotations

import re
import time
from datetime import UTC, timedelta

import pytest
from crmsync.domain.errors import ConnectionStopped

from tests.contract.subjects import (
    AccessTokensSubject,
    ClockSubject,
    DeadLettersSubject,
    EventsSubject,
    IdsSubject,
    KeepAliveSubject,
    WebhooksSubject,
)


class TestClock:
    def test_the_time_is_aware_and_in_utc(self, clock: ClockSubject) -> None:
        assert clock.at_hand.now().tzinfo is UTC

    def test_time_never_goes_back(self, clock: ClockSubject) -> None:
        earlier = clock.at_hand.now()

        assert clock.at_hand.now() - earlier >= timedelta(0)

    def test_a_worker_knows_how_long_it_may_go_on(self, clock: ClockSubject) -> None:
        first = clock.at_hand.remaining()

        assert first > 0
        assert clock.at_hand.remaining() <= first

    def test_a_worker_outlives_the_time_it_may_go_on_or_is_ended_by_nothing(
        self, clock: ClockSubject
    ) -> None:
        lifetime = clock.at_hand.lifetime()

        assert lifetime == 0 or lifetime >= clock.at_hand.remaining()


class TestIds:
    def test_an_id_begins_with_its_prefix(self, ids: IdsSubject) -> None:
        assert re.fullmatch(r"run_[0-9a-z]{8,40}", ids.ids.new("run"))

    def test_no_two_ids_are_the_same(self, ids: IdsSubject) -> None:
        made = [ids.ids.new("run") for _ in range(1000)]

        assert len(set(made)) == len(made)

    def test_later_ids_sort_behind_earlier_ones(self, ids: IdsSubject) -> None:
        earlier, began = ids.ids.new("run"), time.time_ns() // 1_000_000
        while time.time_ns() // 1_000_000 <= began:
            pass

        assert ids.ids.new("run") > earlier

    def test_a_secret_has_256_bits_and_fits_into_a_url(self, ids: IdsSubject) -> None:
        secrets = [ids.ids.secret() for _ in range(100)]

        assert len(set(secrets)) == len(secrets)
        assert all(re.fullmatch(r"[A-Za-z0-9_-]{43,}", secret) for secret in secrets)


class TestEvents:
    def test_consumers_get_what_was_published(self, events: EventsSubject) -> None:
        detail = {"tenant_id": "t1", "run_id": "run1", "counts": {"created": 3}}

        events.events.publish("run.completed", detail)

        assert events.seen() == [("run.completed", detail)]


class TestDeadLetters:
    def test_a_message_nobody_can_read_is_kept_with_the_reason(
        self, dead_letters: DeadLettersSubject
    ) -> None:
        dead_letters.letters.put('{"half": ', "not JSON")

        assert dead_letters.kept() == [('{"half": ', "not JSON")]


class TestWebhooks:
    @pytest.mark.parametrize(
        "url",
        [
            "http://203.0.114.7/hook",
            "https://127.0.0.1/hook",
            "https://10.0.0.8/hook",
            "https://169.254.169.254/latest/meta-data",
            "https://[::1]/hook",
            "https://user@203.0.114.7/hook",
            "ftp://203.0.114.7/hook",
            "https:///hook",
        ],
    )
    def test_nothing_but_a_public_https_address_is_reached(
        self, webhooks: WebhooksSubject, url: str
    ) -> None:
        delivery = webhooks.sender.post(url, {}, b"{}")

        assert delivery.status == 0
        assert "refused" in delivery.detail


class TestAccessTokens:
    def test_a_token_says_where_it_can_be_used(self, access_tokens: AccessTokensSubject) -> None:
        assert access_tokens.tokens.get(access_tokens.connection_id) == access_tokens.issued

    def test_the_same_token_is_given_until_it_is_refused(
        self, access_tokens: AccessTokensSubject
    ) -> None:
        first = access_tokens.tokens.get(access_tokens.connection_id)

        assert access_tokens.tokens.get(access_tokens.connection_id) == first
        again = access_tokens.tokens.get(access_tokens.connection_id, refused="another token")
        assert again == first

    def test_a_refused_token_is_replaced(self, access_tokens: AccessTokensSubject) -> None:
        tokens, connection = access_tokens.tokens, access_tokens.connection_id
        first = tokens.get(connection)

        second = tokens.get(connection, refused=first.token)

        assert second.token != first.token
        assert (second.instance_url, second.org_id) == (first.instance_url, first.org_id)
        assert tokens.get(connection) == second

    def test_a_connection_that_was_stopped_has_no_token(
        self, access_tokens: AccessTokensSubject
    ) -> None:
        access_tokens.stop("grant_refused")

        with pytest.raises(ConnectionStopped) as stopped:
            access_tokens.tokens.get(access_tokens.connection_id)

        assert stopped.value.code == "grant_refused"


class TestKeepAlive:
    def test_the_token_service_hears_whose_grant_it_is(self, keep_alive: KeepAliveSubject) -> None:
        keep_alive.keeper.keep_alive("t1", "con1")
        keep_alive.keeper.keep_alive("t2", "con2")

        assert keep_alive.asked() == [("t1", "con1"), ("t2", "con2")]
