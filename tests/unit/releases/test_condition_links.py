"""Links that confirm an external condition: shown once, stored as a digest, valid for one use and a number of days."""

import datetime as dt

import pytest

from cases import releases
from cases.core.errors import LinkGone, NotAllowed, WrongState
from cases.models import Case, CaseEvent, Condition
from cases.releases.condition_links import UnknownLink, condition_of
from tests.conftest import FROZEN
from tests.factories import CaseFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


@pytest.fixture
def due(member, technician):
    return CaseFactory(due=True, member=member, assigned_to=technician)


@pytest.fixture
def condition(due, technician):
    return releases.add_condition(case=due, by=technician, source="web", kind="external", name="Bank confirms")


@pytest.fixture
def token(condition, technician):
    return releases.make_link(condition=condition, by=technician, source="web")


def everything():
    return [list(model.objects.order_by("pk").values()) for model in (Case, CaseEvent, Condition)]


def refused(error, token):
    """Both opening and confirming are refused, and change nothing."""
    before = everything()
    for door in (lambda: condition_of(token), lambda: releases.meet_by_link(token=token)):
        with pytest.raises(error):
            door()
    assert everything() == before


def test_the_link_meets_its_condition_once(due, condition, token):
    assert condition_of(token) == condition
    met = releases.meet_by_link(token=token)
    assert (met.state, met.settled_by, met.settled_through, met.settled_at) == ("met", None, "link", FROZEN)
    due.refresh_from_db()
    assert due.open_conditions == 0
    event = due.events.first()
    assert (event.kind, event.actor, event.system_actor, event.source) == (
        "condition_met", None, "confirmation link", "link",
    )  # fmt: skip
    assert event.details["name"] == "Bank confirms"
    refused(LinkGone, token)
    assert releases.release_due(by="sweep", source="sweep").released == [due.pk]


def test_the_token_is_nowhere(token):
    assert len(token) >= 43
    assert token not in str(everything())


def test_a_new_one_replaces_it(due, condition, token, technician):
    newer = releases.make_link(condition=condition, by=technician, source="web")
    refused(UnknownLink, token)
    assert condition_of(newer) == condition
    assert [event.kind for event in due.events.order_by("pk")] == ["condition_added", "link_replaced", "link_replaced"]


def test_it_expires(condition, token, technician, clock, settings):
    clock.move_to(FROZEN + dt.timedelta(days=settings.CONDITION_LINK_DAYS))
    refused(LinkGone, token)
    releases.meet_by_link(token=releases.make_link(condition=condition, by=technician, source="web"))


@pytest.mark.parametrize("wrong", ["", "no-such-token", "x" * 2000])
def test_a_wrong_one_is_unknown(token, wrong):
    refused(UnknownLink, wrong)


def test_what_is_waived_removed_or_released_needs_none(due, condition, token, technician, administrator):
    releases.waive_condition(condition=condition, by=administrator, source="web", reason="because")
    refused(LinkGone, token)
    with pytest.raises(WrongState):
        releases.make_link(condition=condition, by=technician, source="web")
    other = releases.add_condition(case=due, by=technician, source="web", kind="external", name="Court confirms")
    token = releases.make_link(condition=other, by=technician, source="web")
    releases.remove_condition(condition=other, by=technician, source="web")
    refused(UnknownLink, token)


def test_only_external_ones_have_links_and_only_their_case_workers_make_them(
    due, condition, technician, other_technician
):
    manual = releases.add_condition(case=due, by=technician, source="web", kind="manual", name="Paid")
    with pytest.raises(WrongState):
        releases.make_link(condition=manual, by=technician, source="web")
    with pytest.raises(NotAllowed):
        releases.make_link(condition=condition, by=other_technician, source="web")
