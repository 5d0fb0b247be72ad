"""Which files can be documents: by size, extension and content."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import puremagic
from django.conf import settings
from django.core.files import File
from django.utils.translation import gettext as _

from cases.core import limits
from cases.core.errors import BadDocument
from cases.core.text import clean_line
from cases.documents.office_files import ODT, OPEN_XML, is_open_document, is_word, is_workbook
from cases.documents.text_files import is_text

# Control and format characters. Joiners hold emoji and some scripts together.
HIDDEN, JOINERS = ("Cc", "Cf", "Cs"), "\u200c\u200d"
# Pages and downloads show the name.
NAME_LENGTH = limits.FILE_NAME
# Types that browsers can display.
SHOWN = {"application/pdf", "image/png", "image/jpeg"}
# Bytes at the start of a file that tell its type.
HEAD = 64
# How far into a PDF viewers accept its header.
PDF_HEAD = 1024

Content = File[Any]
Test = Callable[[Content], bool]


@dataclass(frozen=True)
class Examined:
    """The facts about a file that can be a document. `content_type` is ours, never the sender's."""

    name: str
    size: int
    content_type: str


def examine(file: Content) -> Examined:
    """Return the facts about `file`. BadDocument, with a message for people, if it cannot be a document."""
    name = clean_name(file.name or "")
    size = file.size
    extension = PurePosixPath(name).suffix.lower()
    if extension not in TYPES:
        raise BadDocument(_("This file type isn't allowed. Choose one of these: %(types)s.") % {"types": in_words()})
    if not size:
        raise BadDocument(_("This file is empty."))
    if size > most_bytes():
        raise too_large()
    content_type, test = TYPES[extension]
    fits = test(file)
    file.seek(0)
    if not fits:
        raise BadDocument(_("The content of this file doesn't match its file type “%(type)s”.") % {"type": extension})
    return Examined(name, size, content_type)


def clean_name(name: str) -> str:
    """Return the last part of `name` without invisible characters, shortened if necessary. The extension is kept."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    # This includes characters that reverse the writing direction: "reportfdp.exe" would read "reportexe.pdf".
    shown = "".join(letter for letter in last if letter in JOINERS or unicodedata.category(letter) not in HIDDEN)
    path = PurePosixPath(clean_line(shown).strip(" ."))
    return path.stem[: NAME_LENGTH - len(path.suffix)] + path.suffix


def most_bytes() -> int:
    """Return the maximum size of a document in bytes."""
    return settings.DOCUMENT_MAX_MB * 2**20


def too_large() -> BadDocument:
    """Return the error for a file that is larger."""
    return BadDocument(_("This file is too large. The limit is %(limit)s MB.") % {"limit": settings.DOCUMENT_MAX_MB})


def in_words() -> str:
    """Return the types that may be attached, for people."""
    return ", ".join(extension[1:].upper() for extension in TYPES if extension != ".jpeg")


def is_shown(content_type: str) -> bool:
    """Tell whether browsers show files of this type in a page, and run nothing from them in a sandbox."""
    return content_type in SHOWN


def _begins_like(extension: str) -> Test:
    """Tell whether the first bytes are those of such a file."""

    def begins(file: Content) -> bool:
        file.seek(0)
        head = file.read(HEAD)
        try:
            matches = puremagic.magic_string(head)
        except puremagic.PureError:
            return False
        # The library also looks for signatures far into a file, and at its end.
        return any(match.extension == extension and match.offset == 0 for match in matches)

    return begins


def _pdf(file: Content) -> bool:
    """Tell whether the header is where viewers look for it. Some programs write a byte order mark before it."""
    file.seek(0)
    return re.search(rb"%PDF-\d", file.read(PDF_HEAD)) is not None


TYPES: dict[str, tuple[str, Test]] = {
    ".pdf": ("application/pdf", _pdf),
    ".png": ("image/png", _begins_like(".png")),
    ".jpg": ("image/jpeg", _begins_like(".jpg")),
    ".jpeg": ("image/jpeg", _begins_like(".jpg")),
    ".docx": (f"{OPEN_XML}.wordprocessingml.document", is_word),
    ".xlsx": (f"{OPEN_XML}.spreadsheetml.sheet", is_workbook),
    ".odt": (ODT.decode(), is_open_document),
    ".txt": ("text/plain", is_text),
    ".csv": ("text/csv", is_text),
}
