"""What all of the portal's admin pages have in common."""

from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import BadRequest, ValidationError
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from cases.core import limits
from cases.core.folding import fold
from cases.selectors.pagination import MAX_COUNTED
from cases.selectors.search import possible_numbers


class AdminPaginator(Paginator[Model]):
    """Pages over the first thousand rows, because counting further would touch every row. Search finds the others."""

    object_list: QuerySet[Model]

    def __init__(self, rows: QuerySet[Model], *args: Any, **kwargs: Any) -> None:
        super().__init__(rows, *args, **kwargs)
        self._count = rows.values("pk")[:MAX_COUNTED].count()

    @property
    def count(self) -> int:
        return self._count


class ReadOnlyAdmin(admin.ModelAdmin[Any]):
    """Shows a table and changes nothing. Only for the portal's administrators: anyone else who may enter Django's admin
    sees an empty one, because it does not apply `visible_to`."""

    paginator = AdminPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER  # they count every row, for each filter
    list_per_page = 50
    # The column of the case number, if the search is by case number.
    number_column = ""

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Allow only what the page itself offers.

        Django accepts every lookup on every column, and databases reject some of the values: NUL, a number beyond eight
        bytes, a broken regular expression.
        """
        return lookup.removesuffix("__exact") in self.list_filter

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        """Raise BadRequest for a query that cannot be read. Django would redirect to the whole list."""
        try:
            return super().get_changelist_instance(request)
        except IncorrectLookupParameters as error:
            raise BadRequest from error

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Raise BadRequest for a search that is too long."""
        folded = fold(search_term)
        if len(search_term) > limits.SEARCH or len(folded.split()) > limits.SEARCH_WORDS:
            raise BadRequest("Search is too long")
        if self.number_column and search_term:
            return queryset.filter(**{f"{self.number_column}__in": possible_numbers(search_term)}), False
        return super().get_search_results(request, queryset, folded)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Raise BadRequest if a selected value cannot be the key of a row."""
        try:
            for key in request.POST.getlist(ACTION_CHECKBOX_NAME):
                self.opts.pk.clean(key, None)
        except ValidationError as error:
            raise BadRequest from error
        return super().changelist_view(request, extra_context)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return is_administrator(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_administrator(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class OfCasesAdmin(ReadOnlyAdmin):
    """Rows that belong to a case, found by its number. They are always in the order of their keys."""

    ordering = ("-pk",)
    sortable_by = ()
    list_select_related: ClassVar[Any] = ("case",)
    number_column = "case__external_case_id"
    search_fields = (number_column,)
    search_help_text = _("Search by full case number")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Leave out the descriptions of the cases, which none of these pages show."""
        return super().get_queryset(request).defer("case__description")


def is_administrator(request: HttpRequest) -> bool:
    """Decide by the role of the portal. Django's permissions decide nothing here."""
    user = request.user
    return bool(user.is_authenticated and user.is_active and user.is_administrator)
