"""The answer: what the technician writes to the member. Shown on release, never before."""

from typing import TYPE_CHECKING, Any, Self

from django.contrib.auth.models import AnonymousUser
from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from cases.core import limits
from cases.core.text_fields import Prose
from cases.models import case_search_words
from cases.models.case import Case
from cases.models.case_states import RELEASED
from cases.models.user import User

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser


class CaseAnswerQuerySet(models.QuerySet["CaseAnswer"]):
    """The only way to fetch answers for a person."""

    def visible_to(self, user: "AbstractBaseUser | AnonymousUser") -> Self:
        """Return the answers that `user` may read: for staff those of the cases they see, for a member those of
        released cases."""
        answers = self.filter(case__in=Case.objects.visible_to(user))
        if isinstance(user, User) and user.is_member:
            answers = answers.filter(case__in=Case.objects.filter(RELEASED))
        return answers


class CaseAnswer(models.Model):
    """The answer to one case, in Markdown. In its own table, because no list and no wave reads it."""

    case = models.OneToOneField(
        Case, verbose_name=_("case"), on_delete=models.PROTECT, primary_key=True, related_name="answer"
    )
    text = Prose(_("answer"), max_length=limits.ANSWER, blank=True)
    # A separate version, because the answer is saved as it is typed and other forms of the case must stay valid.
    version = models.PositiveIntegerField(_("version"), default=0)
    updated_at = models.DateTimeField(_("last changed"))
    updated_by = models.ForeignKey(
        User, verbose_name=_("changed by"), on_delete=models.PROTECT, related_name="+", db_index=False
    )

    objects = CaseAnswerQuerySet.as_manager()

    class Meta:
        verbose_name = _("answer")
        verbose_name_plural = _("answers")

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Store the row, and the search words of its text."""
        with transaction.atomic(savepoint=False):
            super().save(*args, **kwargs)
            case_search_words.store_text(self.case, "answer", [self.text])

    def __str__(self) -> str:
        return f"answer to case {self.case_id}"
