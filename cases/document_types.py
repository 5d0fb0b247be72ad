"""Which files may be documents: by size, by extension, and by what is in them."""

import re
import unicodedata
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import puremagic
from django.conf import settings
from django.core.files import File
from django.utils.translation import gettext as _

from cases import limits
from cases.errors import BadDocument

# Of a name, which pages and downloads show.
NAME_LENGTH = limits.FILE_NAME
# Bytes at the start of a file that tell its type.
HEAD = 64
# Every control character but tab, the line ends and form feed: no text has them.
NOT_TEXT = re.compile(rb"[\x00-\x08\x0e-\x1f\x7f]")
# What an office program writes within its archive. A document with macros has the same parts, and one more.
MACROS = "vbaproject.bin"
ODT = b"application/vnd.oasis.opendocument.text"

Content = File[Any]
Test = Callable[[Content], bool]


@dataclass(frozen=True)
class Examined:
    """What is known of a file that may be a document; `content_type` is ours, never the sender's."""

    name: str
    size: int
    content_type: str


def examine(file: Content) -> Examined:
    """The facts of `file`, which may be a document. BadDocument, in a sentence, if it may not."""
    name = clean_name(file.name or "")
    size = file.size
    extension = PurePosixPath(name).suffix.lower()
    if extension not in TYPES:
        raise BadDocument(_("This type of file cannot be attached. Choose one of: %(types)s.") % {"types": in_words()})
    if not size:
        raise BadDocument(_("This file is empty."))
    if size > most_bytes():
        raise too_large()
    content_type, test = TYPES[extension]
    fits = test(file)
    file.seek(0)
    if not fits:
        raise BadDocument(_("The content of this file is not what its name says: “%(type)s”.") % {"type": extension})
    return Examined(name, size, content_type)


def clean_name(name: str) -> str:
    """The last part of `name`, without characters that nobody sees, and not too long; its extension is kept."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    # Among them those that reverse the direction of writing: "reportfdp.exe" would read "reportexe.pdf".
    shown = "".join(letter for letter in last if unicodedata.category(letter)[0] != "C")
    path = PurePosixPath(unicodedata.normalize("NFC", shown).strip(" ."))
    return path.stem[: NAME_LENGTH - len(path.suffix)] + path.suffix


def most_bytes() -> int:
    """How large a document may be."""
    return settings.DOCUMENT_MAX_MB * 2**20


def too_large() -> BadDocument:
    """The refusal of a file that is larger."""
    return BadDocument(_("This file is too large. The limit is %(limit)s MB.") % {"limit": settings.DOCUMENT_MAX_MB})


def in_words() -> str:
    """The types that may be attached, for people."""
    return ", ".join(extension[1:].upper() for extension in TYPES if extension != ".jpeg")


def _begins_like(extension: str) -> Test:
    """Whether the first bytes are those of such a file."""

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


def _office(part: str) -> Test:
    """Whether it is an archive of Office Open XML that has that part, and no macros."""

    def fits(archive: zipfile.ZipFile) -> bool:
        names = {name.lower() for name in archive.namelist()}
        return {"[content_types].xml", part} <= names and not any(name.endswith(MACROS) for name in names)

    return _archive(fits)


def _open_document(archive: zipfile.ZipFile) -> bool:
    # The format wants it as it is: nothing that somebody made up is ever decompressed here.
    if archive.getinfo("mimetype").compress_type != zipfile.ZIP_STORED:
        return False
    with archive.open("mimetype") as kind:
        return kind.read(len(ODT) + 1) == ODT


def _archive(fits: Callable[[zipfile.ZipFile], bool]) -> Test:
    def test(file: Content) -> bool:
        try:
            with zipfile.ZipFile(file) as archive:
                return _begins_like(".zip")(file) and fits(archive)
        except (zipfile.BadZipFile, KeyError, ValueError, NotImplementedError, RuntimeError, EOFError, OSError):
            return False  # whatever zipfile says of an archive that somebody made up

    return test


def _text(file: Content) -> bool:
    return not any(NOT_TEXT.search(chunk) for chunk in file.chunks())


OPEN_XML = "application/vnd.openxmlformats-officedocument"
TYPES: dict[str, tuple[str, Test]] = {
    ".pdf": ("application/pdf", _begins_like(".pdf")),
    ".png": ("image/png", _begins_like(".png")),
    ".jpg": ("image/jpeg", _begins_like(".jpg")),
    ".jpeg": ("image/jpeg", _begins_like(".jpg")),
    ".docx": (f"{OPEN_XML}.wordprocessingml.document", _office("word/document.xml")),
    ".xlsx": (f"{OPEN_XML}.spreadsheetml.sheet", _office("xl/workbook.xml")),
    ".odt": (ODT.decode(), _archive(_open_document)),
    ".txt": ("text/plain", _text),
    ".csv": ("text/csv", _text),
}
