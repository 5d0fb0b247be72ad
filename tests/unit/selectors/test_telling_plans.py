"""Notifications and messages are read along indexes, however many there are: PostgreSQL's plans.

There are thousands of rows of each kind, most of them for one person.
"""

import datetime as dt
from collections.abc import Callable
from functools import partial

import pytest
from django.conf import settings
from django.db import connection
from django.db.models import Q
from django.utils import timezone

from cases.accounts import absences
from cases.accounts import notifications as verbs
from cases.delivery import bounces, notification_email, resend
from cases.delivery import notifications as delivery
from cases.delivery.email_batch import EmailBatch
from cases.lifecycle import deputies, quotas, security_notices
from cases.maintenance import cleanup
from cases.models import AccountEvent, Case, CaseMessage, Notification, OutgoingEmail, Reminder, User
from cases.models.case_states import WAITING_FOR_MEMBER, WAITING_FOR_STAFF
from cases.monitoring.bounce_status import bounce_status
from cases.selectors import notifications
from cases.selectors.owned_conditions import owned_conditions
from tests import many_cases
from tests.plans import Plans
from tests.truncation import truncate

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]

Work = Callable[[], object]
TODAY = dt.date(2025, 6, 11)
CASES = 20_000
# Mia has notifications about her own cases, Tom about all, and Otto none yet. One in a hundred is Ada's.
FILL = """
INSERT INTO cases_outgoingemail (kind, recipient_id, address, state, attempts, deferrals, interrupted, due, next_try,
    last_error, created, "group", message_id, sent)
SELECT 'notification', CASE WHEN n %% 100 < 2 THEN %(ada)s ELSE %(tom)s END, 'tom@example.com',
    CASE WHEN n %% 50 = 1 THEN 'undeliverable' ELSE 'sent' END, 1, 0, false, now(), now(), '', now(),
    gen_random_uuid(), '<' || n || '@example.com>', timestamptz '2025-01-01' + n * interval '1 minute'
FROM generate_series(1, %(cases)s) AS n;

INSERT INTO cases_notification (recipient_id, case_id, kind, ref, at, read_at, email_id)
SELECT CASE WHEN n %% 100 = 0 THEN %(ada)s WHEN n %% 100 = 7 THEN %(mia)s ELSE %(tom)s END, c.id,
    CASE WHEN n %% 2 = 0 THEN 'held' ELSE 'question' END, round, now(),
    CASE WHEN round = 1 THEN timestamptz '2025-01-01' + n * interval '1 minute' END, e.id
FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM cases_case) AS c
JOIN (SELECT id, row_number() OVER (ORDER BY id) AS n FROM cases_outgoingemail) AS e USING (n)
CROSS JOIN generate_series(1, 2) AS round;

INSERT INTO cases_reminder (case_id, recipient_id, schedule_revision, day, email_id)
SELECT c.id, %(tom)s, 1, date '2020-01-01' + (n / 20)::int, e.id
FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM cases_case) AS c
JOIN (SELECT id, row_number() OVER (ORDER BY id) AS n FROM cases_outgoingemail) AS e USING (n);

INSERT INTO cases_casemessage (case_id, author_id, is_from_member, text, at, release_number)
SELECT CASE WHEN n %% 50 = 0 THEN c.id ELSE (SELECT max(id) FROM cases_case) END,
    CASE WHEN n %% 100 = 0 THEN %(ada)s ELSE %(tom)s END, false, 'Yes.', timestamptz '2025-01-01', 1
FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM cases_case) AS c;

INSERT INTO cases_absence (technician_id, deputy_id, first_day, last_day)
SELECT %(tom)s, %(otto)s, date '2025-06-11' - n, date '2025-06-11' - n FROM generate_series(0, %(cases)s) AS n;

INSERT INTO cases_condition (case_id, kind, name, owner_id, from_type, state, created, since, settled_through, reason,
    approved_digest)
SELECT id, 'manual', 'Paid', CASE WHEN id %% 100 = 0 THEN %(ada)s WHEN id %% 2 = 0 THEN %(otto)s END, false, 'open',
    now(), timestamptz '2025-01-01' + id * interval '1 minute', '', '', ''
FROM cases_case WHERE status <> 'draft' AND actual_release_date IS NULL;

UPDATE cases_case SET open_conditions = 1 WHERE id IN (SELECT case_id FROM cases_condition) AND id %% 37 = 0;

UPDATE cases_case SET waiting_for = CASE status WHEN 'accepted' THEN 'member' ELSE 'staff' END, waiting_since = now()
WHERE status IN ('accepted', 'submitted') OR (status = 'completed' AND id %% 3 = 0);

INSERT INTO cases_user (password, is_superuser, username, first_name, last_name, email, is_staff, is_active,
    date_joined, role, {empty}, email_bounced)
SELECT '', false, 'crowd-' || n, '', '', '', false, true, now(), 'member', {values},
    CASE WHEN n %% 500 = 0 THEN now() END
FROM generate_series(1, %(cases)s) AS n;

INSERT INTO cases_absence (technician_id, deputy_id, first_day, last_day)
SELECT id, id + 1, date '2025-07-01', date '2025-07-03' FROM cases_user WHERE username LIKE 'crowd-1__';
"""


@pytest.fixture(scope="module", autouse=True)
def many(django_db_setup, django_db_blocker):
    """The rows, analyzed. They are deleted after the module's tests."""
    if connection.vendor != "postgresql":
        yield
        return
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        try:
            many_cases.fill(CASES, TODAY)
            keys = dict(User.objects.values_list("username", "pk"))
            for statement in _fill().split(";\n"):
                if statement.strip():
                    cursor.execute(statement, keys | {"cases": CASES})
            cursor.execute("VACUUM ANALYZE")
            yield
        finally:
            cursor.execute(truncate("cases_case", "cases_user", "cases_casetype"))


def _fill() -> str:
    """With the initial values of a person's other NOT NULL columns."""
    written = "id password is_superuser username first_name last_name email is_staff is_active date_joined role"
    fields = [field for field in User._meta.concrete_fields if not field.null and field.name not in written.split()]
    values = [f"'{field.get_default()}'" for field in fields]
    return FILL.format(empty=", ".join(field.column for field in fields), values=", ".join(values))


@pytest.fixture(autouse=True)
def _noon(clock):
    clock.move_to(dt.datetime.combine(TODAY, dt.time(12), tzinfo=dt.UTC))


def person(name: str) -> User:
    return User.objects.get(username=name)


def newest(name: str, **conditions) -> Notification:
    return Notification.objects.filter(recipient__username=name, **conditions).latest("pk")


def halfway(name: str) -> int:
    """The key of a notification that has as many unread ones before it as after it. Keys don't begin at one."""
    keys = (
        Notification.objects.filter(recipient__username=name, read_at=None).order_by("pk").values_list("pk", flat=True)
    )
    return keys[len(keys) // 2]


def of_email() -> Work:
    row = newest("tom", read_at=None).email_id
    batch = EmailBatch(None, "notification", None, "", 0, "", 0, (row,), (), (), None)
    return partial(notification_email._still_to_tell, batch, person("tom"))


def told_already() -> Work:
    held = newest("ada", kind="held")
    return partial(delivery._untold, "held", [delivery.About(held.recipient_id, held.case_id, held.ref)])


def account_changed() -> Work:
    tom = person("tom")
    tom.email = "tom@example.com"
    event = AccountEvent.objects.create(person=tom, kind="password_changed", at=timezone.now(), actor=tom)
    return partial(security_notices.queue, event)


def read_long_ago() -> Work:
    return partial(cleanup._notifications, dt.datetime(2025, 1, 12, tzinfo=dt.UTC) + settings.CLEANUP_NOTIFICATIONS)


def never_read() -> Work:
    return partial(cleanup._never_read, Notification.objects.earliest("pk").at + cleanup.UNREAD - dt.timedelta(days=1))


def messages_of_a_case() -> Work:
    quiet, reader = CaseMessage.objects.filter(author=person("ada")).earliest("pk").case, person("tom")
    return lambda: list(CaseMessage.objects.of(quiet, seen_by=reader).order_by("-pk")[:50])


def waiting(which: Q, **conditions) -> Work:
    cases = Case.objects.filter(which, **conditions).order_by("waiting_since", "pk")
    return lambda: list(cases[:50])


TOLD, MAIL = "cases_notification", "cases_outgoingemail"
# For each action: how it is prepared, its table, the index that it is read along, and how many rows may be touched. The
# bell shows up to a hundred, and reads the case of each.
BELL = 101 * 3
PLANS: dict[str, tuple[Callable[[], Work], str, str, int]] = {
    **{
        f"the bell of {name}": (
            lambda name=name: partial(notifications.count_unread, person(name)),
            TOLD,
            "notification_unread",
            BELL,
        )
        for name in ("mia", "tom", "ada")
    },
    **{
        f"the page of {name}, {what.__name__}": (
            lambda name=name, what=what: partial(what, person(name)),
            TOLD,
            f"notification_{what.__name__}",
            BELL,
        )
        for name in ("mia", "tom", "ada")
        for what in (notifications.unread, notifications.read)
    },
    "mark one read": (
        lambda: partial(verbs.mark_read, by=person("ada"), about=newest("ada", read_at=None)),
        TOLD,
        "notification_unread",
        verbs.BATCH,
    ),
    "mark all read": (
        lambda: partial(verbs._unread, person("tom"), upto=halfway("tom")),
        TOLD,
        "notification_unread",
        verbs.BATCH,
    ),
    "what was acted on": (
        lambda: partial(list, delivery._unread(person("tom").pk)),
        TOLD,
        "notification_unread",
        delivery.MAX_LOOKED_THROUGH,
    ),
    "what is settled": (
        lambda: partial(delivery.mark_settled, {1}, people={person("tom").pk, person("ada").pk}, at=timezone.now()),
        TOLD,
        "notification_unread",
        # Of two people, and a row of a part counts twice.
        4 * delivery.MAX_LOOKED_THROUGH,
    ),
    **{
        f"open one of {name}": (
            lambda name=name: partial(list, notifications.visible_to(person(name)).filter(pk=newest(name).pk)),
            TOLD,
            "cases_notification_pkey",
            5,
        )
        for name in ("mia", "tom", "ada")
    },
    "clean up what was never read": (never_read, TOLD, "cases_notification_pkey", 4 * cleanup.BATCH),
    "clean up": (read_long_ago, TOLD, "notification_expiring", 3 * cleanup.BATCH),
    "what an email tells": (of_email, TOLD, "notification_mailed", 10),
    "told already": (told_already, TOLD, "notification_once", 10),
    "the queue": (
        lambda: partial(delivery.notify_queue, by="portal", at=timezone.now()),
        TOLD,
        "notification_unread",
        2 * delivery.MAX_LOOKED_THROUGH,
    ),
    "what was sent to a person": (
        lambda: partial(bounces._is_last_of_a_row, OutgoingEmail.objects.latest("pk")),
        MAIL,
        "email_sent_to",
        50,
    ),
    "security notices of an hour": (account_changed, MAIL, "email_sent_to", 5),
    "what was given up": (
        lambda: partial(resend.waiting_for_address, person("ada")),
        MAIL,
        "email_given_up_of",
        resend.MAX_ROWS * 3,
    ),
    "bounced addresses": (lambda: bounce_status, "cases_user", "user_bounced", 200),
    # Tom has eight hundred scheduled cases, and conditions on some of them.
    **{
        f"conditions of {name}: {index}": (
            lambda name=name: partial(owned_conditions, person(name)),
            table,
            index,
            most,
        )
        for name, table, index, most in (
            ("ada", "cases_condition", "condition_open_of_owner", 30),
            ("tom", "cases_condition", "condition_of_case", 200),
            ("tom", "cases_case", "case_assigned_due", 3000),
            ("otto", "cases_condition", "condition_open_of_owner", 100),
        )
    },
    "messages of a case": (messages_of_a_case, "cases_casemessage", "message_of_case", 60),
    "messages of an author": (
        lambda: partial(quotas.check_messages, person("ada")),
        "cases_casemessage",
        "message_of_author",
        100,
    ),
    # All planned absences are read.
    "who is away": (lambda: deputies.away_until, "cases_absence", "absence_last_day", 120),
    "whose absence begins": (
        lambda: lambda: list(deputies.begun_after(TODAY - dt.timedelta(days=1))),
        "cases_absence",
        "absence_last_day",
        120,
    ),
    "whom a person stands in for": (
        lambda: partial(deputies._standing_in, {person("crowd-150").pk}),
        "cases_absence",
        "absence_of_deputy",
        2,
    ),
    "what a person has planned": (
        lambda: partial(list, absences.absences_of(person("crowd-150"))),
        "cases_absence",
        "absence_of_technician",
        5,
    ),
    "reminded today": (
        lambda: partial(list, Reminder.objects.filter(recipient__in=[person("tom").pk], day=dt.date(2020, 5, 1))),
        "cases_reminder",
        "reminder_of_day",
        30,
    ),
    **{
        f"waiting: {index}": (make, "cases_case", index, 60)
        for index, make in {
            "case_waiting_for_member": lambda: waiting(WAITING_FOR_MEMBER),
            "case_assigned_asked": lambda: waiting(WAITING_FOR_MEMBER, assigned_to=person("tom")),
            "case_waiting_for_staff": lambda: waiting(WAITING_FOR_STAFF),
            "case_assigned_unanswered": lambda: waiting(WAITING_FOR_STAFF, assigned_to=person("tom")),
        }.items()
    },
}


@pytest.mark.parametrize("what", PLANS)
def test_it_is_read_along_its_index(what, settings):
    settings.NOTIFICATION_EMAILS = True
    make, table, index, most = PLANS[what]
    plans = Plans(make(), table)
    assert plans.statements
    assert index in plans.indexes
    assert plans.whole_table == []
    assert plans.rows_touched <= most


def test_the_planner_expects_more_than_the_bell_counts():
    """If it expected few rows, it would sort all of them, however many."""
    (scan,) = [
        scan
        for scan in Plans(partial(notifications.count_unread, person("ada")), TOLD).scans
        if scan.get("Index Name") == "notification_unread"
    ]
    assert scan["Plan Rows"] > 10 * notifications.MAX_COUNTED


def test_the_bell_is_not_planned_for_each_page():
    for name in ("mia", "tom", "ada"):
        for _page in range(8):
            notifications.count_unread(person(name))

    with connection.cursor() as cursor:
        cursor.execute("SELECT generic_plans FROM pg_prepared_statements")
        assert [kept > 0 for (kept,) in cursor.fetchall()] == [True] * 3
