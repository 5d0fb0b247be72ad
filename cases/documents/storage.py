"""The storage of documents.

A file is stored completely or not at all, and files and rows match. Only the key of a document reaches a log, because
its name is private.
"""

import datetime as dt
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import structlog
from django.conf import settings
from django.core.files import File
from django.core.files.storage import FileSystemStorage, default_storage
from django.utils import timezone

from cases.core.errors import StorageFailed
from cases.lifecycle.stored_files import STORAGE_ERRORS, discard
from cases.models import CaseDocument, StorageReport
from cases.models.document import random_path

logger = structlog.get_logger(__name__)

# The most documents without a file that a report names.
NAMED = 100
ROWS_AT_ONCE = 1000


def store(document: CaseDocument, file: File[Any]) -> str:
    """Store the content of `file` for `document`, which has no row yet.

    Return its path in the storage. StorageFailed if that fails, for example because the disk is full or the bucket does
    not respond. Nothing of it remains then.
    """
    path = random_path(document, "")
    try:
        return default_storage.save(path, file)
    except STORAGE_ERRORS as error:
        discard(path)
        logger.exception("file could not be stored", errno=getattr(error, "errno", None))
        raise StorageFailed from error


def free_bytes() -> int | None:
    """Return the free bytes of the disk for documents.

    None if they are in a bucket, if their folder does not exist, or if the disk does not respond.
    """
    if not isinstance(default_storage, FileSystemStorage):
        return None
    folder = Path(default_storage.location)
    try:
        existing = next((path for path in (folder, *folder.parents) if path.exists()), None)
        return shutil.disk_usage(existing).free if existing else None
    except OSError as error:
        logger.exception("the disk of the documents cannot be asked", errno=error.errno)
        return None


def reconcile(*, now: dt.datetime) -> StorageReport:
    """Compare the storage with the rows, and record what was found at the aware datetime `now`.

    A file that no row names is left alone for DOCUMENT_ORPHAN_DAYS, because its row may be on its way, or in a restore.
    Then it is deleted. Rows whose file is gone are reported and stay. This reads each folder of the storage and each
    row, so it runs once a week.
    """
    before = now - dt.timedelta(days=settings.DOCUMENT_ORPHAN_DAYS)
    report = StorageReport(pk=StorageReport.ONLY, at=now)
    stored: set[str] = set()
    for paths in _stored_paths():
        report.files += len(paths)
        named = set(CaseDocument.objects.filter(file__in=paths).values_list("file", flat=True))
        stored |= named
        for path in paths - named:
            _look_at_orphan(path, report, before=before)
    missing = [pk for pk, file in _rows() if file not in stored and not default_storage.exists(file)]
    report.missing, report.missing_ids = len(missing), missing[:NAMED]
    report.save()
    counts = {name: getattr(report, name) for name in ("files", "orphans", "deleted", "missing")}
    logger.info("documents reconciled", **counts)
    return report


def _look_at_orphan(path: str, report: StorageReport, *, before: dt.datetime) -> None:
    """Delete a file without a row if it is older than `before`. Count a newer one."""
    try:
        modified = default_storage.get_modified_time(path)
    except FileNotFoundError:
        return  # taken away meanwhile
    modified = modified if timezone.is_aware(modified) else timezone.make_aware(modified, dt.UTC)
    # Checked again, because the row of a slow upload may have been added in the meantime.
    if modified >= before or CaseDocument.objects.filter(file=path).exists():
        report.orphans += 1
        return
    discard(path)
    report.deleted += 1


def _stored_paths() -> Iterator[set[str]]:
    """Return the paths of all stored files, a folder at a time. Empty if nothing was ever stored."""
    try:
        folders, _ = default_storage.listdir("")
    except FileNotFoundError:
        return
    for folder in sorted(folders):
        _, names = default_storage.listdir(folder)
        for first in range(0, len(names), ROWS_AT_ONCE):
            yield {f"{folder}/{name}" for name in names[first : first + ROWS_AT_ONCE]}


def _rows() -> Iterator[tuple[int, str]]:
    yield from CaseDocument.objects.order_by("pk").values_list("pk", "file").iterator(chunk_size=ROWS_AT_ONCE)
