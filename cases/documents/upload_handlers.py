"""Files that come with a request, before anything has checked them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile, TemporaryFileUploadHandler
from django.http import HttpRequest
from django.utils.translation import gettext as _

from cases.core.errors import BadDocument, StorageFailed
from cases.documents import file_types

logger = structlog.get_logger(__name__)

# The name of the file field in every form.
FIELD = "file"


class SizeLimit(FileUploadHandler):
    """Drops files that would take the request over DOCUMENT_MAX_MB. It comes before the handlers that keep them, and
    runs for everyone, even strangers, to keep their uploads from filling memory and disk. It also counts what comes as
    `file`, so that a dropped file never goes unnoticed next to another one."""

    def __init__(self, request: HttpRequest | None = None) -> None:
        super().__init__(request)
        self.received = 0

    def new_file(self, field_name: str, *args: Any, **kwargs: Any) -> None:
        """Count the file."""
        super().new_file(field_name, *args, **kwargs)
        if field_name == FIELD:
            self.request.files_sent = _files_sent(self.request) + 1  # type: ignore[union-attr]

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        """Hand the bytes on to the next handler; SkipFile once there are too many."""
        self.received += len(raw_data)
        if self.received > file_types.most_bytes():
            raise SkipFile
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """Leave the file to the next handler."""


class TemporaryFile(TemporaryFileUploadHandler):
    """Django's handler for large files. If the disk is full, the file is skipped and `uploaded_file` says so. Otherwise
    the error would be raised wherever the form is first read, without a message for people."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Begin a temporary file."""
        with self._failures_told():
            super().new_file(*args, **kwargs)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        """Write the bytes."""
        with self._failures_told():
            return super().receive_data_chunk(raw_data, start)

    def file_complete(self, file_size: int) -> UploadedFile[Any] | None:
        """Pass on the file, completely. SkipFile is only for its chunks."""
        try:
            with self._failures_told():
                return super().file_complete(file_size)
        except SkipFile:
            return None

    @contextmanager
    def _failures_told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            logger.exception("upload could not be written to the disk", errno=error.errno)
            self.request.upload_failed = True  # type: ignore[union-attr]
            raise SkipFile from error


def _files_sent(request: HttpRequest | None) -> int:
    return getattr(request, "files_sent", 0)


def is_file_sent(request: HttpRequest) -> bool:
    """Tell whether a `file` came with the request, even one that `uploaded_file` rejects.

    A form may be sent without one.
    """
    is_kept = FIELD in request.FILES or getattr(request, "upload_failed", False)
    return is_kept or int(request.META.get("CONTENT_LENGTH") or 0) > file_types.most_bytes()


def uploaded_files(request: HttpRequest) -> list[UploadedFile[Any]]:
    """Return every `file` of the request, if any.

    BadDocument if they are too large together, StorageFailed if the disk did not accept one.
    """
    if not is_file_sent(request):
        return []
    if getattr(request, "upload_failed", False):
        raise StorageFailed
    if int(request.META.get("CONTENT_LENGTH") or 0) > file_types.most_bytes():
        raise file_types.too_large()
    return request.FILES.getlist(FIELD)


def uploaded_file(request: HttpRequest) -> UploadedFile[Any]:
    """Return the only `file` of the request.

    BadDocument if there is none or several, StorageFailed if the disk did not accept it.
    """
    files = request.FILES.getlist(FIELD)
    if max(len(files), _files_sent(request)) > 1:
        raise BadDocument(_("Choose one file."))
    if files:
        return files[0]
    if getattr(request, "upload_failed", False):
        raise StorageFailed
    if int(request.META.get("CONTENT_LENGTH") or 0) > file_types.most_bytes():
        raise file_types.too_large()
    raise BadDocument(_("Choose a file."))
