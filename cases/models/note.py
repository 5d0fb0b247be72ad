"""What staff write to each other about a case. Members never see it through any door."""

from typing import TYPE_CHECKING, Any, Self

from django.contrib.auth.models import AnonymousUser
from django.db import models, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cases.core import limits
from cases.core.text_fields import Prose
from cases.models import case_search_words
from cases.models.case import Case
from cases.models.event import AppendOnly
from cases.models.user import User

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser


class CaseNoteQuerySet(models.QuerySet["CaseNote"]):
    """The only way to fetch notes for a person."""

    def visible_to(self, user: "AbstractBaseUser | AnonymousUser") -> Self:
        """Return the notes that `user` may read: for staff those of the cases they see, for members none."""
        if not isinstance(user, User) or user.is_member:
            return self.none()
        return self.filter(case__in=Case.objects.visible_to(user))


class CaseNote(AppendOnly):
    """An internal note. Like the history, it is append-only: an author who was wrong writes another."""

    case = models.ForeignKey(
        Case, verbose_name=_("case"), on_delete=models.PROTECT, related_name="notes", db_index=False
    )
    # note_of_author begins with it.
    author = models.ForeignKey(
        User, verbose_name=_("author"), on_delete=models.PROTECT, related_name="+", db_index=False
    )
    text = Prose(_("text"), max_length=limits.NOTE)
    at = models.DateTimeField(_("time"))

    objects = CaseNoteQuerySet.as_manager()

    class Meta:
        verbose_name = _("note")
        verbose_name_plural = _("notes")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(name="note_says_something", condition=~Q(text="")),
        ]
        indexes = [
            models.Index(name="note_of_case", fields=["case", "id"]),
            models.Index(name="note_of_author", fields=["author", "-id"]),
        ]

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Store the row, and with its text what a search looks in."""
        with transaction.atomic():
            super().save(*args, **kwargs)
            case_search_words.add_note(self.case, self.text)

    def __str__(self) -> str:
        return f"note {self.pk}"
