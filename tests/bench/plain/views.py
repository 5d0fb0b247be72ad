"""The dashboards and the case page, written with Django's generic views."""

from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from django.views.generic import DetailView, ListView

from cases.models import Case
from tests.bench.plain.forms import HandOverForm, NoteForm, RescheduleForm, ReturnForm

PENDING = Q(status="completed", actual_release_date__isnull=True)
ROWS = 25


class PlainList(ListView[Case]):
    """A member's cases by state, without cases that are not released."""

    template_name = "plain/case_list.html"
    context_object_name = "cases"

    def get_queryset(self) -> QuerySet[Case]:
        return Case.objects.filter(member=self.request.user).exclude(PENDING).order_by("status", "-pk")


class PlainDashboard(ListView[Case]):
    """The latest cases of a technician by state, with counts."""

    template_name = "plain/dashboard.html"
    context_object_name = "cases"

    def get_queryset(self) -> QuerySet[Case]:
        return Case.objects.filter(Q(assigned_to=self.request.user) | Q(status="submitted"))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        latest = self.object_list.select_related("member", "assigned_to").order_by("-pk")[:ROWS]
        mine = Q(assigned_to=self.request.user)
        counts = self.object_list.aggregate(
            submitted=Count("pk", filter=Q(status="submitted")),
            accepted=Count("pk", filter=mine & Q(status="accepted")),
            today=Count("pk", filter=mine & PENDING & Q(scheduled_release_date__lte=timezone.localdate())),
            scheduled=Count("pk", filter=mine & PENDING & Q(scheduled_release_date__isnull=False)),
            held=Count("pk", filter=mine & PENDING & Q(scheduled_release_date__isnull=True)),
            released=Count("pk", filter=mine & Q(actual_release_date__isnull=False)),
        )
        cases = sorted(latest, key=lambda case: case.status)
        return super().get_context_data(object_list=cases, counts=counts, **kwargs)


class PlainDetail(DetailView[Case]):
    """One case, for technicians with notes, history and forms."""

    template_name = "plain/case_detail.html"
    context_object_name = "case"

    def get_queryset(self) -> QuerySet[Case]:
        if self.request.user.is_member:
            return Case.objects.filter(member=self.request.user).exclude(PENDING)
        return Case.objects.filter(assigned_to=self.request.user).select_related("member", "assigned_to")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        documents = self.object.documents.order_by("pk")
        if self.request.user.is_member:
            return super().get_context_data(documents=documents, **kwargs)
        return super().get_context_data(
            documents=documents,
            notes=self.object.notes.select_related("author").order_by("pk")[:50],
            events=self.object.events.select_related("actor")[:200],
            note_form=NoteForm(),
            reschedule_form=RescheduleForm(instance=self.object),
            return_form=ReturnForm(),
            hand_over_form=HandOverForm(),
            **kwargs,
        )
