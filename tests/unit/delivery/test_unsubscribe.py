"""Which emails have a one-click unsubscribe link (RFC 8058), and what it changes."""

import html
import re

import pytest
from django.conf import settings
from django.test import Client, override_settings

from cases.delivery import unsubscribe
from cases.lifecycle.notification_kinds import KINDS, choice_label
from cases.models import NotificationChoice
from tests.unit.delivery.test_letters import MAILS

pytestmark = pytest.mark.django_db

# By the kind of email: what its link stops. The others can't be stopped, especially the email about a release.
STOPS = {
    "reminder": {"reminder"},
    "reminder, several": {"reminder"},
    "unopened": {"unopened"},
    "unopened, more than are listed": {"unopened"},
    "notification": {"assigned"},
    "notification, several": {"assigned", "reply", "recalled"},
    "notification, to a member": {"question"},
    "digest": {"queue"},
    "digest, several": {"queue", "assigned", "recalled"},
    "digest, more than are listed": {"reply"},
}
PORTAL = "https://portal.example"


@pytest.mark.parametrize("name", MAILS)
@override_settings(PORTAL_URL=PORTAL, RELEASE_UNOPENED_REMINDER=True)
def test_one_click_stops_this_kind_for_this_person_where_it_can_be_stopped(name, member, other_member):
    message = MAILS[name](member)
    sent = message.message()
    if name not in STOPS:
        assert name.partition(",")[0] not in STOPS
        assert (sent["List-Unsubscribe"], sent["List-Unsubscribe-Post"]) == (None, None)
        assert "unsubscribe" not in message.body + message.alternatives[0][0]
        return
    assert sent["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    (link,) = re.findall("<(https://[^>]*)>", sent["List-Unsubscribe"])
    assert link in message.body
    assert f'href="{link}"' in message.alternatives[0][0]
    assert re.search(rb"^List-Unsubscribe:\s+<https://\S+>\r?$", sent.as_bytes(), re.MULTILINE), "one address, unbroken"

    before = choices()
    stranger = Client(enforce_csrf_checks=True)
    asked = stranger.get(link.removeprefix(PORTAL))
    assert (asked.status_code, choices()) == (200, before)
    assert b"Stop these emails?" in asked.content
    assert named_on(asked) == labels(member, STOPS[name])
    for _twice in range(2):
        done = stranger.post(link.removeprefix(PORTAL), {"List-Unsubscribe": "One-Click"})
        assert (done.status_code, done.cookies) == (200, {})
        assert named_on(done) == labels(member, STOPS[name])
    assert choices() == before | {(member.pk, kind): "portal" for kind in STOPS[name]}


@pytest.mark.parametrize(("language", "said"), [("es", "Una pregunta para usted"), ("", "A question for you")])
def test_it_is_named_in_the_language_of_the_reader(language, said, member):
    member.language = language
    member.save()
    path = unsubscribe.link(member, ["question"]).removeprefix(settings.PORTAL_URL)
    for ask in (Client().get, Client().post):
        answer = ask(path, headers={"Accept-Language": "en"})
        assert named_on(answer) == [said]
        assert answer["Content-Language"] == (language or "en")
        assert f'<html lang="{language or "en"}"' in answer.content.decode()


def named_on(page) -> list[str]:
    return re.findall(r"<li>([^<]*)</li>", html.unescape(page.content.decode()))


def labels(person, kinds) -> list[str]:
    person.refresh_from_db()
    return [str(choice_label(kind, person)) for kind in KINDS if kind in kinds]


def choices() -> dict[tuple[int, str], str]:
    rows = NotificationChoice.objects.values_list("user", "kind", "channel")
    return {(user, kind): channel for user, kind, channel in rows}
