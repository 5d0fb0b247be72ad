"""The history of the portal: who did what to the whole portal, how, and why."""

import datetime as dt

import pytest
from django.db import IntegrityError, transaction

from cases.core.errors import TooLong
from cases.lifecycle import portal_history
from cases.models import PortalEvent

pytestmark = pytest.mark.django_db

NOON = dt.datetime(2025, 6, 11, 12, tzinfo=dt.UTC)
Kind = PortalEvent.Kind


def test_a_person_gives_a_reason_and_the_facts_are_kept(administrator):
    portal_history.record(
        Kind.CLOCK_CHANGED,
        by=administrator,
        source="web",
        at=NOON,
        reason="We move.",
        details={"from": "UTC", "to": ["Berlin"]},
    )
    event = PortalEvent.objects.get()
    assert (event.actor_name, event.source, event.at, event.reason) == ("ada", "web", NOON, "We move.")
    assert event.details == {"from": "UTC", "to": ["Berlin"]}


def test_a_program_is_named_and_a_long_reason_refused():
    portal_history.record(Kind.CLOCK_CHANGED, by="a command", source="command", at=NOON)
    assert PortalEvent.objects.get().actor_name == "a command"
    with pytest.raises(TooLong):
        portal_history.record(Kind.CLOCK_CHANGED, by="a command", source="command", at=NOON, reason="x" * 5000)


@pytest.mark.parametrize("columns", [{"kind": "exploded"}, {"source": "telepathy"}, {"system_actor": ""}])
def test_unknown_words_and_nobody_are_refused(columns):
    values = {"kind": "clock_changed", "source": "web", "system_actor": "a test", "at": NOON}
    with pytest.raises(IntegrityError), transaction.atomic():
        PortalEvent.objects.create(**(values | columns))


def test_a_stored_row_cannot_be_saved_again_or_deleted():
    portal_history.record(Kind.CLOCK_CHANGED, by="a command", source="command", at=NOON)
    event = PortalEvent.objects.get()
    for change in (event.save, event.delete):
        with pytest.raises(TypeError):
            change()
