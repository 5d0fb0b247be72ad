"""Ids and parameters that no page ever contained, at every URL of the portal: 404 or 400, never a 500."""

import re
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.urls import Resolver404, URLPattern, URLResolver, get_resolver, resolve, reverse

from cases.models import Case, CaseDocument
from tests.attempts import same_browser, undone
from tests.factories import CaseDocumentFactory, CaseFactory

pytestmark = pytest.mark.django_db

# Placeholders for an id or a word in an address.
NUMBER, WORD = "987654321", "987654321x"
ODD_IDS = ["0", str(2**63 - 1), str(2**63), "9" * 5000, "-1", "1%00", "%ED%A0%80", "%0A", "1" * 14 + "z"]
ODD_WORDS = ["\0", str(2**63), "9" * 5000, "²", "word " * 30, "http://["]
if connection.vendor == "sqlite":  # what a database itself may refuse. The rest is refused by Python
    ODD_IDS, ODD_WORDS = ["0", str(2**63 - 1), str(2**63), "1%00"], ["\0", str(2**63)]


def addresses() -> dict[str, str]:
    """Return the name of every URL with an argument, and an address with placeholders for the arguments."""
    return dict(_addresses(get_resolver(), ""))


def _addresses(resolver: URLResolver, namespace: str) -> Iterator[tuple[str, str]]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            yield from _addresses(pattern, f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace)
        elif pattern.name and (address := _address(pattern, namespace)):
            yield namespace + pattern.name, address


def _address(pattern: URLPattern, namespace: str) -> str:
    names = [name for name in pattern.pattern.regex.groupindex if name != "format"]
    arguments = {name: NUMBER if name.endswith(("pk", "_id", "number")) else WORD for name in names}
    if "app_label" in arguments:
        arguments["app_label"] = "cases"
    return reverse(namespace + pattern.name, kwargs=arguments)


WITH_ARGUMENTS = {name: address for name, address in addresses().items() if NUMBER in address}


@pytest.fixture
def case(member, technician) -> Case:
    case = CaseFactory(released=True, member=member, assigned_to=technician)
    CaseDocumentFactory(case=case)
    return case


@pytest.fixture
def clients(case, member, technician, administrator) -> list[Client]:
    """The browsers of a member, a technician and an administrator."""
    clients = [Client() for _person in range(3)]
    for client, person in zip(clients, (member, technician, administrator), strict=True):
        client.force_login(person)
    return clients


def test_the_urls_that_carry_an_id_are_found():
    assert {"case_detail", "document", "api_case-detail", "admin:cases_case_change", "calendar_feed"} <= set(
        WITH_ARGUMENTS
    )


def test_an_odd_id_is_not_found(clients, case):
    for number, (name, address) in enumerate(WITH_ARGUMENTS.items()):
        for odd in _odd_ids(name, number):
            # The others are real, because a failure of the first one must not hide the next.
            for odd_address in _with_one_odd_argument(address, odd, case):
                _is_not_found(clients[-1], name, odd_address)


def _odd_ids(name: str, number: int) -> list[str]:
    """Every page of the admin looks up its row in the same way, so the ids are divided among them."""
    numbers = ODD_IDS[1:5]
    return [numbers[number % len(numbers)]] if name.startswith("admin:") else ODD_IDS


def _is_not_found(client: Client, name: str, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code in (302, 400, 403, 404, 405) or _takes_any_word(name), address[:99]
    if _leads_to_a_view(answer):
        assert client.post(address).status_code in (302, 400, 403, 404, 405) or _takes_any_word(name), address[:99]


def _leads_to_a_view(answer) -> bool:
    """Return whether the response comes from a view and may be different for a POST."""
    try:
        return bool(resolve(answer.request["PATH_INFO"]))
    except Resolver404:
        return False


def _with_one_odd_argument(address: str, odd: str, case: Case) -> list[str]:
    places = [match.span() for match in re.finditer(f"{WORD}|{NUMBER}", address)]
    real = [case.pk, case.documents.get().pk]
    found = []
    for place in range(len(places)):
        parts, last = [], 0
        for number, (start, end) in enumerate(places):
            parts += [address[last:start], odd if number == place else str(real[min(number, 1)])]
            last = end
        found.append("".join([*parts, address[last:]]))
    return found


def _takes_any_word(name: str) -> bool:
    # Shows its own page saying that the link is not valid.
    return name == "account_reset_password_from_key"


def test_a_number_in_a_url_is_one_that_a_database_can_hold():
    """`<int:…>` takes any number of digits."""
    numbers = {name: address for name, address in WITH_ARGUMENTS.items() if not re.search(f"admin|{WORD}", address)}
    assert len(numbers) > 20
    assert [name for name, address in numbers.items() if _resolves(address.replace(NUMBER, "9" * 30, 1))] == []


def _resolves(address: str) -> bool:
    try:
        match = get_resolver().resolve(address)
    except Exception:  # noqa: BLE001
        return False
    return match.url_name != "django.contrib.admin.sites.catch_all_view"


# --- Parameters --------------------------------------------------------------------------------------------------

ALL_PARAMETERS = ["q", "page", "state", "urgency", "technician", "member", "due", "sort", "role", "active", "view"]
ALL_PARAMETERS += ["date", "whose", "kind", "to", "days", "notes_before", "next", "cursor", "format", "lang", "version"]


def pages() -> list[str]:
    """Return the addresses that read a query, among all that accept GET."""
    return sorted(
        address
        for name, address in _addresses(get_resolver(), "")
        if not name.startswith("admin:") and NUMBER not in address
    )


# What each page reads, one at a time, because the first one that cannot be read may hide the next.
READ = {
    "/cases/": ["q", "page", "state", "urgency", "technician", "member", "due", "sort"],
    "/calendar/": ["view", "date", "whose", "kind", "page"],
    "/people/": ["q", "page", "role", "active", "sort"],
    "/operations/": ["days"],
    "/api/cases/": ["cursor"],
    "/accounts/login/": ["next"],
}


@pytest.mark.parametrize("odd", [str(2**63), "²"])
@pytest.mark.parametrize("address", READ)
def test_an_odd_parameter_is_no_error_of_ours(address, odd, clients):
    for name in READ[address]:
        assert clients[-1].get(address, {name: odd}).status_code < 500, name


def test_odd_parameters_together_are_no_error_of_ours(clients, case):
    """An administrator's pages read all of them. A technician's use the same code, so each is tried with one word."""
    _member, technician, administrator = clients
    of_case = [f"/cases/{case.pk}/", f"/calendar/{case.pk}/move/", f"/cases/{case.pk}/as-member/"]
    for number, address in enumerate([*pages(), *of_case]):
        asked = [(administrator, odd) for odd in ODD_WORDS]
        for client, odd in [*asked, (technician, ODD_WORDS[number % len(ODD_WORDS)])]:
            answer = client.get(address, dict.fromkeys(ALL_PARAMETERS, odd))
            assert answer.status_code < 500, (address, odd[:9])
            if answer.status_code == 405:
                break


FIELDS = ["action", "access", "next", "to", "technician", "version", "release_date", "release_time", "reason"]
FIELDS += ["release_option", "role", "email", "login", "password", "text", "title", "description", "urgency"]
FIELDS += ["first_name", "last_name", "time_zone", "language", "code", "oldpassword", "password1", "password2"]


@pytest.mark.parametrize("is_signed_in", [False, True])
def test_odd_fields_of_a_form_are_no_error_of_ours(is_signed_in, clients, case):
    client = clients[-1] if is_signed_in else Client()
    for name, address in _addresses(get_resolver(), ""):
        if name.startswith("admin:"):
            continue
        for odd in ODD_WORDS:
            with undone():  # also a sign-out
                answer = same_browser(client).post(address.replace(NUMBER, str(case.pk)), dict.fromkeys(FIELDS, odd))
            assert answer.status_code < 500, (address, odd[:9])
            if _reads_no_form(answer):
                break


def _reads_no_form(answer) -> bool:
    """Return whether the response is given before any field is read: no other word changes it."""
    to_sign_in = answer.status_code == 302 and answer.url.startswith("/accounts/login/")
    return to_sign_in or answer.status_code in (401, 405)


@pytest.mark.parametrize("odd", ODD_WORDS, ids=range(len(ODD_WORDS)))
def test_an_odd_cookie_or_header_is_no_error_of_ours(odd, client, db):
    client.cookies["sessionid"] = client.cookies["django_language"] = odd
    for headers in ({"Authorization": f"Token {odd}"}, {"Accept-Language": odd, "X-Request-ID": odd}, {"Referer": odd}):
        for address in ("/", "/api/cases/", "/accounts/login/", "/admin/"):
            assert client.get(address, headers=headers).status_code < 500, (address, headers)


# Python reads none of them as an address, because of a bracket, or a letter that becomes a slash.
ODD_URLS = ["http://[", "//[", "http://[::1", "http://a]b/", "http://[x]/", "http://exa\u2100mple/"]


@pytest.mark.parametrize("odd", ODD_URLS)
def test_a_page_before_that_is_no_address_is_no_error_of_ours(odd, clients, case):
    for client in clients:
        for headers in ({"Referer": odd}, {"Origin": odd}, {"HX-Request": "true", "HX-Current-URL": odd}):
            assert client.get(f"/cases/{case.pk}/", headers=headers).status_code == 200, headers
            assert client.post("/language/", headers=headers).status_code < 500, headers
    careful = Client(enforce_csrf_checks=True)
    for headers in ({"Referer": odd}, {"Origin": odd}):
        assert careful.post("/accounts/login/", headers=headers, secure=True).status_code == 403


@pytest.mark.parametrize("odd", ODD_URLS)
def test_a_way_on_that_is_no_address_is_not_taken(odd, client, clients, technician):
    technician.set_password("correct horse battery")
    technician.save()
    for address in ("/accounts/login/", "/admin/login/", "/admin/", "/accounts/password/reset/"):
        assert client.get(address, {"next": odd}).status_code in (200, 302), address
    assert client.post("/language/", {"language": "es", "next": odd}).url == "/"
    login = {"login": technician.username, "password": "correct horse battery", "next": odd}
    assert client.post("/accounts/login/", login).url == "/"
    assert client.post("/accounts/reauthenticate/", {"password": login["password"], "next": odd}).url == "/"


# --- Django's admin ----------------------------------------------------------------------------------------------

LOOKUPS = ["", "__exact", "__in", "__gt", "__year", "__isnull", "__regex", "__contains"]


@pytest.mark.parametrize("model", admin.site._registry, ids=lambda model: model._meta.label)
def test_an_odd_parameter_of_the_admin_is_no_error_of_ours(model, clients):
    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    fields = [field.name for field in model._meta.concrete_fields]
    for number, field in enumerate([*fields, "pk"]):
        for step, odd in enumerate((str(2**63), "99999-01-01", "(")):
            lookup = LOOKUPS[(number + step) % len(LOOKUPS)]
            assert clients[-1].get(address, {field + lookup: odd}).status_code < 500, (field, lookup, odd)
    # Everything except the search is read by the same code for every model, so each model checks only one of the two,
    # alternately.
    turn = list(admin.site._registry).index(model)
    for number, name in enumerate(("p", "o", "all", "e", "_to_field", "_popup", "_changelist_filters", "_facets")):
        odd = (str(2**63), "word " * 30)[(turn + number) % 2]
        assert clients[-1].get(address, {name: odd}).status_code < 500, (name, odd)
    for odd in (str(2**63), "word " * 30):
        assert clients[-1].get(address, {"q": odd}).status_code < 500, odd


@pytest.mark.parametrize("lookup", ["status__exact", "id__exact", "external_case_id__regex", "title__contains"])
def test_a_filter_that_the_admin_does_not_offer_is_a_400(lookup, clients):
    assert clients[-1].get("/admin/cases/case/", {lookup: "\0"}).status_code == 400


@pytest.mark.parametrize("odd", ["\0", str(2**63), "9" * 5000, "²", "", "None"], ids=range(6))
def test_an_odd_choice_of_rows_in_the_admin_is_a_400(odd, clients):
    chosen = {"action": "hold", "_selected_action": odd}
    assert clients[-1].post("/admin/cases/case/", chosen).status_code == 400


# --- Files -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("person", range(3))
def test_a_stored_file_that_is_missing_is_a_404(person, clients, case):
    document = CaseDocument.objects.get(case=case)
    document.file.storage.delete(document.file.name)
    assert clients[person].get(f"/cases/{case.pk}/documents/{document.pk}/").status_code == 404
    assert quote(document.name) not in clients[person].get(f"/cases/{case.pk}/documents/0/").content.decode()
