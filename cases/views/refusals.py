"""The response of a page when a verb refuses: decorators for views, and helpers that put a CaseError on a form."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from django.contrib import messages
from django.forms import BaseForm
from django.http import Http404, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect

from cases.accounts.unsent_fields import texts_in
from cases.core.errors import CaseError
from cases.core.retry_after import with_retry_after
from cases.models import Case, CaseDocument
from cases.views.requests import PortalRequest

P = ParamSpec("P")
R = TypeVar("R", bound=HttpResponseBase)
ViewFunction = Callable[Concatenate[PortalRequest, P], R]
ShowRefusal = Callable[Concatenate[PortalRequest, CaseError, P], HttpResponse]


def refusals_shown_by(show: ShowRefusal[P]) -> Callable[[ViewFunction[P, R]], ViewFunction[P, R | HttpResponse]]:
    """Decorate a view: a CaseError that it raises is answered by `show(request, error, …)`, with the view's arguments.

    The dashboard answers where the case or the document was visible a moment ago, and is gone when its verb locks it.
    What was typed is shown by the page that says so (portal.errors).
    """

    def decorate(view: ViewFunction[P, R]) -> ViewFunction[P, R | HttpResponse]:
        @wraps(view)
        def guarded(request: PortalRequest, /, *args: P.args, **kwargs: P.kwargs) -> R | HttpResponse:
            try:
                return view(request, *args, **kwargs)
            except CaseError as error:
                return with_retry_after(show(request, error, *args, **kwargs), error)
            except (Case.DoesNotExist, CaseDocument.DoesNotExist):
                if texts_in(request):
                    raise Http404 from None
                return redirect("dashboard")

        return guarded

    return decorate


def refusal_above(page: str, *arguments: str) -> Callable[..., HttpResponse]:
    """Return what leads to `page` with the refusal above it. `arguments` of the view are those of its address."""

    def show(request: PortalRequest, error: CaseError, /, **kwargs: Any) -> HttpResponse:
        messages.error(request, error.message)
        answer: HttpResponse = redirect(page, **{name: kwargs[name] for name in arguments})
        return answer

    return show


@contextmanager
def refusal_on(form: BaseForm) -> Iterator[None]:
    """Put a CaseError on the form, which the caller then shows again."""
    try:
        yield
    except CaseError as error:
        add_refusal(form, error)


def add_refusal(form: BaseForm, error: CaseError) -> None:
    """Put the message of `error` next to the field that it is about, or above the form if there is none."""
    form.add_error(error.field if error.field in form.fields else None, error.message)


def renew(form: BaseForm, *, version: int) -> None:
    """Keep what was typed into the bound `form`, and have it be about this `version` of the case.

    For a form that is shown with the case as it is now: the person reads what has become of it, and sends it again or
    does not.
    """
    form.data = cast(QueryDict, form.data).copy()
    form.data["version"] = str(version)


def add_refusal_renewed(form: BaseForm, error: CaseError, *, case: Case) -> None:
    """Put `error` on the bound `form`. Where the case was not as the person saw it, the form is about it as it is."""
    if error.status != CaseError.status:
        renew(form, version=case.version)
    add_refusal(form, error)
