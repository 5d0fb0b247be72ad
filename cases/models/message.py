"""What the member of a case and its staff write to each other."""

from typing import TYPE_CHECKING, Any, Self

from django.contrib.auth.models import AnonymousUser
from django.db import models, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cases.core import limits
from cases.core.text_fields import Prose
from cases.models import case_search_words
from cases.models.case import Case
from cases.models.case_states import RELEASED
from cases.models.case_visibility import is_only_announced
from cases.models.event import AppendOnly
from cases.models.user import User

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser

# Written before any release of the case. A recall hides from its member what was said about the release.
BEFORE_RELEASE = Q(release_number=0)


class CaseMessageQuerySet(models.QuerySet["CaseMessage"]):
    """The only way to fetch messages for a person."""

    def visible_to(self, user: "AbstractBaseUser | AnonymousUser") -> Self:
        """Return the messages that `user` may read: staff all messages of a case, its member those that belong to what
        they see of it.

        Messages about a recalled release are hidden until the next one, and those of an announced case completely.
        """
        cases = Case.objects.readable_by(user)
        if isinstance(user, User) and not user.is_member:
            return self.filter(case__in=cases)
        return self.filter(BEFORE_RELEASE & Q(case__in=cases) | Q(case__in=cases.filter(RELEASED)))

    def of(self, case: Case, *, seen_by: User) -> Self:
        """Return the messages of `visible_to(seen_by)` that belong to `case`, which `seen_by` sees."""
        messages = self.filter(case=case)
        if not seen_by.is_member or case.is_released:
            return messages
        if is_only_announced(case):
            return messages.none()
        return messages.filter(BEFORE_RELEASE)


class CaseMessage(AppendOnly):
    """A message in the conversation of a case. Append-only. The documents that came with it are `documents`."""

    case = models.ForeignKey(
        Case, verbose_name=_("case"), on_delete=models.PROTECT, related_name="messages", db_index=False
    )
    # message_of_author begins with it.
    author = models.ForeignKey(
        User, verbose_name=_("author"), on_delete=models.PROTECT, related_name="+", db_index=False
    )
    # Not by the author's role, which can change.
    is_from_member = models.BooleanField(_("from the member"))
    text = Prose(_("text"), max_length=limits.MESSAGE, blank=True, help_text=_("Empty: documents only."))
    at = models.DateTimeField(_("time"))
    release_number = models.PositiveIntegerField(
        _("release number"), default=0, help_text=_("The current release when it was written. 0: none.")
    )

    objects = CaseMessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ["pk"]
        indexes = [
            models.Index(name="message_of_case", fields=["case", "id"]),
            models.Index(name="message_of_author", fields=["author", "-id"]),
        ]

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Store the row, and with its text what a search looks in."""
        with transaction.atomic():
            super().save(*args, **kwargs)
            case_search_words.add_note(self.case, self.text)

    def __str__(self) -> str:
        return f"message {self.pk}"
