"""The table of keys: complete, without two meanings for one key, and implemented by the script."""

import re
from pathlib import Path

import pytest

from cases.models import User
from cases.templatetags import keyboard
from cases.templatetags.navigation import entries
from cases.templatetags.palette import marked

SCRIPT = Path("cases/static/cases/keyboard.js").read_text()
PEOPLE = [User(role="member"), User(role="technician"), User(role="administrator", is_staff=True)]


@pytest.mark.parametrize("user", PEOPLE, ids=lambda user: user.role)
def test_each_page_of_the_navigation_has_keys_and_no_key_has_two_meanings(user):
    keys = [key for _heading, group in keyboard.groups(user) for key in group]
    presses = [key.press for key in keys]
    assert set(keyboard.keys_to_pages(user)) == {name for _label, name in entries(user)}, "give it a letter in LETTERS"
    assert len(set(presses)) == len(presses)
    assert "g" not in presses
    for key in keys:
        assert key.press == "Enter" or re.search(rf"^  (async )?{key.does}[:(]", SCRIPT, re.MULTILINE)
        assert bool(key.url) == (key.does == "go")


@pytest.mark.parametrize(
    ("words", "typed", "html"),
    [
        ("Divorce order review", "rev div", "<mark>Div</mark>orce order <mark>rev</mark>iew"),
        ("Pensión de viudez", "PENSION", "<mark>Pensión</mark> de viudez"),
        ("Operations", "", "Operations"),
        ("<b>bold</b> claims", "bo", "&lt;b&gt;<mark>bo</mark>ld&lt;/b&gt; claims"),
    ],
)
def test_what_was_typed_is_marked_in_what_was_found(words, typed, html):
    assert marked(words, typed) == f"<bdi>{html}</bdi>"
