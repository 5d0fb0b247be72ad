"""The pages of the case types, the new-case form that offers them, the list that filters by them, and the button that
corrects them. If there are no types, no one sees anything of them."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases.models import Case, CaseType
from tests.factories import CaseFactory, CaseTypeFactory

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.one_database("is about pages: tests/unit/casework has the verbs on both"),
]

FORM = {
    "name": "Divorce order",
    "guidance": "Attach the court order.",
    "min_days": "10",
    "default_days": "",
    "requires_answer": "on",
    "position": "2",
    "conditions-TOTAL_FORMS": "2",
    "conditions-INITIAL_FORMS": "0",
    "conditions-0-kind": "manual",
    "conditions-0-name": "Order received",
    "conditions-1-kind": "",
    "conditions-1-name": "",
}


@pytest.fixture
def as_administrator(client, administrator):
    client.force_login(administrator)
    return client


@pytest.fixture
def order():
    return CaseTypeFactory(name="Divorce order", guidance="Attach the court order.", conditions=["manual"])


def text_of(answer) -> str:
    return answer.content.decode()


def conditions_of(kept) -> list[tuple[str, str]]:
    return list(kept.conditions.values_list("kind", "name"))


# --- Kept by administrators -------------------------------------------------------------------------------------------


def test_a_type_is_added_shown_changed_and_retired(as_administrator):
    answer = as_administrator.post("/case-types/new/", FORM)
    kept = CaseType.objects.get()
    assert answer.url == f"/case-types/{kept.pk}/"
    assert (kept.name, kept.min_days, kept.default_days, kept.requires_answer) == ("Divorce order", 10, None, True)
    assert conditions_of(kept) == [("manual", "Order received")]
    page = text_of(as_administrator.get(answer.url))
    assert "Case type added." in page
    assert 'value="Order received"' in page
    changed = FORM | {"name": "Court order", "version": "0", "conditions-0-kind": "", "conditions-0-name": ""}
    as_administrator.post(answer.url, changed)
    kept.refresh_from_db()
    assert (kept.name, kept.version, conditions_of(kept)) == ("Court order", 1, [])
    as_administrator.post(f"{answer.url}retire/", {"retired": "yes", "version": "1"})
    assert "Retired" in text_of(as_administrator.get("/case-types/"))
    assert CaseType.objects.get().is_retired
    as_administrator.post(f"{answer.url}retire/", {"retired": "no"})
    assert not CaseType.objects.get().is_retired


BAD = {
    "no name": ({"name": ""}, "Enter a name."),
    "the name of no type": ({"name": "general"}, "There is already a type with this name."),
    "days that are no number": ({"min_days": "soon"}, "Enter a whole number."),
    "days below none": ({"min_days": "-1"}, "greater than or equal to 0"),
    "a default below the minimum": ({"default_days": "9"}, "The default can&#x27;t be below the minimum of 10 days."),
    "an unknown kind": ({"conditions-0-kind": "magic"}, "Select a valid choice"),
    "a condition without a name": ({"conditions-0-name": " "}, "Enter a name, such as “Payment received”."),
    "a name without a kind": ({"conditions-1-name": "Paid"}, "Choose the kind of condition, or clear the name."),
    "a condition twice": (
        {"conditions-1-kind": "manual", "conditions-1-name": "Order received"},
        "A condition is in the list twice.",
    ),
    "too many lines": ({"conditions-TOTAL_FORMS": "21"}, "Please submit at most 20 forms."),
    "no lines at all": ({"conditions-TOTAL_FORMS": ""}, "ManagementForm data is missing"),
}


@pytest.mark.parametrize(("changes", "words"), BAD.values(), ids=BAD.keys())
@pytest.mark.parametrize("page", ["new", "change"])
def test_what_cannot_be_kept_is_shown_again(page, changes, words, as_administrator):
    url = "/case-types/new/" if page == "new" else f"/case-types/{CaseTypeFactory(name='Estimate').pk}/"
    answer = as_administrator.post(url, FORM | changes)
    assert answer.status_code == 400
    assert words in text_of(answer)
    assert "Attach the court order." in text_of(answer)
    assert not CaseType.objects.filter(name="Divorce order").exists()


def test_who_was_slower_reads_it_and_saves_again(as_administrator, order):
    CaseType.objects.update(version=3)
    answer = as_administrator.post(f"/case-types/{order.pk}/", FORM | {"version": "2"})
    assert answer.status_code == 409
    assert "Someone changed this case type after you opened it." in text_of(answer)
    assert 'name="version" value="3"' in text_of(answer)
    assert as_administrator.post(f"/case-types/{order.pk}/", FORM | {"version": "3"}).status_code == 302


def test_an_unknown_wish_retires_nothing(as_administrator, order):
    assert as_administrator.post(f"/case-types/{order.pk}/retire/", {"retired": "perhaps"}).status_code == 400
    assert not CaseType.objects.get().is_retired


def test_new_types_come_last(as_administrator):
    CaseTypeFactory(position=7)
    assert 'name="position" value="8"' in text_of(as_administrator.get("/case-types/new/"))


def test_the_settings_page_leads_there(as_administrator):
    assert 'href="/case-types/"' in text_of(as_administrator.get("/portal-settings/"))


# --- Chosen by members ------------------------------------------------------------------------------------------------


@pytest.fixture
def as_member(client, member):
    client.force_login(member)
    return client


def choices(page: str, name: str) -> list[str]:
    """Return the values and texts of a select, or nothing if there is none."""
    select = re.search(rf'<select name="{name}".*?</select>', page, re.DOTALL)
    found = re.findall(r"<option value=\"(\w*)\".*?>\s*(.*?)\s*</option>", select.group()) if select else []
    return [f"{value} {words}".strip() for value, words in found]


DRAFT = {"title": "Order", "description": "", "urgency": "normal"}


def test_members_choose_a_type_and_read_its_guidance(as_member, order):
    CaseTypeFactory(name="Retired", is_retired=True, guidance="Not anymore.")
    first = CaseTypeFactory(name="Estimate", position=0)
    CaseType.objects.filter(pk=order.pk).update(position=5)
    page = text_of(as_member.get("/cases/new/"))
    assert choices(page, "case_type") == ["general General", f"{first.pk} Estimate", f"{order.pk} Divorce order"]
    assert "Attach the court order." in page
    assert "Not anymore." not in page
    assert "Payment received" not in page
    as_member.post("/cases/new/", DRAFT | {"case_type": str(order.pk)})
    case = Case.objects.get()
    assert case.case_type == order
    page = text_of(as_member.get(f"/cases/{case.pk}/"))
    assert "<dt>Type</dt><dd>Divorce order</dd>" in page
    assert f'<option value="{order.pk}" selected>' in text_of(as_member.get(f"/cases/{case.pk}/edit/"))
    as_member.post(f"/cases/{case.pk}/edit/", DRAFT | {"case_type": "general"})
    assert Case.objects.get().case_type is None


def test_what_names_no_type_keeps_the_present_one(as_member, order, member):
    case = CaseFactory(draft=True, member=member, case_type=order)
    as_member.post(f"/cases/{case.pk}/edit/", DRAFT)
    assert Case.objects.get().case_type == order


@pytest.mark.parametrize("value", ["0", "999999", "x", "9" * 40])
def test_an_unknown_type_is_refused(value, as_member, order):
    answer = as_member.post("/cases/new/", DRAFT | {"case_type": value})
    assert answer.status_code == 400
    # Django's select has its `invalid` state and its message.
    assert "This type can&#x27;t be chosen anymore." in text_of(answer)
    assert not Case.objects.exists()


def test_a_draft_keeps_a_type_that_was_retired_since(as_member, order, member):
    case = CaseFactory(draft=True, member=member, case_type=order)
    CaseType.objects.update(is_retired=True)
    assert f'<option value="{order.pk}" selected>' in text_of(as_member.get(f"/cases/{case.pk}/edit/"))
    assert as_member.post(f"/cases/{case.pk}/edit/", DRAFT | {"case_type": str(order.pk)}).status_code == 302
    assert Case.objects.get().case_type == order


def test_a_member_reads_of_no_condition(as_member, order, member):
    case = CaseFactory(draft=True, member=member, case_type=order)
    as_member.post(f"/cases/{case.pk}/submit/")
    assert Case.objects.get().open_conditions == 1
    for url in ("/", "/cases/", f"/cases/{case.pk}/", "/api/cases/", f"/api/cases/{case.pk}/"):
        assert not re.search("Payment received|ondition", text_of(as_member.get(url)))


# About keyboard shortcuts.
KEYS = "while you type in a field"


@pytest.mark.parametrize("kept", [False, True])
def test_without_types_nobody_sees_anything_of_them(kept, client, member, technician, administrator):
    if kept:
        CaseTypeFactory()
    for user in (member, technician, administrator):
        draft = CaseFactory(draft=True, member=member)
        accepted = CaseFactory(member=member, assigned_to=technician)
        client.force_login(user)
        urls = ["/", "/cases/", f"/cases/{accepted.pk}/"]
        if user == member:
            urls += ["/cases/new/", f"/cases/{draft.pk}/edit/"]
        found = [
            url for url in urls if re.search(r"\b[Tt]ypes?\b(?!=)", _words(text_of(client.get(url)).replace(KEYS, "")))
        ]
        assert bool(found) == kept, found


def _words(page: str) -> str:
    """Return what a page says, without its tags and the names in them."""
    return re.sub(r"<[^>]*>", " ", page)


# --- In the list and the API ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("viewer", ["member", "technician", "administrator"])
def test_the_list_shows_and_filters_the_type(viewer, client, member, technician, order, request):
    typed = CaseFactory(member=member, assigned_to=technician, case_type=order, title="Typed")
    CaseFactory(member=member, assigned_to=technician, title="Untyped")
    retired = CaseTypeFactory(name="Old", is_retired=True)
    client.force_login(request.getfixturevalue(viewer))
    page = text_of(client.get("/cases/"))
    old = [] if viewer == "member" else [f"{retired.pk} Old (retired)"]
    assert choices(page, "type") == ["All types", "general General", f"{order.pk} Divorce order", *old]
    number = typed.external_case_id
    told = (
        f"{number} · Divorce order" if viewer == "member" else f'Divorce order</span><span class="case-number">{number}'
    )
    assert told in page
    filtered = text_of(client.get(f"/cases/?type={order.pk}"))
    assert "Typed" in filtered
    assert "Untyped" not in filtered
    assert "Type: Divorce order" in filtered
    rest = text_of(client.get("/cases/?type=general&state=accepted"))
    assert "Untyped" in rest
    assert "Divorce order</span>" not in rest
    assert "Unknown type." in text_of(client.get("/cases/?type=7777"))


@pytest.mark.parametrize("url", ["/", "/cases/", "/calendar/", "/api/cases/"])
def test_many_types_take_no_statement_each(url, client, technician):
    client.force_login(technician)
    counts = []
    for _ in range(3):
        for state in ({}, {"scheduled": True}):
            CaseFactory(assigned_to=technician, case_type=CaseTypeFactory(), **state)
        with CaptureQueriesContext(connection) as queries:
            client.get(url)
        counts.append(len(queries))
    assert len(set(counts)) == 1


def test_the_api_names_the_type(client, technician, member, order):
    for case_type, name in ((order, "Divorce order"), (None, None)):
        case = CaseFactory(member=member, case_type=case_type)
        client.force_login(technician)
        assert client.get(f"/api/cases/{case.pk}/").json()["case_type"] == name


# --- Corrected --------------------------------------------------------------------------------------------------------


def test_a_technician_corrects_type_and_urgency(client, technician, member, order):
    case = CaseFactory(member=member, assigned_to=technician)
    client.force_login(technician)
    page = text_of(client.get(f"/cases/{case.pk}/"))
    assert "Change type or urgency" in page
    assert choices(page, "case_type") == ["general General", f"{order.pk} Divorce order"]
    wanted = {"case_type": str(order.pk), "urgency": "urgent", "version": case.version}
    assert client.post(f"/cases/{case.pk}/correct/", wanted).status_code == 302
    page = text_of(client.get(f"/cases/{case.pk}/"))
    assert "Urgency changed from Normal to Urgent" in page
    assert "General → Divorce order" in page
    assert Case.objects.get().open_conditions == 1


def test_without_types_the_urgency_alone_is_corrected(client, technician):
    case = CaseFactory(assigned_to=technician)
    client.force_login(technician)
    page = text_of(client.get(f"/cases/{case.pk}/"))
    assert "Change urgency" in page
    assert choices(page, "case_type") == []
    client.post(f"/cases/{case.pk}/correct/", {"urgency": "urgent"})
    assert Case.objects.get().urgency == "urgent"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"urgency": "urgent"}, "Choose a type."),
        ({"case_type": "general"}, "Choose the urgency."),
        ({"case_type": "general", "urgency": "asap"}, "Select a valid choice"),
        ({"case_type": "777", "urgency": "normal"}, "This type can&#x27;t be chosen anymore."),
    ],
)
def test_half_a_correction_changes_nothing(data, words, client, technician, order):
    case = CaseFactory(assigned_to=technician, case_type=order)
    client.force_login(technician)
    answer = client.post(f"/cases/{case.pk}/correct/", data)
    assert answer.status_code == 400
    assert words in text_of(answer)
    assert 'id="dialog-correct"' in text_of(answer)
    case.refresh_from_db()
    assert (case.case_type, case.urgency, case.version) == (order, "normal", 0)


def test_a_correction_of_an_older_version_is_offered_again(client, technician, order):
    case = CaseFactory(assigned_to=technician, version=4)
    client.force_login(technician)
    wanted = {"case_type": str(order.pk), "urgency": "urgent", "version": 3}
    answer = client.post(f"/cases/{case.pk}/correct/", wanted)
    assert answer.status_code == 409
    assert f'<option value="{order.pk}" selected>' in text_of(answer)
    assert client.post(f"/cases/{case.pk}/correct/", wanted | {"version": 4}).status_code == 302


def test_a_change_of_ones_own_in_another_tab_is_called_so(as_administrator, order):
    for name in ("Divorce decree", "Court order"):
        answer = as_administrator.post(f"/case-types/{order.pk}/", FORM | {"name": name, "version": order.version})
    assert answer.status_code == 409
    assert "You changed this case type in another tab or window" in text_of(answer)
    assert 'name="version"' in text_of(answer)
