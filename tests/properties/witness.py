"""What must hold at every boundary, not only at the end: looked at right before each call.

A write is judged by what stood when its run began. What changed while the run was at it is a race
that no engine can see; it must come right by the next rest, which is for the oracle to say.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from crmsync.domain.change import Change
from crmsync.domain.contact import Contact, ContactDraft, ContactEdit
from crmsync.domain.fields import address_key, comparable, name_key
from crmsync.domain.person import Member, Person
from crmsync.domain.run import SliceMessage
from crmsync.ports.crm import PersonWrite

from tests.fakes.numbered import Boundary

if TYPE_CHECKING:
    from tests.properties.stage import Line
    from tests.properties.story import Story

Sight = tuple[SliceMessage | None, str | None]
"""Which message is worked on, and what its worker was refused for good."""
Image = tuple[str, str, str]
"""Record, field, and value as compared: what a before-image keeps."""


class Witness:
    """Looks at every call of one history."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.message: SliceMessage | None = None
        self.images: set[Image] = set()
        self.parts_seen = 0
        self.refused: str | None = None
        self._judges: dict[str, Callable[..., None]] = {
            "crm.write_people": self._people,
            "crm.add_members": self._rows_added,
            "crm.remove_members": self._rows_removed,
            "crm.create_campaign": self._campaign,
            "marketing.create_contacts": self._contacts,
            "marketing.edit_contacts": self._edits,
            "marketing.add_members": self._joins,
            "marketing.remove_members": self._leaves,
        }

    def slice_begins(self, message: SliceMessage) -> Sight:
        """A worker takes this message; what the one before was at is given back."""
        before = (self.message, self.refused)
        self.message, self.refused = message, None
        return before

    def slice_ends(self, before: Sight) -> None:
        """The worker is done; the one before goes on."""
        self.message, self.refused = before

    def at(self, boundary: Boundary) -> None:
        """One call is about to be made."""
        if boundary.port == "crm" and boundary.method != "schema":
            self._calls_stop(boundary.index)
        judge = self._judges.get(boundary.name)
        if judge is not None and self.message is not None:
            judge(*boundary.args)

    # --- what is known about the run ------------------------------------------------------------

    def began(self) -> datetime:
        """When the run in hand began to look at things, on the org's clock."""
        assert self.message is not None
        run = self.story.run(self.message.run_id)
        return (run.started_at or run.created_at).replace(microsecond=0)

    def lines(self) -> list[Line]:
        """The mappings of the run in hand."""
        assert self.message is not None
        return self.story.lines_of(self.message.connection_id)

    def _line(self, campaign_id: str = "", group_id: str = "") -> Line | None:
        for line in self.lines():
            if line.campaign_id == campaign_id or line.group_id == group_id:
                return line
        return None

    def _undoing(self) -> bool:
        assert self.message is not None
        return self.story.run(self.message.run_id).undoes is not None

    # --- I-17, I-23: who is refused stops asking ------------------------------------------------

    def _calls_stop(self, index: int) -> None:
        """After a refusal that lasts, a slice makes no further call (I-17, I-23)."""
        assert self.refused is None, f"a call after {self.refused}"
        self.refused = self._refusal()
        if self.refused is not None:
            self.story.world.io.on_io(index, lambda _: self._hears())

    def _hears(self) -> None:
        """What users did at this very boundary comes before the answer."""
        self.refused = self._refusal()

    def _refusal(self) -> str | None:
        """What the CRM answers the worker at hand now, if it does not serve it."""
        assert self.message is not None
        story = self.story
        user = story.user_of(story.stored(self.message.connection_id))
        if story.org.logins[user].stopped is not None:
            return "the login was refused"
        spent = story.org.daily_used + 1 > story.org.daily_max
        return "the quota was spent" if spent else None

    # --- CRM writes -----------------------------------------------------------------------------

    def _people(self, writes: Sequence[PersonWrite]) -> None:
        writers = [line for line in self.lines() if line.direction.writes_crm]
        assert writers, f"I-16: an import writes people: {writes}"
        for write in writes:
            if write.person is None:
                self._creates_person(write)
            else:
                self._is_in_scope(write.person)
                assert write.person.id != self.story.canaries[0].id, "I-15: a canary is written"
                self._is_backed_up(write.person, write.values)

    def _creates_person(self, write: PersonWrite) -> None:
        """I-5: nobody is created who was there to be found when the run began."""
        story, org = self.story, self.story.org
        if org.external_id and org.keys.get(write.contact_id):
            return
        contact = story.tenant.by_id[write.contact_id]
        linked = {link.person_id for link in story.links().values()}
        twins = [
            p.id
            for i in org.emails.get(address_key(contact.value("email")), ())
            if _same_name(p := org.people[i], contact)
            and p.id not in linked
            and not (p.deleted or p.converted_into)
            and org.sees(story.user_of(story.stored(self._connection_id())), p)
            and org.created[p.id] < self.began()
            and org.stamps[p.id] < self.began()
        ]
        assert not twins, f"I-5: {write.contact_id} is created again; {twins} was there"

    def _connection_id(self) -> str:
        assert self.message is not None
        return self.message.connection_id

    def _is_in_scope(self, seen: Person) -> None:
        """I-15: only people of the connected user, unless it syncs by visibility."""
        story = self.story
        connection = story.stored(self._connection_id())
        person = story.org.people[seen.id]
        user = story.user_of(connection)
        settled = story.org.stamps[seen.id] < self.began()
        foreign = person.owner_id != user and not connection.sync_by_visibility
        unmoved = seen.owner_id == person.owner_id or settled
        toggled = story.ledger.scope_changed
        assert not (foreign and unmoved) or toggled, f"I-15: {seen.id} is of {person.owner_id}"

    def _rows_added(self, campaign_id: str, people: Sequence[Person]) -> None:
        line = self._line(campaign_id=campaign_id)
        assert line is not None, f"I-15: {campaign_id} is not mapped"
        assert line.direction.writes_crm, f"I-16: an import adds members: {people}"

    def _rows_removed(self, rows: Sequence[Member]) -> None:
        """I-8: rows go only where the connection says so, or where an undo takes back its own."""
        line = self._line(campaign_id=rows[0].campaign_id)
        assert line is not None, f"I-15: {rows[0].campaign_id} is not mapped"
        assert line.direction.writes_crm, f"I-16: an import removes members: {rows}"
        settings = self.story.connection_of(line).settings
        assert settings.remove_members_in_crm or self._undoing(), f"I-8: {rows} are removed"

    def _campaign(self, name: str) -> None:
        known = [c.name for c in self.story.org.campaigns.values() if not c.deleted]
        assert name not in known, f"I-5: campaign {name} exists"

    # --- marketing writes -----------------------------------------------------------------------

    def _writes_marketing(self) -> None:
        if not self._undoing():
            writers = [line for line in self.lines() if line.direction.writes_marketing]
            assert writers, "I-16: an export writes contacts or memberships"

    def _contacts(self, drafts: Sequence[ContactDraft]) -> None:
        self._writes_marketing()
        for draft in drafts:
            self._creates_contact(draft)

    def _creates_contact(self, draft: ContactDraft) -> None:
        """I-5: nobody is created who was there to be found when the run began."""
        story = self.story
        linked = story.links()
        key = address_key(draft.values.get("email", ""))
        if draft.id in story.tenant.by_id or story.ledger.amnesia:
            return
        twins = [
            c.id
            for c in story.tenant.by_id.values()
            if c.id not in linked
            and address_key(c.value("email")) == key
            and _name(c.values) == _name(draft.values)
            and c.updated_at < self.began()
        ]
        rivals = self._same_people(draft)
        assert not twins or rivals > 1, f"I-5: {draft.id} is created; {twins} was there"

    def _same_people(self, draft: ContactDraft) -> int:
        """How many people of that name and address there are: then nobody can tell."""
        key = address_key(draft.values.get("email", ""))
        ids = self.story.org.emails.get(key, ())
        people = [self.story.org.people[i] for i in ids]
        return sum(_name(p.values) == _name(draft.values) for p in people)

    def _edits(self, edits: Sequence[ContactEdit]) -> None:
        for edit in edits:
            assert edit.email_opt_out is not False, f"I-9: {edit} takes an opt-out back"
            if edit.values or edit.email_opt_out:
                self._writes_marketing()
            contact = self.story.tenant.by_id.get(edit.contact_id)
            if contact is not None and contact.version == edit.version:
                self._is_backed_up(contact, edit.values)
            assert edit.contact_id != "canary", "I-15: a canary is written"

    def _joins(self, group_id: str, contact_ids: Sequence[str]) -> None:
        self._writes_marketing()
        assert self._line(group_id=group_id), f"I-15: {group_id} is not mapped"
        known = self.story.tenant.by_id
        assert not set(contact_ids) - set(known), f"{contact_ids} do not all exist"

    def _leaves(self, group_id: str, contact_ids: Sequence[str]) -> None:
        """I-8: nobody leaves whose person was a member when the run began and still is one."""
        self._writes_marketing()
        line = self._line(group_id=group_id)
        assert line is not None, f"I-15: {group_id} is not mapped"
        if self._undoing():
            return
        for contact_id in contact_ids:
            self._may_leave(line, contact_id)

    def _may_leave(self, line: Line, contact_id: str) -> None:
        story = self.story
        link = story.links().get(contact_id)
        assert link is not None, f"I-8: {contact_id} leaves and is not linked"
        row_id = story.org.live[line.campaign_id].get(link.person_id)
        if row_id is None or self._committed(row_id) >= self.began():
            return
        retired = story.ledger.retired & {link.person_id}
        assert retired, f"I-8: {contact_id} leaves although {link.person_id} is a member"

    def _committed(self, row_id: str) -> datetime:
        """When the row came to be as it is, which may be visible minutes after its stamp."""
        org = self.story.org
        return max(org.stamps[row_id], *(e.at for e in org.history if e.record_id == row_id))

    # --- before-images --------------------------------------------------------------------------

    def _is_backed_up(self, seen: Person | Contact, values: Any) -> None:
        """No write leaves before what it replaces is in a stored part of a plan."""
        self._read_parts()
        for name in values:
            image = (seen.id, name, comparable(name, seen.value(name)))
            assert image in self.images, f"no before-image of {name} of {seen.id} is stored"

    def _read_parts(self) -> None:
        parts = self.story.world.artifacts.parts
        if len(parts) == self.parts_seen:
            return
        for changes in list(parts.values())[self.parts_seen :]:
            self.images.update(i for change in changes for i in _images(change))
        self.parts_seen = len(parts)


def _images(change: Change) -> list[Image]:
    found = [
        (who.id, name, comparable(name, value))
        for who in (change.contact, change.person)
        if who is not None
        for name, value in who.values.items()
    ]
    for each in change.fields:
        record = change.contact_id if each.side.value == "marketing" else change.person_id
        found.append((record or "", each.name, comparable(each.name, each.before)))
    return found


def _same_name(person: Person, contact: Contact) -> bool:
    return _name(person.values) == _name(contact.values)


def _name(values: Any) -> tuple[str, str]:
    return name_key(values.get("first_name", ""), values.get("last_name", ""))
