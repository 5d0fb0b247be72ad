"""All emails: one design, text and HTML with the same words, the reason for getting it, nothing confidential in the
subject."""

import html as entities
import re
import uuid
from dataclasses import replace
from pathlib import Path

import pytest
from django.conf import settings
from django.template.loader import get_template
from django.test import override_settings

from cases.delivery.email_batch import EmailBatch, EmailContext
from cases.delivery.email_kinds import KINDS
from cases.delivery.letter import Button, Code, Entries, Entry, Heading, Letter, Link, Paragraph, Quote, compose
from cases.delivery.notifications import EMAIL_OF
from cases.delivery.recall_email import recalled_message
from cases.delivery.release_email import released_message
from cases.lifecycle.security_notices import TOLD
from cases.models import AccountEvent, HistorySeal, Notification, NotificationChoice, OutgoingEmail, Reminder, User
from cases.models.history_seal import NO_SEAL
from tests.conftest import FROZEN
from tests.factories import CaseAnswerFactory, CaseFactory

pytestmark = pytest.mark.django_db

TITLE = "Größe & <Gewicht>"
ANSWER = "Dear Mia,\n\n**yes** <b>& more</b>."
ADDRESS = re.compile(r"https?://\S+")


def batch_for(person, kind, payload=None):
    """A claimed email of `kind` that is about no case."""
    return EmailBatch(
        claim=uuid.uuid4(),
        kind=kind,
        group=uuid.uuid4(),
        message_id="<mail@portal.example>",
        recipient_id=person.pk,
        address=person.email,
        deferrals=0,
        row_ids=(1,),
        case_ids=(),
        release_numbers=(),
        payload=payload,
    )


def released(person, count):
    cases = CaseFactory.create_batch(count, member=person, title=TITLE, released=True)
    for case in cases:
        CaseAnswerFactory(case=case, text=ANSWER)
    return released_message(recipient=person, address=person.email, cases=cases, message_id="<mail@portal.example>")


def recalled(person, count):
    numbers = [f"CASE-{number}" for number in range(count)]
    return recalled_message(recipient=person, address=person.email, numbers=numbers, message_id="<mail@portal.example>")


def about_account(person, kind, payload=None):
    return KINDS[kind].render(batch_for(person, kind, payload), EmailContext({person.pk: person}, {})).message


def invitation(person):
    person.set_unusable_password()
    return about_account(person, "invitation")


def account_security(person, *kinds):
    """An email about changes of `kinds` that `person` made, except for the last, which a program made."""
    events = [
        AccountEvent.objects.create(person=person, kind=kind, at=FROZEN, **actor)
        for kind, actor in zip(
            kinds, [{"actor": person}] * (len(kinds) - 1) + [{"system_actor": "a command"}], strict=True
        )
    ]
    return about_account(person, "account_security", {"first": events[0].pk, "last": events[-1].pk})


def history_head(person):
    person.role = User.Role.ADMINISTRATOR
    HistorySeal.objects.create(
        number=7, at=FROZEN, history="cases", first_id=1, last_id=1, entries=b"", previous=NO_SEAL, digest="ab" * 32
    )
    return about_account(person, "history_head", {"seal": 7})


def reminder(person, count):
    person.role = User.Role.ADMINISTRATOR
    person.save()
    cases = CaseFactory.create_batch(count, assigned_to=person, title=TITLE, scheduled=True)
    CaseAnswerFactory(case=cases[0], text=ANSWER)
    email = OutgoingEmail.objects.create(kind="reminder", recipient=person, next_try=FROZEN, created=FROZEN)
    for case in cases:
        day = case.scheduled_release_date
        Reminder.objects.create(case=case, recipient=person, schedule_revision=1, day=day, email=email)
    batch = replace(batch_for(person, "reminder"), row_ids=(email.pk,))
    return KINDS["reminder"].render(batch, EmailContext({person.pk: person}, {})).message


def unopened(person, count):
    cases = CaseFactory.create_batch(count, member=person, title=TITLE, released=True)
    keys = tuple(case.pk for case in cases)
    batch = replace(batch_for(person, "unopened"), row_ids=keys, case_ids=keys, release_numbers=(1,) * count)
    return KINDS["unopened"].render(batch, EmailContext({person.pk: person}, {case.pk: case for case in cases})).message


def told(person, email_kind, kinds):
    """Return a message about one case for each of `kinds`, to a technician who is notified of them by that email."""
    person.role = User.Role.TECHNICIAN
    person.save()
    return told_of(person, email_kind, kinds, "assigned_to")


def told_of(person, email_kind, kinds, role):
    """A message about one case for each of `kinds`, in which `person` has that role."""
    email = OutgoingEmail.objects.create(kind=email_kind, recipient=person, next_try=FROZEN, created=FROZEN)
    for kind in kinds:
        chosen = {"channel": next(channel for channel, kind in EMAIL_OF.items() if kind == email_kind)}
        NotificationChoice.objects.update_or_create(user=person, kind=kind, defaults=chosen)
        case = None if kind == "queue" else CaseFactory(title=TITLE, **{role: person})
        Notification.objects.create(recipient=person, case=case, kind=kind, at=FROZEN, email=email)
    if "queue" in kinds:
        CaseFactory(submitted=True)
    batch = replace(batch_for(person, email_kind), row_ids=(email.pk,))
    return KINDS[email_kind].render(batch, EmailContext({person.pk: person}, {})).message


# Each kind of email, and other variants that may look different. A new kind must be added.
MAILS = {
    "released": lambda person: released(person, 1),
    "released, several": lambda person: released(person, 3),
    "released, more than are listed": lambda person: released(person, 52),
    "recalled": lambda person: recalled(person, 1),
    "recalled, several": lambda person: recalled(person, 2),
    "password_reset": lambda person: about_account(person, "password_reset"),
    "invitation": invitation,
    "address_changed": lambda person: about_account(person, "address_changed"),
    "account_security": lambda person: account_security(person, "password_changed"),
    "account_security, several": lambda person: account_security(person, *TOLD),
    "account_security, often": lambda person: account_security(person, *["api_token_created"] * 52),
    "history_head": history_head,
    "reminder": lambda person: reminder(person, 1),
    "reminder, several": lambda person: reminder(person, 3),
    "notification": lambda person: told(person, "notification", ["assigned"]),
    "notification, several": lambda person: told(person, "notification", ["assigned", "reply", "recalled"]),
    "digest": lambda person: told(person, "digest", ["queue"]),
    "digest, several": lambda person: told(person, "digest", ["queue", "assigned", "recalled"]),
    "notification, to a member": lambda person: told_of(person, "notification", ["question"], "member"),
    "digest, more than are listed": lambda person: told_of(person, "digest", ["reply"] * 52, "member"),
    "unopened": lambda person: unopened(person, 1),
    "unopened, more than are listed": lambda person: unopened(person, 52),
}


def visible_words(html):
    """Return what a person reads in `html`, as a list of words. The check mark of the brand is decoration."""
    body = re.sub(r"<span aria-hidden.*?</span>", "", html.partition("</head>")[2])
    return words(entities.unescape(re.sub(r"<[^>]*>", " ", body)))


def words(text):
    return re.findall(r"\w+", ADDRESS.sub("", text))


def test_every_kind_is_tried():
    assert set(KINDS) == set(OutgoingEmail.Kind.values), "say in cases/delivery/email_kinds.py how it is rendered"
    assert {name.partition(",")[0] for name in MAILS} == set(KINDS), "add one of its kind to MAILS"


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("kind", MAILS)
@override_settings(RELEASE_ANSWER_IN_EMAIL=True, PORTAL_URL="https://portal.example")
def test_text_and_html_say_the_same_in_the_one_design(kind, language, member):
    member.language = language
    message = MAILS[kind](member)
    text, html = message.body, message.alternatives[0][0]

    brand, spoken = words("Advisor Portal"), words(text)
    assert visible_words(html) == [*brand, *spoken], "text and HTML differ"
    links = set(map(entities.unescape, re.findall(r'href="([^"]*)"', html)))
    assert set(ADDRESS.findall(text)) <= links, "a link is missing"
    assert f'<html lang="{language}">' in html
    assert "color-scheme" in html
    assert TITLE not in message.subject
    assert "yes" not in message.subject
    why = text.rstrip("\n").rpartition("Advisor Portal\n")[2].partition("\n\n")[0]
    assert re.fullmatch(r"[^\n]{20,}\.", why), "its end says why one gets it"


EVERY_PART = Letter(
    subject="Case CASE-1: <b>new</b>\r\nBcc: all@example.com",
    parts=[
        Heading("Today & tomorrow"),
        Paragraph("One <script>"),
        Paragraph("Two", minor=True),
        Entries(
            [Entry("CASE-1", link="https://portal.example/1", about="<i>", lines=["A", "", "B"], quote="said <u>")]
        ),
        Quote("a\nb", title="They wrote:"),
        Code("x --y"),
        Button("View case", "https://portal.example/1?a=1&b=2"),
        Link("Settings", "https://portal.example/2"),
    ],
    why="You get this because of a test.",
    unsubscribe="https://portal.example/stop/abc/",
)


def test_each_part_is_escaped_and_there_twice(member):
    message = compose(EVERY_PART, recipient=member, address="mia@example.com", message_id="<a@b>")
    html = message.alternatives[0][0]
    assert visible_words(html) == [*words("Advisor Portal"), *words(message.body)]
    assert not re.search("<(script|i|u|b)>", html)
    assert '<a href="https://portal.example/1?a=1&amp;b=2"' in html
    assert "* CASE-1: <i>\n  A\n  B\n  https://portal.example/1\n\nsaid <u>" in message.body
    assert "\n" not in message.subject


def test_one_click_ends_such_emails_where_there_is_a_way(member):
    def headers(letter):
        return compose(letter, recipient=member, address="mia@example.com", message_id="<a@b>").message()

    sent = headers(EVERY_PART)
    assert sent["List-Unsubscribe"] == "<https://portal.example/stop/abc/>"
    assert sent["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    kept = headers(Letter(subject="x", parts=[], why="y"))
    assert kept["List-Unsubscribe"] is None
    assert kept["Auto-Submitted"] == "auto-generated"


def test_the_colors_are_those_of_the_pages():
    """An email can't use the style sheets, so its colors are copies of their tokens."""
    tokens = (Path(settings.BASE_DIR) / "cases/static/cases/tokens.css").read_text()
    template = Path(get_template("cases/mail/letter.html").origin.name).read_text()
    assert set(re.findall(r"#[0-9a-f]{6}\b", template)) <= set(re.findall(r"#[0-9a-f]{6}\b", tokens))
