"""Whether a page says that something is wrong."""

from collections.abc import Mapping
from typing import Any

from django.forms import BaseForm
from django_filters import FilterSet

# The names under which views put a sentence about the whole page.
SENTENCES = ("problem", "problems", "document_problem", "answer_problem")


def errors_shown(context: Mapping[Any, Any]) -> bool:
    """Tell whether a sentence or a form in the page's context has an error."""
    return any(context.get(name) for name in SENTENCES) or any(_has_errors(value) for value in context.values())


def _has_errors(value: object) -> bool:
    # By the type itself, because asking a lazy object for its class loads the object.
    if issubclass(type(value), FilterSet):
        value = value.form  # type: ignore[attr-defined]
    return issubclass(type(value), BaseForm) and value.is_bound and bool(value.errors)  # type: ignore[attr-defined]
