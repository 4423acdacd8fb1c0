"""The lease: what every control store promises."""

from __future__ import annotations

from datetime import timedelta

from tests.contract.subjects import ControlSubject


class TestLease:
    def test_a_free_lease_is_taken(self, control: ControlSubject) -> None:
        lease = control.lease("run1", "w1", minutes=5)

        assert lease is not None
        assert (lease.run_id, lease.holder) == ("run1", "w1")
        assert lease.expires_at == control.clock.now() + timedelta(minutes=5)
        assert lease.fence > 0

    def test_another_run_waits_while_the_lease_is_alive(self, control: ControlSubject) -> None:
        held = control.lease("run1", "w1", minutes=5)
        control.clock.advance(4 * 60)

        assert control.lease("run2", "w2") is None
        assert control.runs.lease("t1", "con1") == held

    def test_an_expired_lease_is_taken_over_with_a_higher_fence(
        self, control: ControlSubject
    ) -> None:
        first = control.lease("run1", "w1", minutes=5)
        control.clock.advance(5 * 60 + 1)

        second = control.lease("run2", "w2")

        assert first is not None
        assert second is not None
        assert second.fence > first.fence

    def test_another_worker_of_the_same_run_waits_too(self, control: ControlSubject) -> None:
        held = control.lease("run1", "w1", minutes=5)

        assert control.lease("run1", "w2") is None
        assert control.runs.lease("t1", "con1") == held

    def test_the_same_worker_can_ask_again_and_holds_it_longer(
        self, control: ControlSubject
    ) -> None:
        first = control.lease("run1", "w1", minutes=5)
        second = control.lease("run1", "w1", minutes=9)

        assert first is not None
        assert second is not None
        assert second.fence >= first.fence
        assert second.expires_at == control.clock.now() + timedelta(minutes=9)
        assert control.runs.lease("t1", "con1") == second

    def test_a_lease_tells_whether_the_holder_before_died(self, control: ControlSubject) -> None:
        first = control.lease("run1", "w1", minutes=5)
        control.clock.advance(5 * 60 + 1)
        after_death = control.lease("run1", "w3", minutes=5)
        assert first is not None
        assert after_death is not None

        control.runs.release("t1", "con1", after_death)
        after_release = control.lease("run1", "w4", minutes=5)

        assert after_release is not None
        leases = (first, after_death, after_release)
        assert [lease.taken_over for lease in leases] == [False, True, False]

    def test_a_released_lease_is_free_and_its_fence_is_never_given_again(
        self, control: ControlSubject
    ) -> None:
        first = control.lease("run1", "w1")
        assert first is not None
        control.runs.release("t1", "con1", first)
        assert control.runs.lease("t1", "con1") is None

        second = control.lease("run2", "w2")

        assert second is not None
        assert second.fence > first.fence

    def test_a_lease_that_went_to_another_is_not_released(self, control: ControlSubject) -> None:
        first = control.lease("run1", "w1", minutes=5)
        control.clock.advance(5 * 60 + 1)
        second = control.lease("run1", "w2")
        assert first is not None

        control.runs.release("t1", "con1", first)

        assert control.runs.lease("t1", "con1") == second
        assert control.lease("run2", "w3") is None

    def test_releasing_twice_is_harmless(self, control: ControlSubject) -> None:
        lease = control.lease("run1", "w1")
        assert lease is not None

        control.runs.release("t1", "con1", lease)
        control.runs.release("t1", "con1", lease)

        assert control.runs.lease("t1", "con1") is None

    def test_an_expired_lease_can_still_be_read(self, control: ControlSubject) -> None:
        held = control.lease("run1", "w1", minutes=5)
        control.clock.advance(3600)

        assert control.runs.lease("t1", "con1") == held

    def test_nobody_has_the_lease_of_a_new_connection(self, control: ControlSubject) -> None:
        assert control.runs.lease("t1", "con1") is None

    def test_each_connection_has_a_lease_of_its_own(self, control: ControlSubject) -> None:
        control.lease("run1", "w1")
        until = control.clock.now() + timedelta(minutes=5)

        assert control.runs.acquire("t1", "con2", "run2", "w2", until) is not None
        assert control.runs.acquire("t2", "con1", "run3", "w3", until) is not None
