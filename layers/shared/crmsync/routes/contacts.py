"""Contacts. There is no route that deletes one."""

from __future__ import annotations

from crmsync.domain.errors import Invalid
from crmsync.domain.fields import FIELD_NAMES
from crmsync.routes.contact_models import (
    ContactAnswer,
    ContactBody,
    ContactList,
    Timeline,
    TimelineEntry,
)
from crmsync.routes.paging import opened, sealed
from crmsync.routes.registry import AtDesk, Cursor, Id, Limit, Routes, Search
from crmsync.services.show_contacts import ContactView

routes = Routes("contacts")


@routes.answer("GET", "/api/contacts", ContactList)
def list_contacts(
    desk: AtDesk, search: Search = "", cursor: Cursor = None, limit: Limit = 50
) -> ContactList:
    """List contacts; `search` matches the start of the address or part of the name."""
    scope = f"contacts {search}"
    page = desk.contacts.page(opened(scope, cursor), limit, search)
    items = [contact_answer(view) for view in page.items]
    return ContactList(items=items, cursor=sealed(scope, page.cursor))


@routes.answer("POST", "/api/contacts", ContactAnswer, status=201)
def create_contact(desk: AtDesk, body: ContactBody) -> ContactAnswer:
    """Create a contact. It needs an address or a name."""
    if not (body.email or body.first_name or body.last_name):
        text = "Give an e-mail address or a name."
        raise Invalid("nobody", text, at="/email")
    contact = desk.edit_contacts.create(body.wanted())
    return contact_answer(desk.contacts.views([contact])[0])


@routes.answer("GET", "/api/contacts/<contact_id>", ContactAnswer)
def get_contact(desk: AtDesk, contact_id: Id) -> ContactAnswer:
    """Read one contact."""
    return contact_answer(desk.contacts.one(contact_id))


@routes.answer("PATCH", "/api/contacts/<contact_id>", ContactAnswer)
def edit_contact(desk: AtDesk, contact_id: Id, body: ContactBody) -> ContactAnswer:
    """Change the named fields of a contact."""
    contact = desk.edit_contacts.edit(contact_id, body.wanted())
    return contact_answer(desk.contacts.views([contact])[0])


@routes.answer("GET", "/api/contacts/<contact_id>/timeline", Timeline)
def get_timeline(
    desk: AtDesk, contact_id: Id, cursor: Cursor = None, limit: Limit = 100
) -> Timeline:
    """What happened to a contact: every edit and every sync, newest first."""
    scope = f"timeline of {contact_id}"
    page = desk.contacts.timeline(contact_id, opened(scope, cursor), limit)
    return Timeline(
        cursor=sealed(scope, page.cursor),
        items=[
            TimelineEntry(
                at=event.at,
                kind=event.kind,
                actor=event.actor,
                run_id=event.run_id,
                fields=[dict(field) for field in event.fields],
                detail=event.detail,
            )
            for event in page.items
        ],
    )


def contact_answer(view: ContactView) -> ContactAnswer:
    """The contact in the shape of the API."""
    contact = view.contact
    return ContactAnswer(
        **{name: contact.values.get(name, "") for name in FIELD_NAMES},
        id=contact.id,
        email_opt_out=contact.email_opt_out,
        custom=dict(contact.custom),
        group_ids=sorted(view.group_ids),
        mailable=view.mailable,
        mailable_reason=view.mailable_reason,
        version=contact.version,
        created_at=contact.created_at,
        updated_at=contact.updated_at,
    )
