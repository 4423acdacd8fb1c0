"""Marketing groups and their members."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from pydantic import BaseModel, ConfigDict, StringConstraints

from crmsync.domain.contact import Group
from crmsync.routes.contact_models import ContactList
from crmsync.routes.contacts import contact_answer
from crmsync.routes.paging import opened, sealed
from crmsync.routes.registry import AtDesk, Cursor, Id, Limit, Routes, nothing

routes = Routes("groups")


class GroupBody(BaseModel):
    """What a group is called."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class GroupAnswer(BaseModel):
    """A group."""

    id: str
    name: str
    member_count: int
    created_at: datetime
    updated_at: datetime


class GroupList(BaseModel):
    """Groups by name."""

    items: list[GroupAnswer]
    cursor: str | None


@routes.answer("GET", "/api/groups", GroupList)
def list_groups(desk: AtDesk, cursor: Cursor = None, limit: Limit = 100) -> GroupList:
    """List the groups by name."""
    page = desk.groups.page(opened("groups", cursor), limit)
    items = [_answer(group) for group in page.items]
    return GroupList(items=items, cursor=sealed("groups", page.cursor))


@routes.answer("POST", "/api/groups", GroupAnswer, status=201)
def create_group(desk: AtDesk, body: GroupBody) -> GroupAnswer:
    """Create a group. Its name must be free."""
    return _answer(desk.groups.create(body.name))


@routes.answer("GET", "/api/groups/<group_id>", GroupAnswer)
def get_group(desk: AtDesk, group_id: Id) -> GroupAnswer:
    """Read one group."""
    return _answer(desk.groups.one(group_id))


@routes.answer("PATCH", "/api/groups/<group_id>", GroupAnswer)
def rename_group(desk: AtDesk, group_id: Id, body: GroupBody) -> GroupAnswer:
    """Rename a group."""
    return _answer(desk.groups.rename(group_id, body.name))


@routes.answer("GET", "/api/groups/<group_id>/members", ContactList)
def list_members(
    desk: AtDesk, group_id: Id, cursor: Cursor = None, limit: Limit = 50
) -> ContactList:
    """List the members of a group, those who opted out included."""
    scope = f"members of {group_id}"
    page = desk.groups.members(group_id, opened(scope, cursor), limit)
    items = [contact_answer(view) for view in desk.contacts.views(page.items)]
    return ContactList(items=items, cursor=sealed(scope, page.cursor))


@routes.answer("PUT", "/api/groups/<group_id>/members/<contact_id>", status=204)
def add_member(desk: AtDesk, group_id: Id, contact_id: Id) -> Response[str]:
    """Make a contact a member. A repeat changes nothing."""
    desk.groups.add_member(group_id, contact_id)
    return nothing()


@routes.answer("DELETE", "/api/groups/<group_id>/members/<contact_id>", status=204)
def remove_member(desk: AtDesk, group_id: Id, contact_id: Id) -> Response[str]:
    """End a membership. The contact stays."""
    desk.groups.remove_member(group_id, contact_id)
    return nothing()


def _answer(group: Group) -> GroupAnswer:
    return GroupAnswer(
        id=group.id,
        name=group.name,
        member_count=group.member_count,
        created_at=group.created_at,
        updated_at=group.updated_at,
    )
