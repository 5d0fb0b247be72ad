"""A button of a case that is pressed twice, or again after a lost response, has done what it should."""

import datetime as dt

import pytest
from allauth.mfa.models import Authenticator

from cases import releases
from cases.conversation import canned_texts
from cases.core import schedule
from cases.core.clock import portal_now
from cases.delivery import outbox
from cases.documents import attach_and_remove as documents
from cases.models import (
    Absence,
    AccountEvent,
    BlackoutDay,
    CannedText,
    Case,
    CaseEvent,
    CaseType,
    OutgoingEmail,
    PortalEvent,
    User,
)
from tests.factories import CaseFactory, UserFactory, letter

pytestmark = pytest.mark.django_db

DAY = dt.timedelta(days=1)


def days(n: int) -> str:
    return (dt.datetime.now(dt.UTC).date() + dt.timedelta(days=n)).isoformat()


# Who presses it, the case, its address, what is sent, the message, and what another person would have sent.
BUTTONS = {
    "accept": ("technician", {"submitted": True, "assigned_to": None}, "accept", {}, "You accepted", {}),
    "complete": (
        "technician",
        {},
        "complete",
        {"release_option": "schedule", "release_date": days(9)},
        "Case completed.",
        {"release_date": days(10)},
    ),
    "complete now": (
        "technician",
        {},
        "complete",
        {"release_option": "now"},
        "Case released.",
        {"release_option": "schedule", "release_date": days(10)},
    ),
    "reschedule": (
        "technician",
        {"scheduled": True},
        "reschedule",
        {"release_date": days(11), "reason": "A letter.\r\nIt is on its way."},
        "Release date updated.",
        {"release_date": days(12)},
    ),
    "hold": (
        "administrator",
        {"scheduled": True},
        "hold",
        {"reason": "Unclear"},
        "Case put on hold.",
        {"reason": "Why"},
    ),
    "reopen": ("technician", {"held": True}, "return", {"reason": "Wrong"}, "Case reopened.", {"reason": "Another"}),
    "release": (
        "administrator",
        {"scheduled": True},
        "release",
        {"reason": "Urgent"},
        "Case released.",
        {"reason": "Asked for"},
    ),
    "recall": (
        "administrator",
        {"released": True},
        "recall",
        {"reason": "Wrong file"},
        "Release recalled.",
        {"reason": "Wrong words"},
    ),
}


@pytest.fixture(params=BUTTONS)
def press(request, client, member, technician):
    """Press the button on the page that was open first."""
    person, state, address, fields, words, other = BUTTONS[request.param]
    case = CaseFactory(**{"member": member, "assigned_to": technician} | state)
    user = request.getfixturevalue(person)

    def press_(by=user, **changes):
        client.force_login(by)
        return client.post(f"/cases/{case.pk}/{address}/", fields | {"version": case.version} | changes, follow=True)

    press_.case, press_.words, press_.other = case, words, other
    return press_


def events(case: Case) -> list[str]:
    return list(CaseEvent.objects.filter(case=case).order_by("pk").values_list("kind", flat=True))


def test_a_second_press_says_what_the_first_did(press):
    first = press()
    assert (first.status_code, press.words in first.content.decode()) == (200, True)
    done = events(press.case)
    version = Case.objects.get(pk=press.case.pk).version

    again = press()

    assert (again.status_code, press.words in again.content.decode()) == (200, True)
    assert "changed this case" not in again.content.decode()
    assert events(press.case) == done
    assert Case.objects.get(pk=press.case.pk).version == version


def test_what_is_sent_for_another_reason_or_date_is_refused(press):
    press()
    done = events(press.case)
    if press.other:
        assert press(**press.other).status_code in {400, 409}
    assert events(press.case) == done


def test_what_a_colleague_did_meanwhile_is_told(press):
    colleague = UserFactory(role=User.Role.ADMINISTRATOR)
    press()
    done = events(press.case)
    assert press(by=colleague).status_code in {400, 403, 409}
    assert events(press.case) == done


def test_a_press_after_something_else_has_happened_is_refused(press, technician):
    press()
    CaseEvent.objects.create(
        case=press.case,
        kind=CaseEvent.Kind.URGENCY_CHANGED,
        at=portal_now(),
        source="web",
        schedule_revision=0,
        actor=technician,
    )
    assert press().status_code in {400, 403, 409}


@pytest.fixture
def colleague():
    return UserFactory(role=User.Role.TECHNICIAN)


@pytest.mark.parametrize("who", ["technician", "administrator"])
def test_a_case_that_is_handed_over_twice_is_handed_over(who, member, technician, colleague, client, request):
    case = CaseFactory(member=member, assigned_to=technician)
    client.force_login(request.getfixturevalue(who))
    sent = {"to": colleague.pk, "reason": "On leave.\r\nBack soon.", "version": case.version}
    for _press in range(2):
        answer = client.post(f"/cases/{case.pk}/hand-over/", sent, follow=True)
        assert (answer.status_code, "Handed over to" in answer.content.decode()) == (200, True)
    assert events(case) == ["handed_over"]
    for other in ({"reason": "Another"}, {"to": technician.pk}, {"to": "nobody"}):
        assert client.post(f"/cases/{case.pk}/hand-over/", sent | other).status_code in {400, 403, 409}
    client.force_login(UserFactory(role=User.Role.ADMINISTRATOR))
    assert client.post(f"/cases/{case.pk}/hand-over/", sent).status_code == 400
    assert events(case) == ["handed_over"]


def test_a_correction_that_is_sent_twice_is_saved(member, technician, client):
    case_type = CaseType.objects.create(name="Divorce")
    case = CaseFactory(member=member, assigned_to=technician)
    client.force_login(technician)
    sent = {"case_type": case_type.pk, "urgency": "urgent", "version": case.version}
    for _press in range(2):
        answer = client.post(f"/cases/{case.pk}/correct/", sent, follow=True)
        assert (answer.status_code, "Changes saved." in answer.content.decode()) == (200, True)
    assert events(case) == ["urgency_changed", "type_changed"]
    assert client.post(f"/cases/{case.pk}/correct/", sent | {"urgency": "normal"}).status_code == 409


def test_a_case_type_that_is_retired_or_saved_twice_is_so(administrator, client):
    case_type = CaseType.objects.create(name="Divorce", position=1)
    client.force_login(administrator)
    saved = {"name": "Divorces", "position": 2, "conditions-TOTAL_FORMS": 0, "conditions-INITIAL_FORMS": 0}
    for address, fields, words in (
        (f"/case-types/{case_type.pk}/", saved, "Changes saved."),
        (f"/case-types/{case_type.pk}/retire/", {"retired": "yes"}, "Case type retired."),
        (f"/case-types/{case_type.pk}/retire/", {"retired": "no"}, "Members can choose this type again."),
    ):
        version = CaseType.objects.get().version
        for _press in range(2):
            answer = client.post(address, fields | {"version": version}, follow=True)
            assert (answer.status_code, words in answer.content.decode()) == (200, True)
        assert CaseType.objects.get().version == version + 1


def test_a_canned_text_that_is_saved_twice_is_saved(administrator, client):
    kept = canned_texts.add(by=administrator, source="web", name="Form", text="Send it.")
    client.force_login(administrator)
    sent = {"name": "Forms", "text": "Send\r\nthem.", "version": kept.version}
    for _press in range(2):
        answer = client.post(f"/canned-texts/{kept.pk}/", sent, follow=True)
        assert (answer.status_code, "Someone changed" in answer.content.decode()) == (200, False)
    assert CannedText.objects.get().version == kept.version + 1
    assert client.post(f"/canned-texts/{kept.pk}/", sent | {"text": "Send none."}).status_code == 409


@pytest.fixture
def condition(member, technician):
    case = CaseFactory(member=member, assigned_to=technician)
    return releases.add_condition(case=case, by=technician, source="web", kind="manual", name="Signed", owner=None)


@pytest.mark.parametrize(
    ("button", "fields", "words", "other"),
    [
        ("meet", {}, "Condition met.", {}),
        ("waive", {"reason": "Not needed"}, "Condition waived.", {"reason": "Too late"}),
    ],
)
def test_a_condition_that_is_settled_twice_is_settled(button, fields, words, other, condition, administrator, client):
    client.force_login(administrator)
    address = f"/cases/{condition.case_id}/conditions/{condition.pk}/{button}/"
    sent = fields | {"version": Case.objects.get().version}
    for _press in range(2):
        answer = client.post(address, sent, follow=True)
        assert (answer.status_code, words in answer.content.decode()) == (200, True)
    assert events(condition.case)[-1] == {"meet": "condition_met", "waive": "condition_waived"}[button]
    assert len(events(condition.case)) == 2
    if other:
        assert client.post(address, sent | other).status_code == 409
    client.force_login(UserFactory(role=User.Role.ADMINISTRATOR))
    assert client.post(address, sent).status_code == 409


def test_a_condition_that_is_removed_twice_is_removed(condition, technician, administrator, client):
    sent = {"version": Case.objects.get().version}
    address = f"/cases/{condition.case_id}/conditions/{condition.pk}"
    client.force_login(technician)
    for _press in range(2):
        answer = client.post(f"{address}/remove/", sent, follow=True)
        assert (answer.status_code, "Condition removed." in answer.content.decode()) == (200, True)
    assert events(condition.case) == ["condition_added", "condition_removed"]


@pytest.mark.parametrize("button", ["meet", "approve", "waive", "remove", "link"])
def test_a_condition_that_a_colleague_removed_is_told_of_on_the_page_of_its_case(
    button, condition, technician, administrator, client
):
    address = f"/cases/{condition.case_id}/conditions/{condition.pk}/{button}/"
    releases.remove_condition(condition=condition, by=technician, source="web")
    client.force_login(administrator)
    answer = client.post(address, {"version": 1, "reason": "Not needed"})
    assert (answer.status_code, "This condition was removed." in answer.content.decode()) == (409, True)
    assert client.post(address.replace(f"/{condition.pk}/", "/999999/")).status_code == 404


@pytest.mark.parametrize(
    ("who", "state"), [("technician", {}), ("member", {"draft": True, "assigned_to": None})], ids=["report", "draft"]
)
def test_a_document_that_is_removed_twice_is_removed(who, state, member, technician, client, request):
    case = CaseFactory(**{"member": member, "assigned_to": technician} | state)
    user = request.getfixturevalue(who)
    document = documents.attach(case=case, by=user, file=letter(), source="web")
    client.force_login(user)
    address = f"/cases/{case.pk}/documents/{document.pk}/remove/"
    for _press in range(2):
        answer = client.post(address, follow=True)
        assert (answer.status_code, "“letter.pdf” removed." in answer.content.decode()) == (200, True)
        assert answer.request["PATH_INFO"] == f"/cases/{case.pk}/"
    assert events(case) == ["document_attached", "document_removed"]
    assert client.post(address.replace(f"/{document.pk}/", "/999999/")).status_code == 404


def test_a_member_learns_nothing_of_a_report_that_was_removed(member, technician, client):
    case = CaseFactory(member=member, assigned_to=technician)
    document = documents.attach(case=case, by=technician, file=letter(), source="web")
    documents.remove(document=document, by=technician, source="web")
    address = f"/cases/{case.pk}/documents/{document.pk}/remove/"
    client.force_login(member)
    assert client.post(address).status_code == 404
    client.force_login(UserFactory(role=User.Role.ADMINISTRATOR))
    assert client.post(address).url == f"/cases/{case.pk}/#documents"


def test_a_case_that_is_moved_twice_in_the_calendar_is_moved(member, technician, client):
    case = CaseFactory(member=member, assigned_to=technician, scheduled=True)
    client.force_login(technician)
    sent = {"release_date": days(13), "reason": "", "version": case.version}
    for _press in range(2):
        answer = client.post(f"/calendar/{case.pk}/move/", sent, follow=True)
        assert answer.status_code == 200
        assert "already has this date" not in answer.content.decode()
    assert events(case) == ["rescheduled"]
    assert client.post(f"/calendar/{case.pk}/move/", sent | {"release_date": days(14)}).status_code == 409


# --- What concerns a person or the portal ----------------------------------------------------------------------------


@pytest.fixture
def buttons(member, technician, colleague, administrator):
    """Return for each button its address, what is sent, and the message."""
    now = portal_now()
    today = schedule.date_of(now)
    User.objects.filter(pk=member.pk).update(email_bounced=now, email_bounce_words="550 no such user")
    planned, present = (
        Absence.objects.create(technician=technician, deputy=colleague, first_day=first, last_day=first + 2 * DAY)
        for first in (today + 9 * DAY, today - DAY)
    )
    BlackoutDay.objects.create(date=today + 9 * DAY, name="Move", created=now, created_by=administrator)
    Authenticator.objects.create(user=technician, type=Authenticator.Type.TOTP, data={"secret": "x"})
    absence = {"technician": technician.pk}
    return {
        "bounce": (f"/people/{member.pk}/bounce/clear/", {}, "no longer marked as bounced."),
        "planned absence": (f"/accounts/absences/{planned.pk}/end/", absence, "Absence ended."),
        "absence": (f"/accounts/absences/{present.pk}/end/", absence, "Absence ended."),
        "blackout day": ("/blackout-days/remove/", {"date": today + 9 * DAY}, "is no longer a blackout day."),
        "stop": ("/operations/releases/stop/", {"reason": "Wrong answers"}, "Releases stopped."),
        "factor": (
            f"/people/{technician.pk}/second-factor/remove/",
            {"reason": "Lost the phone"},
            "Two-factor authentication turned off for tom.",
        ),
    }


def count_events() -> int:
    return sum(model._base_manager.count() for model in (AccountEvent, PortalEvent, CaseEvent))


@pytest.mark.parametrize("button", ["bounce", "planned absence", "absence", "blackout day", "stop", "factor"])
def test_a_button_for_a_person_or_the_portal_that_is_pressed_twice_says_it_again(
    button, buttons, administrator, client
):
    client.force_login(administrator)
    address, sent, words = buttons[button]
    first = client.post(address, sent, follow=True)
    assert (first.status_code, words in first.content.decode()) == (200, True)
    done = count_events()

    again = client.post(address, sent, follow=True)

    assert (again.status_code, words in again.content.decode()) == (200, True)
    assert count_events() == done
    client.force_login(UserFactory(role=User.Role.ADMINISTRATOR))
    other = client.post(address, sent, follow=True).content.decode()
    assert words not in other


def test_releases_that_are_started_twice_are_started(administrator, client):
    stop = releases.stop_releases(by=administrator, source="web", reason="Wrong answers")
    client.force_login(administrator)
    sent = {"reason": "Corrected", "seen": stop.at.isoformat()}
    for _press in range(2):
        answer = client.post("/operations/releases/start/", sent, follow=True)
        assert (answer.status_code, "Releases started." in answer.content.decode()) == (200, True)
    assert client.post("/operations/releases/start/", sent | {"reason": "Another"}).status_code == 409


def test_an_absence_that_was_ended_meanwhile_is_told_of_on_its_page(buttons, technician, administrator, client):
    address, sent, _words = buttons["planned absence"]
    client.force_login(technician)
    client.post(address, sent)
    client.force_login(administrator)
    answer = client.post(address, sent, follow=True)
    assert answer.request["PATH_INFO"] == f"/people/{technician.pk}/absences/"
    assert "This absence has already ended." in answer.content.decode()
    assert client.post("/accounts/absences/999999/end/").status_code == 404


@pytest.fixture
def given_up(member, technician):
    """An email about a case that was given up, and one about the account."""
    case = CaseFactory(member=member, assigned_to=technician, released=True)
    now = portal_now()
    email = {"recipient": member, "state": OutgoingEmail.State.FAILED, "due": now, "next_try": now, "created": now}
    about_case = OutgoingEmail.objects.create(case=case, kind="released", release_number=1, **email)
    return about_case, OutgoingEmail.objects.create(kind="password_reset", address=member.email, **email)


@pytest.mark.parametrize("is_sent", [False, True])
def test_emails_that_are_resent_twice_are_resent_once(is_sent, given_up, member, administrator, client):
    client.force_login(administrator)
    for address, words in (
        (f"/operations/emails/{given_up[0].pk}/resend/", "Resending the email about 1 case."),
        (f"/people/{member.pk}/emails/resend/", "Resending 1 email to mia@example.com."),
    ):
        for _press in range(2):
            answer = client.post(address, follow=True)
            assert (answer.status_code, words in answer.content.decode()) == (200, True)
            if is_sent:
                outbox.deliver()
        assert (CaseEvent.objects.count(), AccountEvent.objects.count()) == (1, int("people" in address))


@pytest.mark.parametrize("what", ["a daily email", "an email of now"])
def test_emails_are_resent_once_whatever_else_waits_for_the_person(what, given_up, member, administrator, client):
    client.force_login(administrator)
    address, words = f"/people/{member.pk}/emails/resend/", "Resending 2 emails to mia@example.com."
    assert words in client.post(address, follow=True).content.decode()
    due = portal_now() + (DAY if what == "a daily email" else 0 * DAY)
    moments = {"due": due, "next_try": due, "created": portal_now()}
    OutgoingEmail.objects.create(kind="digest", recipient=member, address=member.email, **moments)

    again = client.post(address, follow=True)

    assert (again.status_code, words in again.content.decode()) == (200, True)
    assert (CaseEvent.objects.count(), AccountEvent.objects.count()) == (1, 1)
    button = client.post(f"/operations/emails/{given_up[1].pk}/resend/", follow=True)
    assert "Resending the email." in button.content.decode()


def test_an_email_that_must_wait_for_its_hours_is_resent_once(clock, given_up, member, administrator, client, settings):
    settings.RELEASE_MAIL_HOURS = dt.time(18), dt.time(20)  # it is noon
    client.force_login(administrator)
    for address, words in (
        (f"/people/{member.pk}/emails/resend/", "Resending 2 emails to mia@example.com."),
        (f"/operations/emails/{given_up[0].pk}/resend/", "Resending the email about"),
    ):
        for _press in range(2):
            answer = client.post(address, follow=True)
            assert (answer.status_code, words in answer.content.decode()) == (200, True)
            outbox.deliver()
    assert OutgoingEmail.objects.get(pk=given_up[0].pk).state == OutgoingEmail.State.WAITING
    assert CaseEvent.objects.count() == 1
