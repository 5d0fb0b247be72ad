"""Fields for what people write: models, forms and the API take it as cases.core.text stores it."""

from typing import Any, ClassVar

from django import forms
from django.db import models
from rest_framework import serializers

from cases.core.plain_in_migrations import PlainInMigrations
from cases.core.text import clean_line, clean_text


class LineField(forms.CharField):
    """A line that a person types. One in which nothing can be seen is empty."""

    def to_python(self, value: Any) -> str:
        return clean_line(super().to_python(value) or "")


class ProseField(forms.CharField):
    """Several lines that a person types. A text in which nothing can be seen is empty."""

    def to_python(self, value: Any) -> str:
        return clean_text(super().to_python(value) or "")


class ProseOfApi(serializers.CharField):
    """Several lines in a request to the API. A number is no text, though Django REST framework would take it."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return clean_text(super().to_internal_value(data))


class Cleaned(PlainInMigrations, models.CharField[str, str]):
    """A column for what a person writes, cleaned whichever way it is written."""

    form_class: ClassVar[type[forms.CharField]]

    def as_stored(self, words: str) -> str:
        """`words` as cases.core.text stores them."""
        raise NotImplementedError

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        """The value of the row, which has it as it is stored from now on."""
        value = getattr(model_instance, self.attname)
        if isinstance(value, str):
            value = self.as_stored(value)
            setattr(model_instance, self.attname, value)
        return value

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        cleaned = self.as_stored(value) if isinstance(value, str) else value
        return super().get_db_prep_save(cleaned, connection)

    def formfield(self, **kwargs: Any) -> Any:
        return super().formfield(**{"form_class": self.form_class, **kwargs})


class Line(Cleaned):
    """A column for one line."""

    form_class = LineField

    def as_stored(self, words: str) -> str:
        return clean_line(words)


class Prose(Cleaned):
    """A column for several lines."""

    form_class = ProseField

    def as_stored(self, words: str) -> str:
        return clean_text(words)
