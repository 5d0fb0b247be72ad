"""The words of a person, for staff searches: one row for each account."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.db import models
from django.utils.translation import gettext_lazy as _

from cases.core import limits
from cases.core.search_words import searchable

if TYPE_CHECKING:
    from cases.models.user import User

# What the words come from. Only the part of an address before the @ counts, because many people share the rest.
TEXTS = ("username", "first_name", "last_name", "email")


class PersonWords(models.Model):
    """The result of `searchable` for one person's names. Indexed like CaseWords."""

    person = models.OneToOneField(
        "cases.User", verbose_name=_("person"), on_delete=models.CASCADE, primary_key=True, related_name="words"
    )
    names = models.CharField(_("names"), max_length=limits.SEARCHABLE_NAMES, blank=True, default="", db_default="")

    class Meta:
        verbose_name = _("words of a person")
        verbose_name_plural = _("words of people")

    def __str__(self) -> str:
        return f"words of person {self.person_id}"


def store(people: Iterable["User"]) -> None:
    """Store the words of `people`, whether or not the rows exist. One statement."""
    rows = [PersonWords(person_id=person.pk, names=_names(person)) for person in people]
    PersonWords.objects.bulk_create(rows, update_conflicts=True, unique_fields=["person"], update_fields=["names"])


def _names(person: "User") -> str:
    texts = (person.username, person.first_name, person.last_name, person.email.partition("@")[0])
    return searchable(texts, limits.SEARCHABLE_NAMES)
