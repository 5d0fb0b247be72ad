"""The version of a case: each change counts, and a form for an older version is refused and changes nothing."""

import datetime as dt

import pytest

from cases import releases
from cases.casework import assignment, drafts
from cases.core.errors import Stale, WrongState
from cases.core.schedule import Schedule
from cases.lifecycle.case_for_viewer import VisibleCase
from cases.models import Case
from tests.conftest import FROZEN
from tests.factories import CaseFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


def on(days: int) -> Schedule:
    return Schedule(FROZEN.date() + dt.timedelta(days=days), None)


def test_every_change_of_a_case_is_another_version(member, technician, other_technician, administrator):
    case = drafts.create(by=member, title="Pension", description="When?")
    changes = [
        lambda: drafts.edit(case=case, by=member, title="Pensions", description="", urgency="urgent", version=0),
        lambda: drafts.submit(case=case, by=member, source="web", version=1),
        lambda: releases.accept(case=case, by=technician, source="web", version=2),
        lambda: releases.complete(case=case, by=technician, source="web", release_on=on(10), version=3),
        lambda: assignment.hand_over_case(case=case, to=other_technician, by=technician, source="web", version=4),
        lambda: assignment.hand_over_all(technician=other_technician, to=technician, by=administrator, source="web"),
        lambda: releases.schedule(case=case, by=technician, source="web", release_on=on(20), version=6),
        lambda: releases.cancel_schedule(case=case, by=administrator, source="web", reason="because", version=7),
        lambda: releases.return_to_accepted(case=case, by=technician, source="web", version=8),
        lambda: releases.complete(case=case, by=technician, source="web", release_on=on(10), version=9),
        lambda: releases.release_due(by="sweep", source="sweep", now=FROZEN + dt.timedelta(days=11)),
    ]
    for number, change in enumerate(changes, start=1):
        change()
        assert Case.objects.get(pk=case.pk).version == number


FOR_AN_OLDER_VERSION = {
    "edit": (
        {"draft": True},
        "member",
        lambda **way: drafts.edit(title="Mine", description="", urgency="normal", **way),
    ),
    "submit": ({"draft": True}, "member", lambda **way: drafts.submit(source="web", **way)),
    "accept": ({"submitted": True}, "administrator", lambda **way: releases.accept(source="web", **way)),
    "hand over": ({}, "technician", lambda **way: assignment.hand_over_case(source="web", **way)),
}


@pytest.mark.parametrize("what", FOR_AN_OLDER_VERSION)
def test_what_was_sent_for_an_older_version_changes_nothing(what, member, technician, other_technician, request):
    state, who, verb = FOR_AN_OLDER_VERSION[what]
    owners = {"assigned_to": None if state else technician, "member": member}
    case = CaseFactory(**state, **owners, title="Theirs", version=2)
    before = Case.objects.filter(pk=case.pk).values().get()
    extra = {"accept": {"technician": technician}, "hand over": {"to": other_technician}}.get(what, {})
    with pytest.raises(Stale):
        verb(case=case, by=request.getfixturevalue(who), version=1, **extra)
    assert Case.objects.filter(pk=case.pk).values().get() == before
    assert not case.events.exists()


def test_of_a_case_that_is_in_another_state_the_state_is_said(technician, administrator):
    case = CaseFactory(released=True, assigned_to=technician, version=2)
    with pytest.raises(WrongState):
        releases.release_now(case=case, by=administrator, source="web", reason="now", version=1)


@pytest.mark.parametrize("view", ["hidden", "in_progress", "announced"])
def test_a_member_cannot_count_what_happens_to_the_case(view, member, technician, settings):
    settings.RELEASE_MEMBER_VIEW = view
    for state in ({"submitted": True}, {}, {"held": True}, {"scheduled": True}, {"released": True}):
        case = CaseFactory(**state, member=member, version=7)
        assert VisibleCase.of(case, to=member).version is None
        assert VisibleCase.of(case, to=technician).version == 7
    assert VisibleCase.of(CaseFactory(draft=True, member=member, version=7), to=member).version == 7
