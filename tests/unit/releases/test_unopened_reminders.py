"""One friendly reminder to a member who has not opened a released case, and never a second."""

import datetime as dt

import pytest

from cases import releases
from cases.accounts.notifications import choose, stop_emails
from cases.core.errors import CaseError
from cases.delivery import outbox
from cases.models import Case, OutgoingEmail, User
from cases.releases.unopened_reminders import queue_unopened_reminders
from tests.conftest import FROZEN
from tests.factories import CaseFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

DAY = dt.timedelta(days=1)


@pytest.fixture(autouse=True)
def _on(settings):
    settings.RELEASE_UNOPENED_REMINDER = True
    settings.RELEASE_UNOPENED_DAYS = 7


def send() -> None:
    queue_unopened_reminders()
    outbox.deliver()


def released(member: User, days_ago: float = 0, **options: object) -> Case:
    at = FROZEN - days_ago * DAY
    return CaseFactory(member=member, released=True, title="Pension", actual_release_date=at, **options)


def test_it_is_sent_once_when_the_days_are_over_and_never_of_what_is_older_than_the_portals_habit(
    member, mailoutbox, clock, monkeypatch
):
    monkeypatch.setattr("cases.releases.unopened_reminders.BATCH", 2)
    old = released(member, 8)
    send()
    cases = [released(member) for _ in range(3)]
    released(member, first_viewed_at=FROZEN)
    for day in range(1, 9):
        clock.shift(DAY)
        send()
        assert len(mailoutbox) == (1 if day >= 7 else 0)
    (mail,) = mailoutbox
    assert mail.subject == "3 of your cases are waiting for you"
    assert all(case.external_case_id in mail.body for case in cases)
    assert old.external_case_id not in mail.body


CHANGES = {
    "opened": {"first_viewed_at": FROZEN},
    "recalled": {"actual_release_date": None},
    "another release": {"release_number": 2},
}


@pytest.mark.parametrize("change", [*CHANGES, "deactivated", "nothing"])
def test_it_is_looked_at_again_when_it_is_sent(change, member, mailoutbox, clock):
    send()
    case = released(member)
    clock.shift(7 * DAY)
    queue_unopened_reminders()
    assert OutgoingEmail.objects.count() == 1
    Case.objects.filter(pk=case.pk).update(**CHANGES.get(change, {}))
    User.objects.filter(pk=member.pk).update(is_active=change != "deactivated")
    outbox.deliver()
    assert [mail.subject for mail in mailoutbox] == (
        [f"Your case {case.external_case_id} is waiting for you"] if change == "nothing" else []
    )
    assert all("Pension" not in mail.subject for mail in mailoutbox)


def test_it_is_off_by_default_and_switched_on_again_it_begins_anew(member, mailoutbox, clock, settings):
    send()
    settings.RELEASE_UNOPENED_REMINDER = False
    released(member)
    clock.shift(30 * DAY)
    send()
    settings.RELEASE_UNOPENED_REMINDER = True
    send()
    assert (mailoutbox, OutgoingEmail.objects.count()) == ([], 0)


@pytest.mark.parametrize("when", ["before", "after it was queued"])
def test_who_has_stopped_it_gets_none_and_still_hears_of_releases(when, member, other_member, mailoutbox, clock):
    send()
    released(member), released(other_member)
    clock.shift(7 * DAY)
    if when != "before":
        queue_unopened_reminders()
    stop_emails(person=member.pk, kinds=["unopened"])
    send()
    assert [mail.to for mail in mailoutbox] == [[other_member.email]]
    CaseFactory(member=member, due=True)
    releases.release_due(by="test", source="sweep")
    outbox.deliver()
    assert mailoutbox[-1].to == [member.email]


def test_it_waits_for_the_hours_of_its_member(member, mailoutbox, clock, settings):
    settings.RELEASE_MAIL_HOURS = (dt.time(8), dt.time(20))
    User.objects.filter(pk=member.pk).update(time_zone="Pacific/Honolulu")
    send()
    released(member)
    clock.shift(7 * DAY)
    send()
    assert (mailoutbox, OutgoingEmail.objects.get().state) == ([], "waiting")
    clock.shift(dt.timedelta(hours=6))
    outbox.deliver()
    assert len(mailoutbox) == 1, "at 8 AM in Honolulu"


def test_the_choice_is_offered_where_the_portal_does_so_and_leaves_the_rest_to_the_release(member, client, settings):
    client.force_login(member)
    for settings.RELEASE_UNOPENED_REMINDER in (True, False):
        page = client.get("/notifications/settings/").content.decode()
        assert ('name="unopened"' in page) is settings.RELEASE_UNOPENED_REMINDER
    with pytest.raises(CaseError):
        choose(by=member, channels={"unopened": "nothing"})
