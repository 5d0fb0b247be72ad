"""How views respond when a verb refuses."""

import datetime as dt

import pytest
from django import forms
from django.http import HttpResponse

from cases.core.errors import CaseError, DocumentUnavailable, QuotaReached, StorageFailed, WrongState
from cases.lifecycle.stored_clock import ClockMismatch
from cases.models import Case, CaseDocument
from cases.views.refusals import refusal_on, refusals_shown_by


def show(request, error, pk):
    return HttpResponse(f"{pk}: {error.message}", status=error.status)


def answer_to(rf, error):
    @refusals_shown_by(show)
    def view(request, pk):
        raise error

    return view(rf.post("/"), pk=5)


class NoteForm(forms.Form):
    text = forms.CharField(required=False)


def test_the_page_that_the_view_names_shows_it_with_its_status(rf):
    answer = answer_to(rf, WrongState("Already released."))
    assert (answer.status_code, answer.content) == (409, b"5: Already released.")
    assert "Retry-After" not in answer


def test_what_time_mends_says_when_to_try_again(rf):
    answer = answer_to(rf, QuotaReached("Too many.", wait=dt.timedelta(minutes=2)))
    assert (answer.status_code, answer["Retry-After"]) == (429, "120")


@pytest.mark.parametrize("error", [StorageFailed(), DocumentUnavailable(), ClockMismatch("Two clocks.")], ids=type)
def test_what_is_out_of_order_says_so_too(error, rf):
    answer = answer_to(rf, error)
    assert (answer.status_code, answer["Retry-After"]) == (503, "60")


@pytest.mark.parametrize("error", [Case.DoesNotExist, CaseDocument.DoesNotExist])
def test_what_is_gone_when_its_verb_locks_it_leads_to_the_dashboard(rf, error):
    answer = answer_to(rf, error)
    assert (answer.status_code, answer["Location"]) == (302, "/")


def test_other_errors_are_nobodys_refusal(rf):
    with pytest.raises(ZeroDivisionError):
        answer_to(rf, ZeroDivisionError)


@pytest.mark.parametrize(("field", "place"), [("text", "text"), (None, "__all__"), ("elsewhere", "__all__")])
def test_a_form_takes_the_sentence_beside_the_field_that_it_is_about(field, place):
    form = NoteForm({"text": "Hello"})
    with refusal_on(form):
        raise CaseError("Enter less.", field=field)
    assert form.errors == {place: ["Enter less."]}
