"""Fills a fresh org from its settings: organization, profiles, users, record types, people.

Seed records are written by the rules every write passes, as their owner, then stamped in the past.
"""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from .data.access import UserAccount
from .data.values import defaults, full_name

if TYPE_CHECKING:
    from .org import Org

SEED_AGE_DAYS = 30


def seed(org: "Org") -> None:
    """Everything the settings describe."""
    now = org.clock.now()
    org.clock.set(now - timedelta(days=SEED_AGE_DAYS), frozen=True)
    _users(org)
    _organization(org)
    _record_types(org)
    _people(org)
    org.clock.reset()


def _stamped(org: "Org", user_id: str) -> dict[str, Any]:
    now = org.clock.stamp()
    return {
        "CreatedDate": now,
        "CreatedById": user_id,
        "LastModifiedDate": now,
        "LastModifiedById": user_id,
        "SystemModstamp": now,
    }


def _insert(org: "Org", name: str, row_id: str, user_id: str, values: dict[str, Any]) -> None:
    sobject = org.schema[name]
    row = {**defaults(sobject), **_stamped(org, user_id), **values, "Id": row_id}
    org.store.insert(name, {key: value for key, value in row.items() if sobject.has(key)})


def _organization(org: "Org") -> None:
    about = org.settings["org"]
    values = {
        "Name": about["name"],
        "OrganizationType": about.get("edition", "Enterprise Edition"),
        "InstanceName": about.get("instance_name", "NA99"),
        "IsSandbox": int(about.get("sandbox", False)),
        "LanguageLocaleKey": "en_US",
        "DefaultLocaleSidKey": "en_US",
        "TimeZoneSidKey": "America/New_York",
    }
    _insert(org, "Organization", org.org_id, org.system_user().id, values)


def _users(org: "Org") -> None:
    profiles = {name: org.ids.next("00e") for name in ("System Administrator", "Standard User")}
    described = org.settings["users"]
    ids = [org.ids.next("005") for _ in described]
    for name, profile_id in profiles.items():
        admin = name == "System Administrator"
        values = {
            "Name": name,
            "UserType": "Standard",
            "PermissionsApiEnabled": 1,
            "PermissionsViewAllData": int(admin),
        }
        _insert(org, "Profile", profile_id, ids[0], values)
    for user_id, about in zip(ids, described, strict=True):
        profile = "System Administrator" if about.get("admin") else "Standard User"
        org.users[user_id] = _account(user_id, about)
        _insert(org, "User", user_id, ids[0], _user_row(about, profiles[profile]))


def _account(user_id: str, about: dict[str, Any]) -> UserAccount:
    return UserAccount(
        id=user_id,
        username=about["username"],
        password=about["password"],
        admin=about.get("admin", False),
        active=about.get("active", True),
        api_enabled=about.get("api_enabled", True),
        marketing_user=about.get("marketing_user", True),
        hidden_objects=set(about.get("hidden_objects", [])),
        hidden_fields=set(about.get("hidden_fields", [])),
        readonly_fields=set(about.get("readonly_fields", [])),
    )


def _user_row(about: dict[str, Any], profile_id: str) -> dict[str, Any]:
    return {
        "Username": about["username"],
        "FirstName": about.get("FirstName"),
        "LastName": about["LastName"],
        "Name": full_name(about),
        "Email": about.get("Email", about["username"]),
        "Alias": about["username"][:8],
        "CommunityNickname": about["username"].split("@")[0],
        "Title": about.get("Title"),
        "IsActive": int(about.get("active", True)),
        "ProfileId": profile_id,
        "UserType": "Standard",
        "TimeZoneSidKey": "America/New_York",
        "LocaleSidKey": "en_US",
        "LanguageLocaleKey": "en_US",
        "UserPermissionsMarketingUser": int(about.get("marketing_user", True)),
    }


def _record_types(org: "Org") -> None:
    admin = org.system_user().id
    for about in org.settings.get("record_types", []):
        row_id = org.ids.next("012")
        values = {"IsActive": 1, **about, "IsPersonType": int(about.get("IsPersonType", False))}
        _insert(org, "RecordType", row_id, admin, values)


def _people(org: "Org") -> None:
    known: dict[str, str] = {
        user.username.split("@")[0].split(".")[0]: user.id for user in org.users.values()
    }
    for about in org.settings.get("seed", []):
        owner = org.users[known[about.get("owner", "avery")]]
        sobject = org.schema[about["object"]]
        writer = org.writer(owner if about.get("as_owner") else org.system_user())
        values = {key: _resolve(org, value, known) for key, value in about["values"].items()}
        if sobject.has("OwnerId") and sobject.fields["ownerid"].flag("createable"):
            values.setdefault("OwnerId", owner.id)
        record_id = writer.create(sobject, values)
        if "ref" in about:
            known[about["ref"]] = record_id
        for name, level in about.get("grant", {}).items():
            grant(org, record_id, known[name], level)


def _resolve(org: "Org", value: Any, known: dict[str, str]) -> Any:
    """`@ref` is the id of an earlier seed record, `@ref.Field` one of its fields."""
    if not isinstance(value, str) or not value.startswith("@"):
        return value
    ref, _, name = value[1:].partition(".")
    sobject = org.schema.by_prefix(known[ref])
    if not name or sobject is None:
        return known[ref]
    return (org.store.get(sobject.name, known[ref]) or {})[name]


def grant(org: "Org", record_id: str, user_id: str, level: str | None) -> None:
    """Let a user read or edit a record; a person account's contact goes along with it."""
    org.store.grant(record_id, user_id, level)
    account = org.store.get("Account", record_id)
    if account and account.get("PersonContactId"):
        org.store.grant(account["PersonContactId"], user_id, level)
