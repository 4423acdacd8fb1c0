"""What the owner of a connection does: settings, previews, undo, retry, reviews, signing in."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from crmsync.domain.automation import Automation, Cadence, Every, Terms
from crmsync.domain.caller import Caller, Role
from crmsync.domain.connection import Connection, ConnectionStatus
from crmsync.domain.errors import Conflict, NotFound
from crmsync.domain.run import FINAL, Run, RunKind, RunState
from crmsync.domain.terms import TERMS_VERSION
from crmsync.services.answer_reviews import Answer, AnswerReviews
from crmsync.services.see_connections import SeeConnections

from tests.fakes.control import FakeAutomations, FakeConnections, FakeReviews
from tests.properties.stage import ME, OTHER, TENANT, Line
from tests.properties.workers import Workers


class Advisors(Workers):
    """Moves of advisors; runs are started here, and worked on by `Workers`."""

    # --- syncing --------------------------------------------------------------------------------

    def lines_of(self, connection_id: str) -> list[Line]:
        """The mappings of a connection."""
        return [line for line in self.lines if line.connection_id == connection_id]

    def orders(self, connection_id: str) -> None:
        """A sync of a connection's mappings is asked for."""
        mappings = [line.mapping for line in self.lines_of(connection_id)]
        connection = self.stored(connection_id)
        user = connection.user_id
        self.survive(lambda: self.start.sync(connection, mappings, user, TERMS_VERSION))

    def sync(self, connection_id: str | None = None) -> None:
        """A sync from beginning to end; what it holds back is looked at and let go."""
        self.stats["syncs"] += 1
        self.orders(connection_id or self.connection.id)
        self.work()
        self.approves()

    def approves(self) -> None:
        """What runs held back is looked at, and let go as an advisor would."""
        for run in list(self.world.control.runs.values()):
            held = {row.held_preview_id for row in run.mappings if row.held_preview_id}
            if run.kind is RunKind.SYNC and any(not self.run(h).used_by for h in held):
                self._tries(lambda run=run: self.start.approve(self._of(run), run.id, "u1"))
                self.work()

    def _of(self, run: Run) -> Connection:
        return self.stored(run.connection_id)

    def _tries(self, job: object) -> None:
        """Do it, unless the API would refuse it now."""
        try:
            self.survive(job)
        except (Conflict, NotFound):
            return

    def automates(self) -> None:
        """The schedule is switched on for the mappings, or off."""
        store = FakeAutomations(self.world.control)
        now = self.world.clock.now()
        for connection_id in self.connection_ids():
            current = store.get(TENANT, connection_id)
            live = tuple(line.mapping for line in self.lines_of(connection_id))
            wanted = Automation(
                connection_id,
                draft=live,
                live=live,
                live_cadence=Cadence(Every.QUARTER_HOUR),
                enabled=not current.scheduled,
                terms=Terms(TERMS_VERSION, "advisor-u1", now, "digest"),
                next_run_at=now if not current.scheduled else None,
                version=current.version,
            )
            store.put(TENANT, wanted)

    def lets_schedule_run(self) -> None:
        """Some ticks of the schedule, with the work they bring."""
        for _ in range(self.rng.randint(1, 3)):
            self.passes(self.rng.choice((60, 900, 3600)))
            self.sweep()
            self.work()
        self.approves()

    # --- previews, undo, retry, cancel ----------------------------------------------------------

    def previews(self) -> None:
        """A preview, some time in which users go on, and then its execution."""
        connection = self.stored(self.rng.choice(self.connection_ids()))
        mappings = [line.mapping for line in self.lines_of(connection.id)]
        made = self.survive(lambda: self.start.preview(connection, mappings, connection.user_id))
        self.work()
        if isinstance(made, Run):
            self.user_moves(self.rng.randint(0, 3))
            self.passes(self.rng.choice((10, 4000)))
            self.executes(made.id)

    def executes(self, preview_id: str) -> Run | None:
        """Run a preview; None when it cannot be run."""
        preview = self.run(preview_id)
        made = self.survive(
            lambda: self.start.from_preview(self._of(preview), preview_id, "u1", TERMS_VERSION)
        )
        self.work()
        self.approves()
        return made if isinstance(made, Run) else None

    def finished_syncs(self) -> list[Run]:
        """Runs that wrote something or tried to, oldest first."""
        runs = self.world.control.runs.values()
        return [r for r in runs if r.kind is RunKind.SYNC and r.state in FINAL]

    def retries(self) -> None:
        """What failed in the last run is tried again."""
        known = self.finished_syncs()
        if known:
            made = self.survive(lambda: self.start.retry(self._of(known[-1]), known[-1].id, "u1"))
            self.work()
            if isinstance(made, Run) and self.run(made.id).state is RunState.PLANNED:
                self.executes(made.id)

    def cancels(self) -> None:
        """Whatever runs or waits is stopped."""
        for run in self.unfinished():
            self._tries(lambda run=run: self.start.cancel(self._of(run), run.id))

    def answers(self) -> bool:
        """Open questions are answered: the same human is the same, any other is not.

        Whether there were any.
        """
        asked = 0
        for connection_id in self.connection_ids():
            reviews = FakeReviews(self.world.control)
            for review in reviews.list(TENANT, connection_id):
                asked += 1
                subject = self._name(review.contact_id or review.person_id or "")
                same = [c["id"] for c in review.candidates if self._name(c["id"]) == subject]
                if review.kind == "new_person" or not review.candidates:
                    self._answer(connection_id, review.id, Answer.CREATE, None)
                elif same:
                    self._answer(connection_id, review.id, Answer.SAME, same[0])
                else:
                    self._answer(connection_id, review.id, Answer.DIFFERENT, None)
        return asked > 0

    def _answer(
        self, connection_id: str, review_id: str, answer: Answer, candidate: str | None
    ) -> None:
        connections = FakeConnections(self.world.control)
        caller = Caller(TENANT, self.stored(connection_id).user_id, frozenset({Role.ADVISOR}))
        see = SeeConnections(connections, caller)
        service = AnswerReviews(see, FakeReviews(self.world.control), self.world.state_of)
        self._tries(lambda: service.answer(review_id, answer, candidate))

    def _name(self, record_id: str) -> str:
        """Who a record is, whichever side it is on."""
        who = self.tenant.by_id.get(record_id) or self.org.people.get(record_id)
        return who.value("last_name") if who else ""

    # --- settings -------------------------------------------------------------------------------

    def changes(self, **choices: object) -> None:
        """The owner changes the connection, whatever a run does meanwhile."""
        current = self.stored(self.connection.id)
        FakeConnections(self.world.control).put(replace(current, **choices))

    def toggles_visibility(self) -> None:
        """Sync by Visibility is switched."""
        self.ledger.scope_changed = True
        self.changes(sync_by_visibility=not self.stored(self.connection.id).sync_by_visibility)

    def designates(self) -> None:
        """A campaign is designated for people who left, or no campaign any more."""
        if self.stored(self.connection.id).inactive_campaign_id is None:
            made = self.org.add_campaign(self.fresh("Inactive"))
            self.changes(inactive_campaign_id=made.id)
        else:
            self.changes(inactive_campaign_id=None)

    def signs_out(self) -> None:
        """The CRM no longer takes our token, or takes it again after signing in."""
        login = self.org.logins[ME]
        if login.stopped is None:
            login.stopped = ("session_refused", "The session is not valid any more.")
            return
        login.stopped = None
        self.changes(status=ConnectionStatus.CONNECTED, stopped_reason=None)

    def remembers(self) -> None:
        """Our own memory is copied, as a backup would."""
        self.backup = self.world.memory_of(self.connection).snapshot()

    def forgets(self) -> None:
        """The backup is restored over what was learned since."""
        if self.backup is None:
            self.remembers()
            return
        self.world.memory_of(self.connection).restore(self.backup)
        self.backup = None
        self.ledger.amnesia = self.ledger.restless = True

    backup: dict[str, object] | None = None

    def user_moves(self, count: int) -> None:
        """Some moves of users; the story knows which."""
        raise NotImplementedError

    def repairs(self) -> None:  # noqa: C901 - one branch per kind of trouble
        """Whatever keeps the two sides from agreeing for a while is put right."""
        for key in list(self.org.poisoned):
            self.org.cure(key)
        self.quota_until = self.world.clock.now()
        self.new_day()
        if self.org.logins[ME].stopped is not None:
            self.signs_out()
        for connection_id in self.connection_ids():
            if self.stored(connection_id).status is ConnectionStatus.NEEDS_REAUTH:
                current = self.stored(connection_id)
                healed = replace(current, status=ConnectionStatus.CONNECTED, stopped_reason=None)
                FakeConnections(self.world.control).put(healed)
        for line in self.lines:
            self.org.change_campaign(line.campaign_id, active=True)
            for user in (ME, OTHER):
                self.org.unhide(line.campaign_id, user)

    def rests(self, hours: float = 0.4) -> None:
        """Nobody does anything for a while."""
        self.world.clock.moment += timedelta(hours=hours)
        self.new_day()
