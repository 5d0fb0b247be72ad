"""Which files may be documents: by size, extension and content."""

import codecs
import io
import struct
import zipfile

import pytest
from django.core.files.base import ContentFile

from cases.core.errors import BadDocument
from cases.documents import file_types, office_files

# Each file contains one of these.
WORD, EXCEL, SLIDES = (
    f"application/vnd.openxmlformats-officedocument.{kind}.main+xml"
    for kind in ("wordprocessingml.document", "spreadsheetml.sheet", "presentationml.presentation")
)
MACRO_WORD = "application/vnd.ms-word.document.macroEnabled.main+xml"
VBA = "application/vnd.ms-office.vbaProject"
RELATIONSHIPS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
STRICT = "http://purl.oclc.org/ooxml/officeDocument/relationships"
ODT = {"mimetype": b"application/vnd.oasis.opendocument.text"}


def archive(parts, compression=zipfile.ZIP_STORED):
    """Return a zip file with these parts."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", compression) as made:
        for name, part in parts.items():
            made.writestr(name, part)
    return content.getvalue()


def relationships(*targets):
    rows = "".join(
        f'<Relationship Id="r{n}" Type="{kind}" Target="{target}"/>' for n, (kind, target) in enumerate(targets)
    )
    return f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{rows}</Relationships>'


def office(main="word/document.xml", kind=WORD, *, types="", target=None, relations=RELATIONSHIPS, parts=(), **how):
    """Return an office file as programs write them: a part, its content type, and the relationship that makes it the
    main one."""
    content_types = (
        '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{types}'
        f'<Override PartName="/{main}" ContentType="{kind}"/>'
        "</Types>"
    )
    root = relationships(
        (f"{relations}/officeDocument", target or main),
        ("http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties", "docProps/core.xml"),
    )
    own = {"[Content_Types].xml": content_types, "_rels/.rels": root, main: "<w/>"}
    return archive(own | dict(parts), **how)


DOCX = office()
XLSX = office("xl/workbook.xml", EXCEL)
MACRO_PARTS = {"word/_rels/document.xml.rels": relationships((f"{RELATIONSHIPS}/vbaProject", "printer.bin"))}
GOOD = {
    "a.pdf": b"%PDF-1.7\n",
    "A.PDF": b"%PDF-1.7\n",
    "mark.pdf": b"\xef\xbb\xbf%PDF-1.4\n",
    "lines.pdf": b"\r\n\r\n%PDF-1.4\n",
    "mail head.pdf": b"Content-Type: application/pdf\r\n\r\n".ljust(1017) + b"%PDF-1.4\n",
    "scan.png": b"\x89PNG\r\n\x1a\n\0\0",
    "scan.jpg": b"\xff\xd8\xff\xe0\0\x10JFIF",
    "scan.jpeg": b"\xff\xd8\xff\xdb\0",
    "letter.docx": DOCX,
    "from the web.docx": office("word/document2.xml"),
    "absolute.docx": office(target="/word/document.xml"),
    "strict.docx": office(relations=STRICT),
    "other folder.docx": office("Story/Main%20Part.xml", target="Story/Main%2520Part.xml"),
    "deflated.docx": office(compression=zipfile.ZIP_DEFLATED),
    "macroeconomics.docx": office(parts={"word/media/macro.png": b"p", "docProps/core.xml": b"<c/>"}),
    "letter.odt": archive(ODT | {"content.xml": b"<o/>"}),
    "sums.xlsx": XLSX,
    "from the web.xlsx": office("xl/workbook22.xml", EXCEL),
    "notes.txt": "Grüße, 你好\r\n\tPlease".encode(),
    "old notes.txt": "Grüße".encode("latin-1"),
    "quotes.txt": "“So”, 5 €".encode("cp1252"),
    "notepad.txt": "Grüße".encode("utf-8-sig"),
    "unicode.txt": "Grüße, 你好 🙂\r\n".encode("utf-16"),
    "big end.txt": codecs.BOM_UTF16_BE + "Grüße".encode("utf-16-be"),
    "wide.csv": "a;b\n".encode("utf-32"),
    "sums.csv": b"a;b\n1;2\n",
    "final.exe.pdf": b"%PDF-1.7\n",
}
BAD = {
    "page as pdf": ("a.pdf", b"<!doctype html><script>alert(1)</script>"),
    "header too late": ("a.pdf", b" " * 1020 + b"%PDF-1.7\n"),
    "header without a version": ("a.pdf", b"%PDF-x\n"),
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
    "letter as workbook": ("a.xlsx", office("word/document2.xml")),
    "slides as letter": ("a.docx", office("ppt/presentation.xml", SLIDES)),
    "letter in the wrong folder": ("a.docx", office("word/document.xml", EXCEL)),
    "macros": ("a.docx", office(kind=MACRO_WORD)),
    "macros by their usual name": ("a.docx", office(parts={"word/vbaProject.bin": b"\0"})),
    "macros by another name": ("a.docx", office(types=f'<Override PartName="/word/p.bin" ContentType="{VBA}"/>')),
    "macros by an extension": ("a.docx", office(types=f'<Default Extension="bin" ContentType="{VBA.upper()}"/>')),
    "macros by a relationship": ("a.docx", office(parts=MACRO_PARTS)),
    "two main parts": (
        "a.docx",
        office(
            parts={
                "_rels/.rels": relationships(
                    (f"{RELATIONSHIPS}/officeDocument", "word/document.xml"), (f"{STRICT}/officeDocument", "x.xml")
                )
            }
        ),
    ),
    "main part that is not there": ("a.docx", office(target="word/other.xml")),
    "no relationships": ("a.docx", archive({"[Content_Types].xml": "<Types/>", "word/document.xml": "<w/>"})),
    "entities without end": (
        "a.docx",
        office(parts={"[Content_Types].xml": '<!DOCTYPE x [<!ENTITY a "aaaa">]><Types>&a;</Types>'}),
    ),
    "broken types": ("a.docx", office(parts={"[Content_Types].xml": "<Types>"})),
    "any archive": ("a.docx", archive({"a.exe": b"MZ"})),
    "broken archive": ("a.docx", DOCX[:-9]),
    "page before the archive": ("a.docx", b"<html>" + DOCX),
    "other open document": ("a.odt", archive({"mimetype": b"application/vnd.oasis.opendocument.presentation"})),
    "open document that unpacks": ("a.odt", archive(ODT, zipfile.ZIP_DEFLATED)),
    "archive as open document": ("a.odt", archive({"a": b"b"})),
    "direction of writing": ("a\u202efdp.exe", b"%PDF-1.7\n"),
    "zero in the name": ("a.pdf\0.exe", b"%PDF-1.7\n"),
    "control characters behind a mark": ("a.txt", "a\0b".encode("utf-16")),
    "half a pair": ("a.txt", codecs.BOM_UTF16_LE + b"\x3d\xd8\x20\0"),
    "half a character": ("a.txt", codecs.BOM_UTF16_LE + b"a\0b"),
    "not what its mark says": ("a.txt", codecs.BOM_UTF8 + b"\xff"),
    "unknown letters": ("a.txt", b"a\x81\x8d"),
    "utf-16 without a mark": ("a.txt", "Grüße".encode("utf-16-le")),
}


def examined(name, content):
    file = ContentFile(content)
    file.name = name
    return file_types.examine(file)


@pytest.mark.parametrize(("name", "content"), GOOD.items(), ids=GOOD)
def test_what_may_be_a_document(name, content):
    facts = examined(name, content)
    assert (facts.name, facts.size) == (name, len(content))
    assert "html" not in facts.content_type


@pytest.mark.parametrize(("name", "content"), BAD.values(), ids=BAD)
def test_what_may_not(name, content):
    with pytest.raises(BadDocument):
        examined(name, content)


def with_end(entries, length, content=DOCX):
    """Return an archive whose end record announces that many entries, and a directory of that length."""
    return content[:-22] + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, entries, entries, length, 0, 0)


def with_end64(entries, length):
    """Return such an archive with the truth in the ZIP64 record, which counts, and something harmless in the other."""
    record = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, entries, entries, length, 0)
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, len(DOCX) - 22, 1)
    return DOCX[:-22] + record + locator + DOCX[-22:]


def many(entries):
    return archive({f"d{number}/": b"" for number in range(entries)})


BOMBS = {
    "many entries": lambda: many(office_files.MAX_ENTRIES + 1),
    "many entries by the end record": lambda: with_end(office_files.MAX_ENTRIES + 1, 100),
    "a long list": lambda: with_end(5, office_files.MAX_LIST + 1),
    "many entries in ZIP64": lambda: with_end64(office_files.MAX_ENTRIES + 1, 100),
    "a long list in ZIP64": lambda: with_end64(5, office_files.MAX_LIST + 1),
    "fewer entries than there are": lambda: with_end(1, office_files.MAX_LIST + 1, many(30_000)),
}


@pytest.mark.parametrize("bomb", BOMBS)
@pytest.mark.parametrize("name", ["a.docx", "a.xlsx", "a.odt"])
def test_an_archive_of_too_much_is_refused_before_its_list_is_read(bomb, name, monkeypatch):
    content = BOMBS[bomb]()
    monkeypatch.setattr(office_files.zipfile, "ZipFile", lambda file: pytest.fail("the list was read"))
    with pytest.raises(BadDocument):
        examined(name, content)


def test_an_archive_that_unpacks_to_too_much_is_refused_before_any_part_is(monkeypatch):
    content = office(parts={"word/media/a.png": bytes(2 * 2**20)}, compression=zipfile.ZIP_DEFLATED)
    assert examined("a.docx", content)
    monkeypatch.setattr(office_files, "MAX_UNPACKED", 2**20)
    monkeypatch.setattr(zipfile.ZipFile, "open", lambda *args: pytest.fail("a part was read"))
    with pytest.raises(BadDocument):
        examined("a.docx", content)


PACKED = {
    "a.docx": office(compression=zipfile.ZIP_DEFLATED),
    "a.xlsx": office("xl/workbook.xml", EXCEL, compression=zipfile.ZIP_DEFLATED),
    "a.odt": archive(ODT | {"content.xml": b"<o/>"}),
}


@pytest.mark.parametrize("bits", [0x01, 0x10, 0x80, 0xFF])
@pytest.mark.parametrize("name", PACKED)
def test_a_damaged_archive_is_taken_or_refused_whatever_byte_is_wrong(name, bits):
    """As a bad disk or a bad connection leaves it."""
    content, refused = PACKED[name], 0
    for place in range(len(content)):
        damaged = bytearray(content)
        damaged[place] ^= bits
        try:
            examined(name, bytes(damaged))
        except BadDocument:
            refused += 1
    assert 0 < refused < len(content)


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
@pytest.mark.parametrize("is_damaged", [True, False])
def test_a_compression_that_office_does_not_know_is_refused(compression, is_damaged):
    content = bytearray(office(compression=compression))
    content[80] ^= 0xFF * is_damaged
    with pytest.raises(BadDocument):
        examined("a.docx", bytes(content))


@pytest.mark.parametrize("offset", [2**63 - 1, 2**63, 2**64 - 1])
def test_an_offset_that_no_file_has_is_refused(offset):
    """The list may give the place of a part in 64 bits."""
    with zipfile.ZipFile(content := io.BytesIO(), "w") as made:
        made.writestr("[Content_Types].xml", "<Types/>")
        (entry,) = made.infolist()
        entry.extra, entry.header_offset = struct.pack("<HHQ", 1, 8, offset), 0
    raw = bytearray(content.getvalue())
    at = raw.index(b"PK\1\2") + 42
    raw[at : at + 4] = b"\xff" * 4
    with pytest.raises(BadDocument):
        examined("a.docx", bytes(raw))


@pytest.mark.parametrize("part", ["[Content_Types].xml", "_rels/.rels", "word/_rels/document.xml.rels"])
def test_no_more_of_a_part_is_read_than_its_bound(part):
    parts = {"word/_rels/document.xml.rels": relationships(), part: b" " * (office_files.MAX_PART + 1)}
    with pytest.raises(BadDocument):
        examined("a.docx", office(parts=parts, compression=zipfile.ZIP_DEFLATED))


def test_a_comment_and_a_zip64_record_are_no_reason_to_refuse():
    commented = io.BytesIO(DOCX)
    with zipfile.ZipFile(commented, "a") as archive_:
        archive_.comment = b"made by hand" * 100
    assert examined("a.docx", commented.getvalue())
    list_at = DOCX.index(b"PK\1\2")
    entries = DOCX.count(b"PK\1\2")
    record = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, entries, entries, len(DOCX) - 22 - list_at, list_at)
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, len(DOCX) - 22, 1)
    assert examined("a.docx", DOCX[:-22] + record + locator + DOCX[-22:])


@pytest.mark.parametrize(("over", "taken"), [(0, True), (1, False)])
def test_the_limit_is_the_last_size_that_is_taken(over, taken, settings):
    settings.DOCUMENT_MAX_MB = 1
    content = b"%PDF-1.7".ljust(2**20 + over)
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
    assert file_types.clean_name(name) == kept
