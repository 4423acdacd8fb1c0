"""The harness itself: every strike does what its name says, and histories can be replayed."""

from __future__ import annotations

import random

import pytest
from crmsync.domain.contact import ContactDraft, Group
from crmsync.domain.errors import ConnectionStopped, Defer, Retry
from crmsync.ports.crm import PersonWrite

from tests.fakes.interleave import interleave
from tests.fakes.numbered import Boundary, Crash, Delay, Error, Kind
from tests.fakes.world import World


@pytest.fixture
def world() -> World:
    return World()


def group_exists(world: World) -> bool:
    return "g1" in world.tenant().groups_by_id


class TestStrikes:
    def test_without_a_plan_every_call_happens_and_is_counted(self, world: World) -> None:
        marketing = world.marketing()

        marketing.create_group("g1", "Clients")
        marketing.group("g1")

        assert world.io.names() == ["marketing.create_group", "marketing.group"]
        assert world.io.count == 2
        assert group_exists(world)

    @pytest.mark.parametrize(
        ("kind", "applied"), [(Kind.CRASH_BEFORE, False), (Kind.CRASH_AFTER, True)]
    )
    def test_a_crash_ends_the_worker_before_or_after_the_effect(
        self, world: World, kind: Kind, *, applied: bool
    ) -> None:
        world.io.plan({0: kind})

        with pytest.raises(Crash):
            world.marketing().create_group("g1", "Clients")

        assert group_exists(world) is applied

    def test_no_handler_of_exceptions_survives_a_crash(self) -> None:
        assert not issubclass(Crash, Exception)

    @pytest.mark.parametrize(
        ("kind", "told", "applied"),
        [(Kind.RESET_BEFORE, False, False), (Kind.RESET_AFTER, None, True)],
    )
    def test_a_reset_tells_what_can_be_known(
        self, world: World, kind: Kind, *, told: bool | None, applied: bool
    ) -> None:
        world.io.plan({0: kind})

        with pytest.raises(Retry) as reset:
            world.marketing().create_group("g1", "Clients")

        assert reset.value.applied is told
        assert group_exists(world) is applied

    def test_a_duplicate_is_applied_twice_and_answered_once(self, world: World) -> None:
        org = world.org()
        org.external_id = False
        crm = world.crm(world.connect())
        world.io.plan({0: Kind.DUPLICATE}, ahead=True)

        (written,) = crm.write_people([PersonWrite("c1", {"last_name": "Byron"})])

        assert len(org.people) == 2
        assert written.id == max(org.people)

    def test_a_delay_lets_time_pass_and_then_works(self, world: World) -> None:
        before = world.clock.now()
        world.io.plan({0: Delay(90)})

        world.marketing().create_group("g1", "Clients")

        assert (world.clock.now() - before).total_seconds() == 90
        assert group_exists(world)

    def test_an_error_is_raised_instead_of_the_effect(self, world: World) -> None:
        world.io.plan({0: Error(Defer("later", "not now", seconds=5))})

        with pytest.raises(Defer):
            world.marketing().create_group("g1", "Clients")

        assert not group_exists(world)

    def test_each_strike_happens_once_and_is_noted(self, world: World) -> None:
        world.io.plan({0: Kind.RESET_BEFORE})
        with pytest.raises(Retry):
            world.marketing().create_group("g1", "Clients")

        world.marketing().create_group("g1", "Clients")

        assert world.io.struck == [(0, Kind.RESET_BEFORE)]
        assert group_exists(world)

    def test_a_plan_can_start_at_the_next_call(self, world: World) -> None:
        world.marketing().group("g1")
        world.io.plan({0: Kind.RESET_BEFORE}, ahead=True)

        with pytest.raises(Retry):
            world.marketing().create_group("g1", "Clients")

    def test_calm_forgets_what_has_not_come_up(self, world: World) -> None:
        world.io.plan({0: Kind.CRASH_BEFORE})
        world.io.on_io(0, lambda _: world.tenant().create_group("g2", "Other"))

        world.io.calm()
        world.marketing().create_group("g1", "Clients")

        assert set(world.tenant().groups_by_id) == {"g1"}

    def test_a_misspelt_strike_is_an_error_of_the_test(self, world: World) -> None:
        world.io.plan({0: "crash_befor"})

        with pytest.raises(KeyError):
            world.marketing().create_group("g1", "Clients")


class TestCrmAnswers:
    @pytest.mark.parametrize(
        ("kind", "written"), [(Kind.UNKNOWN_BEFORE, 0), (Kind.UNKNOWN_AFTER, 2)]
    )
    def test_a_lost_answer_leaves_every_row_unknown(
        self, world: World, kind: Kind, written: int
    ) -> None:
        crm = world.crm(world.connect())
        world.io.plan({0: kind}, ahead=True)

        results = crm.write_people([PersonWrite(c, {"last_name": c}) for c in ("c1", "c2")])

        assert [(r.unknown, r.id, r.error) for r in results] == [(True, None, None)] * 2
        assert len(world.org().people) == written

    def test_a_write_that_stops_half_way_tells_row_by_row(self, world: World) -> None:
        crm = world.crm(world.connect())
        world.io.plan({0: Kind.PARTIAL}, ahead=True)

        results = crm.write_people([PersonWrite(f"c{n}", {"last_name": "B"}) for n in range(5)])

        assert [r.error for r in results] == [None, None, *["crm_crowded"] * 3]
        assert len(world.org().people) == 2

    def test_a_write_of_one_row_that_stops_is_put_off(self, world: World) -> None:
        crm = world.crm(world.connect())
        world.io.plan({0: Kind.PARTIAL}, ahead=True)

        with pytest.raises(Defer):
            crm.write_people([PersonWrite("c1", {"last_name": "B"})])

        assert world.org().people == {}

    @pytest.mark.parametrize("kind", [Kind.UNKNOWN_BEFORE, Kind.UNKNOWN_AFTER])
    def test_a_read_whose_answer_is_lost_raises(self, world: World, kind: Kind) -> None:
        crm = world.crm(world.connect())
        world.io.plan({0: kind}, ahead=True)

        with pytest.raises(Retry) as lost:
            crm.server_time()

        assert lost.value.applied is None


class TestBoundaries:
    def test_a_hook_looks_around_right_before_the_effect(self, world: World) -> None:
        seen: list[bool] = []
        world.io.on_io(1, lambda _: seen.append(group_exists(world)))
        world.io.on_io(0, lambda _: seen.append(group_exists(world)))

        world.marketing().create_group("g1", "Clients")
        world.marketing().group("g1")

        assert seen == [False, True]

    def test_a_hook_can_edit_what_the_call_is_about_to_read(self, world: World) -> None:
        world.io.on_io(0, lambda _: world.tenant().create_group("g1", "Clients"))

        assert isinstance(world.marketing().group("g1"), Group)

    def test_what_happens_once_happens_before_the_next_call_of_that_name(
        self, world: World
    ) -> None:
        marketing, seen = world.marketing(), []
        world.io.once("marketing.create_group", lambda: seen.append(group_exists(world)))

        marketing.group("g1")
        assert world.io.unmet
        marketing.create_group("g1", "Clients")
        marketing.create_group("g2", "Prospects")

        assert seen == [False]
        assert not world.io.unmet

    def test_a_strike_can_wait_for_one_call_of_a_name(self, world: World) -> None:
        marketing = world.marketing()
        world.io.strike(
            "marketing.create_group", Kind.CRASH_AFTER, when=lambda at: at.args[0] == "g2"
        )

        marketing.create_group("g1", "Clients")
        with pytest.raises(Crash):
            marketing.create_group("g2", "Prospects")
        marketing.create_group("g2", "Prospects")

    def test_opening_a_session_and_its_calls_are_boundaries_and_properties_are_not(
        self, world: World
    ) -> None:
        crm = world.crm(world.connect())
        assert crm.calls == 0
        crm.server_time()

        assert crm.calls == 1
        assert crm.budget.used == 1
        assert world.io.names() == ["gateway.open", "crm.server_time"]

    def test_every_call_takes_the_time_it_is_told_to(self) -> None:
        world = World(latency=0.25)
        before = world.clock.now()

        for _ in range(4):
            world.marketing().group("g1")

        assert (world.clock.now() - before).total_seconds() == 1

    def test_equal_histories_have_equal_fingerprints(self) -> None:
        def history(name: str) -> str:
            world = World()
            world.marketing().create_contacts([ContactDraft("c1", {"first_name": name})])
            world.marketing().memberships("g1", ["c1"])
            return world.io.fingerprint()

        assert history("Ada") == history("Ada")
        assert history("Ada") != history("Eve")

    def test_a_digest_does_not_depend_on_the_order_of_sets_and_mappings(self) -> None:
        one = Boundary(0, "p", "m", (frozenset({"a", "b", "c"}), {"x": 1, "y": 2}), {})
        two = Boundary(9, "p", "m", (frozenset({"c", "b", "a"}), {"y": 2, "x": 1}), {})

        assert one.digest == two.digest


class TestInterleaving:
    def _history(self, seed: int) -> tuple[list[str], list[object]]:
        world, choices = World(), random.Random(seed)  # noqa: S311 - replayable on purpose

        def worker(name: str) -> str:
            marketing = world.marketing()
            for number in range(5):
                marketing.create_group(f"{name}{number}", f"{name}{number}")
            return name

        results = interleave(world.io, [lambda: worker("a"), lambda: worker("b")], choices.choice)
        return [str(b.args[0]) for b in world.io.trace], results

    def test_two_workers_take_turns_at_their_calls(self) -> None:
        order, results = self._history(seed=1)

        assert results == ["a", "b"]
        assert sorted(order) == sorted(f"{name}{n}" for name in "ab" for n in range(5))
        assert order not in (sorted(order), sorted(order, reverse=True))

    def test_the_same_choices_give_the_same_history(self) -> None:
        assert self._history(seed=7) == self._history(seed=7)
        assert any(self._history(seed=7)[0] != self._history(seed=s)[0] for s in range(8, 12))

    def test_a_worker_that_dies_leaves_the_others_at_work(self) -> None:
        world = World()
        world.io.plan({1: Kind.CRASH_BEFORE})

        def worker() -> str:
            world.marketing().group("g1")
            world.marketing().group("g1")
            return "done"

        results = interleave(world.io, [worker, worker], min)

        assert isinstance(results[0], Crash)
        assert results[1] == "done"

    def test_nothing_is_held_up_afterwards(self) -> None:
        world = World()
        interleave(world.io, [lambda: world.marketing().group("g1")], min)

        assert world.marketing().group("g1") is None


def test_a_stopped_connection_cannot_be_opened() -> None:
    world = World()
    connection = world.connect()
    world.gateway.stopped[connection.id] = ("grant_refused", "Log in again.")

    with pytest.raises(ConnectionStopped):
        world.crm(connection)
