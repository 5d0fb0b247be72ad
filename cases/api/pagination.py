"""Pages of API lists."""

from typing import Any

from rest_framework.exceptions import NotFound
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request

from cases.core.limits import is_key


class LatestFirst(CursorPagination):
    """Cursor pages: no total count, and nothing is skipped or repeated while rows are added."""

    page_size = 50
    ordering = "-pk"

    def decode_cursor(self, request: Request) -> Any:
        """Raise NotFound for a cursor that none of our pages issued."""
        cursor = super().decode_cursor(request)
        if cursor is not None and not (cursor.position is None or is_key(str(cursor.position))):
            raise NotFound(self.invalid_cursor_message)
        return cursor

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Return the schema of a page, without examples: those of Django REST framework are of another API."""
        page: dict[str, Any] = super().get_paginated_response_schema(schema)
        for field in page["properties"].values():
            field.pop("example", None)
        return page
