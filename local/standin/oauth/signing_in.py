"""Checks a username and password."""

from typing import TYPE_CHECKING

from ..errors import OAuthError

if TYPE_CHECKING:
    from ..data.access import UserAccount
    from ..org import Org


def login(org: "Org", username: str, password: str) -> "UserAccount":
    """The user; a security token glued to the password is accepted as Salesforce does."""
    user = org.user_by_name(username)
    if user is None or not password.startswith(user.password):
        raise OAuthError("invalid_grant", "authentication failure")
    return active(org, user.id)


def active(org: "Org", user_id: str) -> "UserAccount":
    """The user, unless deactivated."""
    user = org.users[user_id]
    if not user.active:
        raise OAuthError("invalid_grant", "inactive user")
    return user
