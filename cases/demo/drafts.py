"""A photo that a member attaches, and a draft that a member changes their mind about."""

import struct
import zlib

from django.core.files.base import ContentFile

from cases.casework import drafts
from cases.documents import attach_and_remove as documents
from cases.models import CaseEvent, User

WEB = CaseEvent.Source.WEB
WIDTH, HEIGHT = 480, 320


def write(*, by: User) -> None:
    """Begin two drafts, each with a photo, and delete one of them."""
    text = "I found the answer myself."
    draft = drafts.create(by=by, title="Same question as last year", description=text)
    documents.attach(case=draft, by=by, file=photo(), source=WEB)
    drafts.delete_draft(case=draft, by=by, source=WEB)
    text = "The letter came yesterday. I took a photo of the first page."
    draft = drafts.create(by=by, title="Letter from the pension office", description=text)
    documents.attach(case=draft, by=by, file=photo(), source=WEB)


def photo() -> ContentFile[bytes]:
    """Return a picture of a sheet of paper with lines on it."""
    rows = b"".join(b"\0" + bytes(_shade(x, y) for x in range(WIDTH)) for y in range(HEIGHT))
    head = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 0, 0, 0, 0)
    chunks = [(b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return ContentFile(b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*chunk) for chunk in chunks), name="Letter, page 1.png")


def _shade(x: int, y: int) -> int:
    is_paper = 60 < x < WIDTH - 60 and y > 20
    is_line = 100 < x < WIDTH - 100 - (y * 7) % 90 and y > 60 and y % 20 < 4
    return (80 if is_line else 250) if is_paper else 150


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
