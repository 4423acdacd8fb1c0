"""How often somebody did something lately."""

from __future__ import annotations

from datetime import timedelta

from tests.contract.subjects import ControlSubject

HOUR = timedelta(hours=1)


class TestRates:
    def test_each_hit_has_its_own_number(self, control: ControlSubject) -> None:
        hits = [control.rates.hit("t1", "connect", "u1", HOUR) for _ in range(3)]

        assert [hit.number for hit in hits] == [1, 2, 3]
        assert len({hit.until for hit in hits}) == 1

    def test_the_window_ends_within_its_length_and_the_count_starts_anew(
        self, control: ControlSubject
    ) -> None:
        first = control.rates.hit("t1", "connect", "u1", HOUR)
        left = first.until - control.clock.now()
        control.clock.advance(by=left)

        second = control.rates.hit("t1", "connect", "u1", HOUR)

        assert timedelta(0) < left <= HOUR
        assert (second.number, second.until) == (1, first.until + HOUR)

    def test_everybody_and_everything_is_counted_apart(self, control: ControlSubject) -> None:
        control.rates.hit("t1", "connect", "u1", HOUR)

        others = [("t2", "connect", "u1"), ("t1", "finish", "u1"), ("t1", "connect", "u2")]

        assert [control.rates.hit(*other, HOUR).number for other in others] == [1, 1, 1]
