"""Pages of API lists."""

from rest_framework.pagination import CursorPagination


class LatestFirst(CursorPagination):
    """Pages by cursor: no count of the whole, and nothing is skipped or doubled while rows are added."""

    page_size = 50
    ordering = "-pk"
