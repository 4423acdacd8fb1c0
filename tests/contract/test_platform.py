"""Stored objects, the queue and secrets: what every platform underneath promises."""

from __future__ import annotations

import pytest
from crmsync.domain.change import Action, Change, FieldChange, Outcome, Side, Step
from crmsync.domain.errors import ConnectionStopped, CrmSyncError, Retry
from crmsync.domain.membership import Seen
from crmsync.domain.run import PartRef, SliceMessage
from crmsync.ports.vault import SealContext

from tests.contract.subjects import ArtifactsSubject, QueueSubject, VaultSubject
from tests.fakes.builders import a_contact, a_person

CONTEXT = SealContext("t1", "con1", "refresh_token")
MESSAGE = SliceMessage("t1", "con1", "run1", 4, hop=2)


def a_change(number: int = 1, **choices: object) -> Change:
    person_id = f"003{number:012d}AAA"
    return Change(
        id=f"m1-{person_id}",
        mapping_id="m1",
        contact_id=f"c{number}",
        person_id=person_id,
        steps=(
            Step(Side.CRM, Action.UPDATE, {"city": "Zürich", "title": ""}, opt_out=True),
            Step(Side.MARKETING, Action.ADD_MEMBER, row_id="00v000000000001AAA"),
        ),
        fields=(FieldChange("city", Side.CRM, None, "", "Rome", "Zürich", "x", "newest", "crm"),),
        outcome=Outcome.UPDATED,
        reason="new_in_crm",
        contact=a_contact(f"c{number}", custom="😀"),
        person=a_person(person_id, opted_out=None),
        seen=Seen.IN,
        row_id="00v000000000001AAA",
        candidates=("a", "b"),
        suppress=("ada@example.com",),
        facts=frozenset({"in_group", "mailable"}),
        passing=True,
        **choices,
    )


class TestParts:
    def test_a_part_is_read_as_it_was_written(self, artifacts: ArtifactsSubject) -> None:
        changes = [a_change(1), a_change(2, detail="refused")]

        ref = artifacts.artifacts.write_part("t1", "con1/run1/3/plan-0001", changes)

        assert artifacts.artifacts.read_part("t1", ref) == tuple(changes)
        assert ref.key == "con1/run1/3/plan-0001"
        assert ref.count == 2

    def test_a_full_part_can_be_stored(self, artifacts: ArtifactsSubject) -> None:
        changes = [a_change(number) for number in range(2000)]

        ref = artifacts.artifacts.write_part("t1", "part", changes)

        assert len(artifacts.artifacts.read_part("t1", ref)) == 2000

    def test_an_empty_part_can_be_stored(self, artifacts: ArtifactsSubject) -> None:
        ref = artifacts.artifacts.write_part("t1", "part", [])

        assert artifacts.artifacts.read_part("t1", ref) == ()

    def test_writing_the_same_part_again_gives_the_same_reference(
        self, artifacts: ArtifactsSubject
    ) -> None:
        first = artifacts.artifacts.write_part("t1", "part", [a_change()])

        assert artifacts.artifacts.write_part("t1", "part", [a_change()]) == first

    def test_a_part_is_never_overwritten(self, artifacts: ArtifactsSubject) -> None:
        first = artifacts.artifacts.write_part("t1", "part", [a_change(1)])

        with pytest.raises(CrmSyncError):
            artifacts.artifacts.write_part("t1", "part", [a_change(2)])

        assert artifacts.artifacts.read_part("t1", first) == (a_change(1),)

    def test_different_parts_have_different_digests(self, artifacts: ArtifactsSubject) -> None:
        one = artifacts.artifacts.write_part("t1", "one", [a_change(1)])
        two = artifacts.artifacts.write_part("t1", "two", [a_change(2)])

        assert one.sha256 != two.sha256

    def test_a_missing_part_asks_for_a_retry(self, artifacts: ArtifactsSubject) -> None:
        with pytest.raises(Retry):
            artifacts.artifacts.read_part("t1", PartRef("nothing", "a" * 64))

    def test_a_part_with_another_digest_asks_for_a_retry(self, artifacts: ArtifactsSubject) -> None:
        ref = artifacts.artifacts.write_part("t1", "part", [a_change()])

        with pytest.raises(Retry):
            artifacts.artifacts.read_part("t1", PartRef(ref.key, "a" * 64))

    def test_an_altered_part_asks_for_a_retry(self, artifacts: ArtifactsSubject) -> None:
        ref = artifacts.artifacts.write_part("t1", "part", [a_change()])
        artifacts.spoil("t1", "part")

        with pytest.raises(Retry):
            artifacts.artifacts.read_part("t1", ref)

    def test_another_tenant_cannot_read_it(self, artifacts: ArtifactsSubject) -> None:
        ref = artifacts.artifacts.write_part("t1", "part", [a_change()])

        with pytest.raises(Retry):
            artifacts.artifacts.read_part("t2", ref)


class TestRecords:
    def test_a_text_is_read_as_it_was_written(self, artifacts: ArtifactsSubject) -> None:
        text = "name,city\r\nAda,Zürich 😀\r\n"

        ref = artifacts.artifacts.write_record("t1", "con1/run1/report.csv", text)

        assert artifacts.artifacts.read_record("t1", ref) == text

    def test_a_text_is_never_overwritten(self, artifacts: ArtifactsSubject) -> None:
        first = artifacts.artifacts.write_record("t1", "report.csv", "first")

        second = artifacts.artifacts.write_record("t1", "report.csv", "second")

        assert artifacts.artifacts.read_record("t1", first) == "first"
        assert artifacts.artifacts.read_record("t1", second) == "first"

    def test_an_altered_or_missing_text_asks_for_a_retry(self, artifacts: ArtifactsSubject) -> None:
        ref = artifacts.artifacts.write_record("t1", "report.csv", "text")
        artifacts.spoil("t1", "report.csv")

        with pytest.raises(Retry):
            artifacts.artifacts.read_record("t1", ref)
        with pytest.raises(Retry):
            artifacts.artifacts.read_record("t1", PartRef("nothing", ref.sha256))

    def test_another_tenant_cannot_read_it(self, artifacts: ArtifactsSubject) -> None:
        ref = artifacts.artifacts.write_record("t1", "report.csv", "text")

        with pytest.raises(Retry):
            artifacts.artifacts.read_record("t2", ref)


class TestQueue:
    def test_a_message_arrives_as_it_was_sent(self, queue: QueueSubject) -> None:
        queue.queue.send(MESSAGE)

        assert queue.receive() == [MESSAGE]

    def test_a_delayed_message_arrives_later(self, queue: QueueSubject) -> None:
        queue.queue.send(MESSAGE, delay_seconds=1)
        assert queue.receive() == []

        queue.wait(1.5)

        assert queue.receive() == [MESSAGE]

    def test_every_message_arrives(self, queue: QueueSubject) -> None:
        for number in range(5):
            queue.queue.send(SliceMessage("t1", "con1", "run1", number))

        versions = sorted(message.checkpoint_version for message in queue.receive())

        assert versions == [0, 1, 2, 3, 4]


class TestVault:
    def test_a_secret_opens_with_the_context_it_was_sealed_with(self, vault: VaultSubject) -> None:
        sealed = vault.vault.seal("5Aep861…refresh", CONTEXT)

        assert vault.vault.open(sealed, SealContext("t1", "con1", "refresh_token")) == (
            "5Aep861…refresh"
        )

    def test_the_ciphertext_does_not_show_the_secret(self, vault: VaultSubject) -> None:
        assert b"refresh-canary" not in vault.vault.seal("refresh-canary", CONTEXT)

    @pytest.mark.parametrize(
        "other",
        [
            SealContext("t2", "con1", "refresh_token"),
            SealContext("t1", "con2", "refresh_token"),
            SealContext("t1", "con1", "access_token"),
        ],
    )
    def test_it_does_not_open_with_another_context(
        self, vault: VaultSubject, other: SealContext
    ) -> None:
        sealed = vault.vault.seal("secret", CONTEXT)

        with pytest.raises(ConnectionStopped):
            vault.vault.open(sealed, other)

    def test_something_that_was_never_sealed_does_not_open(self, vault: VaultSubject) -> None:
        with pytest.raises(ConnectionStopped):
            vault.vault.open(b"not a ciphertext", CONTEXT)
