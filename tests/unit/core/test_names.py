"""Names that people give to things: visible, on one line and not too long."""

import pytest

from cases.core import limits
from cases.core.errors import CaseError, TooLong
from cases.core.names import clean_name


def test_a_name_is_kept_as_a_line():
    assert clean_name(" Court\nfee ") == "Court fee"
    assert clean_name("a" * limits.NAME) == "a" * limits.NAME


@pytest.mark.parametrize("name", ["", "  ", "\u200b", "\u2800"])
def test_what_shows_nothing_is_no_name(name):
    with pytest.raises(CaseError, match="Enter a name") as refusal:
        clean_name(name)
    assert refusal.value.field == "name"


def test_a_longer_name_is_refused():
    with pytest.raises(TooLong) as refusal:
        clean_name("abcd", 3)
    assert refusal.value.field == "name"
