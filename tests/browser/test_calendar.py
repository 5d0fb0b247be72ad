"""The release calendar with a real browser: a case is moved by keyboard, by mouse, and without JavaScript."""

import datetime as dt
import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PHONE, assert_accessible, wait_until
from tests.clocks import portals_today
from tests.factories import CaseFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

DAY = dt.timedelta(days=1)
MOVES = re.compile(r"/calendar/\d+/move/")
IS_COVERED = """() => {
    const focused = document.activeElement;
    const top = document.querySelector(".cal-top");
    return !top.contains(focused) && focused.getBoundingClientRect().top < top.getBoundingClientRect().bottom;
}"""


@pytest.fixture
def monday() -> dt.date:
    """A Monday some weeks ahead, in a week that a test running past midnight cannot reach."""
    return portals_today() + 35 * DAY - portals_today().weekday() * DAY


@pytest.fixture
def case(member, technician, monday):
    date = monday + 2 * DAY
    return CaseFactory(
        scheduled=True, member=member, assigned_to=technician, title="Pension", scheduled_release_date=date
    )


def day(page, date):
    return page.locator(f"[data-date='{date.isoformat()}']")


def keys_of(date):
    """The date as typed into a US date field."""
    return date.strftime("%m%d%Y")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_a_technician_moves_a_case_by_keyboard(sign_in, technician, case, monday, dark):
    page = sign_in(technician, dark=dark)
    page.get_by_role("link", name="Calendar").click()
    expect(page).to_have_url(re.compile("/calendar/$"))
    page.goto(f"/calendar/?view=week&date={monday.isoformat()}")
    assert_accessible(page)
    expect(day(page, monday + 2 * DAY)).to_contain_text("Pension")

    # A day in the past is refused in the dialog, and nothing has moved.
    page.get_by_role("link", name="Move Pension").press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text("Move “Pension” to another day")
    expect(page.get_by_label("New release date")).to_be_focused()
    assert_accessible(page)
    page.keyboard.type(keys_of(portals_today() - DAY))
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text("This date is in the past. Choose a later date.")
    assert_accessible(page)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.get_by_role("link", name="Move Pension")).to_be_focused()

    # Another day is accepted, and the calendar says so.
    page.keyboard.press("Enter")
    expect(page.get_by_label("New release date")).to_be_focused()
    page.keyboard.type(keys_of(monday + 3 * DAY))
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Moved to")
    expect(page.get_by_role("status")).to_be_focused()
    expect(day(page, monday + 3 * DAY)).to_contain_text("Pension")
    assert_accessible(page)
    case.refresh_from_db()
    assert case.scheduled_release_date == monday + 3 * DAY


def test_a_form_that_comes_late_does_not_take_the_place_of_another(sign_in, technician, case, monday):
    other = CaseFactory(scheduled=True, assigned_to=technician, title="Divorce", scheduled_release_date=monday)
    page = sign_in(technician, at=f"/calendar/?view=week&date={monday.isoformat()}")
    late = []
    page.route(f"**/calendar/{case.pk}/move/**", lambda route: late.append(route))
    page.get_by_role("link", name="Move Pension").click()
    page.get_by_role("link", name=f"Move {other.title}").click()
    expect(page.get_by_role("dialog")).to_contain_text("Move “Divorce” to another day")
    page.get_by_label("New release date").fill((monday + DAY).isoformat())
    wait_until(page, lambda: late)
    late.pop().continue_()
    page.wait_for_timeout(1000)
    expect(page.get_by_role("dialog")).to_contain_text("Move “Divorce” to another day")
    expect(page.get_by_label("New release date")).to_have_value((monday + DAY).isoformat())


def test_a_technician_drags_a_case_twice(sign_in, technician, case, monday):
    page = sign_in(technician, at=f"/calendar/?view=week&date={monday.isoformat()}")
    for target in (monday, monday + 4 * DAY):
        page.locator(f"#entry-{case.pk}").drag_to(day(page, target))
        expect(day(page, target).locator(f"#entry-{case.pk}")).to_be_visible()
        expect(page.get_by_role("status")).to_have_count(1)
    case.refresh_from_db()
    assert case.scheduled_release_date == monday + 4 * DAY


@pytest.mark.parametrize(
    ("is_changed", "said", "shown"),
    [(False, "Moved to", "Divorce"), (True, "Someone changed this case after you opened it.", "Pension")],
    ids=["moved", "refused"],
)
def test_a_form_waits_for_what_becomes_of_a_case_that_was_dragged(
    is_changed, said, shown, sign_in, technician, case, monday
):
    """The response to the drag would replace the form, with what is typed in it. The person must read the refusal
    first."""
    CaseFactory(scheduled=True, assigned_to=technician, title="Divorce", scheduled_release_date=monday + DAY)
    page = sign_in(technician, at=f"/calendar/?view=week&date={monday.isoformat()}")
    if is_changed:
        type(case).objects.filter(pk=case.pk).update(version=7)
    held = []
    page.route(MOVES, lambda route: held.append(route), times=1)
    with page.expect_request(MOVES):
        page.locator(f"#entry-{case.pk}").drag_to(day(page, monday))
    page.get_by_role("link", name="Move Divorce").click()
    page.wait_for_timeout(300)
    wait_until(page, lambda: held)
    held[0].continue_()
    expect(page.locator("#content")).to_contain_text(said)
    page.wait_for_timeout(300)
    expect(page.get_by_role("dialog")).to_contain_text(f"Move “{shown}” to another day")


def test_a_case_is_dragged_on_before_the_first_move_is_answered(sign_in, technician, case, monday):
    page = sign_in(technician, at=f"/calendar/?view=week&date={monday.isoformat()}")
    held = []
    page.route(MOVES, lambda route: held.append(route), times=1)
    for target in (monday, monday + 3 * DAY):
        page.locator(f"#entry-{case.pk}").drag_to(day(page, target))
    wait_until(page, lambda: held)
    held[0].continue_()
    expect(day(page, monday + 3 * DAY)).to_contain_text("Pension")
    case.refresh_from_db()
    assert case.scheduled_release_date == monday + 3 * DAY


def test_a_drag_does_not_end_on_a_form_that_has_been_opened(sign_in, administrator, case, monday):
    """The form of another case arrives while the mouse button is still down. What is typed in it stays."""
    CaseFactory(scheduled=True, title="Divorce", scheduled_release_date=monday + DAY)
    page = sign_in(administrator, at=f"/calendar/?view=week&date={monday.isoformat()}")
    late = []
    page.route(MOVES, lambda route: late.append(route), times=1)
    page.get_by_role("link", name="Move Divorce").click()
    page.locator(f"#entry-{case.pk}").hover()
    page.mouse.down()
    day(page, monday).hover()
    wait_until(page, lambda: late)
    late[0].continue_()
    expect(page.get_by_role("dialog")).to_contain_text("Divorce")
    page.get_by_label("Reason").evaluate("field => { field.value = 'The member asked'; }")
    page.mouse.up()
    page.wait_for_timeout(500)
    expect(page.get_by_role("dialog")).to_contain_text("Divorce")
    expect(page.get_by_label("Reason")).to_have_value("The member asked")


def test_a_drag_of_what_has_changed_meanwhile_is_refused(sign_in, technician, case, monday):
    page = sign_in(technician, at=f"/calendar/?view=week&date={monday.isoformat()}")
    type(case).objects.update(version=7)
    page.locator(f"#entry-{case.pk}").drag_to(day(page, monday))
    expect(page.get_by_role("dialog")).to_contain_text("Someone changed this case after you opened it.")
    case.refresh_from_db()
    assert case.scheduled_release_date == monday + 2 * DAY


def test_an_administrator_who_drags_is_asked_why(sign_in, administrator, case, monday):
    page = sign_in(administrator, at=f"/calendar/?view=week&date={monday.isoformat()}")
    page.locator(f"#entry-{case.pk}").drag_to(day(page, monday))
    expect(page.get_by_label("New release date")).to_have_value(monday.isoformat())
    page.get_by_role("button", name="Move").click()
    expect(page.get_by_role("dialog")).to_contain_text("Enter a reason")
    page.get_by_label("Reason").fill("The member asked")
    page.get_by_role("button", name="Move").click()
    expect(day(page, monday)).to_contain_text("Pension")


@pytest.fixture
def another_browser(sign_in, chromium, live_server, technician):
    """Tom, signed in, in a browser with its own options. Its complaints are expected."""
    contexts = []

    def open_(**options):
        state = sign_in(technician).context.storage_state()
        contexts.append(chromium.new_context(base_url=live_server.url, storage_state=state, **options))
        return contexts[-1].new_page()

    yield open_
    for context in contexts:
        context.close()


def test_it_works_without_javascript(another_browser, case, monday):
    page = another_browser(java_script_enabled=False)
    page.goto(f"/calendar/?view=week&date={monday.isoformat()}")
    page.get_by_role("link", name="Move Pension").click()
    page.get_by_label("New release date").fill(monday.isoformat())
    page.get_by_role("button", name="Move").click()
    expect(page.get_by_role("status")).to_contain_text("Moved to")
    expect(day(page, monday)).to_contain_text("Pension")


def test_a_portal_out_of_reach_is_said(another_browser, case, monday):
    page = another_browser()
    page.goto(f"/calendar/?view=week&date={monday.isoformat()}")
    page.context.set_offline(True)
    page.get_by_role("link", name="Move Pension").click()
    expect(page.get_by_role("alert")).to_contain_text("Couldn't move the case.")


LOST = {
    "offline": lambda page: page.context.set_offline(True),
    "unavailable": lambda page: page.route(MOVES, lambda route: route.fulfill(status=503, body="Later")),
    "too many": lambda page: page.route(MOVES, lambda route: route.fulfill(status=429, body="Later")),
}


@pytest.fixture
def typed(tab_for, administrator, case, monday):
    """Ada's dialog, with a day and a reason."""
    page = tab_for(administrator)
    page.goto(f"/calendar/?view=week&date={monday.isoformat()}")
    page.get_by_role("link", name="Move Pension").click()
    page.get_by_label("New release date").fill(monday.isoformat())
    page.get_by_label("Reason").fill("The member asked")
    return page


@pytest.mark.parametrize("way", LOST)
def test_a_move_that_is_lost_keeps_the_reason(typed, way, monday):
    LOST[way](typed)
    for _ in range(2):
        typed.get_by_role("button", name="Move").click()
        expect(typed.get_by_role("dialog").get_by_role("alert")).to_have_count(1)
        expect(typed.get_by_role("dialog").get_by_role("alert")).to_contain_text("Your text is still here.")
    expect(typed.get_by_label("Reason")).to_have_value("The member asked")
    assert_accessible(typed)
    typed.context.set_offline(False)
    typed.unroute_all()
    typed.get_by_role("button", name="Move").click()
    expect(day(typed, monday)).to_contain_text("Pension")


def test_a_lost_move_whose_dialog_was_closed_is_said_in_the_calendar(typed):
    def close_and_lose(route):
        typed.keyboard.press("Escape")
        route.abort()

    typed.route(MOVES, close_and_lose)
    typed.get_by_role("button", name="Move").click()
    expect(typed.get_by_role("dialog")).to_be_hidden()
    expect(typed.get_by_role("alert")).to_contain_text("Couldn't move the case.")


def test_a_move_from_a_page_out_of_date_is_sent_again_with_its_reason(typed, case, monday):
    typed.context.clear_cookies(name="csrftoken")
    typed.get_by_role("button", name="Move").click()
    expect(typed.get_by_role("heading", name="This page was out of date")).to_be_visible()
    expect(typed.get_by_label("Reason")).to_have_value("The member asked")
    expect(typed.get_by_label("Release date")).to_have_value(monday.isoformat())


def test_a_move_of_what_is_gone_keeps_the_reason(typed, case):
    type(case).objects.filter(pk=case.pk).update(status="deleted", scheduled_release_date=None, date_completed=None)
    typed.get_by_role("button", name="Move").click()
    expect(typed.get_by_role("heading", name="Page not found")).to_be_visible()
    expect(typed.get_by_label("Reason")).to_have_value("The member asked")


def test_axe_finds_nothing_on_a_phone_in_the_dark(sign_in, technician, case, monday):
    CaseFactory.create_batch(5, scheduled=True, assigned_to=technician, scheduled_release_date=monday)
    CaseFactory(due=True, assigned_to=technician)
    CaseFactory(released=True, assigned_to=technician)
    page = sign_in(technician, dark=True, viewport=PHONE)
    addresses = [
        "/calendar/",
        f"/calendar/?date={monday.isoformat()}",
        "/calendar/?view=week",
        "/calendar/?view=day",
        "/calendar/?view=day&kind=released",
        "/calendar/?view=day&date=2031-01-01",
        "/calendar/?date=2031-01-01",
        "/calendar/?date=none",
        f"/calendar/{case.pk}/move/",
    ]
    for address in addresses:
        page.goto(address)
        assert_accessible(page)
    page.goto("/calendar/")
    page.get_by_text("Subscribe from your calendar app").click()
    expect(page.get_by_role("button", name="Create link")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("button", name="Create link").click()
    expect(page.get_by_role("heading", name="Your calendar feed")).to_be_visible()
    assert_accessible(page)


def test_a_later_week_keeps_the_month_and_the_days_of_the_week_in_sight(sign_in, technician, member):
    """A month opens at the week of today. Its name, the way to others, and the days of the week stay above it."""
    last = (portals_today().replace(day=1) + 45 * DAY).replace(day=1) - DAY
    for week in range(4):
        for _ in range(3):
            CaseFactory(
                scheduled=True, member=member, assigned_to=technician, scheduled_release_date=last - 7 * week * DAY
            )
    page = sign_in(technician)
    page.goto(f"/calendar/?date={last.isoformat()}")
    page.get_by_text("Subscribe from your calendar app").scroll_into_view_if_needed()
    expect(page.get_by_role("link", name="Dashboard")).not_to_be_in_viewport()
    expect(page.get_by_role("heading", level=1)).to_be_in_viewport()
    expect(page.get_by_role("link", name="Today", exact=True)).to_be_in_viewport()
    expect(page.get_by_text("Thu", exact=True)).to_be_in_viewport()

    # What the keyboard reaches going back is not below them.
    page.get_by_role("link", name="Move").last.focus()
    for _ in range(25):
        page.keyboard.press("Shift+Tab")
        # Chromium scrolls some frames later.
        assert any(page.wait_for_timeout(50) or not page.evaluate(IS_COVERED) for _attempt in range(40))
