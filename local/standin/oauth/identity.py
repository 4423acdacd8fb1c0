"""The identity URL and userinfo."""

from typing import TYPE_CHECKING, Any

from ..data.store import Row
from ..rest.call import Reply

if TYPE_CHECKING:
    from ..data.access import UserAccount
    from ..org import Org

_REST = {
    "enterprise": "/services/Soap/c/{version}/",
    "metadata": "/services/Soap/m/{version}/",
    "partner": "/services/Soap/u/{version}/",
    "rest": "/services/data/v{version}/",
    "sobjects": "/services/data/v{version}/sobjects/",
    "search": "/services/data/v{version}/search/",
    "query": "/services/data/v{version}/query/",
    "recent": "/services/data/v{version}/recent/",
    "tooling_soap": "/services/Soap/T/{version}/",
    "tooling_rest": "/services/data/v{version}/tooling/",
    "feeds": "/services/data/v{version}/chatter/feeds",
    "groups": "/services/data/v{version}/chatter/groups",
    "users": "/services/data/v{version}/chatter/users",
    "feed_items": "/services/data/v{version}/chatter/feed-items",
    "feed_elements": "/services/data/v{version}/chatter/feed-elements",
}
_UTC_OFFSET = -18_000_000


def _urls(org: "Org", user: "UserAccount") -> dict[str, str]:
    urls = {name: org.instance_url + path for name, path in _REST.items()}
    for name in ("enterprise", "metadata", "partner", "tooling_soap"):
        urls[name] += org.org_id[:15]
    urls["profile"] = f"{org.instance_url}/{user.id}"
    urls["custom_domain"] = org.instance_url
    return urls


def _photos(org: "Org") -> dict[str, str]:
    base = f"{org.instance_url}/profilephoto/005"
    return {"picture": f"{base}/F", "thumbnail": f"{base}/T"}


def _shared(org: "Org", user: "UserAccount", row: Row) -> dict[str, Any]:
    """What both documents say under the same key."""
    return {
        "user_id": user.id,
        "organization_id": org.org_id,
        "email": row["Email"],
        "email_verified": True,
        "photos": _photos(org),
        "urls": _urls(org, user),
        "active": user.active,
        "user_type": "STANDARD",
        "language": row["LanguageLocaleKey"],
        "locale": row["LocaleSidKey"],
        "utcOffset": _UTC_OFFSET,
    }


def identity(org: "Org", user: "UserAccount") -> Reply:
    """GET /id/<org>/<user>."""
    row = org.store.get("User", user.id) or {}
    body = {
        "id": org.identity_url(user),
        "asserted_user": True,
        "username": user.username,
        "nick_name": row["CommunityNickname"],
        "display_name": row["Name"],
        "first_name": row["FirstName"],
        "last_name": row["LastName"],
        "timezone": row["TimeZoneSidKey"],
        **dict.fromkeys(f"addr_{part}" for part in ("street", "city", "state", "country", "zip")),
        "mobile_phone": None,
        "mobile_phone_verified": False,
        "is_lightning_login_user": False,
        "status": {"created_date": None, "body": None},
        "last_modified_date": row["LastModifiedDate"],
        "is_app_installed": True,
        **_shared(org, user, row),
    }
    return Reply(body=body)


def userinfo(org: "Org", user: "UserAccount") -> Reply:
    """GET /services/oauth2/userinfo."""
    row = org.store.get("User", user.id) or {}
    body = {
        "sub": org.identity_url(user),
        "preferred_username": user.username,
        "nickname": row["CommunityNickname"],
        "name": row["Name"],
        "given_name": row["FirstName"],
        "family_name": row["LastName"],
        "zoneinfo": row["TimeZoneSidKey"],
        "profile": f"{org.instance_url}/{user.id}",
        "picture": _photos(org)["picture"],
        "address": {"country": "US"},
        "is_salesforce_integration_user": False,
        "updated_at": row["LastModifiedDate"],
        **_shared(org, user, row),
    }
    return Reply(body=body)


def bad_token(*, missing: bool) -> Reply:
    """403 in plain text: neither 401 nor JSON."""
    return Reply(
        403, "Missing_OAuth_Token" if missing else "Bad_OAuth_Token", content_type="text/plain"
    )
