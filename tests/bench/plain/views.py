"""A list and a case as anybody would write them with Django's generic views."""

from typing import Any

from django.db.models import Q, QuerySet
from django.views.generic import DetailView, ListView
from django.views.generic.edit import FormMixin

from cases.forms import RescheduleForm
from cases.models import Case, ReleaseEvent

NOT_RELEASED = Q(status="completed", actual_release_date__isnull=True)


class OwnCases:
    """A member's visible cases, or those that a technician works on."""

    def get_queryset(self) -> QuerySet[Case]:
        user = self.request.user  # type: ignore[attr-defined]
        if user.is_member:
            return Case.objects.filter(member=user).exclude(NOT_RELEASED)
        return Case.objects.filter(assigned_to=user).select_related("member", "assigned_to")


class PlainList(OwnCases, ListView[Case]):
    """The latest `rows` cases, counted and paged as ListView does it."""

    template_name = "plain/case_list.html"
    context_object_name = "cases"

    def get_paginate_by(self, queryset: Any) -> int:
        return int(self.kwargs["rows"])


class PlainDetail(OwnCases, FormMixin[RescheduleForm], DetailView[Case]):
    """One case; for technicians with its history and a form."""

    template_name = "plain/case_detail.html"
    context_object_name = "case"
    form_class = RescheduleForm

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        if self.request.user.is_member:
            return super().get_context_data(form=None, **kwargs)
        events = ReleaseEvent.objects.filter(case=self.object).select_related("actor")[:50]
        return super().get_context_data(events=events, **kwargs)
