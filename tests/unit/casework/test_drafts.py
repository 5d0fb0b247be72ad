"""Drafts that their member deletes: what is gone, what stays, and who still sees them."""

import pytest
from django.conf import settings

from cases.casework import drafts
from cases.core.errors import QuotaReached, Stale
from cases.core.search_words import words_of
from cases.documents import attach_and_remove as documents
from cases.models import Case, CaseDocument, CaseEvent, CaseWords
from tests.factories import CaseFactory, CaseTypeFactory, letter

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft(member):
    """Mia's, with a letter."""
    case = CaseFactory(member=member, draft=True, title="Pension", case_type=CaseTypeFactory())
    documents.attach(case=case, by=member, file=letter(), source="web")
    return case


def test_words_and_documents_are_gone_and_the_history_stays(
    draft, member, administrator, stored, django_capture_on_commit_callbacks
):
    documents.attach(case=draft, by=member, file=letter(), source="web")
    before = list(CaseEvent.objects.order_by("pk").values())
    with django_capture_on_commit_callbacks() as callbacks:
        drafts.delete_draft(case=draft, by=member, source="web")
    assert len(stored()) == 1, "it could still be rolled back"
    for callback in callbacks:
        callback()
    assert stored() == []
    assert not CaseDocument.objects.exists()
    row = Case.objects.with_description().get(pk=draft.pk)
    assert (row.status, row.title, row.title_folded, row.description, row.case_type_id) == ("deleted", "", "", "", None)
    words = CaseWords.objects.get(case=draft)
    assert (words.title.split(), words.description, words.submissions) == (words_of(draft.external_case_id), "", "")
    assert list(CaseEvent.objects.order_by("pk").values())[:-1] == before
    event = CaseEvent.objects.order_by("pk").last()
    assert (event.kind, event.actor, event.from_status, event.to_status) == (
        "draft_deleted",
        member,
        "draft",
        "deleted",
    )
    for person in (member, administrator):
        assert not Case.objects.visible_to(person).exists()


def test_a_deleted_draft_is_deleted_once_and_takes_nothing_more(draft, member, stored):
    drafts.delete_draft(case=draft, by=member, source="web")
    for verb in (
        lambda: drafts.delete_draft(case=draft, by=member, source="web"),
        lambda: drafts.submit(case=draft, by=member, source="web"),
        lambda: drafts.edit(case=draft, by=member, title="Again", description="", urgency="normal"),
        lambda: documents.attach(case=draft, by=member, file=letter(), source="web"),
    ):
        with pytest.raises(Case.DoesNotExist):
            verb()
    assert CaseEvent.objects.filter(kind="draft_deleted").count() == 1


def test_a_draft_that_was_submitted_meanwhile_is_not_deleted(draft, member):
    drafts.submit(case=draft, by=member, source="web")
    with pytest.raises(Stale):
        drafts.submit(case=CaseFactory(member=member, draft=True, version=1), by=member, source="web", version=0)
    with pytest.raises(drafts.CaseError, match="already submitted"):
        drafts.delete_draft(case=draft, by=member, source="web")
    assert CaseDocument.objects.count() == 1


def test_to_delete_drafts_makes_room_for_no_more_than_an_hour_takes(member, monkeypatch, clock):
    monkeypatch.setattr(settings, "MAX_OPEN_DRAFTS", 2)
    monkeypatch.setattr(settings, "MAX_SUBMISSIONS_PER_HOUR", 1)
    for _ in range(3):
        drafts.delete_draft(case=drafts.create(by=member, title="", description="x"), by=member, source="web")
    with pytest.raises(QuotaReached):
        drafts.create(by=member, title="", description="x")
    clock.shift(3601)
    drafts.create(by=member, title="", description="x")


SAID = {"title": "Pension", "description": "When?\nAnd how?", "urgency": "urgent"}
BESIDES = {"title": "Other", "description": "When?", "urgency": "normal", "case_type": None}


@pytest.mark.parametrize("way", [{}, {"title": " Pension "}, {"description": "When?\r\nAnd how?\r\n"}])
def test_a_save_whose_answer_was_lost_is_sent_again(way, draft, member):
    said = {**SAID, "case_type": draft.case_type, **way}
    saved = drafts.edit(case=draft, by=member, version=0, **said)
    again = drafts.edit(case=draft, by=member, version=0, **said)
    assert (again.pk, again.version) == (saved.pk, 1)


@pytest.mark.parametrize("name", BESIDES)
def test_another_text_for_an_older_version_is_refused(name, draft, member):
    said = {**SAID, "case_type": draft.case_type}
    drafts.edit(case=draft, by=member, version=0, **said)
    with pytest.raises(Stale):
        drafts.edit(case=draft, by=member, version=0, **{**said, name: BESIDES[name]})
    row = Case.objects.with_description().get(pk=draft.pk)
    assert {key: getattr(row, key) for key in said} == said
