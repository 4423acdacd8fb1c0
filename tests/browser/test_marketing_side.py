"""Groups, contacts, consent, notification settings: the marketing side of the page."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from local.visitor import Visitor
from tests.browser.firms import Firm


def create_group(visitor: Visitor, name: str) -> None:
    visitor.go("/groups")
    visitor.page.get_by_role("button", name="New group").first.click()
    visitor.page.get_by_role("dialog").get_by_label("Name").fill(name)
    visitor.page.get_by_role("button", name="Create group").click()


def test_a_group_is_created_and_its_name_has_to_be_free(advisor: Visitor) -> None:
    page = advisor.page
    create_group(advisor, "Newsletter")
    expect(page.get_by_role("heading", name="Newsletter")).to_be_visible()
    create_group(advisor, "newsletter")
    expect(page.get_by_role("dialog")).to_contain_text("already")


def test_a_contact_is_added_edited_and_put_into_a_group(advisor: Visitor, firm: Firm) -> None:
    page = advisor.page
    group = firm.new_group("Clients", 0)
    advisor.go("/contacts/new")
    page.get_by_label("First name").fill("Ruth")
    page.get_by_label("Last name").fill("Okafor")
    page.get_by_label("E-mail").fill("not an address")
    page.get_by_role("button", name="Create contact").click()
    expect(page.get_by_label("E-mail")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_text("Write an e-mail address, such as")).to_be_visible()
    page.get_by_label("E-mail").fill("ruth.okafor@example.org")
    page.get_by_role("button", name="Create contact").click()
    expect(page.get_by_role("heading", name="Ruth Okafor")).to_be_visible()
    page.get_by_label("Title", exact=True).fill("Treasurer")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.").last).to_be_visible()
    expect(page.locator(".timeline-event").first).to_contain_text("Treasurer")
    advisor.go(f"/groups/{group}")
    page.get_by_role("combobox", name="Add a contact").fill("ruth")
    page.get_by_role("option", name="Ruth Okafor").click()
    expect(page.get_by_text("1 member", exact=True)).to_be_visible()
    page.get_by_role("button", name="Take Ruth Okafor out of the group").click()
    page.get_by_role("button", name="Take out", exact=True).click()
    expect(page.get_by_text("Nobody is in this group yet")).to_be_visible()


def test_a_member_taken_out_of_a_long_list_leaves_it_where_it_is(
    advisor: Visitor, firm: Firm
) -> None:
    page = advisor.page
    group = firm.new_group("Clients", 53)
    advisor.go(f"/groups/{group}")
    page.get_by_role("button", name="Show more").click()
    outs = page.get_by_role("button", name=re.compile("^Take Robin"))
    expect(outs).to_have_count(53)
    after = outs.nth(52).get_attribute("aria-label")
    outs.nth(51).click()
    page.get_by_role("button", name="Take out", exact=True).click()
    expect(outs).to_have_count(52)
    expect(page.get_by_text("52 members", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name=after)).to_be_focused()


def test_a_contact_without_anything_is_not_created_and_says_why(advisor: Visitor) -> None:
    page = advisor.page
    advisor.go("/contacts/new")
    page.get_by_role("button", name="Create contact").click()
    expect(page.get_by_text("Fill in at least a name or an e-mail address.")).to_be_visible()
    expect(page.get_by_label("Last name")).to_be_focused()


def test_a_contact_that_was_edited_elsewhere_meanwhile_is_loaded_again(
    advisor: Visitor, firm: Firm
) -> None:
    page = advisor.page
    contact = firm.call("POST", "contacts", {"first_name": "Mia", "email": "mia@example.org"})
    advisor.go(f"/contacts/{contact['id']}")
    page.get_by_role("button", name="Save").click()
    expect(
        page.get_by_text("Nothing was changed, so there is nothing to save.").last
    ).to_be_visible()
    firm.call("PATCH", f"contacts/{contact['id']}", {"title": "Treasurer"})
    page.get_by_label("City").fill("Portland")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Load it again").click()
    expect(page.get_by_label("Title", exact=True)).to_have_value("Treasurer")
    page.get_by_label("City").fill("Portland")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.").last).to_be_visible()


def test_an_opt_out_counts_at_once_and_needs_evidence_to_be_taken_back(
    advisor: Visitor, firm: Firm
) -> None:
    page = advisor.page
    values = {"first_name": "Mia", "email": "mia@example.org"}
    contact = firm.call("POST", "contacts", values)
    advisor.go(f"/contacts/{contact['id']}")
    page.get_by_role("button", name="Opt out of e-mail").click()
    page.get_by_role("button", name="Opt out", exact=True).click()
    expect(page.get_by_text("This person opted out of e-mail.")).to_be_visible()
    page.get_by_role("button", name="Record a new opt-in").click()
    page.get_by_role("button", name="Record opt-in").click()
    expect(page.get_by_role("dialog").get_by_role("alert")).to_be_visible()
    page.get_by_label("What did they say").fill("Form on the website, 3 March, 14:20")
    page.get_by_role("button", name="Record opt-in").click()
    expect(page.get_by_text("Not opted out")).to_be_visible()


def test_somebody_elses_edit_is_not_overwritten(advisor: Visitor, firm: Firm) -> None:
    page = advisor.page
    contact = firm.call("POST", "contacts", {"first_name": "Liam", "email": "liam@example.org"})
    advisor.go(f"/contacts/{contact['id']}")
    firm.call("PATCH", f"contacts/{contact['id']}", {"title": "Owner"})
    page.get_by_label("Title", exact=True).fill("Tenant")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("changed by somebody else")).to_be_visible()
    assert firm.call("GET", f"contacts/{contact['id']}")["title"] == "Owner"


def test_a_webhook_shows_its_secret_once(advisor: Visitor) -> None:
    page = advisor.page
    advisor.go("/notifications/settings")
    page.get_by_text("Only problems").click()
    page.get_by_role("button", name="Add webhook").click()
    page.get_by_label("Address").fill("http://hooks.example.com/plain")
    page.get_by_role("button", name="Save settings").click()
    expect(page.get_by_label("Address")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Address").fill("https://hooks.example.com/crmsync")
    page.get_by_role("button", name="Save settings").click()
    expect(page.get_by_text("Copy the signing secret now")).to_be_visible()
    page.reload()
    advisor.settle()
    expect(page.get_by_label("Address")).to_have_value("https://hooks.example.com/crmsync")
    expect(page.get_by_text("Copy the signing secret now")).to_have_count(0)
    expect(page.get_by_role("radio", name="Only problems")).to_be_checked()


def test_text_from_outside_stays_text(advisor: Visitor, firm: Firm) -> None:
    hostile = '<img src=x onerror="document.title=1">'
    contact = firm.call("POST", "contacts", {"last_name": hostile, "email": "x@example.org"})
    firm.new_group(hostile, 0)
    for path in ("/contacts", f"/contacts/{contact['id']}", "/groups"):
        advisor.go(path)
        expect(advisor.page.get_by_text(hostile).first).to_be_visible()
        expect(advisor.page.locator("main img")).to_have_count(0)
