"""What the page of a member says of their completed cases when the account is deactivated, and that it is so."""

import datetime as dt
import html
import re

import pytest
from django.test import Client
from django.utils.html import strip_tags

from cases import releases
from cases.delivery import outbox
from cases.models import User
from tests.factories import CaseFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

PENDING = r'<div class="alert alert-warning" data-pending-cases>(.*?)</div>'


@pytest.fixture
def admin(client, administrator: User) -> Client:
    """Ada's browser."""
    client.force_login(administrator)
    return client


def about_pending(admin: Client, person: User) -> str:
    """What the page of a person says of their completed cases: in the dialog, or above the account."""
    page = admin.get(f"/people/{person.pk}/").content.decode()
    found = [" ".join(strip_tags(html.unescape(each)).split()) for each in re.findall(PENDING, page, re.DOTALL)]
    assert len(found) <= 1
    return found[0].replace("\u2068", "").replace("\u2069", "") if found else ""


SCHEDULED_ON = {"scheduled": True, "scheduled_release_date": dt.date(2025, 7, 1)}
STILL_RELEASED = (
    "Scheduled cases are still released on their dates, but mia gets no email and can't see them unless the account "
    "is reactivated. To prevent a release, put the case on hold. View open cases"
)


@pytest.mark.parametrize(
    ("cases", "said"),
    [
        ([], ""),
        ([{}, {"released": True}, {"submitted": True}, {"draft": True}], ""),
        ([{"held": True}], "1 completed case isn't released yet. " + STILL_RELEASED),
        (
            [SCHEDULED_ON | {"scheduled_release_time": dt.time(9, 30)}, SCHEDULED_ON, {"held": True}, {}],
            "3 completed cases aren't released yet. The next release is on July 1, 2025 at 12:00 AM. " + STILL_RELEASED,
        ),
        # Conditions hold the earlier one.
        (
            [SCHEDULED_ON, SCHEDULED_ON | {"scheduled_release_date": dt.date(2025, 6, 20), "open_conditions": 1}],
            "2 completed cases aren't released yet. The next release is on July 1, 2025 at 12:00 AM. " + STILL_RELEASED,
        ),
    ],
)
def test_who_deactivates_a_member_reads_what_becomes_of_their_completed_cases(cases, said, admin, member, other_member):
    for options in cases:
        CaseFactory(member=member, **options)
    CaseFactory(member=other_member, scheduled=True)
    assert about_pending(admin, member) == said
    admin.post(f"/people/{member.pk}/access/", {"access": "off"})
    assert about_pending(admin, member) == said


def test_what_it_says_of_a_deactivated_member_is_so(admin, administrator, member, clock, mailoutbox):
    case = CaseFactory(member=member, **SCHEDULED_ON)
    admin.post(f"/people/{member.pk}/access/", {"access": "off"})
    clock.move_to(dt.datetime(2025, 7, 1, tzinfo=dt.UTC))
    releases.release_due(by="sweep", source="sweep")
    outbox.deliver()
    case.refresh_from_db()
    assert case.is_released
    assert mailoutbox == []
    admin.force_login(administrator)
    admin.post(f"/people/{member.pk}/access/", {"access": "on"})
    outbox.deliver()
    assert mailoutbox == []
    hers = Client()
    hers.force_login(User.objects.get(pk=member.pk))
    assert hers.get(f"/cases/{case.pk}/").status_code == 200


def test_staff_have_no_completed_cases_of_their_own(admin, technician):
    CaseFactory(assigned_to=technician, scheduled=True)
    assert about_pending(admin, technician) == ""
