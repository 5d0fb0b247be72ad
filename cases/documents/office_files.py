"""Office files, which are zip archives: which kind one claims to be, and whether to open it at all.

A malicious file is checked against limits before anything in it is read: its end record gives the number of entries and
the size of their directory, and the directory gives the unpacked size. Only two or three small XML parts are ever
unpacked, and only up to a limit.
"""

import posixpath
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import unquote, urlsplit
from xml.parsers import expat

from django.core.files import File

Content = File[Any]

# A report with a thousand pictures has about 2,000 entries. Each takes 46 bytes and its name in the directory.
MAX_ENTRIES = 10_000
MAX_LIST = 2**20
MAX_UNPACKED = 512 * 2**20
# The most bytes that are read of one part.
MAX_PART = 2**20
# Office uses no others, and another one might need gigabytes of memory.
COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)

OPEN_XML = "application/vnd.openxmlformats-officedocument"
ODT = b"application/vnd.oasis.opendocument.text"
# In the types of Office Open XML: which part of a package is the main one, and which are programs. A type says what a
# program is, whatever it is called; its usual name is refused whatever its type.
MAIN_PART = "/officedocument"
PROGRAMS = ("vba", "macro")
PROGRAM_NAME = "vbaproject.bin"

END = struct.Struct("<4s4H2LH")
END64_LOCATOR = struct.Struct("<4sLQL")
END64 = struct.Struct("<4sQ2H2L4Q")
LONGEST_COMMENT = 2**16 - 1


class NotThatFile(Exception):
    """The file is not what its name says, or is too large to inspect."""


def is_word(file: Content) -> bool:
    """Tell whether `file` is a Word document (docx) without macros."""
    return _is_archive(file, lambda archive: _is_open_xml(archive, f"{OPEN_XML}.wordprocessingml.document.main+xml"))


def is_workbook(file: Content) -> bool:
    """Tell whether `file` is an Excel workbook (xlsx) without macros."""
    return _is_archive(file, lambda archive: _is_open_xml(archive, f"{OPEN_XML}.spreadsheetml.sheet.main+xml"))


def is_open_document(file: Content) -> bool:
    """Tell whether `file` is a text in OpenDocument (odt)."""
    return _is_archive(file, _is_open_document)


def _is_archive(file: Content, fits: Callable[[zipfile.ZipFile], bool]) -> bool:
    try:
        file.seek(0)
        if file.read(4) != b"PK\3\4":
            return False  # data before an archive could be a page or a program
        _check_end_record(file)
        with zipfile.ZipFile(file) as archive:
            _check_list(archive)
            return fits(archive)
    except (NotThatFile, zipfile.BadZipFile, zlib.error, expat.ExpatError, struct.error):
        return False
    except (KeyError, ValueError, NotImplementedError, RuntimeError, EOFError, OSError, LookupError, OverflowError):
        return False  # zipfile's errors for a damaged or malicious archive


def _check_end_record(file: Content) -> None:
    """Raise NotThatFile if the end record announces too many entries, or too large a directory.

    `zipfile` reads the whole directory when it opens an archive. So this looks for the record where `zipfile` does: at
    the very end, or else at the last place of its signature. A ZIP64 record before it counts instead.
    """
    size = file.seek(0, 2)
    start = max(0, size - LONGEST_COMMENT - END.size)
    file.seek(start)
    tail = file.read(size - start)
    place = len(tail) - END.size
    if not (tail[place : place + 4] == b"PK\5\6" and tail[-2:] == b"\0\0"):
        place = tail.rfind(b"PK\5\6")
    if place < 0:
        raise NotThatFile
    _, _, _, _, entries, length, _, _ = END.unpack_from(tail, place)
    locator = start + place - END64_LOCATOR.size
    if locator >= END64.size:
        file.seek(locator - END64.size)
        record, found = file.read(END64.size), file.read(END64_LOCATOR.size)
        if found[:4] == b"PK\6\7":
            if record[:4] != b"PK\6\6":
                raise NotThatFile
            *_, entries, length, _ = END64.unpack(record)
    if entries > MAX_ENTRIES or length > MAX_LIST:
        raise NotThatFile


def _check_list(archive: zipfile.ZipFile) -> None:
    entries = archive.infolist()
    if len(entries) > MAX_ENTRIES or sum(entry.file_size for entry in entries) > MAX_UNPACKED:
        raise NotThatFile


def _is_open_document(archive: zipfile.ZipFile) -> bool:
    # The format requires it to be uncompressed, so nothing is decompressed here.
    if archive.getinfo("mimetype").compress_type != zipfile.ZIP_STORED:
        return False
    with archive.open("mimetype") as kind:
        return kind.read(len(ODT) + 1) == ODT


def _is_open_xml(archive: zipfile.ZipFile, wanted: str) -> bool:
    """Tell whether the main part of the package has the content type `wanted`, and nothing in it is a program.

    The package says which part is the main one, by a relationship, and of what type each part is. Office on the web
    calls it word/document2.xml.
    """
    names = {name.lower(): name for name in archive.namelist()}
    types = _Types(_part(archive, names, "[content_types].xml"))
    mains = [part for kind, part in _relationships(archive, names, "") if kind.endswith(MAIN_PART)]
    if len(mains) != 1 or mains[0] not in names:
        return False
    (main,) = mains
    kinds = [*types.all, *(kind for kind, _ in _relationships(archive, names, main))]
    if any(word in kind for kind in kinds for word in PROGRAMS) or any(name.endswith(PROGRAM_NAME) for name in names):
        return False
    return types.of(main) == wanted.lower()


class _Types:
    """The content of [Content_Types].xml: the content type of each part, by name or extension, in lowercase."""

    def __init__(self, xml: bytes) -> None:
        self._of_part: dict[str, str] = {}
        self._of_extension: dict[str, str] = {}
        for element, attributes in _elements(xml):
            kind = attributes.get("ContentType", "").lower()
            if element == "Override":
                self._of_part[attributes["PartName"].lower().lstrip("/")] = kind
            elif element == "Default":
                self._of_extension[attributes["Extension"].lower()] = kind

    @property
    def all(self) -> list[str]:
        return [*self._of_part.values(), *self._of_extension.values()]

    def of(self, part: str) -> str | None:
        extension = posixpath.splitext(part)[1].removeprefix(".")
        return self._of_part.get(part, self._of_extension.get(extension))


def _relationships(archive: zipfile.ZipFile, names: dict[str, str], source: str) -> Iterator[tuple[str, str]]:
    """Return the kind and target of each relationship of the part `source`, in lowercase.

    If it is empty, those of the package.
    """
    folder, name = posixpath.split(source)
    path = posixpath.join(folder, "_rels", f"{name}.rels")
    if source and path not in names:
        return
    for element, attributes in _elements(_part(archive, names, path)):
        if element == "Relationship":
            target = unquote(urlsplit(attributes["Target"]).path).lower()
            yield attributes["Type"].lower(), posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")


def _part(archive: zipfile.ZipFile, names: dict[str, str], name: str) -> bytes:
    if archive.getinfo(names[name]).compress_type not in COMPRESSIONS:
        raise NotThatFile
    with archive.open(names[name]) as part:
        content = part.read(MAX_PART + 1)
    if len(content) > MAX_PART:
        raise NotThatFile
    return content


def _elements(xml: bytes) -> list[tuple[str, dict[str, str]]]:
    """Yield the name and attributes of each element, without namespaces. NotThatFile if it defines a document type,
    whose entities could grow without limit. expat.ExpatError if it is not XML."""
    found: list[tuple[str, dict[str, str]]] = []

    def refuse(*declaration: object) -> None:
        raise NotThatFile

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = lambda name, attributes: found.append((name.rpartition(" ")[2], attributes))
    parser.Parse(xml, True)
    return found
