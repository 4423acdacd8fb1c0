"""Throttling, half-done batches and clashing transactions: repeated in time, else deferred."""

from __future__ import annotations

from typing import Any

import pytest
from crmsync.adapters.dynamodb.backoff import ATTEMPTS
from crmsync.adapters.dynamodb.database import Database
from crmsync.adapters.dynamodb.marketing import DynamoMarketing
from crmsync.domain.errors import CrmSyncError, Defer, Retry

from tests.fakes.builders import a_draft
from tests.fakes.clock import FakeClock
from tests.integration.faults import line


@pytest.fixture
def impatient(clock: FakeClock, database: Database) -> DynamoMarketing:
    """A store whose calls are attempted once, as the last attempt of botocore's five."""
    assert database.connection.client is not None
    single = Database()
    single.connection._retry_configuration = {"mode": "standard", "total_max_attempts": 1}
    return DynamoMarketing(single.table("MarketingTable"), "t1", clock)


def client_of(marketing: DynamoMarketing) -> Any:
    return marketing._table.database.connection.client


class TestRefusedCalls:
    def test_botocore_repeats_a_throttled_call(
        self, marketing: DynamoMarketing, dynamodb: Any
    ) -> None:
        with line(dynamodb, "PutItem") as puts:
            puts.refuses("ProvisionedThroughputExceededException")
            marketing.create_contacts([a_draft("c1")])

        assert len(puts.sent) == 2
        assert list(marketing.contacts(["c1"])) == ["c1"]

    def test_a_call_that_stays_throttled_is_deferred(self, impatient: DynamoMarketing) -> None:
        with line(client_of(impatient), "PutItem") as puts:
            puts.refuses("ThrottlingException")
            with pytest.raises(Defer) as caught:
                impatient.create_contacts([a_draft("c1")])

        assert caught.value.code == "aws_busy"
        assert caught.value.seconds > 0

    def test_a_server_error_leaves_open_whether_it_was_applied(
        self, impatient: DynamoMarketing
    ) -> None:
        with line(client_of(impatient), "PutItem") as puts:
            puts.refuses("InternalServerError", status=500)
            with pytest.raises(Retry) as caught:
                impatient.create_contacts([a_draft("c1")])

        assert caught.value.applied is None

    def test_a_missing_permission_is_neither_retried_nor_deferred(
        self, impatient: DynamoMarketing
    ) -> None:
        with line(client_of(impatient), "Query") as queries:
            queries.refuses("AccessDeniedException")
            with pytest.raises(CrmSyncError) as caught:
                impatient.groups(None, 10)

        assert type(caught.value) is CrmSyncError
        assert "Query on MarketingTable" in str(caught.value)

    def test_an_error_shows_no_personal_data(self, impatient: DynamoMarketing) -> None:
        with line(client_of(impatient), "PutItem") as puts:
            puts.refuses("ValidationException")
            with pytest.raises(CrmSyncError) as caught:
                impatient.create_contacts([a_draft("c1", email="canary@example.com")])

        assert "canary" not in str(caught.value)


class TestHalfDoneBatches:
    def test_keys_left_unprocessed_are_asked_for_again(
        self, marketing: DynamoMarketing, dynamodb: Any
    ) -> None:
        marketing.create_contacts([a_draft("c1"), a_draft("c2")])

        with line(dynamodb, "BatchGetItem") as gets:
            gets.does_nothing_of("UnprocessedKeys")
            found = marketing.contacts(["c1", "c2"])

        assert sorted(found) == ["c1", "c2"]

    def test_keys_that_stay_unprocessed_are_deferred(
        self, marketing: DynamoMarketing, dynamodb: Any
    ) -> None:
        marketing.create_contacts([a_draft("c1")])

        with line(dynamodb, "BatchGetItem") as gets:
            for _ in range(ATTEMPTS):
                gets.does_nothing_of("UnprocessedKeys")
            with pytest.raises(Defer):
                marketing.contacts(["c1"])

        assert len(gets.sent) == ATTEMPTS

    def test_only_the_keys_left_are_asked_for_again(
        self, marketing: DynamoMarketing, dynamodb: Any
    ) -> None:
        marketing.create_contacts([a_draft(f"c{n}") for n in range(3)])
        wanted = marketing.contacts(["c0", "c1", "c2"])

        with line(dynamodb, "BatchGetItem") as gets:
            key = {"pk": {"S": marketing._contact_keys("c1")[0]}, "sk": {"S": "c1"}}
            gets.answers({"UnprocessedKeys": {"MarketingTable": {"Keys": [key]}}})
            found = marketing.contacts(["c0", "c1", "c2"])

        assert gets.sent[1]["RequestItems"]["MarketingTable"]["Keys"] == [key]
        assert gets.sent[1]["RequestItems"]["MarketingTable"]["ConsistentRead"] is True
        assert found == {"c1": wanted["c1"]}


class TestClashes:
    def test_a_transaction_that_clashed_is_repeated_with_the_same_token(
        self, marketing: DynamoMarketing, dynamodb: Any
    ) -> None:
        reasons = [{"Code": "TransactionConflict"}, {"Code": "None"}]

        with line(dynamodb, "TransactWriteItems") as writes:
            writes.refuses("TransactionCanceledException", CancellationReasons=reasons)
            marketing.create_group("g1", "Clients")

        assert marketing.group("g1") is not None
        assert len({call["ClientRequestToken"] for call in writes.sent}) == 1
        assert len(writes.sent) == 2

    def test_a_transaction_that_keeps_clashing_is_deferred(
        self, marketing: DynamoMarketing, dynamodb: Any
    ) -> None:
        reasons = [{"Code": "None"}, {"Code": "TransactionConflict"}]

        with line(dynamodb, "TransactWriteItems") as writes:
            writes.refuses(
                "TransactionCanceledException", times=ATTEMPTS, CancellationReasons=reasons
            )
            with pytest.raises(Defer):
                marketing.create_group("g1", "Clients")

        assert marketing.group("g1") is None

    def test_a_transaction_refused_for_another_reason_is_an_error(
        self, marketing: DynamoMarketing, dynamodb: Any
    ) -> None:
        reasons = [{"Code": "ValidationError"}, {"Code": "None"}]

        with line(dynamodb, "TransactWriteItems") as writes:
            writes.refuses("TransactionCanceledException", CancellationReasons=reasons)
            with pytest.raises(CrmSyncError) as caught:
                marketing.create_group("g1", "Clients")

        assert not isinstance(caught.value, Defer | Retry)

    def test_members_that_moved_meanwhile_are_counted_right(
        self, marketing: DynamoMarketing, dynamodb: Any
    ) -> None:
        marketing.create_contacts([a_draft("c1"), a_draft("c2")])
        marketing.create_group("g1", "Clients")

        with line(dynamodb, "TransactWriteItems") as writes:
            writes.passes_after(lambda: marketing.add_members("g1", ["c1"]))
            marketing.add_members("g1", ["c1", "c2"])

        group = marketing.group("g1")
        assert group is not None
        assert group.member_count == 2
        assert marketing.members_page("g1", None, 10).contact_ids == ("c1", "c2")
