"""What the page of a case tells staff about its release: why not yet, pre-flight, suggested dates, its state once."""

import datetime as dt
import re
from html import unescape

import pytest

from cases.models import Absence, BlackoutDay, Case, CaseEvent, Condition, ReleaseStop
from cases.releases import conditions
from tests.conftest import FROZEN
from tests.factories import CaseDocumentFactory, CaseFactory

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("clock"),
    pytest.mark.one_database(
        "is about pages: tests/unit/lifecycle has the verdict and tests/unit/releases the verbs on both"
    ),
]

IMMEDIATELY = "The member will see this case immediately"
IF_MET = "If every condition is met by then, the member will see this case"


@pytest.fixture
def case(member, technician):
    return CaseFactory(member=member, assigned_to=technician)


@pytest.fixture
def scheduled(member, technician):
    return CaseFactory(member=member, assigned_to=technician, scheduled=True)


def page_of(client, case, **headers):
    return client.get(f"/cases/{case.pk}/", headers=headers).content.decode()


def text(html):
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)))


def panel(page):
    return text(page[page.index('id="release-panel"') : page.index('aria-labelledby="description"')])


def dialog(page):
    return page[page.index('<dialog class="portal-dialog" id="dialog-complete"') :].split("</dialog>")[0]


# --- Why not yet ------------------------------------------------------------------------------------------------------


def test_every_reason_is_told_with_its_age_and_who_can_change_it(scheduled, client, technician, other_technician):
    CaseEvent.objects.create(
        case=scheduled, kind="rescheduled", actor=technician, at=FROZEN - dt.timedelta(hours=2), source="web",
        schedule_revision=1,
    )  # fmt: skip
    since = FROZEN - dt.timedelta(days=4)
    Condition.objects.create(case=scheduled, kind="approval", created=since, since=since, owner=other_technician)
    Condition.objects.create(
        case=scheduled, kind="manual", name="Fee received", created=since, since=since,
        state="met", settled_at=since, settled_by=technician, settled_through="web",
    )  # fmt: skip
    client.force_login(technician)
    said = panel(page_of(client, scheduled))
    assert "The date is 7 days away" in said
    assert re.search(
        r"Changed by tom 2 hours ago · Can be changed by: tom or an administrator", said.replace("\xa0", " ")
    )
    assert re.search(r"Approval by a second person Opened 4 days ago · otto", said.replace("\xa0", " "))
    assert "Fee received" not in said.split("Pre-flight")[0]


def test_a_hold_a_stop_and_a_failure(member, technician, administrator, client):
    held = CaseFactory(member=member, assigned_to=technician, held=True)
    failing = CaseFactory(
        member=member, assigned_to=technician, due=True,
        release_attempts=2, release_error="duplicate key", release_next_try=FROZEN + dt.timedelta(minutes=1),
    )  # fmt: skip
    client.force_login(administrator)
    assert "No release date is set" in panel(page_of(client, held))
    said = panel(page_of(client, failing))
    assert "The release failed 2 times duplicate key Next attempt: June 11, 2025, 12:01:00 PM" in said
    ReleaseStop.objects.create(at=FROZEN, actor=administrator, reason="A wrong report went out.")
    assert "All releases are stopped Stopped by ada just now" in panel(page_of(client, held))


def test_what_is_due_says_that_it_is_released_now(member, technician, client):
    due = CaseFactory(member=member, assigned_to=technician, due=True)
    client.force_login(technician)
    said = panel(page_of(client, due))
    assert "It will be released within seconds." in said
    assert "Why it isn't released yet" not in said


@pytest.mark.parametrize("state", ["submitted", "released"])
def test_where_nothing_waits_there_is_no_panel(state, member, client, administrator):
    case = CaseFactory(member=member, **{state: True})
    client.force_login(administrator)
    page = page_of(client, case)
    assert "Why it isn't released yet" not in page
    assert "Pre-flight" not in page


def test_it_is_part_of_what_htmx_swaps(scheduled, client, technician):
    client.force_login(technician)
    answer = client.post(
        f"/cases/{scheduled.pk}/reschedule/",
        {"release_date": "2025-07-01", "version": 1},
        headers={"HX-Request": "true"},
    )
    assert "The date is 20 days away" in answer.content.decode()


# --- Pre-flight -------------------------------------------------------------------------------------------------------


def test_the_dialog_warns_where_the_member_would_find_nothing(case, client, technician):
    client.force_login(technician)
    found = dialog(page_of(client, case))
    assert "No report and no answer" in found
    assert "The member will see only their own question." in found
    assert 'href="#document-file"' in found
    said = text(found)
    assert "The member&#x27;s account is active" not in said
    assert "The member's account is active" in said


def test_a_report_is_enough(case, client, technician):
    CaseDocumentFactory(case=case)
    CaseDocumentFactory(case=case, submission=True)
    client.force_login(technician)
    found = dialog(page_of(client, case))
    assert "preflight-warning" not in found
    assert "1 report attached" in found


def test_it_names_the_deputy_who_can_change_it(scheduled, client, technician, other_technician):
    today = FROZEN.date()
    Absence.objects.create(technician=technician, deputy=other_technician, first_day=today, last_day=today)
    client.force_login(other_technician)
    said = panel(page_of(client, scheduled)).replace("\u2068", "").replace("\u2069", "")
    assert "Can be changed by: tom, otto (deputy) or an administrator" in said


@pytest.mark.parametrize("waiting_for", ["member", "staff"])
def test_a_message_without_a_reply_is_told_and_refuses_nothing(waiting_for, case, client, technician):
    Case.objects.update(waiting_for=waiting_for, waiting_since=FROZEN)
    client.force_login(technician)
    found = dialog(page_of(client, case))
    assert 'href="#conversation" data-mends' in found
    answer = client.post(f"/cases/{case.pk}/complete/", {"release_option": "now"})
    assert answer.status_code == 302
    assert Case.objects.get(pk=case.pk).is_released


def test_it_goes_on_while_the_case_waits(scheduled, client, technician, member):
    member.email = ""
    member.save()
    client.force_login(technician)
    said = panel(page_of(client, scheduled))
    assert "No report and no answer. The member will see only their own question." in said
    assert "The member has no email address." in said


def test_a_blackout_day_that_came_later_is_told_to_all_staff(scheduled, client, other_technician, administrator):
    BlackoutDay.objects.create(
        date=scheduled.scheduled_release_date, name="Inventory", created=FROZEN, created_by=administrator
    )
    for who in (other_technician, administrator):
        client.force_login(who)
        assert "The release day is closed. There are no releases on June 18, 2025" in panel(page_of(client, scheduled))


# --- The dialog's dates -----------------------------------------------------------------------------------------------


def suggested(html):
    return re.findall(r'data-date="([-\d]+)"[^>]*>([^<]+?) <small>([^<]+)</small>', html)


WEEK = [
    ("2025-06-18", "In 7 days", "Wed, Jun 18"),
    ("2025-06-23", "Monday", "Jun 23"),
    ("2025-06-25", "In 14 days", "Wed, Jun 25"),
]


@pytest.mark.parametrize(
    ("least", "expected"),
    [
        (7, WEEK),
        (
            0,
            [
                ("2025-06-12", "Tomorrow", "Thu, Jun 12"),
                ("2025-06-16", "Monday", "Jun 16"),
                ("2025-06-18", "In 7 days", "Wed, Jun 18"),
            ],
        ),
    ],
)
@pytest.mark.parametrize("who", ["technician", "administrator"])
def test_dates_that_the_person_may_choose_are_suggested(who, least, expected, case, client, settings, request):
    settings.RELEASE_MIN_DAYS = least
    client.force_login(request.getfixturevalue(who))
    found = dialog(page_of(client, case))
    assert suggested(found) == expected
    assert re.search(r'data-fills="complete_date" hidden>', found)
    for date, _name, _day in expected:
        client.post(f"/cases/{case.pk}/complete/", {"release_option": "schedule", "release_date": date})
        assert Case.objects.get(pk=case.pk).scheduled_release_date.isoformat() == date
        client.post(f"/cases/{case.pk}/return/")


def test_the_form_of_another_date_suggests_them_too(scheduled, client, technician):
    client.force_login(technician)
    page = page_of(client, scheduled)
    assert suggested(page) == WEEK
    assert 'data-fills="reschedule_date"' in page


def test_without_scripts_the_button_keeps_the_owners_words(case, client, technician):
    client.force_login(technician)
    found = dialog(page_of(client, case))
    assert '<button class="btn btn-primary" type="submit">Confirm Release</button>' in found
    for words in ("Release Now", "Schedule Release", "Member can view the completed case immediately"):
        assert words in found


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (30, "The email will be sent after 30 seconds. Until then, you can undo the release."),
        (0, "The member will see this case immediately and get an email."),
    ],
)
def test_the_dialog_says_what_follows(seconds, words, case, client, technician, settings):
    settings.RELEASE_UNDO_SECONDS = seconds
    client.force_login(technician)
    assert words in text(dialog(page_of(client, case)))


def test_the_dialog_promises_no_release_that_would_be_refused(case, client, technician, administrator):
    client.force_login(technician)
    added = conditions.add_condition(case=case, by=technician, source="web", kind="manual", name="Fee received")
    said = dialog(page_of(client, case))
    assert "You can't release this case now because conditions are open." in text(said)
    assert IMMEDIATELY not in said
    assert IF_MET in said

    conditions.meet_condition(condition=added, by=technician, source="web")
    said = dialog(page_of(client, case))
    assert IMMEDIATELY in said
    assert IF_MET not in said

    ReleaseStop.objects.create(at=FROZEN, actor=administrator, reason="A wrong report went out.")
    said = text(dialog(page_of(client, case)))
    assert "You can't release this case now because all releases are stopped." in said
    assert IMMEDIATELY not in said


# --- The page ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["accepted", "scheduled", "held", "released"])
def test_the_state_stands_there_once(state, member, technician, client):
    case = CaseFactory(member=member, assigned_to=technician, **({} if state == "accepted" else {state: True}))
    client.force_login(technician)
    page = page_of(client, case)
    assert page.count('class="badge state ') == 1
    assert text(page).count("not released yet") == (state in ("scheduled", "held"))
    assert 'class="timeline"' not in page


@pytest.mark.parametrize("state", ["submitted", "accepted", "scheduled", "held", "due", "released"])
@pytest.mark.parametrize("who", ["technician", "administrator"])
def test_one_button_is_filled(who, state, member, technician, client, request):
    worked_on = {} if state == "submitted" else {"assigned_to": technician}
    case = CaseFactory(member=member, **worked_on, **({} if state == "accepted" else {state: True}))
    client.force_login(request.getfixturevalue(who))
    page = page_of(client, case)
    head = page[page.index('id="case-head"') : page.index('class="staff-layout"')]
    assert head.count("btn-primary") == (state != "released" and (who, state) != ("administrator", "submitted"))


def test_staff_read_who_the_member_is(scheduled, client, technician, administrator, member):
    member.time_zone = "America/New_York"
    member.save()
    client.force_login(technician)
    said = text(page_of(client, scheduled))
    assert "mia@example.com" in said
    assert "New York, 8:00 AM now" in said
    assert "Jun 17, 2025, 8:00 PM in New York, the member's time zone" in said
    assert f'href="/people/{member.pk}/"' not in page_of(client, scheduled)
    client.force_login(administrator)
    assert f'href="/people/{member.pk}/"' in page_of(client, scheduled)


def test_nothing_of_it_is_for_the_member(case, client, member, technician):
    client.force_login(member)
    page = page_of(client, case)
    for words in ("Why it isn't released yet", "Pre-flight", "staff-layout", "dialog-complete"):
        assert words not in page


def test_the_other_cases_of_the_member_are_a_click_away(case, client, technician, other_technician, other_member):
    others = [CaseFactory(member=case.member, assigned_to=other_technician, held=True, title="Early offer")]
    CaseFactory(member=case.member, draft=True, title="Not sent yet")
    CaseFactory(member=other_member, title="A neighbor's")
    client.force_login(technician)
    page = page_of(client, case)
    card = page[page.index('id="member-name"') :].split("</section>")[0]
    assert f'href="/cases/{others[0].pk}/"' in card
    assert "On hold: Early offer" in text(card)
    assert "Not sent yet" not in page
    assert "neighbor" not in page
    assert "All of this member's cases" not in card
    CaseFactory.create_batch(3, member=case.member)
    CaseFactory(member=other_member, title="Call mia back")
    all_of_them = page_of(client, case).split("\">All of this member's cases</a>")[0].rpartition('href="')[2]
    listed = client.get(all_of_them).content.decode()
    assert "Early offer" in listed
    assert "Call mia back" not in listed
