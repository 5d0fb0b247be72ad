"""The language in which the portal responds to each person."""

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import translation

from cases.accounts import calendar_feed
from cases.delivery import outbox
from cases.delivery.release_email import released_message
from cases.models import Case, User
from tests.factories import CaseFactory

pytestmark = [pytest.mark.django_db, pytest.mark.one_database("is about texts and headers")]

PROFILE = "/accounts/profile/"
SPANISH = {"accept-language": "es-MX,es;q=0.9,en;q=0.5"}


def speaks(person: User, language: str) -> User:
    person.language = language
    person.save()
    return person


def language_of(response) -> tuple[str, str]:
    """Return what the headers say, and what the page says."""
    page = response.content.decode()
    return response["Content-Language"], page.partition('<html lang="')[2].partition('"')[0]


def test_a_stranger_is_answered_in_the_language_of_the_browser(client):
    assert language_of(client.get("/accounts/login/", headers=SPANISH)) == ("es", "es")
    assert language_of(client.get("/accounts/login/")) == ("en", "en")
    assert "Accept-Language" in client.get("/accounts/login/")["Vary"]


def test_a_language_that_the_portal_does_not_have_is_answered_in_english(client):
    assert language_of(client.get("/accounts/login/", headers={"accept-language": "fi"})) == ("en", "en")


def test_the_language_of_the_profile_comes_before_the_browsers(member, client):
    client.force_login(speaks(member, "es"))
    assert language_of(client.get("/", headers={"accept-language": "en"})) == ("es", "es")
    client.force_login(speaks(member, "en"))
    assert language_of(client.get("/", headers=SPANISH)) == ("en", "en")


def test_without_one_in_the_profile_the_browser_is_asked(member, client):
    client.force_login(member)
    assert language_of(client.get("/", headers=SPANISH)) == ("es", "es")


def test_a_language_that_is_not_offered_any_more_is_as_none(member, client):
    client.force_login(speaks(member, "tlh"))
    assert language_of(client.get("/", headers=SPANISH)) == ("es", "es")


def test_what_is_not_found_is_said_in_the_language_of_the_profile_too(member, client):
    client.force_login(speaks(member, "es"))
    assert client.get("/nowhere/")["Content-Language"] == "es"


def test_a_language_is_chosen_before_signing_in_and_the_profile_comes_first(member, client):
    page = client.get("/accounts/password/reset/?a=b").content.decode()
    assert '<button name="language" value="en" lang="en" aria-current="true">English</button>' in page
    assert '<button name="language" value="es" lang="es">Español</button>' in page
    assert '<input type="hidden" name="next" value="/accounts/password/reset/?a=b">' in page
    answer = client.post("/language/", {"language": "es", "next": "/accounts/password/reset/?a=b"})
    assert answer["Location"] == "/accounts/password/reset/?a=b"
    assert language_of(client.get("/accounts/login/")) == ("es", "es")
    client.force_login(member)
    assert language_of(client.get("/")) == ("es", "es")
    speaks(member, "en")
    assert language_of(client.get("/")) == ("en", "en")


@pytest.mark.parametrize("typed", [{"language": "tlh"}, {"language": "es", "next": "https://evil.example/"}, {}])
def test_the_choice_of_a_language_leads_nowhere_else(typed, client):
    answer = client.post("/language/", typed)
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert ("django_language" in answer.cookies) == ("next" in typed)


def test_one_chooses_the_language_in_the_profile(member, client):
    client.force_login(member)
    fields = {"first_name": "Mia", "last_name": "", "time_zone": ""}
    page = client.post(PROFILE, fields | {"language": "es"}, follow=True)
    assert language_of(page) == ("es", "es")
    assert User.objects.get(pk=member.pk).language == "es"
    assert client.post(PROFILE, fields | {"language": "tlh"}).status_code == 400
    assert User.objects.get(pk=member.pk).language == "es"
    assert language_of(client.post(PROFILE, fields | {"language": ""}, follow=True)) == ("en", "en")


@pytest.fixture
def released(member: User, technician: User, clock) -> Case:
    """Mia's, released on June 11, 2025 at noon."""
    return CaseFactory(released=True, member=member, assigned_to=technician)


def test_dates_are_written_as_the_language_writes_them(released, member, client):
    client.force_login(speaks(member, "en"))
    assert "June 11, 2025 at 12:00 PM" in client.get(f"/cases/{released.pk}/").content.decode()
    client.force_login(speaks(member, "es"))
    assert "11 de junio de 2025, 12:00" in client.get(f"/cases/{released.pk}/").content.decode()


def test_a_password_is_reset_in_the_language_of_who_asks(member, client):
    client.post("/accounts/password/reset/", {"email": member.email}, headers=SPANISH)
    outbox.deliver()
    assert "contraseña" in mail.outbox[0].body


def test_a_refusal_of_the_api_is_said_in_the_language_that_the_program_asks_for_and_named_in_none(technician, client):
    case = CaseFactory(submitted=True)
    client.force_login(technician)
    url, order = f"/api/cases/{case.pk}/release/", {"release_option": "later"}
    spanish, english = (
        client.post(url, order, headers=headers, content_type="application/json") for headers in (SPANISH, {})
    )
    assert spanish.json().keys() == english.json().keys() == {"release_option"}
    assert spanish.json() != english.json()
    assert client.get(f"/api/cases/{case.pk}/", headers=SPANISH).json()["state"] == "submitted"


def test_somebody_is_invited_in_the_language_of_the_one_who_invites(administrator, client):
    client.force_login(speaks(administrator, "es"))
    client.post("/people/invite/", {"email": "eva@example.com", "first_name": "Eva", "last_name": "", "role": "member"})
    outbox.deliver()
    assert "Hola, Eva:" in mail.outbox[0].body


def test_the_calendar_feed_speaks_as_its_owner(technician, released, client):
    address = reverse("calendar_feed", args=[calendar_feed.make(user=speaks(technician, "es"))])
    assert f"Publicado: {released.external_case_id}" in client.get(address).content.decode()


def message_to(member: User, *cases: Case):
    return released_message(recipient=member, address=member.email, cases=cases, message_id="<a@advice.example>")


def test_a_release_is_mailed_in_the_language_of_the_member(released, member):
    message = message_to(speaks(member, "es"), released)
    assert message.subject == f"Su caso {released} está listo"
    html = message.alternatives[0].content
    for text in (message.body, html):
        assert "Hola, mia:" in text
    assert '<html lang="es">' in html
    assert "Ver su caso" in html


def test_several_releases_are_mailed_so_too(released, member, technician):
    message = message_to(
        speaks(member, "es"), released, CaseFactory(released=True, member=member, assigned_to=technician)
    )
    assert message.subject == "2 de sus casos están listos"
    assert "2 de sus casos están listos:" in message.body


def test_who_has_chosen_no_language_is_mailed_in_english_whatever_the_sender_speaks(released, member):
    with translation.override("es"):
        message = message_to(member, released)
        assert translation.get_language() == "es"
    assert message.subject == f"Your case {released} is ready"
    assert "Hello mia," in message.body


def test_a_mail_asks_the_database_nothing(released, member, django_assert_num_queries):
    with django_assert_num_queries(0):
        message_to(speaks_without_saving(member), released).message()


def speaks_without_saving(person: User) -> User:
    person.language = "es"
    return person


def test_the_admin_names_what_it_shows_in_the_language_of_the_administrator(administrator, released, client):
    client.force_login(speaks(administrator, "es"))
    for url, text in {"": "eventos de los casos", "case/": "Fecha de publicación programada", "user/": "rol"}.items():
        assert text.lower() in client.get(f"/admin/cases/{url}").content.decode().lower()
    client.force_login(speaks(administrator, "en"))
    assert "Scheduled release date" in client.get("/admin/cases/case/").content.decode()
