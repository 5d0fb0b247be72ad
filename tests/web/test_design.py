"""The look of every page: readable colors, the place in the menu, the result of an action, and pages for errors."""

import json
import re
from itertools import product
from pathlib import Path

import pytest
from django.contrib import messages
from django.contrib.messages.storage.cookie import CookieStorage
from django.core.exceptions import BadRequest
from django.http import HttpResponse, HttpResponseRedirect
from django.templatetags.static import static
from django.test import Client
from django_htmx.middleware import HtmxDetails

from cases.lifecycle.state_labels import for_administrators, for_members
from cases.middleware.toasts import ToastsMiddleware
from cases.models import User
from cases.templatetags.navigation import links
from cases.templatetags.portal import DRAWN_AS
from portal.errors import server_error
from tests.factories import CaseFactory

TOKENS = Path("cases/static/cases/tokens.css")
STYLES = [path.read_text() for path in Path("cases/static/cases").glob("*.css") if path != TOKENS]
ICONS = Path("cases/static/cases/icons.svg")
FACE = Path("cases/static/vendor/inter/inter-latin-wght-normal.woff2")
STATES = [f"state-{state}" for state in ("draft", "submitted", "accepted", "scheduled", "held", "released", "urgent")]
GROUNDS = ["canvas", "bs-body-bg", "bs-tertiary-bg", "bs-secondary-bg"]
WORDS = ["bs-body-color", "bs-emphasis-color", "bs-secondary-color", "accent-text", "state-urgent"]
SELECTED = ["bs-body-color", "bs-emphasis-color", "accent-text"]
# A state has its own background next to a heading, and the row's background in a list.
PAIRS = [
    *((state, f"{state}-bg") for state in STATES),
    *product(STATES, ["canvas", "bs-body-bg", "bs-tertiary-bg"]),
    *product(WORDS, GROUNDS),
    *product(SELECTED, ["accent-soft"]),
    ("inverse-color", "inverse-bg"),
    ("inverse-strong", "inverse-line"),
]
ACCOUNT_STATES = ["off", "scheduled", "released", "changed", "danger", "warning", "new"]
# Smaller than the scale: keys and numbers of steps, and monograms.
SIZES = {"text-small", "text-dense", "text-large", "text-figure", "text-title", "bs-body-font-size"}
SMALLER = {".75rem", ".6875rem"}


def colours() -> dict[str, tuple[str, str]]:
    """Return each color in light and in dark."""
    found = re.findall(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)", TOKENS.read_text())
    return {name: (light, dark) for name, light, dark in found}


def contrast(one: str, other: str) -> float:
    """Return the contrast as WCAG defines it, from 1 to 21."""
    bright, dim = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def luminance(colour: str) -> float:
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("night", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize(("words", "ground"), PAIRS)
def test_words_can_be_read_on_their_ground(words, ground, night):
    found = colours()
    assert contrast(found[words][night], found[ground][night]) >= 4.5


@pytest.mark.parametrize("night", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("ground", ["accent", "accent-strong", "danger", "danger-strong"])
def test_the_filled_button_can_be_read(ground, night):
    assert contrast("#ffffff", colours()[ground][night]) >= 4.5


@pytest.mark.parametrize("night", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize(("drawn", "ground"), [("control-border", "bs-body-bg"), ("accent-bar", "bs-body-bg")])
def test_what_is_drawn_can_be_seen(drawn, ground, night):
    found = colours()
    assert contrast(found[drawn][night], found[ground][night]) >= 3


def test_text_has_three_weights_and_the_sizes_of_the_scale():
    weights = {weight for style in STYLES for weight in re.findall(r"font-weight: ([^;}]+)[;}]", style)}
    sizes = {size for style in STYLES for size in re.findall(r"font-size: ([^;}]+)[;}]", style)}
    assert weights <= {"var(--weight-text)", "var(--weight-strong)", "var(--weight-heading)", "100 900"}
    assert sizes - SMALLER <= {f"var(--{size})" for size in SIZES} | {"inherit", "10.5pt"}


def test_the_typeface_comes_with_its_license_and_is_asked_for_at_once(client):
    assert FACE.read_bytes().startswith(b"wOF2")
    assert "SIL OPEN FONT LICENSE Version 1.1" in FACE.with_name("LICENSE").read_text()
    page = client.get("/accounts/login/")
    address = static("vendor/inter/inter-latin-wght-normal.woff2")
    assert f'<link rel="preload" href="{address}" as="font" type="font/woff2" crossorigin>' in page.content.decode()
    assert "font-src 'self'" in page["Content-Security-Policy"]


def test_each_state_has_a_shape_of_its_own():
    symbols = dict(re.findall(r'<symbol id="state-(\w+)"[^>]*>(.*)</symbol>', ICONS.read_text()))
    assert len(set(symbols.values())) == len(symbols)
    shown = {each.key for each in [*for_administrators(), *for_members()]} | {"urgent", "announced", *ACCOUNT_STATES}
    assert {DRAWN_AS.get(key, key) for key in shown} <= set(symbols)


def test_a_state_is_a_shape_and_a_word_and_a_pill_only_beside_the_heading(client, technician, member):
    case = CaseFactory(member=member, assigned_to=technician, urgency="urgent", status="accepted")
    client.force_login(technician)
    listed = client.get("/cases/").content.decode()
    assert re.search(r'<span class="state state-accepted"><svg[^>]*><use href="[^"]*#state-accepted">', listed)
    assert 'class="badge' not in listed
    page = client.get(f"/cases/{case.pk}/").content.decode()
    assert page.count('class="badge state state-accepted"') == page.count('class="badge') == 1


@pytest.mark.parametrize(
    ("person", "path", "current"),
    [
        ("member", "/", ("Dashboard", "page")),
        ("member", "/cases/", ("My cases", "page")),
        ("member", "/cases/5/", ("My cases", "true")),
        ("member", "/cases/new/", ("New case", "page")),
        ("technician", "/cases/5/complete/", ("Cases", "true")),
        ("technician", "/calendar/7/move/", ("Calendar", "true")),
        ("technician", "/bulk/new/", ("Cases", "true")),
        ("technician", "/views/", ("Cases", "true")),
        ("administrator", "/blackout-days/new/", ("Settings", "true")),
        ("administrator", "/case-types/3/", ("Settings", "true")),
        ("administrator", "/canned-texts/", ("Settings", "true")),
        ("administrator", "/people/3/", ("People", "true")),
        ("administrator", "/accounts/profile/", None),
    ],
)
def test_the_navigation_marks_where_one_is(person, path, current, request):
    found = [(link.label, link.current) for link in links(request.getfixturevalue(person), path) if link.current]
    assert found == ([current] if current else [])


def test_the_mark_is_on_the_page(client, technician, member):
    case = CaseFactory(member=member, assigned_to=technician)
    client.force_login(technician)
    assert '<a href="/cases/" aria-current="true">Cases</a>' in client.get(f"/cases/{case.pk}/").content.decode()


# Pages for errors


@pytest.fixture
def patient() -> Client:
    """Answers with the page instead of raising."""
    return Client(raise_request_exception=False, enforce_csrf_checks=True)


def is_in_the_design(answer: HttpResponse, heading: str, *, leads_to: str = "/") -> bool:
    page = answer.content.decode()
    styled = "cases/portal.css" in page and "cases/theme.js" in page and "Advisor Portal</title>" in page
    return styled and f"<h1>{heading}</h1>" in page and f'class="btn btn-primary" href="{leads_to}"' in page


@pytest.mark.parametrize("person", [None, "member"], ids=["stranger", "member"])
def test_404_in_the_design(person, patient, request, db):
    if person:
        patient.force_login(request.getfixturevalue(person))
    answer = patient.get("/nowhere/")
    assert answer.status_code == 404
    assert is_in_the_design(answer, "Page not found")
    assert ("Go to dashboard" in answer.content.decode()) is bool(person)


def test_403_in_the_design(patient, member):
    patient.force_login(member)
    answer = patient.get("/operations/")
    assert answer.status_code == 403
    assert is_in_the_design(answer, "You don't have permission")


def test_a_page_that_was_open_too_long_says_so(patient, member):
    patient.force_login(member)
    answer = patient.post("/cases/new/", {"title": "Pension"})
    assert answer.status_code == 403
    assert is_in_the_design(answer, "This page is out of date", leads_to="/cases/new/")
    assert member.cases.count() == 0


def test_400_in_the_design(patient, member, monkeypatch):
    def refuse(request):
        raise BadRequest("no such thing")

    patient.force_login(member)
    monkeypatch.setattr("cases.views.dashboards.member_dashboard", refuse)
    answer = patient.get("/")
    assert answer.status_code == 400
    assert is_in_the_design(answer, "Bad request")


def test_too_many_requests_for_a_new_password_in_the_design(client, member):
    answers = [client.post("/accounts/password/reset/", {"email": member.email}) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [302] * 5 + [429]
    assert is_in_the_design(answers[-1], "Too many attempts")


def test_500_in_the_design(patient, member, monkeypatch):
    patient.force_login(member)
    monkeypatch.setattr("cases.views.dashboards.member_dashboard", lambda request: 1 / 0)
    answer = patient.get("/")
    assert answer.status_code == 500
    assert is_in_the_design(answer, "Something went wrong")


def test_the_page_for_500_asks_the_database_for_nothing(rf, db, django_assert_num_queries):
    with django_assert_num_queries(0):
        answer = server_error(rf.get("/"))
    assert is_in_the_design(answer, "Something went wrong")


# Forms


def test_an_error_stands_beside_its_field_and_nothing_typed_is_lost(client, member):
    client.force_login(member)
    answer = client.post("/cases/new/", {"title": "", "description": "A long question", "urgency": "urgent"})
    page = answer.content.decode()
    title = re.search(r'<input[^>]*name="title"[^>]*>', page).group()
    assert 'aria-invalid="true"' in title
    assert 'aria-describedby="id_title_error"' in title
    assert 'id="id_title_error"' in page
    assert "A long question" in page
    assert '<option value="urgent" selected>' in page


@pytest.mark.parametrize(
    ("url", "typed", "field"),
    [
        ("/accounts/login/", {"login": "member"}, "password"),
        ("/accounts/password/reset/", {"email": "no address"}, "email"),
        ("/accounts/password/change/", {"oldpassword": "wrong"}, "oldpassword"),
        ("/accounts/profile/", {"time_zone": "Nowhere/City"}, "time_zone"),
        ("/people/invite/", {"email": "no address"}, "email"),
    ],
)
def test_each_form_marks_the_field_with_the_error(url, typed, field, client, administrator):
    if url not in ("/accounts/login/", "/accounts/password/reset/"):
        administrator.set_password("a long enough password")
        administrator.save()
        client.login(username="ada", password="a long enough password")
        client.post("/accounts/login/", {"login": "administrator", "password": "a long enough password"})
    page = client.post(url, typed).content.decode()
    control = re.search(rf'<(input|select)[^>]*name="{field}"[^>]*>', page).group()
    assert 'aria-invalid="true"' in control
    error = f"id_{field}_error"
    assert error in re.search(r'aria-describedby="([^"]*)"', control).group(1).split()
    assert f'class="field-error" id="{error}"' in page


# Toasts


def answer_to(request, response: HttpResponse, person: User) -> HttpResponse:
    """Return what the middleware makes of `response` if the view has added a message."""

    def view(request):
        messages.success(request, "Saved: a note for Renée")
        messages.error(request, "Not sent")
        return response

    request.user = person
    return ToastsMiddleware(view)(request)


@pytest.fixture
def htmx_request(rf, member):
    request = rf.post("/", headers={"HX-Request": "true"})
    request._messages = CookieStorage(request)
    request.htmx = HtmxDetails(request)
    return request


def test_htmx_is_told_what_became_of_an_action(htmx_request, member):
    answer = answer_to(htmx_request, HttpResponse("a part"), member)
    assert json.loads(answer["HX-Trigger"]) == {
        "toasts": {
            "messages": [
                {"level": "success", "text": "Saved: a note for Renée"},
                {"level": "danger", "text": "Not sent"},
            ]
        }
    }
    assert answer["HX-Trigger"].isascii()


@pytest.mark.parametrize(
    "response", [HttpResponseRedirect("/"), HttpResponse(headers={"HX-Redirect": "/"})], ids=["redirect", "htmx"]
)
def test_on_the_way_to_another_page_it_waits_for_that(response, htmx_request, member):
    answer = answer_to(htmx_request, response, member)
    assert "HX-Trigger" not in answer
    assert len(messages.get_messages(htmx_request)) == 2


def test_whole_pages_show_it_themselves(client, member):
    client.force_login(member)
    answer = client.post("/cases/new/", {"title": "Pension", "urgency": "normal"}, follow=True)
    assert '<div class="alert alert-success" role="status"><span class="toast-words">' in answer.content.decode()
    assert "HX-Trigger" not in answer
