"""Every page of the portal in Spanish: no English is left on it."""

import functools
import re
from collections.abc import Iterable
from html.parser import HTMLParser

import pytest
from django.test import override_settings

from tests import catalogue
from tests.pages import ERRORS, EVERYBODY, NEWCOMER, PAGES, STRANGER, Page, World, make_world

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.one_database("is about texts, of pages that tests/web/test_pages.py opens on both"),
]

SPANISH = {"accept-language": "es"}
READ_OUT = {"alt", "aria-description", "aria-label", "placeholder", "title"}
# Words that Spanish sentences lack and nearly every English one has, even one that is not ours.
ENGLISH = re.compile(r"\b(the|you|your|and|of|this|that|with|is|are|was|has|have|not|from|for|it|its)\b", re.IGNORECASE)
# Their names are the same in all languages: Europe/Isle of Man, Los Angeles (UTC-08:00).
ZONE = re.compile(r"\w+/[\w /-]+|.* \(UTC[+-]\d\d:\d\d\)")
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]")


@pytest.fixture
def world(db: None) -> World:
    return make_world()


class Texts(HTMLParser):
    """Return the texts that a page shows or has read out, with whitespace normalized."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.texts: set[str] = set()
        self.feed(page)

    def handle_data(self, data: str) -> None:
        if self.cdata_elem is None:
            self.texts.add(" ".join(data.split()))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.texts |= {" ".join(value.split()) for name, value in attrs if value and name in READ_OUT}


@functools.cache
def one_sided(language: str) -> re.Pattern[str]:
    """Return a pattern for entire texts of ours in that language, Spanish or English, that differ in the other one."""
    pairs = [
        (text, translation) if language == "en" else (translation, text)
        for message in catalogue.read("es")
        for text, translation in zip(forms(message.id), forms(message.string), strict=True)
    ]
    texts = [ours for ours, others in pairs if ours != others and is_telling(ours)]
    patterns = [".+".join(re.escape(part) for part in PLACEHOLDER.split(" ".join(text.split()))) for text in texts]
    return re.compile("|".join(patterns))


def is_telling(text: str) -> bool:
    """Return whether `text` does not match just any sentence: "To %(date)s" is "A %(date)s" in Spanish, and many
    English sentences begin with "A"."""
    rest = PLACEHOLDER.sub("", text)
    return len(rest.strip()) > (0 if rest == text else 2)


def forms(texts) -> list[str]:
    return [texts] if isinstance(texts, str) else list(texts)


@functools.cache
def is_in(language: str, text: str) -> bool:
    """Return whether a text of a page is in that language and not the name of a zone. Most texts are on many pages."""
    if ZONE.fullmatch(text):
        return False
    return bool(one_sided(language).fullmatch(text) or (language == "en" and ENGLISH.search(text)))


def left_in(
    language: str, person: str, world: World, pages: Iterable[Page], headers: dict[str, str]
) -> dict[str, list[str]]:
    """Return the texts in `language` on each of `person`'s pages, requested with `headers`."""
    client = world.client(person)
    client.raise_request_exception = False
    left = {}
    for page in pages:
        if person in page.people:
            texts = Texts(client.get(page.address(world), headers=headers).content.decode()).texts
            if is_left := [text for text in texts if is_in(language, text)]:
                left[page.name] = is_left
    return left


@pytest.mark.parametrize("person", [STRANGER, *EVERYBODY, NEWCOMER])
@override_settings(ROOT_URLCONF="tests.error_urls")
def test_no_page_has_english_on_it_nor_spanish_after_it(person, world):
    """Nothing keeps the language of the first reader. Entries with several pages are checked with one of them."""
    assert left_in("en", person, world, [*PAGES, *ERRORS], SPANISH) == {}
    assert left_in("es", person, world, {page.url_name: page for page in PAGES}.values(), {}) == {}
