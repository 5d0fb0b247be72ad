"""The storage of documents: complete files or none, and files that match the rows."""

import datetime as dt
import errno
import os
import resource
from unittest.mock import Mock

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError, connection

from cases.core.clock import portal_now
from cases.documents import attach_and_remove as documents
from cases.documents import storage
from cases.models import CaseDocument, StorageReport
from tests.factories import CaseFactory, letter


@pytest.mark.django_db(transaction=True)
def test_a_file_is_kept_when_only_the_answer_to_the_commit_was_lost(member, stored, monkeypatch):
    case = CaseFactory(member=member, draft=True)

    def lost():
        connection.connection.commit()
        raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(connection, "_commit", lost)
    with pytest.raises(OperationalError):
        documents.attach(case=case, by=member, file=letter(), source="web")
    monkeypatch.undo()
    assert [CaseDocument.objects.get().file.name] == stored()


@pytest.fixture
def full_disk(tmp_path):
    """Let no file grow beyond a megabyte, as on a full disk."""
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2**20, usual[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, usual)


@pytest.mark.django_db
@pytest.mark.parametrize("megabytes", [1.5, 3], ids=["kept in memory", "kept in a temporary file"])
def test_of_a_file_that_the_disk_has_no_room_for_nothing_remains(megabytes, client, member, stored, full_disk, caplog):
    case = CaseFactory(member=member, draft=True)
    client.force_login(member)
    content = b"%PDF-1.7\n".ljust(int(megabytes * 2**20))
    file = SimpleUploadedFile("very private.pdf", content, content_type="application/pdf")
    answer = client.post(f"/cases/{case.pk}/documents/", {"file": file})
    assert answer.status_code == 503
    assert "We couldn&#x27;t save your file. Nothing was changed." in answer.content.decode()
    assert stored() == []
    assert not CaseDocument.objects.exists()
    assert "very private" not in caplog.text


def orphan(tmp_path, name, *, days, now):
    path = tmp_path / name[:2] / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"x")
    moment = (now - dt.timedelta(days=days)).timestamp()
    os.utime(path, (moment, moment))
    return f"{name[:2]}/{name}"


@pytest.mark.django_db
def test_files_and_rows_are_compared(member, stored, tmp_path, settings):
    settings.DOCUMENT_ORPHAN_DAYS = 7
    now = portal_now()
    case = CaseFactory(member=member, draft=True)
    kept, lost = (documents.attach(case=case, by=member, file=letter(), source="web") for _ in range(2))
    (tmp_path / lost.file.name).unlink()
    os.utime(tmp_path / kept.file.name, (0, 0))
    young = orphan(tmp_path, "aa11", days=6.9, now=now)
    orphan(tmp_path, "aa22", days=7.1, now=now)
    orphan(tmp_path, "bb33", days=400, now=now)

    storage.reconcile(now=now)

    assert stored() == sorted([kept.file.name, young])
    report = StorageReport.objects.get()
    assert (report.at, report.files, report.orphans, report.deleted) == (now, 4, 1, 2)
    assert (report.missing, report.missing_ids) == (1, [lost.pk])
    assert CaseDocument.objects.count() == 2
    # The next one takes its place, and finds anything new.
    storage.reconcile(now=now + dt.timedelta(days=7))
    assert StorageReport.objects.get().deleted == 1
    assert stored() == [kept.file.name]


@pytest.mark.django_db
def test_where_nothing_was_ever_stored_there_is_nothing_to_compare(settings, tmp_path, stored):
    settings.STORAGES["default"]["OPTIONS"]["location"] = tmp_path / "not made yet"
    assert storage.reconcile(now=portal_now()).files == 0
    assert storage.free_bytes() > 0


@pytest.mark.django_db
@pytest.mark.parametrize("asked", ["pathlib.Path.exists", "shutil.disk_usage"])
def test_a_disk_that_does_not_answer_leaves_the_operations_page(client, administrator, monkeypatch, caplog, asked):
    with monkeypatch.context() as broken:
        broken.setattr(asked, Mock(side_effect=OSError(errno.ESTALE, "Stale file handle")))
        assert storage.free_bytes() is None
    assert "the disk of the documents cannot be asked" in caplog.text
    monkeypatch.setattr("shutil.disk_usage", Mock(side_effect=OSError(errno.EIO, "Input/output error")))
    client.force_login(administrator)
    assert [client.get(url).status_code for url in ("/operations/", "/metrics")] == [200, 200]


@pytest.mark.django_db
def test_the_operations_page_and_the_metrics_say_what_is_missing(client, administrator, monkeypatch):
    StorageReport.objects.create(pk=1, at=portal_now(), files=5, orphans=2, deleted=1, missing=1, missing_ids=[4711])
    monkeypatch.setattr(storage, "free_bytes", lambda: 5 * 2**20)
    client.force_login(administrator)
    page = client.get("/operations/").content.decode()
    assert "1 document is missing its file." in page
    assert "/admin/cases/casedocument/4711/change/" in page
    assert "The disk for documents has only 5.0\xa0MB left." in page
    metrics = client.get("/metrics").content.decode()
    assert "portal_documents_free_bytes 5.24288e+06" in metrics
    assert "portal_documents_missing 1.0" in metrics
    assert "portal_files_without_document 2.0" in metrics
