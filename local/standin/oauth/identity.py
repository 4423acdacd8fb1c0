"""The identity URL and userinfo."""

from typing import TYPE_CHECKING, Any

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


def identity(org: "Org", user: "UserAccount") -> Reply:
    """GET /id/<org>/<user>."""
    row = org.store.get("User", user.id) or {}
    body: dict[str, Any] = {
        "id": org.identity_url(user),
        "asserted_user": True,
        "user_id": user.id,
        "organization_id": org.org_id,
        "username": user.username,
        "nick_name": row["CommunityNickname"],
        "display_name": row["Name"],
        "email": row["Email"],
        "email_verified": True,
        "first_name": row["FirstName"],
        "last_name": row["LastName"],
        "timezone": row["TimeZoneSidKey"],
        "photos": _photos(org),
        "addr_street": None,
        "addr_city": None,
        "addr_state": None,
        "addr_country": None,
        "addr_zip": None,
        "mobile_phone": None,
        "mobile_phone_verified": False,
        "is_lightning_login_user": False,
        "status": {"created_date": None, "body": None},
        "urls": _urls(org, user),
        "active": user.active,
        "user_type": "STANDARD",
        "language": row["LanguageLocaleKey"],
        "locale": row["LocaleSidKey"],
        "utcOffset": _UTC_OFFSET,
        "last_modified_date": row["LastModifiedDate"],
        "is_app_installed": True,
    }
    return Reply(body=body)


def userinfo(org: "Org", user: "UserAccount") -> Reply:
    """GET /services/oauth2/userinfo."""
    row = org.store.get("User", user.id) or {}
    photos = _photos(org)
    body: dict[str, Any] = {
        "sub": org.identity_url(user),
        "user_id": user.id,
        "organization_id": org.org_id,
        "preferred_username": user.username,
        "nickname": row["CommunityNickname"],
        "name": row["Name"],
        "email": row["Email"],
        "email_verified": True,
        "given_name": row["FirstName"],
        "family_name": row["LastName"],
        "zoneinfo": row["TimeZoneSidKey"],
        "photos": photos,
        "profile": f"{org.instance_url}/{user.id}",
        "picture": photos["picture"],
        "address": {"country": "US"},
        "is_salesforce_integration_user": False,
        "urls": _urls(org, user),
        "active": user.active,
        "user_type": "STANDARD",
        "language": row["LanguageLocaleKey"],
        "locale": row["LocaleSidKey"],
        "utcOffset": _UTC_OFFSET,
        "updated_at": row["LastModifiedDate"],
    }
    return Reply(body=body)


def bad_token(*, missing: bool) -> Reply:
    """403 in plain text: neither 401 nor JSON."""
    return Reply(
        403, "Missing_OAuth_Token" if missing else "Bad_OAuth_Token", content_type="text/plain"
    )
