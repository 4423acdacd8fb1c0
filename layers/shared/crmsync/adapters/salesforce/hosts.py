"""Which hosts we talk to. Pure: one parser, one pattern, no look-ups.

Addresses come from users (My Domain) and from answers (`instance_url`, `id`): all pass here, so no
input can point a token or a request elsewhere. The pattern covers My Domain with its sandbox form
`name--sandbox` and its partition names; extra hosts come from the operator's settings only.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from types import MappingProxyType
from urllib.parse import urlsplit

from crmsync.adapters.salesforce.descriptors import Descriptor
from crmsync.domain.errors import Invalid

_LOGIN_HOSTS = frozenset({"login.salesforce.com", "test.salesforce.com"})
_PARTITIONS = "sandbox|develop|scratch|demo|patch|trailblaze|free"
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_MY_DOMAIN = re.compile(rf"{_LABEL}(?:\.(?:{_PARTITIONS}))?\.my\.salesforce\.com")
_PLAIN = re.compile(r"[!-~]+")
_MAX_LENGTH = 200
_IDENTITY = re.compile(r"/id/(00D[A-Za-z0-9]{15})/(005[A-Za-z0-9]{15})")
_PAGE_HOSTS = (".lightning.force.com", ".my.salesforce-setup.com")
NO_OVERRIDES: Mapping[str, str] = MappingProxyType({})


def origin(url: str, extra_hosts: Collection[str] = ()) -> str | None:
    """`https://host[:port]` of an address we may talk to, or None for every other one."""
    if len(url) > _MAX_LENGTH or not _PLAIN.fullmatch(url) or "\\" in url or "%" in url:
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    host = parts.netloc.lower().removesuffix(":443")
    if parts.scheme != "https" or not _may_call(host, port, extra_hosts):
        return None
    return f"https://{host}"


def _may_call(host: str, port: int | None, extra_hosts: Collection[str]) -> bool:
    if host in extra_hosts:
        return True
    return port in (None, 443) and (host in _LOGIN_HOSTS or _MY_DOMAIN.fullmatch(host) is not None)


def org_and_user(identity_url: str) -> tuple[str, str] | None:
    """Org and user id, 18 characters each, from an identity address; None if it is not one."""
    found = _IDENTITY.fullmatch(urlsplit(identity_url).path)
    return (found[1], found[2]) if found else None


def login_url(
    descriptor: Descriptor,
    environment: str,
    my_domain: str | None,
    *,
    login_urls: Mapping[str, str] = NO_OVERRIDES,
    extra_hosts: Collection[str] = (),
) -> str:
    """Where a login of this kind starts; raises `Invalid` when that is no host of the platform.

    `my_domain` may be the bare name, the host or an address of the org. `login_urls` replace the
    descriptor's own.
    """
    if environment != "my_domain":
        return _standard_login({**descriptor.login_urls, **login_urls}, environment)
    host = _host_of(my_domain or "")
    for suffix, reason in descriptor.foreign_hosts.items():
        if host == suffix or host.endswith(f".{suffix}"):
            raise Invalid("not_a_salesforce_org", reason, at="/my_domain")
    found = origin(f"https://{host}", extra_hosts)
    if found is None or host in _LOGIN_HOSTS:
        text = "Enter your org's My Domain host, for example acme.my.salesforce.com."
        raise Invalid("my_domain_invalid", text, at="/my_domain")
    return found


def _standard_login(login_urls: Mapping[str, str], environment: str) -> str:
    if environment not in login_urls:
        choices = ", ".join(sorted([*login_urls, "my_domain"]))
        text = f"There is no environment '{environment}'. Choose one of {choices}."
        raise Invalid("environment_unknown", text, at="/environment")
    return login_urls[environment]


def _host_of(my_domain: str) -> str:
    """The API host meant by what people paste: a name, a host, or the address of a page."""
    text = my_domain.strip().lower().removeprefix("https://")
    host = text.partition("/")[0].removesuffix(":443")
    for page_host in _PAGE_HOSTS:
        if host.endswith(page_host):
            return host.removesuffix(page_host) + ".my.salesforce.com"
    if re.fullmatch(_LABEL, host):
        return f"{host}.my.salesforce.com"
    return host
