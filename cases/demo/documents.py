"""The documents and notes of the demo data: small, and of a kind that a real portal would accept."""

from django.core.files.base import ContentFile

NOTES = [
    "Called back; the service record is on its way from the agency.",
    "The figures of 2019 are missing. I asked the member for the two statements.",
    "Checked against the rules of last January. Check it again before the release.",
]


def letter(title: str, description: str) -> ContentFile[bytes]:
    """Return what a member attaches to a draft."""
    return ContentFile(f"{title}\n\n{description}\n".encode(), name="My letter.txt")


def report(title: str, number: str) -> ContentFile[bytes]:
    """Return a technician's report, a one-page PDF."""
    lines = [
        title,
        f"Case {number}",
        "",
        "We compared your service record with the statements that you sent.",
        "Your letter is answered point by point below.",
        "Please call us if anything in it is not clear to you.",
    ]
    return ContentFile(_pdf(lines), name=f"Report {number}.pdf")


def _pdf(lines: list[str]) -> bytes:
    """Return a page with these lines, which must be ASCII without brackets and backslashes."""
    text = "".join(f"({line}) Tj T* " for line in lines)
    drawn = f"BT /F1 12 Tf 18 TL 60 780 Td {text}ET".encode("ascii", "replace")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 5 0 R /Resources 6 0 R >>",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawn), drawn),
        b"<< /Font << /F1 4 0 R >> >>",
    ]
    return _numbered(objects)


def _numbered(objects: list[bytes]) -> bytes:
    """Return the file with these objects, and the table that says where each begins."""
    written = b"%PDF-1.4\n"
    table = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    for number, content in enumerate(objects, start=1):
        table += b"%010d 00000 n \n" % len(written)
        written += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    trailer = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, len(written))
    return written + table + trailer
