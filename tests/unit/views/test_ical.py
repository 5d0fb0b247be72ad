"""What the calendar feed writes of a title: everything except what RFC 5545 forbids."""

import datetime as dt
import re

import pytest
from icalendar import Calendar

from cases.models import Case
from cases.views.ical import feed

NOW = dt.datetime(2025, 6, 11, 12, tzinfo=dt.UTC)
# No-break and narrow spaces, an emoji newer than this Python, a family of joined ones, a soft hyphen, a private-use
# character, a tab, a C1 control, characters that the format escapes, and right-to-left words with a mark.
KEPT = [
    "10\u00a0000\u202f\u20ac", "\U0001fae9",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467", "Schiff\u00adfahrt", "\ue000",
    "a\tb", "a\x85b", "a,b;c\\d:\"e\"", "\u200f\u05d0 5", "\u0939\u093f\u0928\u094d\u200d\u0926\u0940", "x" * 200,
]  # fmt: skip
FORBIDDEN = ["\x00", "\x07", "\x08", "\x0b", "\x0c", "\r", "\x1b", "\x1f", "\x7f"]


def summary(title: str) -> tuple[bytes, str]:
    """Return the file with one case of that title, and the summary as a calendar program reads it."""
    case = Case(pk=1, external_case_id="C-1", title=title, actual_release_date=NOW)
    content = feed([case], at=NOW)
    (event,) = Calendar.from_ical(content).walk("VEVENT")
    return content, str(event["summary"])


@pytest.mark.parametrize("title", KEPT, ids=ascii)
def test_what_the_format_allows_is_kept(title):
    _, read = summary(title)
    assert re.sub("[\u2068\u2069]", "", read) == f"Released: C-1: {title}"


@pytest.mark.parametrize("letter", FORBIDDEN, ids=ascii)
def test_what_the_format_forbids_is_removed(letter):
    content, read = summary(f"a{letter}b")
    assert read == "Released: C-1: ab"
    assert not re.search(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)|(?<!\r)\n", content)


@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=ascii)
def test_an_end_of_a_line_is_escaped(end):
    content, read = summary(f"a{end}b")
    assert read == "Released: C-1: a\nb"
    assert rb"a\nb" in content


def test_a_title_from_right_to_left_is_isolated():
    assert summary("\u05d0")[1] == "Released: C-1: \u2068\u05d0\u2069"
