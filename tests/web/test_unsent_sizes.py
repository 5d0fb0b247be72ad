"""The largest content of each form is kept when the session has ended, and is complete when it is sent again."""

import re

import pytest

from cases.accounts import unsent_forms
from cases.core import limits
from cases.lifecycle import form_tokens
from cases.models import CaseType, UnsentForm
from tests.factories import CaseFactory
from tests.web.test_session_ends import fields_of, sign_in, sign_in_link

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.one_database("is about sessions and forms, by Django's statements and none of ours"),
]


def case_type(lines):
    """Return what the form of a case type sends with that many lines for conditions, all filled in."""
    rows = {
        f"conditions-{place}-{name}": value
        for place in range(lines)
        for name, value in (("kind", "manual"), ("name", f"{place:02} ".ljust(limits.CONDITION, "x")))
    }
    counts = {"TOTAL": lines, "INITIAL": 0, "MIN_NUM": 0, "MAX_NUM": limits.CONDITIONS}
    rows |= {f"conditions-{name}_FORMS": str(count) for name, count in counts.items()}
    days = {"min_days": "7", "default_days": "10", "position": "5", "requires_answer": "on", "version": "0"}
    return rows | days | {"name": "n" * limits.NAME, "guidance": "g" * limits.GUIDANCE}


FORMS = {
    "draft": ("member", "/cases/new/", {"title": "t" * limits.TITLE, "description": "d" * limits.DESCRIPTION}),
    "message": ("member", "/cases/{case}/messages/", {"message": "m" * limits.MESSAGE}),
    "note": ("technician", "/cases/{case}/notes/", {"text": "n" * limits.NOTE}),
    "answer": ("technician", "/cases/{case}/answer/", {"answer": "a" * limits.ANSWER, "version": "0"}),
    "canned text": ("administrator", "/canned-texts/new/", {"name": "n" * limits.NAME, "text": "t" * limits.MESSAGE}),
    "invitation": (
        "administrator",
        "/people/invite/",
        {"email": "e" * limits.EMAIL, "first_name": "f" * 150, "last_name": "l" * 150, "role": "member"},
    ),
    **{f"case type {lines}": ("administrator", "/case-types/new/", case_type(lines)) for lines in (3, 5, 8, 20)},
}


@pytest.mark.parametrize("form", FORMS)
def test_the_largest_of_each_form_is_kept(form, client, request, member, technician):
    who, address, fields = FORMS[form]
    user = request.getfixturevalue(who)
    address = address.format(case=CaseFactory(member=member, assigned_to=technician).pk)
    ended = client.post(address, fields | {"form_token": form_tokens.new(user)})
    assert (ended.status_code, UnsentForm.objects.get().fields) == (403, fields)


def test_a_case_type_is_made_of_all_that_was_kept(client, administrator):
    fields = case_type(limits.CONDITIONS) | {"form_token": form_tokens.new(administrator)}
    ended = client.post("/case-types/new/", fields)
    again = client.get(sign_in(client, administrator, sign_in_link(ended)))
    kept = dict(re.findall(r'name="(conditions-[\w-]+)" value="([^"]*)"', again.content.decode()))
    assert client.post("/case-types/new/", fields_of(again) | kept).status_code == 302
    assert CaseType.objects.get().conditions.count() == limits.CONDITIONS


PAGES = {
    "administrator": ["/case-types/new/", "/people/invite/"],
    "technician": ["/cases/{case}/", "/accounts/absences/", "/views/new/?state=held"],
    "member": ["/cases/{case}/", "/cases/new/", "/accounts/profile/"],
}


@pytest.mark.parametrize("who", PAGES)
def test_no_form_of_these_pages_has_more_fields(who, client, request, member, technician, administrator):
    client.force_login(request.getfixturevalue(who))
    case = CaseFactory(member=member, assigned_to=technician)
    for address in PAGES[who]:
        page = client.get(address.format(case=case.pk)).content.decode()
        sent = [form for form in re.findall(r"<form.*?</form>", page, re.DOTALL) if 'name="form_token"' in form]
        assert sent, address
        for form in sent:
            assert len(set(re.findall(r'name="([\w-]+)"', form))) <= unsent_forms.MAX_FIELDS, address
