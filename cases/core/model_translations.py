"""The names and the explanations of models and fields, which Django's admin shows, in the language of its reader."""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

# What `translate_models` has handed to gettext: for those who collect the texts, since no code names them.
TEXTS: set[str] = set()
PLURAL = "verbose_name_plural"


def translate_models() -> None:
    """Django makes the name of a field out of the code, in English, unless each field is given one by hand. Here they
    all go through gettext. Migrations do not notice: they ask the fields what the models say of them."""
    for holder, name in _places():
        text = getattr(holder, name)
        # Django's own fields come translated. A plural that nobody has given is one of Django's lazy texts too.
        if name == PLURAL or (text and not isinstance(text, Promise)):
            TEXTS.add(str(text))
            setattr(holder, name, gettext_lazy(str(text)))


def _places() -> Iterator[tuple[Any, str]]:
    for model in apps.get_app_config("cases").get_models():
        yield model._meta, "verbose_name"
        yield model._meta, PLURAL
        for field in model._meta.local_fields:
            yield field, "verbose_name"
            yield field, "help_text"
