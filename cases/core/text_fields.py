"""Fields for text that people write. Models and forms clean it with cases.core.text, as the API does."""

from typing import Any, ClassVar

from django import forms
from django.db import models

from cases.core.plain_in_migrations import PlainInMigrations
from cases.core.text import clean_line, clean_text


class LineField(forms.CharField):
    """A form field for one line. Text without visible characters is empty."""

    def to_python(self, value: Any) -> str:
        return clean_line(super().to_python(value) or "")


class ProseField(forms.CharField):
    """A form field for several lines. Text without visible characters is empty."""

    def to_python(self, value: Any) -> str:
        return clean_text(super().to_python(value) or "")


class Cleaned(PlainInMigrations, models.CharField[str, str]):
    """A model field for text that a person writes. It is cleaned on every path into the database."""

    form_class: ClassVar[type[forms.CharField]]

    def as_stored(self, words: str) -> str:
        """Return `words` as cases.core.text stores them."""
        raise NotImplementedError

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        """Return the cleaned value, and set it on the instance."""
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
    """A model field for one line."""

    form_class = LineField

    def as_stored(self, words: str) -> str:
        return clean_line(words)


class Prose(Cleaned):
    """A model field for several lines."""

    form_class = ProseField

    def as_stored(self, words: str) -> str:
        return clean_text(words)
