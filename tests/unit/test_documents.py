"""Documents: which files may be some, and that no file is kept without its row."""

import io
import zipfile

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.files.base import ContentFile
from django.db import DatabaseError, IntegrityError, transaction

from cases import document_types, documents, releases
from cases.errors import BadDocument, NotAllowed, WrongState
from cases.models import Case, CaseDocument, ReleaseEvent
from tests.factories import CaseDocumentFactory, CaseFactory
from tests.triggers import refuse

OPEN_XML = {"[Content_Types].xml": b"<Types/>"}
ODT = {"mimetype": b"application/vnd.oasis.opendocument.text"}


def archive(parts, compression=zipfile.ZIP_STORED):
    """A zip file with those parts."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", compression) as made:
        for name, part in parts.items():
            made.writestr(name, part)
    return content.getvalue()


DOCX = archive(OPEN_XML | {"word/document.xml": b"<w/>"})
XLSX = archive(OPEN_XML | {"xl/workbook.xml": b"<x/>"})
GOOD = {
    "a.pdf": b"%PDF-1.7\n",
    "A.PDF": b"%PDF-1.7\n",
    "scan.png": b"\x89PNG\r\n\x1a\n\0\0",
    "scan.jpg": b"\xff\xd8\xff\xe0\0\x10JFIF",
    "scan.jpeg": b"\xff\xd8\xff\xdb\0",
    "letter.docx": DOCX,
    "letter.odt": archive(ODT | {"content.xml": b"<o/>"}),
    "sums.xlsx": XLSX,
    "notes.txt": "Grüße, 你好\r\n\tPlease".encode(),
    "old notes.txt": "Grüße".encode("latin-1"),
    "sums.csv": b"a;b\n1;2\n",
    "final.exe.pdf": b"%PDF-1.7\n",
}
BAD = {
    "page as pdf": ("a.pdf", b"<!doctype html><script>alert(1)</script>"),
    "page before the pdf": ("a.pdf", b"<html>%PDF-1.7\n%%EOF"),
    "program as text": ("a.txt", b"MZ\x90\0\3"),
    "program": ("a.exe", b"MZ\x90\0\3"),
    "page": ("a.html", b"<p>"),
    "picture that runs scripts": ("a.svg", b"<svg onload='alert(1)'/>"),
    "double extension": ("a.pdf.exe", b"%PDF-1.7\n"),
    "no extension": ("pdf", b"%PDF-1.7\n"),
    "only an extension": (".pdf", b"%PDF-1.7\n"),
    "no name": ("", b"%PDF-1.7\n"),
    "nothing in it": ("a.pdf", b""),
    "pdf as picture": ("a.png", b"%PDF-1.7\n"),
    "workbook as letter": ("a.docx", XLSX),
    "macros": ("a.docx", archive(OPEN_XML | {"word/document.xml": b"<w/>", "word/vbaProject.bin": b"\0"})),
    "any archive": ("a.docx", archive({"a.exe": b"MZ"})),
    "broken archive": ("a.docx", DOCX[:-9]),
    "page before the archive": ("a.docx", b"<html>" + DOCX),
    "other open document": ("a.odt", archive({"mimetype": b"application/vnd.oasis.opendocument.presentation"})),
    "open document that unpacks": ("a.odt", archive(ODT, zipfile.ZIP_DEFLATED)),
    "archive as open document": ("a.odt", archive({"a": b"b"})),
    "direction of writing": ("a\u202efdp.exe", b"%PDF-1.7\n"),
    "zero in the name": ("a.pdf\0.exe", b"%PDF-1.7\n"),
}


def examined(name, content):
    file = ContentFile(content)
    file.name = name
    return document_types.examine(file)


@pytest.mark.parametrize(("name", "content"), GOOD.items(), ids=GOOD)
def test_what_may_be_a_document(name, content):
    facts = examined(name, content)
    assert (facts.name, facts.size) == (name, len(content))
    assert "html" not in facts.content_type


@pytest.mark.parametrize(("name", "content"), BAD.values(), ids=BAD)
def test_what_may_not(name, content):
    with pytest.raises(BadDocument):
        examined(name, content)


@pytest.mark.parametrize(("over", "taken"), [(0, True), (1, False)])
def test_the_limit_is_the_last_size_that_is_taken(over, taken, settings):
    settings.DOCUMENT_MAX_MB = 1
    content = b"%PDF".ljust(2**20 + over)
    if taken:
        assert examined("a.pdf", content).size == 2**20
    else:
        with pytest.raises(BadDocument, match="1 MB"):
            examined("a.pdf", content)


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("C:\\Users\\mia\\letter.pdf", "letter.pdf"),
        ("a\r\nSet-Cookie: x.pdf", "aSet-Cookie: x.pdf"),
        ("re\u202eport.pdf", "report.pdf"),
        ("half \ud800 pair.pdf", "half  pair.pdf"),
        (" a.pdf. ", "a.pdf"),
        ("x" * 400 + ".pdf", "x" * 146 + ".pdf"),
        ("Rente e\u0301.pdf", "Rente \u00e9.pdf"),
    ],
)
def test_names_are_cleaned(name, kept):
    assert document_types.clean_name(name) == kept


@pytest.fixture
def stored(settings, tmp_path):
    """The paths of all files of the storage, which begins empty."""
    default = settings.STORAGES["default"]
    default = default | {"OPTIONS": default["OPTIONS"] | {"location": tmp_path}}
    settings.STORAGES = settings.STORAGES | {"default": default}
    return lambda: sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file())


def letter():
    return ContentFile(b"%PDF-1.7\n", name="letter.pdf")


@pytest.mark.django_db
def test_a_file_is_kept_where_only_we_read_it(mia, stored, tmp_path):
    document = documents.attach(case=CaseFactory(member=mia, draft=True), by=mia, file=letter(), source="web")
    assert stored() == [document.file.name]
    path = tmp_path / document.file.name
    assert path.read_bytes() == b"%PDF-1.7\n"
    assert path.stat().st_mode & 0o077 == path.parent.stat().st_mode & 0o077 == 0


@pytest.mark.django_db
def test_two_files_of_one_name_are_two_files(mia, stored):
    case = CaseFactory(member=mia, draft=True)
    for _ in range(2):
        documents.attach(case=case, by=mia, file=letter(), source="web")
    assert len(stored()) == 2


@pytest.mark.django_db
def test_a_row_that_fails_leaves_no_file(mia, stored, monkeypatch):
    case = CaseFactory(member=mia, draft=True)
    monkeypatch.setattr(documents, "kind_of", lambda user: "no such kind")
    with pytest.raises(DatabaseError), transaction.atomic():
        documents.attach(case=case, by=mia, file=letter(), source="web")
    assert stored() == []
    assert not CaseDocument.objects.exists()


@pytest.mark.django_db
def test_what_is_attached_and_removed_is_in_the_history_by_its_name(mia, tom, stored, clock):
    case = CaseFactory(member=mia, assigned_to=tom)
    document = documents.attach(case=case, by=tom, file=letter(), source="web")
    documents.remove(document=document, by=tom, source="api")
    rows = ReleaseEvent.objects.order_by("pk").values_list("kind", "details__name", "actor__username", "source")
    assert list(rows) == [
        ("document_attached", "letter.pdf", "tom", "web"),
        ("document_removed", "letter.pdf", "tom", "api"),
    ]


@pytest.mark.django_db
def test_no_document_comes_or_goes_without_its_history(tom, stored):
    case = CaseFactory(assigned_to=tom)
    document = documents.attach(case=case, by=tom, file=letter(), source="web")
    refuse("cases_releaseevent", "INSERT", "NEW.kind LIKE 'document%'")
    with pytest.raises(DatabaseError), transaction.atomic():
        documents.attach(case=case, by=tom, file=letter(), source="web")
    with pytest.raises(DatabaseError), transaction.atomic():
        documents.remove(document=document, by=tom, source="web")
    assert CaseDocument.objects.get() == document
    assert stored() == [document.file.name]


@pytest.mark.django_db
def test_a_case_that_is_completed_while_the_file_arrives_keeps_none(mia, tom, stored, monkeypatch):
    """Between the first look and the lock; here while the file is examined."""
    case = CaseFactory(member=mia, assigned_to=tom)
    examine = document_types.examine

    def slowly(file):
        releases.complete(case=case, by=tom, source="web", release_on=None)
        return examine(file)

    monkeypatch.setattr(document_types, "examine", slowly)
    with pytest.raises(WrongState):
        documents.attach(case=case, by=tom, file=letter(), source="web")
    assert stored() == []


@pytest.mark.django_db
def test_a_case_has_no_end_of_documents(mia, stored, monkeypatch):
    monkeypatch.setattr(documents, "MOST", 2)
    case = CaseFactory(member=mia, draft=True)
    for _ in range(2):
        documents.attach(case=case, by=mia, file=letter(), source="web")
    with pytest.raises(BadDocument, match="at most 2"):
        documents.attach(case=case, by=mia, file=letter(), source="web")
    assert len(stored()) == 2


@pytest.mark.django_db
def test_the_file_goes_when_its_row_is_gone_for_good(mia, stored, django_capture_on_commit_callbacks):
    document = documents.attach(case=CaseFactory(member=mia, draft=True), by=mia, file=letter(), source="web")
    with django_capture_on_commit_callbacks() as callbacks:
        documents.remove(document=document, by=mia, source="web")
    assert len(stored()) == 1, "it could still be rolled back"
    for callback in callbacks:
        callback()
    assert stored() == []
    with pytest.raises(CaseDocument.DoesNotExist):
        documents.remove(document=CaseDocumentFactory.build(pk=document.pk, case=document.case), by=mia, source="web")


@pytest.mark.django_db
@pytest.mark.parametrize("person", ["tom", "ada"])
def test_nobody_takes_away_what_a_member_sent_in(person, mia, tom, request):
    case = CaseFactory(member=mia, assigned_to=tom)
    document = CaseDocumentFactory(case=case, submission=True)
    with pytest.raises(NotAllowed):
        documents.remove(document=document, by=request.getfixturevalue(person), source="web")
    assert CaseDocument.objects.get() == document


@pytest.mark.django_db
@pytest.mark.parametrize("state", ["held", "scheduled", "due", "released"])
@pytest.mark.parametrize("person", ["tom", "ada"])
def test_a_completed_case_keeps_its_reports(person, state, tom, request):
    document = CaseDocumentFactory(case=CaseFactory(assigned_to=tom, **{state: True}))
    with pytest.raises(WrongState):
        documents.remove(document=document, by=request.getfixturevalue(person), source="web")


@pytest.mark.django_db
def test_nobody_is_shown_nothing(mia):
    """Also where no page stands between; the others are in tests/web/test_documents.py."""
    CaseDocumentFactory(case__member=mia, case__released=True)
    assert CaseDocument.objects.visible_to(mia).count() == 1
    assert not CaseDocument.objects.visible_to(AnonymousUser()).exists()
    mia.is_active = False
    assert not CaseDocument.objects.visible_to(mia).exists()


@pytest.mark.django_db
@pytest.mark.parametrize("member_view", ["hidden", "in_progress", "announced"])
@pytest.mark.parametrize("person", ["mia", "tom", "ada"])
def test_of_a_case_that_is_seen_the_documents_that_are_visible_are_shown(person, member_view, mia, request, settings):
    settings.RELEASE_MEMBER_VIEW = member_view
    user = request.getfixturevalue(person)
    for state in ("draft", "submitted", "accepted", "held", "scheduled", "due", "released"):
        case = CaseFactory(member=mia, **({} if state == "accepted" else {state: True}))
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
