"""The evidence of a release with every possible row: no kind or state of a row breaks the page."""

import uuid

import pytest
from django.utils import timezone

from cases.models import FirstView, OutgoingEmail
from cases.models.outgoing_email import CASE_KINDS
from cases.selectors import release_evidence as evidence
from cases.selectors import release_timeline
from tests.factories import CaseFactory

Kind, State = OutgoingEmail.Kind, OutgoingEmail.State


def said(email):
    """Return what the page says happened, and what it says did not."""
    facts = [str(fact.what) for fact in evidence._mails([email])]
    return facts, [words for words in map(str, evidence._lacking([], [email], [])) if ": " in words]


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("kind", [*Kind, "a later one"])
def test_every_kind_is_told_in_every_state(kind, state, member):
    email = OutgoingEmail(kind=kind, state=state, recipient=member)
    facts, lacking = said(email)
    assert facts == []
    assert [words.partition(": ")[2] for words in lacking] == [str(state.label)]
    email.sent = timezone.now()
    facts, lacking = said(email)
    assert len(facts) == 1
    assert len(lacking) == (state == State.UNDELIVERABLE), "it came back"


def test_a_kind_without_words_is_told_by_its_name(member):
    email = OutgoingEmail(kind=Kind.DIGEST, state=State.FAILED, recipient=member)
    assert said(email) == ([], ["Daily notifications: Failed"])
    email.state, email.sent = State.SENT, timezone.now()
    assert said(email) == (["Daily notifications: Sent"], [])


def test_the_kinds_of_a_release_have_words():
    assert set(evidence.MAILED) == set(evidence.NOT_MAILED) == set(CASE_KINDS)
    assert set(release_timeline.VIEWS) == set(FirstView.Kind)


@pytest.mark.django_db
@pytest.mark.parametrize("state", State)
def test_all_emails_of_a_release_are_in_its_evidence(state, member, technician):
    case = CaseFactory(member=member, assigned_to=technician, released=True)
    now = timezone.now()
    message = {"group": uuid.uuid4(), "message_id": "<1@portal>", "sent": now if state == State.SENT else None}
    for kind in CASE_KINDS:
        about = {"case": case, "release_number": case.release_number, "recipient": member}
        OutgoingEmail.objects.create(kind=kind, state=state, next_try=now, created=now, **about, **message)
    known = evidence.release_evidence(case, case.release_number)
    told = [str(fact.what) for fact in known.facts] + [str(words) for words in known.lacking]
    for words in ("Release email", "Recall email", "Reminder email"):
        assert any(each.startswith(words) for each in told), words
