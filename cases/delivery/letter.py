"""What an email says, written once, and composed as text and as HTML in the one design of the portal.

Write a letter within `reading_as`, from parts, and hand it to `compose`. Both forms have the same words in the same
order, because both are made from the same parts.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import ClassVar

from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from cases.core import languages
from cases.core.reader_timezones import zone_of
from cases.core.text import isolated
from cases.delivery.email_message import Message, automatic_message
from cases.models import User

# The most cases or notifications that a letter lists. The reader finds the others in the portal.
MAX_LISTED = 50


@dataclass(frozen=True)
class Paragraph:
    """One or more sentences. `minor` ones are set smaller."""

    text: str
    minor: bool = False
    kind: ClassVar[str] = "paragraph"

    def as_text(self) -> str:
        return self.text


@dataclass(frozen=True)
class Heading:
    """The title of a group of entries, as in a digest."""

    text: str
    kind: ClassVar[str] = "heading"

    def as_text(self) -> str:
        return self.text


@dataclass(frozen=True)
class Button:
    """The one thing to do, with the address it leads to. HTML shows the address too."""

    label: str
    link: str
    kind: ClassVar[str] = "button"

    def as_text(self) -> str:
        return f"{self.label}:\n{self.link}"


@dataclass(frozen=True)
class Link:
    """A sentence that leads somewhere less important than a button."""

    label: str
    link: str
    kind: ClassVar[str] = "link"

    def as_text(self) -> str:
        return f"{self.label}:\n{self.link}"


@dataclass(frozen=True)
class Quote:
    """Markdown that a person wrote, below a `title` that says what it is. HTML has it rendered as the pages do, text as
    it was written."""

    text: str
    title: str = ""
    kind: ClassVar[str] = "quote"

    def as_text(self) -> str:
        return f"{self.title}\n\n{self.text}" if self.title else self.text


@dataclass(frozen=True)
class Code:
    """Something to copy, letter by letter."""

    text: str
    kind: ClassVar[str] = "code"

    def as_text(self) -> str:
        return self.text


@dataclass(frozen=True)
class Entry:
    """One line of a list: what it is (`name`, which leads to `link` if there is one), more about it, further lines,
    and Markdown that a person wrote."""

    name: str
    link: str = ""
    about: str = ""
    lines: Sequence[str] = ()
    quote: str = ""
    links: Sequence[Link] = ()

    def as_text(self) -> str:
        named = f"* {self.name}: {self.about}" if self.about else f"* {self.name}"
        below = "".join(f"\n  {line}" for line in (*self.lines, self.link, *self._links()) if line)
        return f"{named}{below}\n\n{self.quote}\n" if self.quote else named + below

    def _links(self) -> list[str]:
        return [f"{link.label}: {link.link}" for link in self.links]


@dataclass(frozen=True)
class Entries:
    """A list."""

    entries: Sequence[Entry]
    kind: ClassVar[str] = "entries"

    def as_text(self) -> str:
        return "\n".join(entry.as_text() for entry in self.entries)


Part = Paragraph | Heading | Button | Link | Quote | Code | Entries


@dataclass(frozen=True)
class Letter:
    """An email before it is composed.

    `subject` says what happened and to which case, by its number. It never contains a title or an answer. `why` says
    why the reader gets it. `unsubscribe` is an address that turns such emails off on a POST without sign-in (RFC 8058);
    empty if they can't be turned off.
    """

    subject: str
    parts: Sequence[Part]
    why: str
    unsubscribe: str = ""


@contextmanager
def reading_as(person: User, *, language: str = "") -> Iterator[None]:
    """Write in the language and time zone of `person` within this block. `language` is for a person who has not chosen
    one."""
    chosen = languages.chosen_by(person) or language or languages.language_of(person)
    with translation.override(chosen), timezone.override(zone_of(person)):
        yield


def compose(letter: Letter, *, recipient: User | None, address: str, message_id: str) -> Message:
    """Return `letter` as a message to `address`. Without a `recipient` it greets no one by name."""
    greeting = _("Hello %(name)s,") % {"name": isolated(recipient.display_name)} if recipient else _("Hello,")
    message = automatic_message(
        subject=letter.subject, text=_as_text(letter, greeting), address=address, message_id=message_id
    )
    context = {"letter": letter, "greeting": greeting}
    message.attach_alternative(render_to_string("cases/mail/letter.html", context), "text/html")
    if letter.unsubscribe:
        message.extra_headers["List-Unsubscribe"] = f"<{letter.unsubscribe}>"
        message.extra_headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return message


def _as_text(letter: Letter, greeting: str) -> str:
    blocks = [greeting, *(part.as_text() for part in letter.parts), f"Advisor Portal\n{letter.why}"]
    if letter.unsubscribe:
        blocks.append(f"{_('Stop these emails')}:\n{letter.unsubscribe}")
    return "\n\n".join(blocks) + "\n"
