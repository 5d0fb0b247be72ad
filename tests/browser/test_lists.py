"""Lists and dashboards with a real browser: by keyboard, on a phone, with the Back button, and without JavaScript."""

import datetime as dt
import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from cases.models import Case, User
from tests.browser.conftest import PHONE, assert_accessible, wait_until
from tests.factories import CaseFactory

pytestmark = [pytest.mark.browser, pytest.mark.integration, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def cases(member, other_member, technician, other_technician):
    """Tom has two cases in progress, one scheduled and one released. Otto has one, and two are unassigned."""
    CaseFactory(title="Pension", member=member, assigned_to=technician, date_accepted=timezone.now())
    CaseFactory(title="Refund", member=member, assigned_to=technician, urgency="urgent", date_accepted=timezone.now())
    CaseFactory(title="Tax", member=other_member, assigned_to=other_technician)
    CaseFactory(title="Insurance", member=member, assigned_to=technician, scheduled=True)
    CaseFactory(title="Savings", member=member, assigned_to=technician, released=True)
    CaseFactory(title="Mortgage", member=other_member, submitted=True)
    allowance = CaseFactory(title="Allowance", member=member, submitted=True)
    Case.objects.filter(pk=allowance.pk).update(date_created=timezone.now() - dt.timedelta(minutes=43))


def rows(page):
    return page.locator(":is(#cases, .case-row) .row-title")


def left_of_words(page, part):
    """Where the text of `part` begins."""
    return page.locator(part).evaluate(
        """part => {
            const range = new Range();
            range.selectNodeContents(part);
            return range.getBoundingClientRect().left;
        }"""
    )


def open_filter(page):
    page.get_by_text("Filter", exact=True).focus()
    page.keyboard.press("Enter")


def test_a_technician_filters_by_keyboard_and_goes_back(sign_in, technician, cases):
    page = sign_in(technician, at="/cases/")
    expect(rows(page)).to_have_count(7)
    expect(page.get_by_text("43 min", exact=True)).to_be_visible()
    assert page.locator(".c-age").evaluate_all("cells => cells.every(cell => cell.scrollWidth <= cell.clientWidth)")

    # While Tom types, the list follows, and his text is not replaced.
    page.get_by_label("Search", exact=True).focus()
    page.keyboard.type("pens")
    expect(rows(page)).to_have_text(["Pension"])
    expect(page.get_by_label("Search", exact=True)).to_be_focused()
    expect(page.locator("#list-status")).to_have_text("1 case")
    expect(page.locator("#list-count")).to_have_text("1")
    expect(page).to_have_url(re.compile(r"/cases/\?q=pens$"))

    # A select does the same.
    page.get_by_label("Search", exact=True).fill("")
    expect(rows(page)).to_have_count(7)
    open_filter(page)
    page.get_by_label("Technician").select_option("Mine")
    expect(rows(page)).to_have_text(["Savings", "Insurance", "Refund", "Pension"])
    page.get_by_label("Status").select_option("In progress")
    expect(rows(page)).to_have_text(["Refund", "Pension"])

    # He changes the order by a column heading, from the keyboard. The link keeps the focus.
    head = page.get_by_role("columnheader", name="Urgency")
    head.get_by_role("link").focus()
    page.keyboard.press("Enter")
    expect(head).to_have_attribute("aria-sort", "descending")
    expect(head.get_by_role("link")).to_be_focused()
    page.keyboard.press("Enter")
    expect(rows(page)).to_have_text(["Pension", "Refund"])
    expect(page).to_have_url(re.compile(r"/cases/\?state=accepted&technician=mine&sort=normal$"))

    # The order stays for the next filter, and Back leads through all the steps.
    open_filter(page)
    page.get_by_label("Urgency").select_option("Urgent")
    expect(rows(page)).to_have_text(["Refund"])
    page.go_back()
    expect(rows(page)).to_have_text(["Pension", "Refund"])
    expect(page.locator("input[name=sort]")).to_have_value("normal")
    open_filter(page)
    expect(page.get_by_label("Status")).to_have_value("accepted")
    expect(page.get_by_label("Urgency")).to_have_value("")
    page.go_back()
    expect(rows(page)).to_have_text(["Refund", "Pension"])

    # From a case to the next one, through an action, and back to the same list.
    rows(page).first.click()
    page.get_by_role("link", name="Next case").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Pension")
    expect(page.get_by_role("link", name="Next case")).to_have_count(0)
    page.get_by_role("navigation", name="Back").get_by_role("link", name="Cases").click()
    expect(page).to_have_url(re.compile(r"/cases/\?state=accepted&technician=mine&sort=urgent$"))

    # Its chip removes a filter, and the address can be shared.
    page.get_by_role("link", name="Remove filter: Status: In progress").click()
    expect(rows(page)).to_have_text(["Savings", "Insurance", "Refund", "Pension"])
    page.reload()
    open_filter(page)
    expect(page.get_by_label("Technician")).to_have_value("mine")


def test_a_technician_takes_a_case_from_the_queue_by_keyboard(sign_in, technician, cases):
    page = sign_in(technician, viewport=PHONE)
    queue = page.get_by_role("region", name="Unassigned")
    expect(rows(queue)).to_have_text(["Mortgage", "Allowance"])
    queue.get_by_role("button", name="Accept Mortgage").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("You accepted Mortgage.")).to_be_visible()
    expect(rows(queue)).to_have_text(["Allowance"])
    expect(rows(page.get_by_role("region", name="In progress"))).to_have_text(["Mortgage", "Refund", "Pension"])

    # A tile leads to the list of all its cases.
    page.get_by_role("link", name="3 In progress").click()
    expect(rows(page)).to_have_text(["Mortgage", "Refund", "Pension"])
    expect(page.get_by_role("link", name="Technician: Mine")).to_be_visible()


def test_the_list_works_without_javascript(chromium, live_server, client, technician, cases):
    client.force_login(technician)
    context = chromium.new_context(base_url=live_server.url, java_script_enabled=False)
    context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}])
    page = context.new_page()
    page.goto("/cases/?state=accepted&sort=accepted-first")
    page.get_by_label("Search", exact=True).fill("refund")
    page.get_by_text("Filter", exact=True).click()
    page.get_by_label("Technician").select_option("Mine")
    page.get_by_role("button", name="Apply").click()
    expect(rows(page)).to_have_text(["Refund"])
    assert "sort=accepted-first" in page.url
    context.close()


def test_who_was_signed_out_meanwhile_is_asked_to_sign_in(sign_in, technician, cases):
    page = sign_in(technician, at="/cases/")
    page.context.clear_cookies()
    open_filter(page)
    page.get_by_label("Status").select_option("Released")
    expect(page.get_by_label("Username or email")).to_be_visible()
    assert "next=/cases/" in page.url


def test_what_is_typed_and_selected_stays_without_a_connection(tab_for, technician, cases):
    tab = tab_for(technician)
    tab.goto("/cases/")
    boxes = tab.locator("form[data-selects] input[name=case]")
    boxes.first.check()
    tab.context.set_offline(True)
    search = tab.locator("#filters input[type=search]")
    search.press_sequentially("Pens")
    expect(tab.locator("#list-trouble")).to_be_visible()
    expect(search).to_have_value("Pens")
    expect(boxes.first).to_be_checked()
    tab.context.set_offline(False)
    expect(tab).to_have_url(re.compile("q=Pens"))
    expect(tab.locator("#list-trouble")).to_be_hidden()
    expect(search).to_be_focused()


@pytest.mark.parametrize(("person", "dark"), [("member", False), ("technician", True)])
def test_lists_are_accessible_on_a_phone(person, dark, sign_in, cases, request):
    page = sign_in(request.getfixturevalue(person), viewport=PHONE, dark=dark)
    queries = ["", "?q=nothing", "?urgency=urgent", "?state=secret"]
    for url in ["/", *(f"/cases/{query}" for query in queries)]:
        page.goto(url)
        assert_accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_at_400_percent_nothing_of_a_row_is_cut_and_chips_stay_in_their_strip(sign_in, technician, member):
    """As wide as a desktop of 1280 pixels is then."""
    CaseFactory(member=member, assigned_to=technician, urgency="urgent", scheduled=True)
    page = sign_in(technician, at="/cases/?urgency=urgent", viewport={"width": 320, "height": 640})
    for cell in (".c-urgency", ".c-date", ".c-state"):
        assert page.locator(f"tbody {cell}").evaluate("cell => cell.scrollWidth <= cell.clientWidth"), cell
    page.goto("/cases/?state=held&urgency=urgent&technician=mine&q=nothing")
    expect(page.get_by_role("heading", name="No matching cases")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 320


def test_names_that_a_column_cuts_are_read_on_pointing_at_them(sign_in, technician, member):
    User.objects.update(last_name="of a very long name that no column of a list has room for")
    CaseFactory(member=member, assigned_to=technician)
    page = sign_in(technician, at="/cases/")
    member.refresh_from_db()
    expect(page.locator("tbody .c-member")).to_have_attribute("title", member.display_name)
    technician.refresh_from_db()
    expect(page.locator("tbody .c-who")).to_have_attribute("title", technician.display_name)


def test_a_list_that_is_sorted_while_a_search_is_on_its_way_is_searched_too(sign_in, technician, cases):
    page = sign_in(technician, at="/cases/")
    waiting = []
    page.route(re.compile(r"/cases/\?"), lambda route: waiting.append(route))
    page.locator("#id_q").press_sequentially("Refund")
    expect(page.locator("#cases")).to_have_class(re.compile("htmx-request"))
    page.get_by_role("link", name="Age", exact=True).click()
    for _answer in range(3):
        page.wait_for_timeout(500)
        wait_until(page, lambda: waiting)
        waiting.pop(0).continue_()
    expect(page).to_have_url(re.compile("q=Refund.*sort=oldest|sort=oldest.*q=Refund"))
    expect(rows(page)).to_have_text(["Refund"])


def test_a_list_without_cases_is_below_its_search(sign_in, technician):
    page = sign_in(technician, at="/cases/?q=nothing")
    search = page.locator("#filters").bounding_box()
    assert page.locator("#cases .empty, #cases .card").first.bounding_box()["y"] >= search["y"] + search["height"]


def test_the_foot_of_the_page_begins_where_the_list_does(sign_in, technician, cases):
    page = sign_in(technician, viewport={"width": 1440, "height": 900}, at="/cases/")
    for width in (1440, 1024, 390):
        page.set_viewport_size({"width": width, "height": 900})
        assert left_of_words(page, "footer") == left_of_words(page, "h1"), width
