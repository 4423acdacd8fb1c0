"""Stored objects on S3: compressed, checked, written once."""

from __future__ import annotations

import gzip

import pytest
from crmsync.adapters.aws.artifacts import MOST_CHANGES, S3Artifacts
from crmsync.adapters.aws.clients import Clients
from crmsync.domain.change import Change
from crmsync.domain.errors import CrmSyncError, Retry
from crmsync.domain.run import PartRef

from tests.integration.faults import line

BUCKET = "artifacts"


def changes(count: int = 1, **values: object) -> list[Change]:
    return [Change(f"m1-{n}", "m1", f"c{n}", None, **values) for n in range(count)]


@pytest.fixture
def artifacts(clients: Clients) -> S3Artifacts:
    clients.s3.create_bucket(Bucket=BUCKET)
    return S3Artifacts(clients, BUCKET)


class TestWriting:
    def test_an_object_is_compressed_and_lies_under_its_tenant(
        self, artifacts: S3Artifacts, clients: Clients
    ) -> None:
        artifacts.write_part("t1", "con1/run1/3/plan-0001", changes())

        answer = clients.s3.get_object(Bucket=BUCKET, Key="t1/con1/run1/3/plan-0001")
        assert gzip.decompress(answer["Body"].read()).startswith(b'[{"id":"m1-0"')

    def test_a_write_whose_answer_was_lost_is_done(
        self, artifacts: S3Artifacts, clients: Clients
    ) -> None:
        with line(clients.s3, "PutObject") as puts:
            puts.loses_the_answer()
            ref = artifacts.write_part("t1", "part", changes())

        assert len(puts.sent) == 2
        assert artifacts.read_part("t1", ref) == tuple(changes())

    def test_sets_may_come_in_any_order(self, artifacts: S3Artifacts, clients: Clients) -> None:
        """Another process orders a set another way; it is the same part all the same."""
        first = artifacts.write_part("t1", "part", changes(facts=frozenset({"a", "b"})))
        answer = clients.s3.get_object(Bucket=BUCKET, Key="t1/part")
        text = gzip.decompress(answer["Body"].read())
        turned = text.replace(b'["a","b"]', b'["b","x"]').replace(b'["b","a"]', b'["a","b"]')
        turned = turned.replace(b'["b","x"]', b'["b","a"]')
        clients.s3.put_object(Bucket=BUCKET, Key="t1/part", Body=gzip.compress(turned))

        second = artifacts.write_part("t1", "part", changes(facts=frozenset({"a", "b"})))

        assert turned != text
        assert second.sha256 != first.sha256
        assert artifacts.read_part("t1", second) == tuple(changes(facts=frozenset({"a", "b"})))

    def test_a_record_that_exists_stays_as_it_is(self, artifacts: S3Artifacts) -> None:
        first = artifacts.write_record("t1", "report.csv", "one")

        second = artifacts.write_record("t1", "report.csv", "two")

        assert second == first
        assert artifacts.read_record("t1", second) == "one"

    def test_a_part_has_a_largest_size(self, artifacts: S3Artifacts) -> None:
        with pytest.raises(ValueError, match="2001 changes"):
            artifacts.write_part("t1", "part", changes(MOST_CHANGES + 1))

    def test_a_write_says_that_the_key_must_be_free(
        self, artifacts: S3Artifacts, clients: Clients
    ) -> None:
        with line(clients.s3, "PutObject") as puts:
            artifacts.write_record("t1", "report.csv", "text")

        assert puts.headers[0]["If-None-Match"] == b"*"
        assert puts.headers[0]["x-amz-sdk-checksum-algorithm"] == b"SHA256"


class TestReading:
    def test_a_truncated_object_asks_for_a_retry(
        self, artifacts: S3Artifacts, clients: Clients
    ) -> None:
        ref = artifacts.write_part("t1", "part", changes(50))
        packed = clients.s3.get_object(Bucket=BUCKET, Key="t1/part")["Body"].read()
        clients.s3.put_object(Bucket=BUCKET, Key="t1/part", Body=packed[: len(packed) // 2])

        with pytest.raises(Retry):
            artifacts.read_part("t1", ref)

    def test_a_bucket_we_may_not_read_is_an_error_for_the_operator(
        self, artifacts: S3Artifacts, clients: Clients
    ) -> None:
        with line(clients.s3, "GetObject") as gets:
            gets.answers(b"<Error><Code>AccessDenied</Code></Error>", status=403)
            with pytest.raises(CrmSyncError) as caught:
                artifacts.read_part("t1", PartRef("part", "a" * 64))

        assert type(caught.value) is CrmSyncError
