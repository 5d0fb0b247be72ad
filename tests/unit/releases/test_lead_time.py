"""The type of the case decides which dates may be chosen: in the picker, by the server, and if no date is given."""

import datetime as dt

import pytest

from cases import releases
from cases.core import schedule
from cases.core.clock import portal_now
from cases.core.errors import BadSchedule
from cases.core.schedule import LeadTime, Schedule
from cases.forms.calendar import MoveForm
from cases.forms.release import CompletionForm, RescheduleForm
from cases.models import Case
from cases.releases.schedule_policy import lead_time_of
from tests.factories import CaseFactory, CaseTypeFactory
from tests.tokens import header, new_token

pytestmark = pytest.mark.django_db

TODAY = dt.date(2025, 6, 11)
JSON = "application/json"

# The type's minimum and default, and the result if the portal has 7 and 10.
LEADS = {
    "no type": (None, LeadTime(7, 10)),
    "a type of its name alone": ((None, None), LeadTime(7, 10)),
    "a lower minimum": ((2, None), LeadTime(2, 10)),
    "no minimum": ((0, 0), LeadTime(0, 0)),
    "a higher minimum": ((20, None), LeadTime(20, 20)),
    "both": ((14, 21), LeadTime(14, 21)),
    "a default alone": ((None, 30), LeadTime(7, 30)),
    "a default that the portal's minimum has overtaken": ((None, 3), LeadTime(7, 7)),
}


@pytest.fixture(autouse=True)
def _portal(settings, clock):
    settings.RELEASE_MIN_DAYS, settings.RELEASE_DEFAULT_DAYS, settings.RELEASE_MAX_DAYS = 7, 10, 365


@pytest.fixture
def case(member, technician):
    kept = CaseTypeFactory(min_days=14, default_days=21)
    return CaseFactory(member=member, assigned_to=technician, case_type=kept)


def in_days(days: int) -> dt.date:
    return TODAY + dt.timedelta(days=days)


@pytest.mark.parametrize(("days", "expected"), LEADS.values(), ids=LEADS.keys())
def test_what_a_type_leaves_open_is_the_portals(days, expected):
    kept = days and CaseTypeFactory(min_days=days[0], default_days=days[1])
    assert lead_time_of(CaseFactory(case_type=kept)) == expected


def test_a_technician_waits_as_long_as_the_type_says(case, technician):
    with pytest.raises(BadSchedule) as caught:
        releases.complete(case=case, by=technician, source="web", release_on=Schedule(in_days(13)))
    assert "June 25, 2025" in caught.value.message
    assert "14 days from today" in caught.value.message
    done = releases.complete(case=case, by=technician, source="web", release_on=Schedule(in_days(14)))
    with pytest.raises(BadSchedule):
        releases.schedule(case=done, by=technician, source="web", release_on=Schedule(in_days(13)))


def test_a_type_can_be_quicker_than_the_portal(technician):
    case = CaseFactory(assigned_to=technician, case_type=CaseTypeFactory(min_days=1, default_days=1))
    done = releases.complete(case=case, by=technician, source="web", release_on=Schedule(in_days(1)))
    assert done.scheduled_release_date == in_days(1)


def test_an_administrator_chooses_any_day_with_a_reason(case, administrator):
    done = releases.complete(
        case=case, by=administrator, source="web", release_on=Schedule(in_days(1)), reason="The hearing is on Friday."
    )
    assert done.scheduled_release_date == in_days(1)


def test_no_technician_is_left_without_a_date(settings, technician):
    settings.RELEASE_MAX_DAYS = 30
    case = CaseFactory(assigned_to=technician, case_type=CaseTypeFactory(min_days=40))
    done = releases.complete(case=case, by=technician, source="web", release_on=Schedule(in_days(40)))
    assert done.scheduled_release_date == in_days(40)


def test_pickers_offer_the_days_of_the_type(case, technician):
    now = portal_now()
    forms = [CompletionForm(), RescheduleForm(), MoveForm(case=case, by=technician, now=now)]
    for form in forms:
        form.offer(case, any_day=False, now=now)
        assert form.fields["release_date"].widget.attrs["min"] == "2025-06-25"
    assert forms[0].default_date == in_days(21)
    assert forms[1].initial["release_date"] == in_days(21)


@pytest.mark.parametrize("door", ["page", "api"])
def test_schedule_without_a_date_is_the_types_default(door, case, technician, client):
    if door == "page":
        client.force_login(technician)
        client.post(f"/cases/{case.pk}/complete/", {"release_option": "schedule"})
    else:
        url, wanted = f"/api/cases/{case.pk}/release/", {"release_option": "schedule"}
        answer = client.post(url, wanted, content_type=JSON, headers=header(new_token(technician)))
        assert answer.json()["scheduled_release_date"] == "2025-07-02"
    assert Case.objects.get().scheduled_release_date == in_days(21)


def test_the_api_refuses_a_day_before_the_types_minimum(case, technician, client):
    wanted = {"release_option": "schedule", "release_date": in_days(13).isoformat()}
    url = f"/api/cases/{case.pk}/release/"
    answer = client.post(url, wanted, content_type=JSON, headers=header(new_token(technician)))
    assert answer.status_code == 400
    assert Case.objects.get().status == "accepted"


def test_a_case_made_in_a_shell_has_the_portals_days(member):
    case = Case.objects.create(member=member, external_case_id="C-1", status="accepted")
    assert lead_time_of(case) == schedule.portals_lead_time()
