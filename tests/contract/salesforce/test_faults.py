"""What the adapter makes of an org that fails, drags, lies, or asks for patience."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest
from crmsync.adapters.salesforce.gateway import SalesforceGateway
from crmsync.adapters.salesforce.login import open_crm
from crmsync.domain.errors import ConnectionStopped, CrmSyncError, Defer, Retry
from crmsync.ports.access_tokens import AccessToken
from crmsync.ports.crm import PersonWrite

from tests.contract.salesforce.standin_org import SHORT, START, PasswordTokens, StandinOrg

NEWSLETTER = "Client Newsletter"


class TestTokens:
    def test_a_refused_token_is_renewed_once_and_the_call_repeated(
        self, salesforce: StandinOrg
    ) -> None:
        crm = salesforce.crm()
        crm.schema()
        salesforce.fault("expired_session")

        assert crm.campaigns("", None).items

    def test_a_token_that_is_refused_again_stops_the_connection(
        self, salesforce: StandinOrg
    ) -> None:
        tokens = PasswordTokens(salesforce, salesforce.username("avery.advisor"))
        gateway = SalesforceGateway(
            tokens, salesforce.settings(), salesforce.shapes, salesforce.slept.append
        )
        crm = gateway.open_for(salesforce.connection("avery.advisor", {}))
        salesforce.fault("expired_session", times=0, path="/services/data")

        with pytest.raises(ConnectionStopped, match="session_refused"):
            crm.campaigns("", None)

        assert len(tokens.asked) == 2
        assert (crm.calls, salesforce.slept) == (2, [])

    def test_a_token_that_points_elsewhere_is_never_sent(self, salesforce: StandinOrg) -> None:
        real = salesforce.sign_in(salesforce.username("avery.advisor"))
        elsewhere = AccessToken(real.token, "https://evil.example", real.org_id, real.user_id)
        before = salesforce.running.org.meter.requests

        with pytest.raises(ConnectionStopped, match="host_not_allowed"):
            open_crm(salesforce.settings())("salesforce", elsewhere).identity()

        assert salesforce.running.org.meter.requests == before

    def test_a_redirect_is_not_followed(self, salesforce: StandinOrg) -> None:
        where = {"Location": f"{salesforce.running.https_url}/services/data"}
        crm = salesforce.crm()
        crm.schema()
        before = salesforce.running.org.meter.requests
        salesforce.fault("status", with_={"status": 302, "headers": where}, path="/services/data")

        with pytest.raises(ConnectionStopped, match="org_moved"):
            crm.campaigns("", None)

        assert salesforce.running.org.meter.requests == before + 1


class TestPassingFailures:
    @pytest.mark.parametrize(
        ("kind", "with_"),
        [
            ("reset_before", {}),
            ("reset_after", {}),
            ("truncate", {"bytes": 40}),
            ("html", {"status": 500, "body": "<html>Sorry</html>"}),
            ("html", {"status": 200, "body": "<html>Maintenance</html>"}),
            ("status", {"status": 502, "body": ""}),
            ("status", {"status": 200, "body": {"compositeResponse": []}}),
            ("rewrite", {"remove": ["compositeResponse"]}),
        ],
    )
    def test_a_read_is_simply_repeated(
        self, salesforce: StandinOrg, kind: str, with_: dict[str, object]
    ) -> None:
        crm = salesforce.crm()
        crm.schema()
        salesforce.fault(kind, with_=with_, path="composite")

        assert crm.campaigns("", None).items
        assert len(salesforce.slept) == 1

    def test_reads_are_given_up_after_a_few_tries(self, salesforce: StandinOrg) -> None:
        crm = salesforce.crm()
        salesforce.fault("reset_before", times=0, path="composite")

        with pytest.raises(Retry, match="crm_answer_lost"):
            crm.campaigns("", None)

        assert len(salesforce.slept) == 3

    def test_a_server_that_sends_a_byte_now_and_then_runs_out_of_time(
        self, salesforce: StandinOrg
    ) -> None:
        crm = salesforce.crm(limits=SHORT)
        crm.schema()
        salesforce.fault("drip", with_={"seconds": 0.2}, path="composite", times=0)

        with pytest.raises(Retry, match="crm_answer_lost"):
            crm.campaigns("", None)

    def test_a_server_that_says_nothing_runs_out_of_time(self, salesforce: StandinOrg) -> None:
        crm = salesforce.crm(limits=SHORT)
        crm.schema()
        before = salesforce.running.org.meter.requests
        salesforce.fault("delay", with_={"seconds": 3}, path="composite")

        assert crm.campaigns("", None).items
        salesforce.wait_for_requests(before + 2)

    def test_an_answer_without_end_is_not_read(self, salesforce: StandinOrg) -> None:
        campaign_id = str(salesforce.do("seed", count=500, campaign="Many")["campaign_id"])
        small = type(SHORT)(body=100_000)
        crm = salesforce.crm("iris.integration", limits=small)

        with pytest.raises(Retry, match="crm_answer_lost"):
            crm.members_page(campaign_id, None)

    def test_nobody_there_is_told_apart_from_a_lost_answer(self, salesforce: StandinOrg) -> None:
        """Nothing was sent, so even a write may be repeated."""
        real = salesforce.sign_in(salesforce.username("avery.advisor"))
        closed = AccessToken(real.token, "https://127.0.0.1:9", real.org_id, real.user_id)
        settings = salesforce.settings()
        allowed = type(settings)(
            allowed_hosts=frozenset({"127.0.0.1:9"}), ca_bundle=settings.ca_bundle
        )
        gateway = SalesforceGateway(
            _Fixed(closed), allowed, salesforce.shapes, salesforce.slept.append
        )
        crm = gateway.open_for(salesforce.connection("avery.advisor", {}))

        with pytest.raises(Retry, match="crm_unreachable") as failed:
            crm.create_campaign("Spring")

        assert failed.value.applied is False

    def test_a_certificate_nobody_vouches_for_is_refused(self, salesforce: StandinOrg) -> None:
        settings = salesforce.settings()
        distrusting = type(settings)(allowed_hosts=settings.allowed_hosts)
        token = salesforce.sign_in(salesforce.username("avery.advisor"))
        gateway = SalesforceGateway(
            _Fixed(token), distrusting, salesforce.shapes, salesforce.slept.append
        )

        with pytest.raises(Retry, match="crm_unreachable"):
            gateway.open_for(salesforce.connection("avery.advisor", {})).campaigns("", None)


class _Fixed:
    """The same token every time."""

    def __init__(self, token: AccessToken) -> None:
        self.token = token

    def get(self, connection_id: str, *, refused: str | None = None) -> AccessToken:
        assert connection_id
        assert refused is None
        return self.token


class TestPatience:
    def test_a_spent_quota_is_not_tried_again(self, salesforce: StandinOrg) -> None:
        crm = salesforce.crm()
        crm.schema()
        salesforce.running.org.knobs.change({"api_max": 50})
        salesforce.running.org.meter.set_used(50)
        before = crm.calls

        with pytest.raises(Defer, match="api_quota_spent") as pause:
            crm.campaigns("", None)

        assert crm.calls - before == 1
        assert pause.value.seconds >= 600

    def test_every_answer_tells_the_usage(self, salesforce: StandinOrg) -> None:
        salesforce.running.org.knobs.change({"api_max": 1_000})
        salesforce.running.org.meter.set_used(700)
        crm = salesforce.crm()
        assert crm.budget.max == 0

        crm.schema()

        assert (crm.budget.used, crm.budget.max) == (701, 1_000)
        assert 0 < crm.budget.share < 1

    @pytest.mark.parametrize("status", [503, 429, 420, 406])
    def test_an_org_that_is_busy_is_left_alone_for_a_while(
        self, salesforce: StandinOrg, status: int
    ) -> None:
        crm = salesforce.crm()
        crm.schema()
        salesforce.fault("html", with_={"status": status, "body": "<html>"}, path="composite")

        with pytest.raises(Defer, match="crm_unavailable"):
            crm.campaigns("", None)

        assert salesforce.slept == []

    def test_a_short_pause_it_asks_for_is_waited_out(self, salesforce: StandinOrg) -> None:
        crm = salesforce.crm()
        crm.schema()
        busy = {"status": 503, "body": "", "headers": {"Retry-After": "1"}}
        salesforce.fault("status", with_=busy, path="composite")

        assert crm.campaigns("", None).items
        assert len(salesforce.slept) == 1


def every_page_is(org: StandinOrg, path: str, status: int, body: object) -> None:
    """What every query with this in its address is answered."""
    answer = {"status": status, "body": body}
    org.fault("status", within="composite", path=path, times=0, with_=answer)


class TestPages:
    def test_an_expired_page_is_an_error_and_never_a_short_list(
        self, salesforce: StandinOrg
    ) -> None:
        campaign_id = str(salesforce.do("seed", count=2_500, campaign="Many")["campaign_id"])
        crm = salesforce.crm("iris.integration")
        body = [{"message": "invalid query locator", "errorCode": "INVALID_QUERY_LOCATOR"}]
        salesforce.fault(
            "status",
            within="composite",
            path=r"/query/\w",
            times=0,
            with_={"status": 400, "body": body},
        )

        with pytest.raises(Retry, match="page_expired"):
            crm.member_ids(campaign_id)

    @pytest.mark.parametrize(
        "next_url",
        [
            "https://evil.example/services/data/v62.0/query/01g5f0000000001AAA-2000",
            "//evil.example/services/data/v62.0/query/01g5f0000000001AAA-2000",
            "/services/data/v62.0/sobjects/Contact",
            "/services/data/v62.0/query/../sobjects/x-1",
            "/services/data/v62.0/query/01g5f0000000001AAA-2000?x=1",
        ],
    )
    def test_a_next_page_anywhere_else_is_not_asked_for(
        self, salesforce: StandinOrg, next_url: str
    ) -> None:
        campaign_id = salesforce.find("Campaign", Name=NEWSLETTER)
        crm = salesforce.crm()
        crm.schema()
        page = {"totalSize": 9_000, "done": False, "nextRecordsUrl": next_url, "records": []}
        salesforce.fault(
            "status",
            within="composite",
            path="CampaignMember",
            times=0,
            with_={"status": 200, "body": page},
        )

        with pytest.raises(Retry, match="crm_answer_unreadable"):
            crm.member_ids(campaign_id)

    def test_pages_that_go_round_in_circles_are_an_error(self, salesforce: StandinOrg) -> None:
        campaign_id = salesforce.find("Campaign", Name=NEWSLETTER)
        crm = salesforce.crm()
        crm.schema()
        again = "/services/data/v62.0/query/01g5f0000000001AAA-2000"
        page = {"totalSize": 9_000, "done": False, "nextRecordsUrl": again, "records": []}
        every_page_is(salesforce, "CampaignMember|/query/01g", 200, page)

        with pytest.raises(Retry, match="crm_answer_unreadable"):
            crm.member_ids(campaign_id)

    @pytest.mark.parametrize(
        "page",
        [
            {"totalSize": 3, "done": True},
            {"totalSize": 3, "done": False, "records": []},
            {"totalSize": 3, "records": []},
            {"totalSize": 3, "done": True, "records": "none"},
            {"totalSize": 3, "done": True, "records": [None]},
            {"totalSize": 3, "done": True, "records": []},
        ],
    )
    def test_a_page_that_contradicts_itself_is_an_error(
        self, salesforce: StandinOrg, page: dict[str, object]
    ) -> None:
        campaign_id = salesforce.find("Campaign", Name=NEWSLETTER)
        crm = salesforce.crm()
        crm.schema()
        salesforce.fault(
            "status",
            within="composite",
            path="CampaignMember",
            times=0,
            with_={"status": 200, "body": page},
        )

        with pytest.raises(Retry):
            crm.member_ids(campaign_id)


class TestLateCommits:
    def test_a_row_committed_late_is_found_by_looking_back(self, salesforce: StandinOrg) -> None:
        campaign_id = salesforce.find("Campaign", Name=NEWSLETTER)
        pia = salesforce.find("Contact", FirstName="Pia")
        salesforce.running.org.clock.set(START + timedelta(hours=1), frozen=True)
        salesforce.do("late-commit", id=pia, values={"Title": "Owner and potter"}, seconds_ago=300)

        since = START + timedelta(minutes=50)
        delta = salesforce.crm().delta([campaign_id], since)

        assert delta.people[pia].value("title") == "Owner and potter"


SECRETS = ("mail.example", "Okafor", "Bearer", "00D5f000000SaLe!")


@pytest.mark.parametrize(
    ("kind", "with_"),
    [
        ("reset_before", {}),
        ("html", {"status": 500, "body": "okafor.family@mail.example"}),
        ("html", {"status": 404, "body": "okafor.family@mail.example"}),
        ("status", {"status": 400, "body": [{"errorCode": "MALFORMED_QUERY", "message": "x"}]}),
        ("truncate", {"bytes": 5}),
        ("expired_session", {}),
    ],
)
def test_no_error_and_no_log_line_holds_an_address_or_a_token(
    salesforce: StandinOrg,
    caplog: pytest.LogCaptureFixture,
    kind: str,
    with_: dict[str, object],
) -> None:
    caplog.set_level(logging.DEBUG)
    crm = salesforce.crm()
    crm.schema()
    salesforce.fault(kind, with_=with_, path="composite", times=0)

    with pytest.raises(CrmSyncError) as failed:
        crm.people_by_email(["okafor.family@mail.example"])

    told = [str(failed.value), repr(failed.value)]
    cause = failed.value.__cause__
    told += [str(cause)] if cause else []
    told += [] if failed.value.__suppress_context__ else [str(failed.value.__context__)]
    told += [record.getMessage() for record in caplog.records]
    assert not [text for text in told if any(secret in text for secret in SECRETS)]


def test_an_org_that_was_never_asked_costs_nothing(salesforce: StandinOrg) -> None:
    crm = salesforce.crm()

    assert crm.write_people([]) == ()
    assert crm.add_members("7015f0000000001AAA", []) == ()
    assert crm.remove_members([]) == ()
    assert crm.people_by_email([]) == ()
    assert crm.people_by_external_id([]) == ()
    assert crm.predecessors([]) == {}
    assert crm.calls <= 1
    assert PersonWrite("k").values == {}
