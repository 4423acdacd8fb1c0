"""What administrators of a CRM do to people and campaigns, and what happens to an org."""

from __future__ import annotations

from datetime import timedelta

from crmsync.domain.person import Person, PersonKind

from tests.properties.ledger import CRM
from tests.properties.stage import FIELDS, ME, OTHER
from tests.properties.users import Users

BIN_DAYS = 16


class Admins(Users):
    """Moves of administrators; each needs its feature."""

    quota_until = None

    # --- merges and conversions -----------------------------------------------------------------

    def doubles(self) -> None:
        """Somebody is typed into the CRM a second time."""
        person = self.any_person()
        if person is None or person.kind is PersonKind.LEAD:
            return
        double = self.org.add_person(
            person.owner_id,
            person.kind,
            first_name=person.value("first_name"),
            last_name=person.value("last_name"),
            email=person.value("email"),
            title=self.value("title"),
        )
        self.types(double.id, "title", CRM, double.value("title"))
        if self.rng.random() < 0.5:
            self.user_joins(self.any_line(), double.id)

    def merges(self) -> None:
        """Two CRM records become one; the user picks which fields stay."""
        self.ledger.restless = True
        people = self.people()
        by_name: dict[tuple[object, str], list[Person]] = {}
        for person in people:
            by_name.setdefault((person.kind, person.value("last_name")), []).append(person)
        doubles = [found for found in by_name.values() if len(found) > 1]
        if not doubles:
            self.doubles()
            return
        master, loser = self.rng.sample(self.rng.choice(doubles), 2)
        self._merge(master, loser)

    def _merge(self, master: Person, loser: Person) -> None:
        rows = [
            line.number
            for line in self.lines
            if self.in_campaign(line, loser.id) and not self.in_campaign(line, master.id)
        ]
        kept = self.org.merge(master.id, loser.id)
        linked = master.id in {link.person_id for link in self.links().values()}
        before = master if linked else loser
        for name in FIELDS:
            edited = not linked and (loser.id, name) in self.ledger.edits
            if not linked:
                self.ledger.inherits(kept.id, loser.id, name)
            if edited or kept.values.get(name) != before.values.get(name):
                self.types(kept.id, name, CRM, kept.values.get(name, ""))
        self._takes_over(kept.id, loser.id, rows)

    def _takes_over(self, heir_id: str, gone_id: str, rows: list[int]) -> None:
        """The heir has the rows of the record that went, and the word its owner gave."""
        for number in rows:
            self.ledger.moved(heir_id, number, CRM, joined=True)
        if gone_id in self.ledger.retired:
            self.ledger.retired.add(heir_id)
        linked = {link.person_id for link in self.links().values()}
        if gone_id in self.ledger.opted_out and gone_id in linked and heir_id not in linked:
            self.ledger.opted_out.add(heir_id)
        for line in self.lines:
            if (gone_id, line.number) in self.ledger.moves:
                joined = self.in_campaign(line, heir_id)
                self.ledger.moved(heir_id, line.number, CRM, joined=joined)

    def converts(self) -> None:
        """A lead becomes a contact: a new one, or one that exists already."""
        self.ledger.restless = True
        leads = [p for p in self.people() if p.kind is PersonKind.LEAD]
        if not leads:
            return
        lead = self.rng.choice(leads)
        rows = [line.number for line in self.lines if self.in_campaign(line, lead.id)]
        made = self.org.convert(lead.id, carry_consent=self.rng.random() < 0.7)
        for name in FIELDS:
            for edit in self.ledger.edits.get((lead.id, name), ()):
                self.types(made.id, name, CRM, edit.value)
        self._takes_over(made.id, lead.id, rows)

    # --- deletion, owners, sharing --------------------------------------------------------------

    def deletes(self) -> None:
        """A person goes to the bin, and with it out of every campaign."""
        person = self.any_person()
        if person is None:
            return
        for line in self.lines:
            if self.in_campaign(line, person.id):
                self.ledger.moved(person.id, line.number, CRM, joined=False)
        self.org.delete_person(person.id)

    def undeletes(self) -> None:
        """A person comes out of the bin, into no campaign."""
        known = sorted(self.org.people.values(), key=lambda p: p.id)
        binned = [p for p in known if p.deleted and p.merged_into is None]
        if binned:
            self.org.undelete_person(self.rng.choice(binned).id)

    def changes_hands(self) -> None:
        """A person gets another owner."""
        person = self.any_person()
        if person is not None:
            self.org.give_to(person.id, OTHER if person.owner_id == ME else ME)

    def hides_or_shares(self) -> None:
        """Sharing takes a person, or a campaign, out of sight, or brings it back."""
        user = self.rng.choice(sorted(self.org.logins))
        person, line = self.any_person(), self.any_line()
        whom = line.campaign_id if person is None or self.rng.random() < 0.2 else person.id
        if user in self.org.hidden.get(whom, ()):
            self.org.unhide(whom, user)
        else:
            self.org.hide(whom, user)

    # --- campaigns ------------------------------------------------------------------------------

    def turns_campaign(self) -> None:
        """A campaign is deactivated, activated again, or renamed."""
        line = self.any_line()
        campaign = self.org.campaigns[line.campaign_id]
        if self.rng.random() < 0.3:
            self.org.change_campaign(campaign.id, name=self.fresh("Campaign"))
        else:
            self.org.change_campaign(campaign.id, active=not campaign.active)

    def retires(self) -> None:
        """Somebody is put into the inactive campaign, or taken out of it."""
        designated = self.stored(self.connection.id).inactive_campaign_id
        person = self.any_person()
        if designated is None or person is None:
            return
        if self.org.is_member(designated, person.id):
            self.org.leave(designated, person.id)
        else:
            self.org.join(designated, person.id)
            self.ledger.retired.add(person.id)

    # --- the org as a whole ---------------------------------------------------------------------

    def poisons(self) -> None:
        """A rule of the org begins to refuse somebody, or stops to."""
        person = self.any_person()
        contact = self.any_contact()
        keys = [who.id for who in (person, contact) if who is not None]
        if not keys:
            return
        key = self.rng.choice(keys)
        if key in self.org.poisoned:
            self.org.cure(key)
        else:
            self.org.poison(key)

    def spends_quota(self) -> None:
        """Other programs use up the org's calls; the day after there are new ones."""
        self.org.daily_max = self.org.daily_used + self.rng.randint(0, 12)
        self.quota_until = self.world.clock.now() + timedelta(hours=self.rng.randint(1, 6))

    def new_day(self) -> None:
        """The quota window moves on when its time has come."""
        if self.quota_until is not None and self.world.clock.now() >= self.quota_until:
            self.org.daily_max = self.org.daily_used + 100_000
            self.quota_until = None

    def empties_bin(self) -> None:
        """Two weeks later nobody can see any more what was deleted."""
        self.passes(BIN_DAYS * 86_400)
        self.org.empty_bin()

    def spouse_joins(self) -> None:
        """Somebody who shares an address with somebody known."""
        person = self.any_person()
        if person is None or not person.value("email"):
            return
        address = person.value("email")
        spouse = self.new_person(self.fresh("s"), first_name="Bea", email=address)
        self.user_joins(self.any_line(), spouse.id)

    def passes(self, seconds: float) -> None:
        """Time goes by."""
        self.world.clock.moment += timedelta(seconds=seconds)
        self.new_day()
