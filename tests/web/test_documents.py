"""Documents through their pages: who reaches which, in each way of RELEASE_MEMBER_VIEW, and what is refused."""

import datetime as dt
import errno
import re
from unittest.mock import Mock

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from cases.models import CaseDocument, FirstView
from tests.attempts import undone
from tests.factories import CaseDocumentFactory, CaseFactory

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("clock"),
    pytest.mark.one_database(
        "is about pages and files: tests/unit/documents has the verbs, and tests/unit/models who sees a case, on both"
    ),
]

WAYS = ["hidden", "in_progress", "announced"]
STATES = ["draft", "submitted", "accepted", "held", "scheduled", "due", "released"]
BOTH, SUBMISSION, NOTHING = {"submission", "report"}, {"submission"}, set()

# What Mia can reach of her own case. A case that is due is released by her visit.
OWN = {
    "hidden": [SUBMISSION, SUBMISSION, SUBMISSION, NOTHING, NOTHING, BOTH, BOTH],
    "in_progress": [SUBMISSION, SUBMISSION, SUBMISSION, SUBMISSION, SUBMISSION, BOTH, BOTH],
    # A held case has no date to announce: it looks like an accepted one.
    "announced": [SUBMISSION, SUBMISSION, SUBMISSION, SUBMISSION, NOTHING, BOTH, BOTH],
}
STAFF = {"technician": [NOTHING] + [BOTH] * 6, "other_technician": [NOTHING] + [BOTH] * 6, "administrator": [BOTH] * 7}


def expected(way, person, state):
    row = OWN[way] if person == "member" else STAFF.get(person, [NOTHING] * 7)
    return row[STATES.index(state)]


def pdf(name="report.pdf", content=b"%PDF-1.7\n%%EOF"):
    return SimpleUploadedFile(name, content, content_type="text/html")


def without_token(answer):
    return re.sub(rb'csrfmiddlewaretoken" value="[^"]+"', b"", answer.content)


def stored():
    """Return the paths of all files in the storage."""
    folders, files = default_storage.listdir(".")
    return files + [f"{folder}/{name}" for folder in folders for name in default_storage.listdir(folder)[1]]


@pytest.fixture(autouse=True)
def _empty_storage(settings, tmp_path):
    default = settings.STORAGES["default"]
    default = default | {"OPTIONS": default["OPTIONS"] | {"location": tmp_path}}
    settings.STORAGES = settings.STORAGES | {"default": default}


# A person who is not signed in is sent away before a case is read.
SENT_AWAY = ["stranger", "administrator, deactivated"]
SIGNED_IN = ["member", "other_member", "technician", "other_technician", "administrator"]


def ways_for(person, state):
    """The setting is about Mia's own cases. For others it makes no difference, so each state is tried with only one
    value."""
    return WAYS if person == "member" else [WAYS[STATES.index(state) % len(WAYS)]]


@pytest.mark.parametrize(
    ("person", "state"),
    [(person, "released") for person in SENT_AWAY] + [(person, state) for person in SIGNED_IN for state in STATES],
)
def test_every_door(person, state, member, technician, request, settings):
    case = CaseFactory(member=member, assigned_to=technician, **({} if state == "accepted" else {state: True}))
    documents = [CaseDocumentFactory(case=case, submission=True), CaseDocumentFactory(case=case)]
    client = Client()
    if person != "stranger":
        user = request.getfixturevalue(person.split(",")[0])
        client.force_login(user)
        user.is_active = "deactivated" not in person
        user.save()
    for settings.RELEASE_MEMBER_VIEW in ways_for(person, state):
        with undone():
            kinds = expected(settings.RELEASE_MEMBER_VIEW, person, state)
            reaches(client, case, documents, kinds, 302 if person in SENT_AWAY else 404)
        assert stored(), "looking takes nothing away"


def reaches(client, case, documents, kinds, refusal):
    """Check that those are the kinds of documents that the client can reach, by their own URLs and on pages."""
    files = {document.kind: client.get(f"/cases/{case.pk}/documents/{document.pk}/") for document in documents}
    page = client.get(f"/cases/{case.pk}/").content.decode()
    other_pages = "".join(client.get(url).content.decode() for url in ("/", "/cases/"))

    reached = {kind for kind, answer in files.items() if answer.status_code == 200}
    assert reached == kinds
    assert {document.kind for document in documents if document.name in page} == reached
    assert {answer.status_code for answer in files.values()} <= {200, refusal}
    for document in documents:
        assert document.name not in other_pages
        assert document.file.name not in page


def test_a_hidden_document_looks_like_one_that_does_not_exist(client, member):
    document = CaseDocumentFactory(case__member=member)
    client.force_login(member)
    hidden = client.get(f"/cases/{document.case_id}/documents/{document.pk}/")
    absent = client.get(f"/cases/{document.case_id}/documents/{document.pk + 1}/")
    assert hidden.status_code == absent.status_code == 404
    assert without_token(hidden) == without_token(absent)


def test_a_document_is_no_document_of_another_case(client, member, administrator):
    document = CaseDocumentFactory()
    other = CaseFactory()
    client.force_login(administrator)
    assert client.get(f"/cases/{other.pk}/documents/{document.pk}/").status_code == 404
    assert client.post(f"/cases/{other.pk}/documents/{document.pk}/remove/").status_code == 404


def test_a_download_is_saved_and_never_shown(client, member):
    document = CaseDocumentFactory(case__member=member, case__released=True, name='Renté "final"\n€.pdf')
    client.force_login(member)
    answer = client.get(f"/cases/{document.case_id}/documents/{document.pk}/")
    assert b"".join(answer.streaming_content) == b"%PDF-1.7 secret"
    disposition = answer.headers["Content-Disposition"]
    assert disposition.startswith("attachment; filename*=utf-8''Rent%C3%A9")
    assert "\n" not in disposition
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert {"private", "no-store"} <= set(answer.headers["Cache-Control"].split(", "))
    assert answer.headers["Content-Length"] == "15"


ERRORS = [
    OSError(errno.EIO, "Input/output error"),
    OSError(errno.ESTALE, "Stale file handle"),
    PermissionError(errno.EACCES, "Permission denied"),
    TimeoutError(errno.ETIMEDOUT, "Connection timed out"),
]


class Unreadable(ContentFile):
    """A file that can be opened, but not read."""

    def read(self, *size):
        raise OSError(errno.EIO, "Input/output error")


@pytest.mark.parametrize("error", [*ERRORS, None], ids=str)
@pytest.mark.parametrize("part", ["", "content/"])
def test_a_storage_that_does_not_answer_is_told_in_a_page(client, member, error, part, monkeypatch, caplog):
    document = CaseDocumentFactory(case__member=member, case__released=True)
    client.force_login(member)
    opening = Mock(side_effect=error, return_value=Unreadable(b"x"))
    monkeypatch.setattr(FileSystemStorage, "_open", opening)
    answer = client.get(f"/cases/{document.case_id}/documents/{document.pk}/{part}")
    assert answer.status_code == 503
    assert "We couldn&#x27;t open this document. Try again later." in answer.content.decode()
    assert f'href="/cases/{document.case_id}/"' in answer.content.decode()
    assert "no-store" in answer.headers["Cache-Control"]
    assert "stored file cannot be read" in caplog.text
    assert not FirstView.objects.exists()
    monkeypatch.undo()
    answer = client.get(f"/cases/{document.case_id}/documents/{document.pk}/{part}")
    assert b"".join(answer.streaming_content) == b"%PDF-1.7 secret"


def test_a_report_is_there_at_the_instant_of_the_release(client, member, clock):
    document = CaseDocumentFactory(case__member=member, case__scheduled=True)
    url = f"/cases/{document.case_id}/documents/{document.pk}/"
    client.force_login(member)
    clock.move_to(document.case.release_instant - dt.timedelta(seconds=1))
    assert client.get(url).status_code == 404
    clock.shift(1)
    assert client.get(url).status_code == 200


@pytest.mark.parametrize(("query", "page"), [("", ""), ("?from=edit", "edit/")], ids=["case", "form"])
def test_who_does_not_remove_a_document_comes_back_to_its_list(query, page, client, member):
    case = CaseFactory(member=member, draft=True)
    document = CaseDocumentFactory(case=case, submission=True)
    client.force_login(member)
    asked = client.get(f"/cases/{case.pk}/documents/{document.pk}/remove/{query}").content.decode()
    assert f'href="/cases/{case.pk}/{page}#documents">Cancel</a>' in asked


@pytest.mark.parametrize(
    ("person", "state"), [("member", "draft"), ("technician", "accepted"), ("administrator", "accepted")]
)
def test_a_document_is_attached_and_removed(person, state, client, member, technician, request):
    user = request.getfixturevalue(person)
    case = CaseFactory(member=member, assigned_to=technician, **({} if state == "accepted" else {state: True}))
    client.force_login(user)
    page = client.post(f"/cases/{case.pk}/documents/", {"file": pdf()}, follow=True).content.decode()
    assert "“report.pdf” attached." in page
    document = CaseDocument.objects.get()
    assert (document.name, document.size, document.content_type) == ("report.pdf", 14, "application/pdf")
    assert document.uploaded_by == user
    assert document.kind == ("submission" if person == "member" else "report")
    assert "report" not in document.file.name
    assert stored() == [document.file.name]

    page = client.post(f"/cases/{case.pk}/documents/{document.pk}/remove/", follow=True).content.decode()
    assert "“report.pdf” removed." in page
    assert not CaseDocument.objects.exists()


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (None, "Choose a file."),
        (pdf(content=b"<html><script>alert(1)</script>"), "The content of this file doesn&#x27;t match its file type"),
        (pdf(name="report.pdf.html"), "This file type isn&#x27;t allowed"),
        (pdf(content=b"%PDF" + b"x" * 2**20), "This file is too large. The limit is 1 MB."),
        (pdf(content=b"%PDF" + b"x" * 2**22), "This file is too large. The limit is 1 MB."),
    ],
    ids=["none", "html as pdf", "double extension", "too large", "much too large"],
)
def test_what_is_refused_leaves_nothing(file, words, client, member, settings):
    settings.DOCUMENT_MAX_MB = 1
    case = CaseFactory(member=member, draft=True)
    client.force_login(member)
    if file:
        file.seek(0)
    answer = client.post(f"/cases/{case.pk}/documents/", {"file": file} if file else {})
    assert answer.status_code == 400
    assert words in answer.content.decode()
    assert 'aria-invalid="true"' in answer.content.decode()
    assert not CaseDocument.objects.exists()
    assert stored() == []


SEVERAL = {
    "two": [pdf("a.pdf"), pdf("b.pdf")],
    "three": [pdf("a.pdf"), pdf("b.pdf"), pdf("c.pdf")],
    "the same twice": [pdf(), pdf()],
    "the first too large": [pdf(content=b"%PDF" + b"x" * 2**20), pdf("b.pdf")],
    "the last too large": [pdf("a.pdf"), pdf(content=b"%PDF" + b"x" * 2**20)],
    "no document": [pdf(content=b"<html>"), pdf()],
}
FORMS = {"document": ("/cases/{}/documents/", {}), "draft": ("/cases/{}/edit/", {"title": "x", "description": "y"})}


@pytest.mark.parametrize("files", SEVERAL.values(), ids=SEVERAL.keys())
@pytest.mark.parametrize("form", FORMS)
def test_of_several_files_none_is_chosen_for_the_person(form, files, client, member, settings):
    settings.DOCUMENT_MAX_MB = 1
    case = CaseFactory(member=member, draft=True)
    client.force_login(member)
    for file in files:
        file.seek(0)
    url, fields = FORMS[form]
    sent = fields | {"urgency": "normal", "then": "submit", "version": case.version, "file": files}
    answer = client.post(url.format(case.pk), sent)
    assert (answer.status_code, stored()) == (400, [])
    assert "Choose one file." in answer.content.decode()
    case.refresh_from_db()
    assert case.status == "draft"


def test_files_of_other_fields_do_not_count(client, member):
    case = CaseFactory(member=member, draft=True)
    client.force_login(member)
    client.post(f"/cases/{case.pk}/documents/", {"file": pdf(), "photo": pdf("photo.pdf")})
    assert CaseDocument.objects.get().name == "report.pdf"


def test_forms_of_strangers_to_the_site_are_refused(member):
    client = Client(enforce_csrf_checks=True)
    case = CaseFactory(member=member, draft=True)
    client.force_login(member)
    assert client.post(f"/cases/{case.pk}/documents/", {"file": pdf()}).status_code == 403
    assert stored() == []


def cost(client, url):
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url).status_code == 200
    return len(queries)


@pytest.mark.parametrize("person", ["member", "technician", "administrator"])
def test_the_page_of_a_case_costs_the_same_however_many_documents(person, client, member, technician, request):
    case = CaseFactory(member=member, assigned_to=technician, released=True)
    client.force_login(request.getfixturevalue(person))
    url = f"/cases/{case.pk}/"
    client.get(url)  # the first view is recorded
    without = cost(client, url)
    CaseDocumentFactory.create_batch(20, case=case)
    assert cost(client, url) == without


def test_a_download_costs_as_much_as_a_look_at_any_case(client, member):
    document = CaseDocumentFactory(case__member=member, case__released=True)
    client.force_login(member)
    url = f"/cases/{document.case_id}/documents/{document.pk}/"
    client.get(url)  # the first view is recorded
    assert cost(client, url) <= 5  # session, person, clock, read probe, document


@pytest.mark.parametrize("way", WAYS)
def test_what_a_member_may_not_see_does_not_count_in_the_page(way, client, member, settings):
    settings.RELEASE_MEMBER_VIEW = way
    document = CaseDocumentFactory(case__member=member)
    client.force_login(member)
    page = client.get(f"/cases/{document.case_id}/").content.decode()
    assert "Documents" not in page
