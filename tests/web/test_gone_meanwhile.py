"""Things that were deleted by a colleague, or in another tab, while a person had them open: canned texts and saved
views."""

import pytest

from cases.casework import saved_views
from cases.conversation import canned_texts
from cases.models import CannedText, SavedView

pytestmark = [pytest.mark.django_db, pytest.mark.one_database("is about pages, and deletes by one statement")]

TYPED = {"name": "Form DD-214", "text": "Please send\nit & wait.", "version": "0"}
GONE = "Someone deleted this text after you opened it."


@pytest.fixture
def text(administrator):
    return canned_texts.add(by=administrator, source="web", name="Form DD-214", text="Please send it.")


@pytest.fixture
def view(technician):
    return saved_views.create(by=technician, source="web", name="Divorce orders", query="q=divorce")


@pytest.fixture
def deleted_while(monkeypatch):
    """Delete the rows of `model` after the page has found its row, and before the verb reads it."""

    def delete_in(verb, model):
        def delete_and_go_on(**facts):
            model.objects.all().delete()
            return verb(**facts)

        monkeypatch.setattr(f"{verb.__module__}.{verb.__name__}", delete_and_go_on)

    return delete_in


@pytest.mark.parametrize(
    ("when", "fields"),
    [
        ("before", TYPED),
        ("before", TYPED | {"name": ""}),
        ("before", TYPED | {"text": ""}),
        ("before", TYPED | {"version": ""}),
        ("meanwhile", TYPED),
        ("meanwhile", TYPED | {"version": ""}),
    ],
)
def test_a_canned_text_is_there_to_be_added_again(when, fields, text, client, administrator, deleted_while):
    client.force_login(administrator)
    if when == "before":
        CannedText.objects.all().delete()
    else:
        deleted_while(canned_texts.change, CannedText)
    answer = client.post(f"/canned-texts/{text.pk}/", fields)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert GONE in page
    assert ("Please send\nit &amp; wait.</textarea>" in page) == bool(fields["text"])
    assert 'action="/canned-texts/new/"' in page
    assert "Delete text" not in page
    again = client.post("/canned-texts/new/", fields | {"name": "Form DD-214", "text": "Please send it."})
    assert again.status_code == 302
    assert CannedText.objects.get().name == "Form DD-214"


def test_a_canned_text_that_is_gone_has_no_page(text, client, administrator):
    client.force_login(administrator)
    CannedText.objects.all().delete()
    assert client.get(f"/canned-texts/{text.pk}/").status_code == 404
    assert client.post(f"/canned-texts/{text.pk}/", {"version": "0"}).status_code == 404


def test_delete_that_is_pressed_twice_deletes_once(text, view, client, administrator, technician):
    for person, address, kept in (
        (administrator, f"/canned-texts/{text.pk}/delete/", "/canned-texts/"),
        (technician, f"/views/{view.pk}/delete/", "/views/"),
    ):
        client.force_login(person)
        for _twice in range(2):
            answer = client.post(address)
            assert (answer.status_code, answer.url) == (302, kept)
    assert not CannedText.objects.exists()
    assert not SavedView.objects.exists()


def test_so_it_does_where_both_arrive_at_a_time(view, client, technician, deleted_while):
    client.force_login(technician)
    deleted_while(saved_views.delete, SavedView)
    assert client.post(f"/views/{view.pk}/delete/").url == "/views/"


@pytest.mark.parametrize("when", ["before", "meanwhile"])
def test_a_view_that_is_gone_is_not_renamed(when, view, client, technician, deleted_while):
    client.force_login(technician)
    if when == "before":
        SavedView.objects.all().delete()
    else:
        deleted_while(saved_views.change, SavedView)
    answer = client.post(f"/views/{view.pk}/", {"name": "Orders of <court>"})
    assert answer.status_code == 404
    assert 'value="Orders of &lt;court&gt;" readonly' in answer.content.decode()


@pytest.mark.parametrize("pinned", ["yes", "no"])
def test_nor_is_it_pinned_meanwhile(pinned, view, client, technician, deleted_while):
    client.force_login(technician)
    deleted_while(saved_views.pin, SavedView)
    for _twice in range(2):
        assert client.post("/views/pin/", {"view": view.pk, "pinned": pinned}).status_code == 404


def test_a_shared_view_that_is_gone_is_no_longer_shared_by_anybody(client, administrator, deleted_while):
    view = saved_views.create(by=administrator, source="web", name="Held", query="", is_shared=True)
    client.force_login(administrator)
    deleted_while(saved_views.change, SavedView)
    assert client.post(f"/views/{view.pk}/", {"name": "Held", "is_shared": ""}).status_code == 404
