"""Cases in Django's admin: read-only, with the transitions of a release as actions."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from cases.admin.actions import HOLD, RECALL, RELEASE_EARLY, RETURN, ask_or_act
from cases.admin.base import ReadOnlyAdmin
from cases.models import Case


@admin.register(Case)
class CaseAdmin(ReadOnlyAdmin):
    list_display = (
        "external_case_id",
        "member",
        "status",
        "assigned_to",
        "scheduled_release_date",
        "actual_release_date",
    )
    list_filter = ("status",)
    list_select_related = ("member", "assigned_to")
    sortable_by = ()
    number_column = "external_case_id"
    search_fields = (number_column,)
    search_help_text = _("Search by full case number")
    actions = ("release_early", "hold", "recall", "return_to_accepted")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Case]:
        """Return the cases by the rule of every other door (docs/rules.md, 3)."""
        return super().get_queryset(request) & Case.objects.visible_to(request.user)

    def view_on_site(self, case: Case) -> str:
        """Return the address of the case in the portal."""
        return reverse("case_detail", args=[case.pk])

    @admin.action(description=RELEASE_EARLY.label)
    def release_early(self, request: HttpRequest, cases: QuerySet[Case]) -> HttpResponse | None:
        return ask_or_act(request, cases, RELEASE_EARLY, "release_early")

    @admin.action(description=HOLD.label)
    def hold(self, request: HttpRequest, cases: QuerySet[Case]) -> HttpResponse | None:
        return ask_or_act(request, cases, HOLD, "hold")

    @admin.action(description=RECALL.label)
    def recall(self, request: HttpRequest, cases: QuerySet[Case]) -> HttpResponse | None:
        return ask_or_act(request, cases, RECALL, "recall")

    @admin.action(description=RETURN.label)
    def return_to_accepted(self, request: HttpRequest, cases: QuerySet[Case]) -> HttpResponse | None:
        return ask_or_act(request, cases, RETURN, "return_to_accepted")
