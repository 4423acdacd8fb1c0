from __future__ import annotations

import pytest

from tests.fakes.world import World
from tests.unit.functions.api.people import Api, User


def group(user: User, name: str = "Clients") -> str:
    return str(user.post("groups", {"name": name}).body["id"])


def contact(user: User, **values: object) -> str:
    body = {"email": "ann@firm.example", "last_name": "Ann", **values}
    return str(user.post("contacts", body).body["id"])


def test_a_new_group_is_listed_by_name(advisor: User) -> None:
    group(advisor, "Prospects")
    made = advisor.post("groups", {"name": " Clients "})

    assert made.status == 201
    assert made.body["name"] == "Clients"
    assert [item["name"] for item in advisor.get("groups").body["items"]] == [
        "Clients",
        "Prospects",
    ]


def test_a_name_that_is_taken_is_refused_at_its_pointer(advisor: User) -> None:
    group(advisor, "Clients")

    again = advisor.post("groups", {"name": "CLIENTS"})

    assert (again.status, again.code, again.pointers) == (409, "name_taken", ["/name"])
    assert len(advisor.get("groups").body["items"]) == 1


def test_a_group_is_renamed_unless_another_one_has_the_name(advisor: User) -> None:
    group(advisor, "Clients")
    other = group(advisor, "Prospects")

    assert advisor.patch(f"groups/{other}", {"name": "Leads"}).body["name"] == "Leads"
    assert advisor.patch(f"groups/{other}", {"name": "clients"}).code == "name_taken"
    assert advisor.get(f"groups/{other}").body["name"] == "Leads"


def test_members_are_listed_also_when_they_opted_out(advisor: User) -> None:
    clients = group(advisor)
    ann, bob = contact(advisor), contact(advisor, email="bob@firm.example", email_opt_out=True)
    for each in (ann, bob, ann):
        assert advisor.put(f"groups/{clients}/members/{each}").status == 204

    listed = advisor.get(f"groups/{clients}/members").body["items"]

    assert {item["id"]: item["mailable"] for item in listed} == {ann: True, bob: False}
    assert listed[0]["group_ids"] == [clients]
    assert advisor.get(f"groups/{clients}").body["member_count"] == 2


def test_ending_a_membership_keeps_the_contact_and_is_on_its_timeline_once(advisor: User) -> None:
    clients, ann = group(advisor), contact(advisor)
    advisor.put(f"groups/{clients}/members/{ann}")

    for _ in range(2):
        assert advisor.delete(f"groups/{clients}/members/{ann}").status == 204

    assert advisor.get(f"groups/{clients}/members").body["items"] == []
    assert advisor.get(f"contacts/{ann}").status == 200
    kinds = [e["kind"] for e in advisor.get(f"contacts/{ann}/timeline").body["items"]]
    assert sorted(kinds) == ["created", "group_joined", "group_left"]


def test_somebody_who_is_no_contact_cannot_become_a_member(advisor: User) -> None:
    refused = advisor.put(f"groups/{group(advisor)}/members/c_nobody")

    assert (refused.status, refused.code) == (404, "no_such_contact")


def test_members_page_by_cursor_without_missing_or_repeating_one(advisor: User) -> None:
    clients = group(advisor)
    ids = {contact(advisor, email=f"c{n}@firm.example") for n in range(7)}
    for each in ids:
        advisor.put(f"groups/{clients}/members/{each}")

    seen, cursor = [], ""
    while True:
        page = advisor.get(f"groups/{clients}/members?limit=3{cursor}").body
        seen += [item["id"] for item in page["items"]]
        if page["cursor"] is None:
            break
        cursor = f"&cursor={page['cursor']}"

    assert sorted(seen) == sorted(ids)


@pytest.mark.parametrize("cursor", ["abc", "====", "", "%00", "a" * 500, "8J-YgA"])
def test_a_tampered_cursor_is_a_400(advisor: User, cursor: str) -> None:
    answer = advisor.get(f"groups?cursor={cursor}")

    assert (answer.status, answer.code) == (400, "bad_cursor")


def test_a_cursor_of_another_list_is_a_400(advisor: User) -> None:
    for name in ("A", "B"):
        group(advisor, name)
    cursor = advisor.get("groups?limit=1").body["cursor"]

    assert advisor.get(f"contacts?cursor={cursor}").code == "bad_cursor"


def test_groups_and_contacts_of_another_tenant_do_not_exist(api: Api, advisor: User) -> None:
    clients, ann = group(advisor), contact(advisor)
    stranger = api.user("advisor-u9", "t2")

    assert stranger.get("groups").body["items"] == []
    assert stranger.get("contacts").body["items"] == []
    for method, path in [
        ("GET", f"groups/{clients}"),
        ("PATCH", f"groups/{clients}"),
        ("GET", f"groups/{clients}/members"),
        ("PUT", f"groups/{clients}/members/{ann}"),
        ("DELETE", f"groups/{clients}/members/{ann}"),
        ("GET", f"contacts/{ann}"),
        ("PATCH", f"contacts/{ann}"),
        ("GET", f"contacts/{ann}/timeline"),
    ]:
        body = {"name": "Mine"} if "groups" in path else {"last_name": "Mine"}
        answer = stranger.send(method, path, body if method == "PATCH" else None)
        assert answer.status == 404, (method, path)


def test_a_marketing_admin_edits_groups_and_contacts_too(admin: User, world: World) -> None:
    clients, ann = group(admin), contact(admin)

    assert admin.put(f"groups/{clients}/members/{ann}").status == 204
    assert world.tenant().memberships(clients, [ann]) == {ann}


@pytest.mark.parametrize("body", [{}, {"name": ""}, {"name": "  "}, {"name": "x", "extra": 1}, []])
def test_a_group_without_a_usable_name_is_a_422(advisor: User, body: object) -> None:
    assert advisor.post("groups", body).status == 422


@pytest.mark.parametrize(("method", "path"), [("POST", "groups/g/members/c"), ("PUT", "groups")])
def test_what_has_no_route_is_a_404_problem(advisor: User, method: str, path: str) -> None:
    assert advisor.send(method, path, {}).code == "no_such_route"


def test_no_route_deletes_a_contact_or_a_group(advisor: User) -> None:
    clients, ann = group(advisor), contact(advisor)

    assert advisor.delete(f"contacts/{ann}").code == "no_such_route"
    assert advisor.delete(f"groups/{clients}").code == "no_such_route"
