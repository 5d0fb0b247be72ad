"""The dialog of the pages: what a template passes to it, and where it is in the HTML."""

import pytest
from django import forms
from django.template import Context, Template
from django.test import RequestFactory

from tests.factories import UserFactory


class ReasonForm(forms.Form):
    reason = forms.CharField()


def draw(arguments: str, inside: str = "", **context) -> str:
    request = RequestFactory().get("/")
    request.user = context.pop("user", None)
    return Template(f"{{% load dialogs %}}{{% dialog {arguments} %}}{inside}{{% enddialog %}}").render(
        Context({"request": request, "csrf_token": "a-token"} | context)
    )


def test_its_heading_names_it_and_its_form_posts_to_the_action():
    page = draw(
        '"hold" heading="Put on hold" button="Hold" action="cancel_schedule" pk=5', "<p>{{ why }}</p>", why="<b>"
    )
    assert 'id="dialog-hold" aria-labelledby="dialog-hold-heading"' in page
    assert '<h2 id="dialog-hold-heading">Put on hold</h2>' in page
    assert '<form method="post" action="/cases/5/hold/" novalidate>' in page
    assert 'value="a-token"' in page
    assert "<p>&lt;b&gt;</p>" in page
    assert '<button class="btn btn-primary" type="submit">Hold</button>' in page


def test_only_the_one_that_the_page_names_is_open():
    assert "data-open-now" in draw('"hold" heading="H" button="B"', open="hold")
    assert "data-open-now" not in draw('"hold" heading="H" button="B"', open="return")


def test_without_an_action_a_script_fills_it():
    page = draw('"remove" heading="H" button="B"')
    assert "data-filled-by-script" in page
    assert '<form method="post" novalidate>' in page


def test_what_cannot_be_undone_has_a_button_of_its_own_color():
    assert "btn btn-danger" in draw('"remove" heading="H" button="B" danger=True')


@pytest.mark.django_db
def test_a_form_brings_its_token():
    user = UserFactory()
    assert 'name="form_token"' in draw('"hold" heading="H" button="B" form=form', form=ReasonForm(), user=user)
    assert 'name="form_token"' not in draw('"hold" heading="H" button="B"', user=user)
