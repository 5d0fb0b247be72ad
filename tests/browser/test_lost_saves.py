"""A draft whose saves are lost on the way: no text is lost, and no one is in conflict with themselves."""

import re

import pytest
from playwright.sync_api import expect

from cases.casework import drafts
from cases.models import Case, CaseAnswer
from tests.browser.conftest import take_session, wait_until
from tests.factories import CaseFactory
from tests.pages import signed_in

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.one_database("is about the page: the verbs and views have their tests"),
]

SAVES = re.compile(r"/cases/(new|\d+/(edit|answer))/$")


# The page waits a tenth of the usual time for the save that hangs, which is the first thing it asks for.
IMPATIENT = """() => {
    const { timeout } = AbortSignal;
    let asked = 0;
    AbortSignal.timeout = (ms) => timeout.call(AbortSignal, asked++ ? ms : ms / 10);
}"""


@pytest.fixture
def tab(chromium, live_server, member):
    """Mia's browser. Its console complains about what is lost."""
    context = chromium.new_context(base_url=live_server.url)
    take_session(context, signed_in(member), live_server.url)
    yield context.new_page()
    context.close()


@pytest.fixture(params=["new", "old"])
def draft_page(request, tab, member):
    """The page of a draft, saved or not yet saved."""
    address = "/cases/new/"
    if request.param == "old":
        address = f"/cases/{CaseFactory(member=member, draft=True, title='', description='').pk}/edit/"
    tab.goto(address)
    return tab


def lose(page, *, times=1, is_saved=True, status=None):
    """Lose the response to the next request, which the portal saves or doesn't even get."""

    def handle(route):
        if is_saved:
            route.fetch(max_redirects=0)
        if status:
            route.fulfill(status=status, body="")
        else:
            route.abort()

    page.route(SAVES, handle, times=times)


def add(page, text):
    description = page.get_by_label("Description")
    description.press("ControlOrMeta+End")
    description.press_sequentially(text)


def expect_lost(page):
    expect(page.locator("#draft-said")).to_contain_text("Your text is still here")


def expect_saved(page, text):
    expect(page.locator("#draft-said")).to_have_text("Draft saved")
    assert Case.objects.with_description().get().description == text


@pytest.mark.parametrize("way", [{}, {"is_saved": False}, {"status": 502}, {"times": 3}], ids=str)
def test_more_is_typed_after_a_save_whose_answer_was_lost(way, draft_page):
    lose(draft_page, **way)
    for number in range(way.get("times", 1)):
        add(draft_page, f"{number} ")
        expect_lost(draft_page)
    add(draft_page, "retire?")
    expect_saved(draft_page, draft_page.get_by_label("Description").input_value())
    add(draft_page, " Soon.")
    expect_saved(draft_page, draft_page.get_by_label("Description").input_value())


def test_what_was_typed_is_taken_out_again(draft_page):
    add(draft_page, "When")
    expect_saved(draft_page, "When")
    lose(draft_page)
    add(draft_page, " may I")
    expect_lost(draft_page)
    draft_page.get_by_label("Description").fill("When")
    expect_saved(draft_page, "When")


@pytest.mark.parametrize("more", ["", " retire?"])
def test_the_button_submits_after_a_save_whose_answer_was_lost(more, draft_page):
    draft_page.get_by_label("Title").fill("Pension")
    lose(draft_page)
    add(draft_page, "When may I")
    expect_lost(draft_page)
    add(draft_page, more)
    draft_page.get_by_role("button", name="Submit case").click()
    expect(draft_page.get_by_role("heading", name="What happens next")).to_be_visible()
    case = Case.objects.with_description().get()
    assert (case.status, case.description) == ("submitted", "When may I" + more)


def test_the_button_works_where_nothing_can_be_saved_before_it(draft_page):
    draft_page.get_by_label("Title").fill("Pension")
    lose(draft_page, times=2, is_saved=False)
    add(draft_page, "When may I")
    expect_lost(draft_page)
    add(draft_page, " retire?")
    draft_page.get_by_role("button", name="Submit case").click()
    expect(draft_page.get_by_role("heading", name="What happens next")).to_be_visible()
    assert Case.objects.with_description().get().description == "When may I retire?"


@pytest.mark.parametrize("more", ["", " retire?"])
@pytest.mark.parametrize("is_saved", [True, False])
@pytest.mark.parametrize("button", ["Submit case", "Save draft"])
def test_a_button_waits_only_so_long_for_a_save_that_hangs(button, is_saved, more, draft_page):
    draft_page.evaluate(IMPATIENT)
    hanging = []

    def handle(route):
        if is_saved:
            route.fetch(max_redirects=0)
        hanging.append(route)

    draft_page.route(SAVES, handle, times=1)
    draft_page.get_by_label("Title").fill("Pension")
    with draft_page.expect_request(SAVES):
        add(draft_page, "When may I")
    add(draft_page, more)
    draft_page.get_by_role("button", name=button).click()
    expect(draft_page.get_by_role("heading", name="Pension")).to_be_visible()
    case = Case.objects.with_description().get()
    assert (case.status == "submitted", case.description) == (button == "Submit case", "When may I" + more)
    assert hanging


def test_what_another_tab_saved_is_still_a_conflict(draft_page, member):
    add(draft_page, "When")
    expect_saved(draft_page, "When")
    lose(draft_page)
    add(draft_page, " may I")
    expect_lost(draft_page)
    drafts.edit(case=Case.objects.get(), by=member, title="", description="Theirs", urgency="normal")
    add(draft_page, " retire?")
    expect(draft_page.locator("#draft-said")).to_contain_text("A newer version of this draft was saved")
    assert Case.objects.with_description().get().description == "Theirs"
    draft_page.get_by_label("Title").fill("Pension")
    draft_page.get_by_role("button", name="Compare with the saved version").click()
    expect(draft_page.get_by_role("region", name="Saved version")).to_contain_text("Theirs")
    expect(draft_page.get_by_label("Description")).to_have_value("When may I retire?")


@pytest.mark.parametrize("way", [{}, {"is_saved": False}, {"status": 502}, {"times": 3}], ids=str)
def test_more_of_an_answer_is_typed_after_a_save_that_was_lost(way, tab, member, technician, live_server):
    case = CaseFactory(member=member, assigned_to=technician)
    take_session(tab.context, signed_in(technician), live_server.url)
    tab.goto(f"/cases/{case.pk}/")
    answer, said = tab.get_by_role("textbox", name="Answer", exact=True), tab.locator("#answer-said")
    lose(tab, **way)
    for number in range(way.get("times", 1)):
        answer.press_sequentially(f"{number} ")
        expect(said).to_contain_text("Check your connection")
    for more in ("yes", ", indeed"):
        answer.press_sequentially(more)
        expect(said).to_have_text("Saved")
        assert CaseAnswer.objects.get().text == answer.input_value()


COMES_BACK = {
    "a pause": lambda tab: tab.clock.run_for(5_000),
    "the connection": lambda tab: tab.evaluate("dispatchEvent(new Event('online'))"),
    "the tab": lambda tab: tab.evaluate("document.dispatchEvent(new Event('visibilitychange'))"),
}


@pytest.mark.parametrize("way", COMES_BACK)
def test_an_answer_that_could_not_be_saved_is_sent_again_by_itself(way, tab, member, technician, live_server):
    case = CaseFactory(member=member, assigned_to=technician)
    take_session(tab.context, signed_in(technician), live_server.url)
    tab.clock.install()
    tab.goto(f"/cases/{case.pk}/")
    answer, said = tab.get_by_role("textbox", name="Answer", exact=True), tab.locator("#answer-said")
    lose(tab, is_saved=False, status=503 if way == "a pause" else None)
    answer.press_sequentially("Yes")
    tab.clock.run_for(1_100)
    expect(said).to_have_text("Couldn't save. Check your connection. Your text is still here, and we'll try again.")
    COMES_BACK[way](tab)
    expect(said).to_have_text("Saved")
    expect(answer).to_be_focused()
    assert CaseAnswer.objects.get().text == "Yes"


@pytest.mark.parametrize("way", COMES_BACK)
def test_a_draft_that_could_not_be_saved_is_sent_again_by_itself(way, tab):
    tab.clock.install()
    tab.goto("/cases/new/")
    lose(tab, is_saved=False, status=403 if way == "the tab" else None)
    add(tab, "When may I retire?")
    tab.clock.run_for(1_600)
    expect_lost(tab)
    COMES_BACK[way](tab)
    expect_saved(tab, "When may I retire?")


def test_an_answer_is_sent_again_after_pauses_that_grow(tab, member, technician, live_server):
    case = CaseFactory(member=member, assigned_to=technician)
    take_session(tab.context, signed_in(technician), live_server.url)
    tab.clock.install()
    tab.goto(f"/cases/{case.pk}/")
    lost = []
    tab.route(SAVES, lambda route: route.abort())
    tab.on("requestfailed", lambda request: lost.append(request))
    tab.get_by_role("textbox", name="Answer", exact=True).press_sequentially("Yes")
    for pause, number in ((1_100, 1), (5_100, 2), (5_100, 2), (5_100, 3), (10_100, 3), (10_100, 4)):
        tab.clock.run_for(pause)
        wait_until(tab, lambda: len(lost) >= number)  # noqa: B023
        tab.wait_for_timeout(100)
        assert len(lost) == number


@pytest.mark.parametrize("was_lost", [False, True], ids=["first", "again"])
def test_a_draft_goes_on_saving_itself_after_its_button_found_no_portal(was_lost, tab):
    """The browser is online, and nothing more is typed."""
    tab.clock.install()
    tab.goto("/cases/new/")
    tab.get_by_label("Title").fill("Pension")
    tab.route("**/*", lambda route: route.abort())
    if was_lost:
        tab.clock.run_for(1_600)
        expect_lost(tab)
    tab.get_by_role("button", name="Save draft").click()
    expect(tab.get_by_text("We couldn't reach the portal. Nothing was sent.")).to_be_visible()
    tab.unroute_all()
    tab.clock.run_for(5_100)
    expect(tab.locator("#draft-said")).to_have_text("Draft saved")
    assert Case.objects.get().title == "Pension"
