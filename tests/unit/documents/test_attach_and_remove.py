"""Documents: who attaches and removes them, and that no file is kept without its row."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import DatabaseError, IntegrityError, transaction

from cases import releases
from cases.conversation import messages
from cases.core.errors import BadDocument, NotAllowed, WrongState
from cases.documents import attach_and_remove as documents
from cases.documents import file_types
from cases.models import Case, CaseDocument, CaseEvent
from tests.factories import CaseDocumentFactory, CaseFactory, letter
from tests.triggers import refuse


@pytest.mark.django_db
def test_a_file_is_kept_where_only_we_read_it(member, stored, tmp_path):
    document = documents.attach(case=CaseFactory(member=member, draft=True), by=member, file=letter(), source="web")
    assert stored() == [document.file.name]
    path = tmp_path / document.file.name
    assert path.read_bytes() == b"%PDF-1.7\n"
    assert path.stat().st_mode & 0o077 == path.parent.stat().st_mode & 0o077 == 0


@pytest.mark.django_db
def test_two_files_of_one_name_are_two_files(member, stored):
    case = CaseFactory(member=member, draft=True)
    for _ in range(2):
        documents.attach(case=case, by=member, file=letter(), source="web")
    assert len(stored()) == 2


@pytest.mark.django_db
def test_a_row_that_fails_leaves_no_file(member, stored, monkeypatch):
    case = CaseFactory(member=member, draft=True)
    monkeypatch.setattr(documents, "kind_of", lambda user: "no such kind")
    with pytest.raises(DatabaseError), transaction.atomic():
        documents.attach(case=case, by=member, file=letter(), source="web")
    assert stored() == []
    assert not CaseDocument.objects.exists()


@pytest.mark.django_db
def test_what_is_attached_and_removed_is_in_the_history_by_its_name(member, technician, stored, clock):
    case = CaseFactory(member=member, assigned_to=technician)
    document = documents.attach(case=case, by=technician, file=letter(), source="web")
    documents.remove(document=document, by=technician, source="api")
    rows = CaseEvent.objects.order_by("pk").values_list("kind", "details__name", "actor__username", "source")
    assert list(rows) == [
        ("document_attached", "letter.pdf", "tom", "web"),
        ("document_removed", "letter.pdf", "tom", "api"),
    ]


@pytest.mark.django_db
def test_no_document_comes_or_goes_without_its_history(technician, stored):
    case = CaseFactory(assigned_to=technician)
    document = documents.attach(case=case, by=technician, file=letter(), source="web")
    refuse("cases_caseevent", "INSERT", "NEW.kind LIKE 'document%'")
    with pytest.raises(DatabaseError), transaction.atomic():
        documents.attach(case=case, by=technician, file=letter(), source="web")
    with pytest.raises(DatabaseError), transaction.atomic():
        documents.remove(document=document, by=technician, source="web")
    assert CaseDocument.objects.get() == document
    assert stored() == [document.file.name]


@pytest.mark.django_db
def test_a_case_that_is_completed_while_the_file_arrives_keeps_none(member, technician, stored, monkeypatch):
    """Between the first check and the lock, here while the file is examined."""
    case = CaseFactory(member=member, assigned_to=technician)
    examine = file_types.examine

    def slowly(file):
        releases.complete(case=case, by=technician, source="web", release_on=None)
        return examine(file)

    monkeypatch.setattr(file_types, "examine", slowly)
    with pytest.raises(WrongState):
        documents.attach(case=case, by=technician, file=letter(), source="web")
    assert stored() == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("person", "said"),
    [
        ("member", "You can attach up to 2 documents to a case."),
        ("technician", "A case can have up to 2 reports."),
        ("administrator", "A case can have up to 2 reports."),
    ],
)
def test_a_case_has_no_end_of_documents(person, said, member, technician, stored, monkeypatch, request):
    monkeypatch.setattr(documents, "MAX_DOCUMENTS_OF_A_KIND", 2)
    person = request.getfixturevalue(person)
    case = CaseFactory(member=member, draft=True) if person == member else CaseFactory(assigned_to=technician)
    for _ in range(2):
        documents.attach(case=case, by=person, file=letter(), source="web")
    with pytest.raises(BadDocument) as refusal:
        documents.attach(case=case, by=person, file=letter(), source="web")
    assert refusal.value.message == said
    assert len(stored()) == 2


@pytest.mark.django_db
def test_what_the_member_sent_in_never_keeps_a_report_out(member, technician, stored, monkeypatch):
    monkeypatch.setattr(documents, "MAX_DOCUMENTS_OF_A_KIND", 2)
    case = CaseFactory(member=member, assigned_to=technician)
    CaseDocumentFactory.create_batch(2, case=case, submission=True)
    documents.attach(case=case, by=technician, file=letter(), source="web")
    assert case.documents.filter(kind="report").exists()


@pytest.mark.django_db
def test_reports_never_keep_out_what_the_member_sends(member, technician, stored, monkeypatch):
    monkeypatch.setattr(documents, "MAX_DOCUMENTS_OF_A_KIND", 2)
    case = CaseFactory(member=member, assigned_to=technician)
    CaseDocumentFactory.create_batch(2, case=case)
    sent = messages.send(case=case, by=member, source="web", text="Here it is.", files=[letter(), letter()])
    assert CaseDocument.objects.filter(message=sent).count() == 2
    with pytest.raises(BadDocument):
        messages.send(case=case, by=member, source="web", text="One more.", files=[letter()])


@pytest.mark.django_db
def test_the_file_goes_when_its_row_is_gone_for_good(member, stored, django_capture_on_commit_callbacks):
    document = documents.attach(case=CaseFactory(member=member, draft=True), by=member, file=letter(), source="web")
    with django_capture_on_commit_callbacks() as callbacks:
        documents.remove(document=document, by=member, source="web")
    assert len(stored()) == 1, "it could still be rolled back"
    for callback in callbacks:
        callback()
    assert stored() == []
    with pytest.raises(CaseDocument.DoesNotExist):
        documents.remove(
            document=CaseDocumentFactory.build(pk=document.pk, case=document.case), by=member, source="web"
        )


@pytest.mark.django_db
@pytest.mark.parametrize("person", ["technician", "administrator"])
def test_nobody_takes_away_what_a_member_sent_in(person, member, technician, request):
    case = CaseFactory(member=member, assigned_to=technician)
    document = CaseDocumentFactory(case=case, submission=True)
    with pytest.raises(NotAllowed):
        documents.remove(document=document, by=request.getfixturevalue(person), source="web")
    assert CaseDocument.objects.get() == document


@pytest.mark.django_db
@pytest.mark.parametrize("state", ["held", "scheduled", "due", "released"])
@pytest.mark.parametrize("person", ["technician", "administrator"])
def test_a_completed_case_keeps_its_reports(person, state, technician, request):
    document = CaseDocumentFactory(case=CaseFactory(assigned_to=technician, **{state: True}))
    with pytest.raises(WrongState):
        documents.remove(document=document, by=request.getfixturevalue(person), source="web")


@pytest.mark.django_db
def test_nobody_is_shown_nothing(member):
    """Also without a page in between. The others are in tests/web/test_documents.py."""
    CaseDocumentFactory(case__member=member, case__released=True)
    assert CaseDocument.objects.visible_to(member).count() == 1
    assert not CaseDocument.objects.visible_to(AnonymousUser()).exists()
    member.is_active = False
    assert not CaseDocument.objects.visible_to(member).exists()


@pytest.mark.django_db
@pytest.mark.parametrize("member_view", ["hidden", "in_progress", "announced"])
@pytest.mark.parametrize("person", ["member", "technician", "administrator"])
def test_of_a_case_that_is_seen_the_documents_that_are_visible_are_shown(
    person, member_view, member, request, settings
):
    settings.RELEASE_MEMBER_VIEW = member_view
    user = request.getfixturevalue(person)
    for state in ("draft", "submitted", "accepted", "held", "scheduled", "due", "released"):
        case = CaseFactory(member=member, **({} if state == "accepted" else {state: True}))
        CaseDocumentFactory(case=case)
        CaseDocumentFactory(case=case, submission=True)
    seen = list(Case.objects.visible_to(user))
    assert len(seen) >= 4
    shown = {document for case in seen for document in CaseDocument.objects.of(case, seen_by=user)}
    assert shown == set(CaseDocument.objects.visible_to(user))


@pytest.mark.django_db
@pytest.mark.parametrize("columns", [{"kind": "other"}, {"size": 0}, {"name": ""}], ids=str)
def test_the_database_refuses_nonsense(columns):
    with pytest.raises(IntegrityError), transaction.atomic():
        CaseDocumentFactory(**columns)
