"""Internal notes: what is accepted, who reads them, and that they never change."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError, transaction

from cases.casework import notes
from cases.core.errors import CaseError
from cases.models import CaseNote
from tests.factories import CaseFactory, CaseNoteFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("text", ["", " \r\n\t", "x" * 4001], ids=["nothing", "blank", "too long"])
def test_what_is_no_note(text, technician):
    with pytest.raises(CaseError) as refused:
        notes.add(case=CaseFactory(assigned_to=technician), by=technician, text=text)
    assert refused.value.field == "text"
    assert not CaseNote.objects.exists()


def test_the_end_of_a_line_is_one_letter(technician, clock):
    note = notes.add(case=CaseFactory(assigned_to=technician), by=technician, text=" " + "a\r\n" * 1999 + "bb ")
    assert note.text == "a\n" * 1999 + "bb"
    assert (note.author, note.at.isoformat()) == (technician, "2025-06-11T12:00:00+00:00")


@pytest.mark.parametrize("way", ["hidden", "in_progress", "announced"])
@pytest.mark.parametrize("state", ["submitted", "accepted", "held", "scheduled", "released"])
def test_no_member_reads_any(state, way, member, other_member, technician, other_technician, administrator, settings):
    settings.RELEASE_MEMBER_VIEW = way
    CaseNoteFactory(
        case=CaseFactory(member=member, assigned_to=technician, **({} if state == "accepted" else {state: True}))
    )
    for nobody in (member, other_member, AnonymousUser()):
        assert not CaseNote.objects.visible_to(nobody).exists()
    for reader in (technician, other_technician, administrator):
        assert CaseNote.objects.visible_to(reader).count() == 1
    technician.is_active = False
    assert not CaseNote.objects.visible_to(technician).exists()


def test_a_note_cannot_be_changed_or_deleted(technician):
    note = CaseNoteFactory()
    note.text = "I never said that"
    with pytest.raises(TypeError):
        note.save()
    with pytest.raises(TypeError):
        note.delete()
    assert CaseNote.objects.get().text == "Mia called."
    with pytest.raises(IntegrityError), transaction.atomic():
        CaseNoteFactory(text="")
