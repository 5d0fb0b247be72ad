"""The choices that a form offers begin with a capital letter, like those of other forms."""

import pytest
from django.forms import ChoiceField, ModelChoiceField

from cases.forms import bulk

FORMS = [form for form in vars(bulk).values() if isinstance(form, type) and issubclass(form, bulk.BulkForm)]


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_the_choices_of_bulk_operations(form):
    fields = form.base_fields.values()
    offered = [
        str(label)
        for field in fields
        if isinstance(field, ChoiceField) and not isinstance(field, ModelChoiceField) and not callable(field.choices)
        for _value, label in field.choices
    ]
    assert [label for label in offered if label[:1].islower()] == []
