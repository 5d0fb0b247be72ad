"""The keys of the pages: one table, which the list of keys shows and keyboard.js follows.

They are GitHub's where GitHub has the same. Each is one character, or two in sequence, so people can turn them off
(WCAG 2.1.4). `Control k` has a modifier and always works.
"""

import functools
from dataclasses import dataclass

from django import template
from django.template import Context
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from cases.models import User
from cases.templatetags.navigation import entries

register = template.Library()

# The letter after `g`, by the name of a page's URL.
LETTERS = {
    "dashboard": "d",
    "case_list": "c",
    "calendar": "a",
    "history": "h",
    "people": "p",
    "operations": "o",
    "portal_settings": "s",
    "admin:index": "j",
}
PALETTE = "Control k"
# A single letter, as on GitHub. It creates something.
CREATES = {"new_case": "c"}


@dataclass(frozen=True)
class Key:
    """What to press, as keyboard.js names it, and what for. `does` is a function of keyboard.js, `url` a page."""

    press: str
    label: str
    does: str = ""
    url: str = ""

    @property
    def caps(self) -> list[str]:
        """Return what is written on the keys."""
        if self.press == PALETTE:
            return [_("Ctrl"), "K"]
        return [_("Enter")] if self.press == "Enter" else self.press.split(" ")

    @property
    def is_sequence(self) -> bool:
        """Tell whether one key waits for another."""
        return self.press.startswith("g ")


def groups(user: User) -> list[tuple[str, list[Key]]]:
    """Return the keys of `user` below their headings: everywhere, to pages, and in lists."""
    everywhere = [
        Key(PALETTE, _("Search or jump to"), does="openPalette"),
        Key("/", _("Search"), does="search"),
        Key("?", _("Show keyboard shortcuts"), does="showKeys"),
    ]
    pages = keys_to_pages(user)
    to_pages = [
        Key(" ".join(pages[name]), label, does="go", url=reverse(name))
        for label, name in entries(user)
        if name in pages
    ]
    return [
        (_("Everywhere"), everywhere + [key for key in to_pages if not key.is_sequence]),
        (_("Go to"), [key for key in to_pages if key.is_sequence]),
        (_("In lists"), _in_lists(user)),
    ]


def keys_to_pages(user: User) -> dict[str, tuple[str, ...]]:
    """Return what `user` presses for the pages of the navigation, by the names of their URLs."""
    keys = {name: ("g", letter) for name, letter in LETTERS.items()} | {name: (key,) for name, key in CREATES.items()}
    return {name: keys[name] for _label, name in entries(user) if name in keys}


def _in_lists(user: User) -> list[Key]:
    moves = [Key("j", _("Next case"), does="next"), Key("k", _("Previous case"), does="previous")]
    selects = [] if user.is_member else [Key("x", _("Select or clear"), does="select")]
    return [*moves, Key("Enter", _("Open case")), *selects]


@register.simple_tag(takes_context=True)
def keyboard(context: Context) -> SafeString:
    """Draw the list of keys and the palette, closed. They are the same for everyone with the same role and language, so
    they are rendered once."""
    user: User = context["user"]
    return _drawn(user.role, user.is_staff, user.keyboard_shortcuts, get_language())


@functools.cache
def _drawn(role: str, is_staff: bool, is_on: bool, language: str) -> SafeString:
    user = User(role=role, is_staff=is_staff)
    return render_to_string("cases/includes/keyboard.html", {"key_groups": groups(user), "is_on": is_on})
