"""Notices and reviews: what every control store promises."""

from __future__ import annotations

from datetime import timedelta

import pytest
from crmsync.ports.due import Due
from crmsync.ports.notices import NoticeSettings, Webhook
from crmsync.ports.posts import Post

from tests.contract.subjects import ControlSubject
from tests.fakes.builders import a_notice, a_review
from tests.fakes.clock import START


class TestNotices:
    def test_a_notice_is_stored_once(self, control: ControlSubject) -> None:
        assert control.notices.add(a_notice(run_id="run1", connection_id="con1"))
        assert not control.notices.add(a_notice(title="Again"))

        page = control.notices.page("t1", "u1", None, 10)

        assert page.items == (a_notice(run_id="run1", connection_id="con1"),)
        assert page.cursor is None

    def test_notices_come_newest_first_and_page_by_page(self, control: ControlSubject) -> None:
        for number in range(5):
            at = START + timedelta(minutes=number)
            control.notices.add(a_notice(f"n{number}", created_at=at))

        ids = []
        page = control.notices.page("t1", "u1", None, 2)
        ids += [notice.id for notice in page.items]
        while page.cursor is not None:
            page = control.notices.page("t1", "u1", page.cursor, 2)
            ids += [notice.id for notice in page.items]

        assert ids == ["n4", "n3", "n2", "n1", "n0"]

    def test_users_see_their_own_notices_only(self, control: ControlSubject) -> None:
        control.notices.add(a_notice("n1"))
        control.notices.add(a_notice("n2", user_id="u2"))
        control.notices.add(a_notice("n3", "t2"))

        assert [n.id for n in control.notices.page("t1", "u1", None, 10).items] == ["n1"]

    def test_a_notice_is_marked_as_read(self, control: ControlSubject) -> None:
        control.notices.add(a_notice())

        assert control.notices.mark_read("t1", "u1", "n1")

        assert control.notices.page("t1", "u1", None, 10).items == (a_notice(read=True),)
        assert control.notices.mark_read("t1", "u1", "n1")

    @pytest.mark.parametrize(
        ("tenant", "user", "notice"), [("t1", "u2", "n1"), ("t2", "u1", "n1"), ("t1", "u1", "n2")]
    )
    def test_a_notice_that_is_not_the_users_cannot_be_marked(
        self, control: ControlSubject, tenant: str, user: str, notice: str
    ) -> None:
        control.notices.add(a_notice())

        assert not control.notices.mark_read(tenant, user, notice)
        assert not control.notices.page("t1", "u1", None, 10).items[0].read

    def test_settings_start_with_the_defaults_and_are_replaced(
        self, control: ControlSubject
    ) -> None:
        assert control.notices.settings("t1", "u1") == NoticeSettings()
        chosen = NoticeSettings(
            "problems", (Webhook("wh1", "https://example.com/hook", enabled=True, secret="whsec_"),)
        )

        control.notices.put_settings("t1", "u1", chosen)

        assert control.notices.settings("t1", "u1") == chosen
        assert control.notices.settings("t1", "u2") == NoticeSettings()
        assert control.notices.settings("t2", "u1") == NoticeSettings()


class TestReviews:
    def test_a_review_is_asked_once(self, control: ControlSubject) -> None:
        control.reviews.open([a_review()])

        control.reviews.open([a_review(subject={"name": "Somebody Else"}), a_review("rev2")])

        assert control.reviews.get("t1", "rev1") == a_review()
        assert control.reviews.get("t1", "rev2") == a_review("rev2")

    def test_an_unknown_or_foreign_review_is_none(self, control: ControlSubject) -> None:
        control.reviews.open([a_review()])

        assert control.reviews.get("t1", "rev2") is None
        assert control.reviews.get("t2", "rev1") is None

    def test_undecided_reviews_come_oldest_first(self, control: ControlSubject) -> None:
        reviews = [
            a_review(f"rev{number}", created_at=START + timedelta(minutes=number))
            for number in (2, 0, 1)
        ]
        control.reviews.open([*reviews, a_review("other", connection_id="con2")])
        control.reviews.decide(reviews[1], "same")

        listed = control.reviews.list("t1", "con1")

        assert [review.id for review in listed] == ["rev1", "rev2"]

    def test_undecided_reviews_are_read_page_by_page(self, control: ControlSubject) -> None:
        reviews = [
            a_review(f"rev{number}", created_at=START + timedelta(minutes=number // 2))
            for number in range(7)
        ]
        control.reviews.open([*reviews, a_review("other", connection_id="con2")])
        control.reviews.decide(reviews[3], "same")

        pages = [control.reviews.page("t1", "con1", None, 2)]
        while pages[-1].cursor is not None:
            pages.append(control.reviews.page("t1", "con1", pages[-1].cursor, 2))

        read = [review.id for page in pages for review in page.items]
        assert read == ["rev0", "rev1", "rev2", "rev4", "rev5", "rev6"]
        assert len(pages[0].items) == 2

    def test_a_decision_is_recorded(self, control: ControlSubject) -> None:
        control.reviews.open([a_review()])

        control.reviews.decide(a_review(), "different")

        decided = control.reviews.get("t1", "rev1")
        assert decided == a_review(decision="different")
        assert control.reviews.list("t1", "con1") == ()

    def test_a_decided_review_is_not_asked_again(self, control: ControlSubject) -> None:
        control.reviews.open([a_review()])
        control.reviews.decide(a_review(), "skip")

        control.reviews.open([a_review()])

        assert control.reviews.list("t1", "con1") == ()


class TestPosts:
    POST = Post("t1", "run_1", "w_1", 1)

    def test_a_message_that_was_not_taken_is_kept_and_due(self, control: ControlSubject) -> None:
        assert control.posts.get("t1", self.POST.id) is None

        control.posts.keep(self.POST, START + timedelta(minutes=5))

        assert control.posts.get("t1", self.POST.id) == self.POST
        assert control.posts.get("t2", self.POST.id) is None
        assert control.due.due(START, None, 10).items == ()
        due = Due("post", "t1", self.POST.id, START + timedelta(minutes=5))
        assert control.due.due(START + timedelta(minutes=5), None, 10).items == (due,)
        assert control.due.claim(due, START + timedelta(minutes=10))
        assert not control.due.claim(due, START + timedelta(minutes=10))

    def test_a_try_that_is_no_news_changes_nothing(self, control: ControlSubject) -> None:
        second = Post("t1", "run_1", "w_1", 2)
        control.posts.keep(second, START + timedelta(hours=1))

        control.posts.keep(self.POST, START)
        control.posts.keep(second, None)

        assert control.posts.get("t1", self.POST.id) == second
        assert control.due.due(START, None, 10).items == ()
        assert len(control.due.due(START + timedelta(hours=1), None, 10).items) == 1

    def test_what_is_settled_stays_known_and_is_not_due(self, control: ControlSubject) -> None:
        control.posts.keep(self.POST, START)
        settled = Post("t1", "run_1", "w_1", 2)

        control.posts.keep(settled, None)

        assert control.posts.get("t1", self.POST.id) == settled
        assert control.due.due(START + timedelta(days=9), None, 10).items == ()
