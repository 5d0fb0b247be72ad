"""The demo data: a portal that looks lived-in on every page, and is created through the verbs."""

import datetime as dt

import pytest
from django.core import checks
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from cases.core.clock import portal_now
from cases.demo import documents
from cases.demo.story import Story
from cases.demo.usual_rules import RULES, usual_rules
from cases.models import Case, CaseDocument, CaseNote, Condition, FirstView, User
from cases.models.case_states import HELD, RELEASED, SCHEDULED
from cases.models.user import INVITED
from cases.selectors.dashboard import groups_for
from portal.setting_registry import SETTINGS
from tests.clocks import portals_today
from tests.pages import ADMINISTRATOR, MEMBER, PAGES, TECHNICIAN, complete_world

pytestmark = pytest.mark.django_db


@pytest.mark.slow
def test_every_page_has_something_to_show(clock, client):
    assert Story(password="a long enough password").tell() == Case.objects.count() == 300

    member = User.objects.get(username="member")
    of_the_member(member, client)
    of_the_calendar()
    of_the_people()
    of_the_conditions()
    of_first_views()
    assert CaseNote.objects.exists()
    of_the_pages()


# Several checks at a time, because a story takes seconds.
CHOSEN = {
    "near dates, far east": {
        "RELEASE_MIN_DAYS": 0,
        "RELEASE_DEFAULT_DAYS": 0,
        "RELEASE_MAX_DAYS": 14,
        "RELEASE_UNDO_SECONDS": 0,
        "TIME_ZONE": "Pacific/Kiritimati",
        "RELEASE_TIME_OF_DAY": dt.time(23, 59),
        "RELEASE_MEMBER_VIEW": "announced",
        "RELEASE_MAIL_HOURS": (dt.time(8), dt.time(9)),
        "RELEASE_REMINDER_DAYS": 0,
    },
    "far dates, far west, and strict": {
        "RELEASE_REQUIRES_ANSWER": True,
        "REQUIRE_SECOND_APPROVER": True,
        "CASE_QUESTIONS_DAYS": 0,
        "MAX_OPEN_DRAFTS": 1,
        "MAX_SUBMISSIONS_PER_HOUR": 1,
        "MAX_NOTES_PER_HOUR": 1,
        "MAX_MESSAGES_PER_HOUR": 1,
        "MAX_UPLOADS_PER_HOUR": 1,
        "RELEASE_BATCH_SIZE": 1,
        "RELEASE_MIN_DAYS": 400,
        "RELEASE_DEFAULT_DAYS": 400,
        "RELEASE_MAX_DAYS": 400,
        "RELEASE_ON_WEEKENDS": False,
        "RELEASE_HOLIDAYS": "US-TX",
        "TIME_ZONE": "Etc/GMT+12",
        "RELEASE_TIME_OF_DAY": dt.time(12),
        "RELEASE_MEMBER_VIEW": "in_progress",
        "RELEASE_UNOPENED_REMINDER": True,
        "NOTIFICATION_EMAILS": True,
    },
}


@pytest.mark.slow
@pytest.mark.one_database("is about what settings refuse: the usual story has the statements on both")
@pytest.mark.parametrize("chosen", CHOSEN.values(), ids=CHOSEN)
def test_the_story_can_be_told_under_every_setting(settings, chosen):
    for name, value in chosen.items():
        setattr(settings, name, value)
    assert Story(password="a long enough password").tell() == 300
    assert {name: getattr(settings, name) for name in chosen} == chosen


@pytest.mark.parametrize("name", RULES)
def test_the_usual_rules_hold_within_and_not_after(settings, name):
    setattr(settings, name, 1234)
    with usual_rules():
        assert str(getattr(settings, name)) == SETTINGS[name].default
    assert getattr(settings, name) == 1234


def of_the_member(member: User, client) -> None:
    """Cases in every state, and a report to open."""
    own = Case.objects.filter(member=member)
    assert set(own.values_list("status", flat=True)) == set(Case.Status.values)
    assert all(own.filter(state).exists() for state in (HELD, SCHEDULED, RELEASED))
    report = CaseDocument.objects.filter(case__in=own.filter(RELEASED), kind=CaseDocument.Kind.REPORT).first()
    client.force_login(member)
    answer = client.get(f"/cases/{report.case_id}/documents/{report.pk}/")
    assert b"".join(answer.streaming_content).startswith(b"%PDF-1.4")


def of_the_pages() -> None:
    """`make screenshots` adds what the demo lacks, and opens each page as listed. The demo has nothing that is due."""
    world = complete_world(*(User.objects.get(username=name) for name in ("member", "technician", "admin")))
    for person in (MEMBER, TECHNICIAN, ADMINISTRATOR):
        client = world.client(person)
        for page in PAGES:
            if person in page.people and "due" not in page.name:
                answer = client.get(page.address(world))
                assert answer.status_code == page.status, (page.name, person)


def of_the_calendar() -> None:
    """Some releases are due today, a wave tomorrow, and nothing is late."""
    today = portals_today()
    scheduled = Case.objects.filter(SCHEDULED)
    assert scheduled.filter(scheduled_release_date=today).count() == 4
    assert scheduled.filter(scheduled_release_date=today + dt.timedelta(days=1)).count() >= 50
    assert not scheduled.filter(open_conditions=0, scheduled_release_date__lt=today).exists()


def of_the_people() -> None:
    """One has left with cases still open, and one has not signed in yet."""
    former = User.objects.get(username="former-technician")
    assert not former.is_active
    assert former.assigned_cases.filter(status="accepted").count() == 3
    assert User.objects.filter(INVITED).count() == 1
    assert User.objects.filter(role="technician", is_active=True).count() >= 3


def of_the_conditions() -> None:
    """The technician has one of each kind, including a case that one holds back."""
    own = Condition.objects.filter(case__assigned_to__username="technician")
    assert set(own.values_list("kind", flat=True)) == set(Condition.Kind.values)
    assert Case.objects.held_by_conditions(portal_now()).filter(assigned_to__username="technician").count() == 1
    for case in Case.objects.filter(open_conditions__gt=0):
        assert case.open_conditions == case.conditions.filter(state="open").count()


def of_first_views() -> None:
    """Most released cases were opened, some were not, and the demo's technician finds a few of those."""
    released = Case.objects.filter(RELEASED)
    opened = released.filter(first_viewed_at__isnull=False).count()
    assert released.count() / 2 < opened < released.count()
    assert FirstView.objects.filter(kind="document").exists()
    group = next(
        group for group in groups_for(User.objects.get(username="technician")) if group.section.key == "unopened"
    )
    assert group.cases


def test_a_database_of_another_version_is_said_and_left_alone():
    MigrationRecorder(connection).record_applied("cases", "0005_sampled_totals")
    sentence = (
        "The database was created by another version of the portal. It has an unknown migration, 0005_sampled_totals."
    )
    with pytest.raises(CommandError, match=f"{sentence} Use .* an empty database"):
        call_command("prepare_demo")
    assert [message.id for message in checks.run_checks(databases=["default"])] == ["cases.W003"]


def test_tables_with_other_columns_are_said():
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE cases_heartbeat RENAME TO cases_heartbeat_of_old")
    with pytest.raises(CommandError, match=r"Its tables have different columns\. Use an empty database"):
        call_command("prepare_demo")


def test_a_report_says_where_its_parts_begin():
    written = documents.report("Pension", "C-1").read()
    (at,) = [int(line) for line in written.split(b"startxref\n")[1].split(b"\n")[:1]]
    table = written[at:].split(b"\n")[3:9]
    for number, row in enumerate(table, start=1):
        assert written[int(row.split()[0]) :].startswith(b"%d 0 obj" % number)
