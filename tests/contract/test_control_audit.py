"""What somebody set up is kept, in order, and never changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from crmsync.ports.audit import AuditEntry

from tests.contract.subjects import ControlSubject
from tests.fakes.clock import START


def an_entry(entry_id: str = "aud1", minutes: int = 0, **choices: str) -> AuditEntry:
    names = {"tenant_id": "t1", "connection_id": "con1", "user_id": "u1", **choices}
    return AuditEntry(
        id=entry_id,
        what="connection",
        at=START + timedelta(minutes=minutes),
        before={"settings": {"new_people": "hold"}, "org": None},
        after={"settings": {"new_people": "create"}, "org": {"id": "00D"}},
        **names,
    )


class TestAudit:
    def test_entries_come_newest_first_and_as_they_were_added(
        self, control: ControlSubject
    ) -> None:
        entries = [an_entry(f"aud{number}", number // 2) for number in range(5)]
        for entry in entries:
            control.audit.add(entry)

        pages = [control.audit.page("t1", "con1", None, 2)]
        while pages[-1].cursor is not None:
            pages.append(control.audit.page("t1", "con1", pages[-1].cursor, 2))

        assert [entry for page in pages for entry in page.items] == entries[::-1]

    def test_an_entry_is_never_changed(self, control: ControlSubject) -> None:
        control.audit.add(an_entry())

        control.audit.add(replace(an_entry(), user_id="somebody else"))

        assert control.audit.page("t1", "con1", None, 9).items == (an_entry(),)

    def test_each_connection_has_its_own(self, control: ControlSubject) -> None:
        control.audit.add(an_entry("aud1"))
        control.audit.add(an_entry("aud2", connection_id="con2"))
        control.audit.add(an_entry("aud3", tenant_id="t2"))

        page = control.audit.page("t1", "con1", None, 9)

        assert [entry.id for entry in page.items] == ["aud1"]
