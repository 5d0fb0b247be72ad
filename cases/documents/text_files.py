"""Text files: whether the content is text, in an encoding that it declares or in one of the two usual ones."""

import codecs
import re
from typing import Any

from django.core.files import File

# Each with the byte order mark that declares it. UTF-32 comes first, because its mark begins with that of UTF-16.
DECLARED = [
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
]
USUAL = ("utf-8", "cp1252")
# Every control character except tabs, line ends and form feeds, and half characters. No text contains them.
NOT_TEXT = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]")


def is_text(file: File[Any]) -> bool:
    """Tell whether all of `file` is text."""
    file.seek(0)
    head = file.read(4)
    declared = next((encoding for mark, encoding in DECLARED if head.startswith(mark)), None)
    return any(_is_text_in(encoding, file) for encoding in ([declared] if declared else USUAL))


def _is_text_in(encoding: str, file: File[Any]) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)(errors="strict")
    try:
        for chunk in file.chunks():
            if NOT_TEXT.search(decoder.decode(chunk)):
                return False
        return not NOT_TEXT.search(decoder.decode(b"", final=True))
    except UnicodeDecodeError:
        return False
