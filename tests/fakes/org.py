"""A Salesforce-like org in memory, and what its own users do to people.

Nothing here is counted as an input or output; `FakeCrm` is the way in for the code under test.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from crmsync.domain.fields import FIELD_NAMES, address_key
from crmsync.domain.person import Person, PersonKind

from tests.fakes.org_campaigns import OrgCampaigns
from tests.fakes.org_rules import Refusal, alike, shape_problem

BLANK = dict.fromkeys(FIELD_NAMES, "")
PREFIXES = {
    PersonKind.CONTACT: "003",
    PersonKind.PERSON_ACCOUNT: "003",
    PersonKind.LEAD: "00Q",
}
LACKS = {
    PersonKind.CONTACT: frozenset[str](),
    PersonKind.PERSON_ACCOUNT: frozenset({"company"}),
    PersonKind.LEAD: frozenset({"birthdate"}),
}
"""Fields that a kind of record does not have, whoever reads it."""
BIN_TIME = timedelta(days=15)
"""How long deleted records, and the trail of merges, can still be read."""


@dataclass
class FakeOrg(OrgCampaigns):
    """People and everything else of one org; the knobs are those of `OrgStore`."""

    # --- people, as CRM users edit them -------------------------------------------------------

    def add_person(
        self,
        owner_id: str,
        kind: PersonKind = PersonKind.CONTACT,
        *,
        opted_out: bool = False,
        **values: str,
    ) -> Person:
        """A user creates a person."""
        return self.create(owner_id, kind, values, opted_out=opted_out)

    def create(
        self,
        owner_id: str,
        kind: PersonKind,
        values: Mapping[str, str],
        *,
        opted_out: bool,
        external_id: str | None = None,
    ) -> Person:
        """A new person, whoever creates it."""
        lacks = LACKS[kind]
        blank = {**BLANK, **dict.fromkeys(self.extra_fields, "")}
        kept = {n: v for n, v in {**blank, **self.as_stored(values)}.items() if n not in lacks}
        made = Person(
            id=self.new_id(PREFIXES[kind]),
            kind=kind,
            values=kept,
            opted_out=opted_out,
            owner_id=owner_id,
            modified_at=self.stamp,
            account_id=None if kind is PersonKind.LEAD else self.new_id("001"),
            external_id=external_id if self.external_id else None,
            hidden_fields=lacks,
        )
        self.created[made.id] = self.stamp
        return self.store(made, "create")

    def edit(self, person_id: str, **values: str) -> Person:
        """A user types new values; the org stores them its own way."""
        person = self.alive(person_id)
        unknown = set(values) - set(person.values)
        assert not unknown, f"{person.kind} has no such fields: {sorted(unknown)}"
        return self.store(replace(person, values={**person.values, **self.as_stored(values)}))

    def opt_out(self, person_id: str) -> Person:
        """A user ticks the opt-out."""
        return self.store(replace(self.alive(person_id), opted_out=True))

    def user_clears_opt_out(self, person_id: str) -> Person:
        """A user unticks the opt-out, by mistake or not; no sync may ever do this."""
        return self.store(replace(self.alive(person_id), opted_out=False), "clear_opt_out")

    def give_to(self, person_id: str, owner_id: str) -> Person:
        """The person changes hands."""
        return self.store(replace(self.alive(person_id), owner_id=owner_id), "change_owner")

    def touch(self, person_id: str) -> Person:
        """Something saves the record without changing it."""
        return self.store(self.alive(person_id), "touch")

    def delete_person(self, person_id: str) -> None:
        """A user moves the person to the bin; membership rows go with it."""
        self.end_rows_of(person_id)
        self.store(replace(self.alive(person_id), deleted=True), "delete")
        self.deleted_at[person_id] = self.now()

    def undelete_person(self, person_id: str) -> Person:
        """A user takes the person out of the bin; membership rows do not come back."""
        assert self.people[person_id].merged_into is None, f"{person_id} was merged"
        self.deleted_at.pop(person_id, None)
        return self.store(replace(self.people[person_id], deleted=False), "undelete")

    def merge(
        self, master_id: str, loser_id: str, *, opted_out: bool | None = None, **values: str
    ) -> Person:
        """A user merges two people: the master keeps its id, the other goes to the bin.

        Membership rows move to the master; where it is a member already the other's row goes.
        Consent is the master's unless told otherwise, which is how a CRM loses an opt-out.
        """
        master, loser = self.alive(master_id), self.alive(loser_id)
        assert master.kind is loser.kind, "only people of one kind are merged"
        self.move_rows(loser_id, master_id)
        self._replace(loser_id, master_id)
        self.deleted_at[loser_id] = self.now()
        self.store(replace(loser, deleted=True, merged_into=master_id), "merge_away")
        kept = master.opted_out if opted_out is None else opted_out
        merged = {**master.values, **self.as_stored(values)}
        return self.store(replace(master, values=merged, opted_out=kept), "merge_into")

    def convert(
        self, lead_id: str, person_id: str | None = None, *, carry_consent: bool = True
    ) -> Person:
        """A user converts a lead into a new contact, or into an existing one."""
        lead = self.alive(lead_id)
        assert lead.kind is PersonKind.LEAD, f"{lead_id} is no lead"
        if person_id is None:
            out = bool(lead.opted_out) and carry_consent
            made = self.create(lead.owner_id, PersonKind.CONTACT, lead.values, opted_out=out)
            person_id = made.id
        self.move_rows(lead_id, person_id)
        self._replace(lead_id, person_id)
        self.store(replace(lead, converted_into=person_id), "convert")
        return self.people[person_id]

    def _replace(self, gone_id: str, survivor_id: str) -> None:
        self.replaced[survivor_id] = (*self.replaced.get(survivor_id, ()), gone_id)

    def empty_bin(self) -> None:
        """What was deleted more than 15 days ago is gone, and with it where it was merged to."""
        for person_id, at in list(self.deleted_at.items()):
            if self.now() - at > BIN_TIME:
                del self.deleted_at[person_id]
                self.index(self.people.pop(person_id), None)
                self.stamps.pop(person_id, None)

    def alive(self, person_id: str) -> Person:
        """A person that users can still edit."""
        person = self.people[person_id]
        assert not person.deleted, f"{person_id} is deleted"
        return person

    # --- what refuses a write -----------------------------------------------------------------

    def poison(self, key: str, code: str = "refused_by_rule") -> None:
        """Every write of the person with this id, contact id or address is refused."""
        self.poisoned[key] = (code, "A rule of this org refused the record.")

    def cure(self, key: str) -> None:
        """Writes work again."""
        self.poisoned.pop(key, None)

    def refusal(
        self, contact_id: str, person: Person | None, values: Mapping[str, str]
    ) -> Refusal | None:
        """Why this write is refused, if it is."""
        after = {**(person.values if person else BLANK), **values}
        for key in (contact_id, person.id if person else "", after.get("email", "")):
            if key in self.poisoned:
                return self.poisoned[key]
        problem = shape_problem(values)
        if problem is None and self.validation is not None:
            problem = self.validation(person, values)
        named = person is None or "last_name" in values
        if problem is None and named and not after["last_name"].strip():
            problem = ("required_field_missing", "last_name is required.")
        return problem

    def duplicates(self, user_id: str, values: Mapping[str, str]) -> tuple[str, ...]:
        """Who a duplicate rule points at for a new person."""
        if self.duplicate_rule is None or not values.get("email"):
            return ()
        same = [self.people[i] for i in self.emails.get(address_key(values["email"]), ())]
        seen = [p for p in same if not p.deleted and self.sees(user_id, p)]
        return tuple(p.id for p in seen if alike(self.duplicate_rule, p, values))
