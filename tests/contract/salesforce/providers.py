"""The Salesforce adapter behind the ports it implements, over stand-in orgs."""

from __future__ import annotations

import atexit
import functools
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import requests
from crmsync.adapters.salesforce.login import SalesforceOAuth

from tests.contract.salesforce.standin_org import StandinOrg, standin_org
from tests.contract.subjects import OAuthSubject


@functools.cache
def served(folder: str) -> StandinOrg:
    """One server per org and test process, until the process ends."""
    stack = ExitStack()
    atexit.register(stack.close)
    return stack.enter_context(standin_org(folder))


def org(folder: str) -> StandinOrg:
    """The org as its folder describes it."""
    found = served(folder)
    found.reset()
    return found


@dataclass(frozen=True)
class DemoApp:
    """The connected app of an org that comes with the project."""

    client_id: str
    client_secret: str


@dataclass(frozen=True)
class DemoApps:
    """The same app whatever the platform."""

    app: DemoApp

    def of(self, platform: str) -> DemoApp:
        assert platform
        return self.app

    def forget(self) -> None:
        """There is nothing newer."""


def demo_apps(org: StandinOrg, **changed: str) -> DemoApps:
    """The org's app; `changed` spoils a part of it."""
    client = org.running.org.settings["demo_client"]
    stated = {"client_id": client["id"], "client_secret": client["secret"], **changed}
    return DemoApps(DemoApp(**stated))


def agree(org: StandinOrg, authorize_url: str, name: str = "avery.advisor") -> Mapping[str, str]:
    """Fill in the login page as the user: what the browser is sent back with."""
    asked = urlsplit(authorize_url)
    form = {key: values[0] for key, values in parse_qs(asked.query).items()}
    clients = org.running.org.settings.setdefault("clients", {})
    clients["redirect_uris"] = [form["redirect_uri"]]
    username = org.username(name)
    user = org.running.org.user_by_name(username)
    assert user is not None
    form |= {"username": username, "password": user.password, "decision": "allow"}
    url = f"{org.running.url}{asked.path}"
    answer = requests.post(url, data=form, allow_redirects=False, timeout=5)
    back = urlsplit(answer.headers["Location"])
    return {key: values[0] for key, values in parse_qs(back.query).items()}


@contextmanager
def salesforce_oauth() -> Iterator[OAuthSubject]:
    """The login of a plain Salesforce org, with refresh token rotation."""
    org_at_hand = org("salesforce")
    oauth = SalesforceOAuth(demo_apps(org_at_hand), org_at_hand.settings())
    yield OAuthSubject(
        oauth, org_at_hand.running.https_url, "salesforce", lambda url: agree(org_at_hand, url)
    )


@contextmanager
def practifi_oauth() -> Iterator[OAuthSubject]:
    """The login of a Practifi org, without rotation."""
    org_at_hand = org("practifi")
    oauth = SalesforceOAuth(demo_apps(org_at_hand), org_at_hand.settings())
    yield OAuthSubject(
        oauth, org_at_hand.running.https_url, "practifi", lambda url: agree(org_at_hand, url)
    )
