"""Transitions of selected cases in Django's admin: a page asks for the reason, then the verb runs case by case."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from cases import releases
from cases.core import limits
from cases.core.errors import CaseError
from cases.core.text_fields import ProseField
from cases.forms.single_values import SingleValuesForm
from cases.models import Case, CaseEvent, User

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

MAX_CASES_AT_ONCE = 100


@dataclass(frozen=True)
class Transition:
    """A verb of cases.releases, as the admin offers it."""

    verb: Callable[..., Case]
    label: "_StrPromise"
    consequence: "_StrPromise"
    reason_required: bool = True


RELEASE_EARLY = Transition(
    releases.release_now,
    gettext_lazy("Release early"),
    gettext_lazy("Members will see these cases immediately and get an email."),
)
HOLD = Transition(
    releases.cancel_schedule,
    gettext_lazy("Put on hold"),
    gettext_lazy("Members won't see these cases until a release date is set."),
)
RECALL = Transition(
    releases.recall,
    gettext_lazy("Recall release"),
    gettext_lazy(
        "Members won't see these cases anymore. Members who got a release email will be emailed that the case was "
        "withdrawn."
    ),
)
RETURN = Transition(
    releases.return_to_accepted,
    gettext_lazy("Reopen case"),
    gettext_lazy("These cases will be reopened and their release dates removed."),
    reason_required=False,
)


class ReasonForm(SingleValuesForm):
    """The reason, and for each case the version that the administrator saw, so that nothing newer is overwritten."""

    reason = ProseField(
        label=gettext_lazy("Reason"),
        max_length=limits.REASON,
        widget=forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"}),
    )

    def __init__(self, *args: Any, cases: list[Case], reason_required: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].required = reason_required
        for case in cases:
            self.fields[f"version_{case.pk}"] = forms.IntegerField(initial=case.version, widget=forms.HiddenInput())


def ask_or_act(
    request: HttpRequest, chosen: QuerySet[Case], transition: Transition, action: str
) -> HttpResponse | None:
    """Return the page that asks.

    Once it has been answered, do the transition for each of the `chosen` cases and return None. More than
    MAX_CASES_AT_ONCE cases are refused.
    """
    cases = list(chosen[: MAX_CASES_AT_ONCE + 1])
    if len(cases) > MAX_CASES_AT_ONCE:
        messages.error(request, _("Choose up to %(most)d cases at a time.") % {"most": MAX_CASES_AT_ONCE})
        return None
    answer = request.POST if "confirmed" in request.POST else None
    form = ReasonForm(answer, cases=cases, reason_required=transition.reason_required)
    if form.is_valid():
        _act(request, cases, transition, form.cleaned_data)
        return None
    context = admin.site.each_context(request) | {
        "title": transition.label,
        "transition": transition,
        "action": action,
        "cases": cases,
        "form": form,
        "checkbox": ACTION_CHECKBOX_NAME,
    }
    return TemplateResponse(request, "admin/cases/case/transition.html", context, status=400 if answer else 200)


def _act(request: HttpRequest, cases: list[Case], transition: Transition, answer: dict[str, Any]) -> None:
    """Do it to each case in its own transaction.

    A refusal for one case does not stop the others, and is reported with its number.
    """
    done = 0
    for case in cases:
        try:
            transition.verb(
                case=case,
                by=cast(User, request.user),
                source=CaseEvent.Source.ADMIN,
                reason=answer["reason"],
                version=answer[f"version_{case.pk}"],
            )
        except CaseError as error:
            messages.error(request, f"{case}: {error.message}")
        except Case.DoesNotExist:
            messages.error(request, f"{case}: " + _("This case no longer exists."))
        else:
            done += 1
    if done:
        said = ngettext("%(count)d case updated.", "%(count)d cases updated.", done)
        messages.success(request, said % {"count": done})
