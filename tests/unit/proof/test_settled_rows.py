"""A lower key may be committed later, so sealing waits for it."""

import pytest

from cases.db.settled_rows import last_settled_key
from cases.models import CaseEvent
from cases.proof import sealing
from cases.proof.verification import Verification
from tests.factories import CaseFactory
from tests.unit.lifecycle.test_history import event
from tests.unit.releases.test_races import Thread, held_open

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]


def test_nothing_is_sealed_while_a_lower_key_may_come(monkeypatch):
    monkeypatch.setattr(sealing, "PATIENCE", 0.2)
    case = CaseFactory()
    with held_open(lambda: event(case=case).save()):
        event(case=case).save()
        assert last_settled_key(CaseEvent, patience=0.2) is None
        assert sealing.seal_history() == 0
    assert sealing.seal_history() == 2
    assert list(Verification()) == []


def test_one_who_ends_in_time_is_waited_for():
    case = CaseFactory()
    with held_open(lambda: event(case=case).save()):
        later = event(case=case)
        later.save()
        waiting = Thread(lambda: last_settled_key(CaseEvent, patience=30))
    assert waiting.result() == later.pk
