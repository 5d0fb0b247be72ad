"""What comes in as a file with a request, before anybody has looked at it."""

from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import HttpRequest
from django.utils.translation import gettext as _

from cases import document_types
from cases.errors import BadDocument


class SizeLimit(FileUploadHandler):
    """Drops files that would take the request over DOCUMENT_MAX_MB. It comes before the handlers that keep them, and
    runs for everybody, also for strangers: it is what keeps their uploads from filling memory and disk."""

    def __init__(self, request: HttpRequest | None = None) -> None:
        super().__init__(request)
        self.received = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        """Hands the bytes on to the next handler; SkipFile once there are too many."""
        self.received += len(raw_data)
        if self.received > document_types.most_bytes():
            raise SkipFile
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """Leaves the file to the next handler."""


def uploaded_file(request: HttpRequest) -> UploadedFile[Any]:
    """The one `file` of the request; BadDocument without one."""
    file = request.FILES.get("file")
    if isinstance(file, UploadedFile):
        return file
    if int(request.META.get("CONTENT_LENGTH") or 0) > document_types.most_bytes():
        raise document_types.too_large()
    raise BadDocument(_("Choose a file."))
