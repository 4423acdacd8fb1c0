"""Which addresses we ever talk to: nothing a user or an answer can say points elsewhere."""

from __future__ import annotations

import pytest
from crmsync.adapters.salesforce.descriptors import DESCRIPTORS
from crmsync.adapters.salesforce.hosts import login_url, org_and_user, origin
from crmsync.domain.errors import Invalid
from hypothesis import given
from hypothesis import strategies as st

ALLOWED = [
    ("https://login.salesforce.com", "https://login.salesforce.com"),
    ("https://test.salesforce.com/", "https://test.salesforce.com"),
    ("https://acme.my.salesforce.com", "https://acme.my.salesforce.com"),
    ("https://ACME.My.Salesforce.com", "https://acme.my.salesforce.com"),
    ("https://acme.my.salesforce.com:443", "https://acme.my.salesforce.com"),
    ("https://acme-corp--uat.sandbox.my.salesforce.com", None),
    ("https://acme--dev.develop.my.salesforce.com", None),
    ("https://acme-dev-ed.trailblaze.my.salesforce.com", None),
    ("https://a.scratch.my.salesforce.com", None),
    ("https://acme.demo.my.salesforce.com", None),
    (
        "https://acme.my.salesforce.com/id/00D5f000000SaLeEAK/0055f0000000001AAA",
        "https://acme.my.salesforce.com",
    ),
    ("https://acme.my.salesforce.com?x=https://evil.example", "https://acme.my.salesforce.com"),
]
REFUSED = [
    "",
    " ",
    "acme.my.salesforce.com",
    "//acme.my.salesforce.com",
    "http://login.salesforce.com",
    "ftp://login.salesforce.com",
    "javascript:alert(1)",
    "file:///etc/passwd",
    "gopher://login.salesforce.com",
    "https://",
    "https://salesforce.com",
    "https://my.salesforce.com",
    "https://www.salesforce.com",
    "https://na1.salesforce.com",
    "https://login.salesforce.com.evil.example",
    "https://acme.my.salesforce.com.evil.example",
    "https://acme.my.salesforce.comevil.example",
    "https://evil-my.salesforce.com.example",
    "https://acmemy.salesforce.com",
    "https://acme.my.salesforce.com@evil.example",
    "https://acme.my.salesforce.com:pw@evil.example",
    "https://user@acme.my.salesforce.com",
    "https://user:pw@login.salesforce.com",
    "https://evil.example/acme.my.salesforce.com",
    "https://evil.example?acme.my.salesforce.com",
    "https://evil.example#.my.salesforce.com",
    "https://evil.example\\.my.salesforce.com",
    "https://evil.example\\@acme.my.salesforce.com",
    "https:\\\\acme.my.salesforce.com",
    "https://evil.example%2f.my.salesforce.com",
    "https://evil.example%00.my.salesforce.com",
    "https://evil.example\x00.my.salesforce.com",
    "https://evil.example%23.my.salesforce.com",
    "https://acme.my.salesforce.com\n.evil.example",
    "https://acme.my.salesforce.com\r\nHost: evil.example",
    "https://acme.my.salesforce.com\t",
    " https://acme.my.salesforce.com",
    "https://acme.my.salesforce.com.",
    "https://login.salesforce.com.",
    "https://acme..my.salesforce.com",
    "https://.my.salesforce.com",
    "https://-acme.my.salesforce.com",
    "https://acme-.my.salesforce.com",
    "https://ac_me.my.salesforce.com",
    "https://a.b.my.salesforce.com",
    "https://evil.example.my.salesforce.com",
    "https://acme.unknown.my.salesforce.com",
    "https://acme.my.salesforce.com:8443",
    "https://acme.my.salesforce.com:80",
    "https://acme.my.salesforce.com:0",
    "https://acme.my.salesforce.com:99999",
    "https://acme.my.salesforce.com:443:443",
    "https://login.salesforce.com:4430",
    "https://127.0.0.1",
    "https://127.0.0.1:443",
    "https://127.1",
    "https://2130706433",
    "https://0x7f000001",
    "https://0177.0.0.1",
    "https://0",
    "https://169.254.169.254/latest/meta-data",
    "https://[::1]",
    "https://[::ffff:127.0.0.1]",
    "https://[fe80::1%25eth0]",
    "https://[acme.my.salesforce.com]",
    "https://localhost",
    "https://metadata.google.internal",
    "https://acme\u3002my\u3002salesforce\u3002com",
    "https://\u0430cme.my.salesforce.com",
    "https://acme.my.\u0455alesforce.com",
    "https://xn--cme-7cd.my.salesforce.com.evil.example",
    "https://acme.my.salesforce.com\uff0fevil",
    "https://acme.my.salesforce.com\u200b",
    "https://" + "a" * 64 + ".my.salesforce.com",
    "https://acme.my.salesforce.com/" + "a" * 300,
]


@pytest.mark.parametrize(("url", "expected"), ALLOWED)
def test_salesforce_hosts_are_allowed(url: str, expected: str | None) -> None:
    assert origin(url) == (expected or url)


@pytest.mark.parametrize("url", REFUSED)
def test_nothing_else_is(url: str) -> None:
    assert origin(url) is None


def test_the_corpus_is_large_enough_to_mean_something() -> None:
    assert len(set(REFUSED)) >= 60


@pytest.mark.parametrize("url", [*REFUSED, "https://evil.example:18081"])
def test_a_host_from_the_settings_opens_that_host_alone(url: str) -> None:
    extra = frozenset({"127.0.0.1:18081"})

    assert origin("https://127.0.0.1:18081/services", extra) == "https://127.0.0.1:18081"
    assert origin(url, extra) is None


@given(st.text(max_size=60))
def test_whatever_is_allowed_stays_at_salesforce(text: str) -> None:
    for url in (
        text,
        f"https://{text}",
        f"https://{text}.my.salesforce.com",
        f"https://acme.my.salesforce.com{text}",
    ):
        found = origin(url)
        assert found is None or found.endswith(
            (".my.salesforce.com", "login.salesforce.com", "test.salesforce.com")
        )
        assert found is None or not set("@/?#\\%") & set(found.removeprefix("https://"))


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("acme", "https://acme.my.salesforce.com"),
        (" Acme ", "https://acme.my.salesforce.com"),
        ("acme.my.salesforce.com", "https://acme.my.salesforce.com"),
        ("https://acme.my.salesforce.com/", "https://acme.my.salesforce.com"),
        ("https://acme.lightning.force.com/lightning/page/home", "https://acme.my.salesforce.com"),
        ("acme--uat.sandbox.lightning.force.com", "https://acme--uat.sandbox.my.salesforce.com"),
        ("acme.my.salesforce-setup.com", "https://acme.my.salesforce.com"),
    ],
)
def test_what_people_paste_leads_to_their_org(typed: str, expected: str) -> None:
    assert login_url(DESCRIPTORS["salesforce"], "my_domain", typed) == expected


@pytest.mark.parametrize(
    "typed",
    [None, "", "login.salesforce.com", "evil.example", "acme@evil.example", "a.b", "http://acme"],
)
def test_what_is_no_my_domain_is_refused_with_an_example(typed: str | None) -> None:
    with pytest.raises(Invalid, match="my_domain_invalid") as refused:
        login_url(DESCRIPTORS["salesforce"], "my_domain", typed)

    assert "acme.my.salesforce.com" in refused.value.detail


def test_an_unknown_environment_is_refused_with_the_known_ones() -> None:
    with pytest.raises(Invalid, match="my_domain, production, sandbox"):
        login_url(DESCRIPTORS["salesforce"], "staging", None)


def test_a_deployment_can_move_the_login_hosts() -> None:
    moved = {"production": "https://127.0.0.1:18081"}

    found = login_url(DESCRIPTORS["salesforce"], "production", None, login_urls=moved)

    assert found == "https://127.0.0.1:18081"


def test_an_identity_address_names_org_and_user() -> None:
    url = "https://login.salesforce.com/id/00D5f000000SaLeEAK/0055f0000000001AAA"

    assert org_and_user(url) == ("00D5f000000SaLeEAK", "0055f0000000001AAA")


@pytest.mark.parametrize(
    "url", ["", "https://login.salesforce.com/id/x/y", "https://x/id/00D5f000000SaLeEAK"]
)
def test_another_address_names_nobody(url: str) -> None:
    assert org_and_user(url) is None
