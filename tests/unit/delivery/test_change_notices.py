"""The technician of a case is told what another person did to it: in words, and once for each case."""

import datetime as dt

import pytest

from cases import releases
from cases.casework import corrections
from cases.lifecycle.notification_kinds import CHANGES
from cases.models import CaseEvent, Notification
from cases.releases import bulk
from cases.releases.bulk import Parameters
from cases.selectors import notifications
from tests.conftest import FROZEN
from tests.factories import CaseFactory, CaseTypeFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

WEB = {"source": "web"}
WHY = {"source": "web", "reason": "because"}


def bell(person):
    return [line.text for group in notifications.unread(person) for line in group.lines]


def test_each_change_has_its_words(technician, administrator):
    case = CaseFactory(assigned_to=technician)
    for kind, (number, words) in CHANGES.items():
        Notification.objects.all().delete()
        Notification.objects.create(
            recipient=technician, case=case, kind="changed", ref=number, actor=administrator, at=FROZEN
        )
        assert bell(technician) == [words % {"name": "ada"}], kind
    assert set(CHANGES) <= set(CaseEvent.Kind.values)
    assert len({number for number, _words in CHANGES.values()}) == len(CHANGES)


def test_one_of_a_number_that_only_a_newer_process_knows_says_that_something_changed(technician, administrator):
    Notification.objects.create(
        recipient=technician,
        case=CaseFactory(assigned_to=technician),
        kind="changed",
        ref=99,
        actor=administrator,
        at=FROZEN,
    )
    assert bell(technician) == ["A colleague changed this case."]


def test_a_release_early_and_its_undo(technician, administrator):
    case = CaseFactory(assigned_to=technician, scheduled=True)
    releases.release_now(case=case, by=administrator, **WHY)
    releases.undo(case=case, by=administrator, **WEB)
    assert [text.partition(" ")[2] for text in bell(technician)] == [
        "undid the release of this case.",
        "released this case.",
    ]


def test_conditions_of_a_new_type_come_with_it(technician, administrator):
    case = CaseFactory(assigned_to=technician)
    with_conditions = CaseTypeFactory(conditions=["manual", "report"])
    corrections.correct(case=case, by=administrator, case_type=with_conditions, urgency="urgent", **WEB)
    (text,) = bell(technician)
    assert "changed the type" in text


def test_a_technician_who_owns_the_condition_is_told_that_alone(technician, administrator):
    case = CaseFactory(assigned_to=technician)
    releases.add_condition(case=case, by=administrator, kind="manual", name="Payment", owner=technician, **WEB)
    (text,) = bell(technician)
    assert "you own" in text
    chosen = Parameters(kind="manual", name="Signature", owner=technician.pk)
    run = bulk.preview(by=administrator, action="add_condition", keys=[case.pk], parameters=chosen, reason="because")
    bulk.start(by=administrator, run=run)
    bulk.work_off()
    assert len(bell(technician)) == 2
    assert not Notification.objects.filter(kind="changed").exists()


@pytest.mark.parametrize("action", ["release_now", "hold", "return", "schedule"])
def test_a_run_over_many_is_one_line_at_the_bell_and_one_email(action, technician, administrator, settings):
    settings.NOTIFICATION_EMAILS = True
    cases = CaseFactory.create_batch(6, assigned_to=technician, scheduled=True)
    chosen = Parameters(date=FROZEN.date() + dt.timedelta(days=20)) if action == "schedule" else Parameters()
    keys = [case.pk for case in cases]
    run = bulk.preview(by=administrator, action=action, keys=keys, parameters=chosen, reason="because")
    bulk.start(by=administrator, run=run)
    bulk.work_off()
    told = Notification.objects.filter(recipient=technician, kind="changed")
    assert told.count() == 6
    assert told.values("email").distinct().count() == 1
    (wave,) = notifications.unread(technician)
    assert wave.words == "6 cases"
