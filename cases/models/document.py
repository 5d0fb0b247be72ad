"""Documents of a case: its member's submissions, and the reports of those who worked on it."""

import secrets
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Self, TypeAlias

from django.contrib.auth.models import AnonymousUser
from django.db import models, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cases.core import limits
from cases.core.plain_in_migrations import FileField
from cases.core.text import NOT_IN_A_LINE
from cases.core.text_fields import Line
from cases.models import case_search_words
from cases.models.case import Case
from cases.models.case_states import RELEASED
from cases.models.case_visibility import is_only_announced
from cases.models.constraints import one_of
from cases.models.user import User

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser


def random_path(document: "CaseDocument", name: str) -> str:
    """Return where a file is stored: under 128 random bits. Its own name never reaches the storage."""
    token = secrets.token_hex(16)
    return f"{token[:2]}/{token}"


class CaseDocumentQuerySet(models.QuerySet["CaseDocument"]):
    """The only way to fetch documents for a person."""

    def visible_to(self, user: "AbstractBaseUser | AnonymousUser") -> Self:
        """Return the documents that `user` may know about, and none of a case that they do not see.

        Staff see all documents of a case. A member sees submissions, and the reports once the case is released, but
        nothing of a case whose release is only announced, with number, title and date.
        """
        cases = Case.objects.readable_by(user)
        if isinstance(user, User) and not user.is_member:
            return self.filter(case__in=cases)
        submitted = Q(kind=CaseDocument.Kind.SUBMISSION, case__in=cases)
        return self.filter(submitted | Q(case__in=cases.filter(RELEASED)))

    def of(self, case: Case, *, seen_by: User) -> Self:
        """Return the documents of `visible_to(seen_by)` that belong to `case`, which `seen_by` sees.

        The rule is the same, but it does not check again for each document whether its case is visible.
        """
        documents = self.filter(case=case)
        if not seen_by.is_member or case.is_released:
            return documents
        if is_only_announced(case):
            return documents.none()
        return documents.filter(kind=CaseDocument.Kind.SUBMISSION)


class DocumentKind(models.TextChoices):
    SUBMISSION = "submission", _("Submission")
    REPORT = "report", _("Report")


class CaseDocument(models.Model):
    """A file that belongs to a case. Its content is in the storage, which can be reached only through the portal."""

    Kind: TypeAlias = DocumentKind

    case = models.ForeignKey(Case, verbose_name=_("case"), on_delete=models.PROTECT, related_name="documents")
    kind = models.CharField(_("kind"), max_length=20, choices=DocumentKind)
    file = FileField(_("file"), upload_to=random_path)
    name = Line(_("name"), max_length=limits.FILE_NAME, help_text=_("The file name when it was uploaded."))
    size = models.PositiveIntegerField(_("size"), help_text=_("In bytes."))
    content_type = models.CharField(_("content type"), max_length=100)
    # No query asks what a person attached, and people are never deleted.
    uploaded_by = models.ForeignKey(
        User, verbose_name=_("uploaded by"), on_delete=models.PROTECT, related_name="+", db_index=False
    )
    uploaded_at = models.DateTimeField(_("uploaded"))
    # No query asks for the documents of a message. They are among those of its case.
    message = models.ForeignKey(
        "cases.CaseMessage",
        verbose_name=_("message"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="documents",
        db_index=False,
        help_text=_("The message that it came with. Empty: none."),
    )

    objects = CaseDocumentQuerySet.as_manager()

    class Meta:
        verbose_name = _("document")
        verbose_name_plural = _("documents")
        ordering = ["pk"]
        constraints = [
            one_of(DocumentKind, field="kind", name="document_kind_known"),
            models.CheckConstraint(name="document_name_is_a_line", condition=~Q(name__regex=NOT_IN_A_LINE)),
            models.CheckConstraint(name="document_not_empty", condition=Q(size__gt=0)),
            models.CheckConstraint(name="document_has_name_and_file", condition=~Q(name="") & ~Q(file="")),
            models.UniqueConstraint(name="document_has_file_of_its_own", fields=["file"]),
        ]

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Store the row, and the search words of its name."""
        with transaction.atomic(savepoint=False):
            super().save(*args, **kwargs)
            self._store_words()

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Delete the row, and the search words of its name."""
        with transaction.atomic(savepoint=False):
            deleted = super().delete(*args, **kwargs)
            self._store_words()
        return deleted

    def _store_words(self) -> None:
        names = CaseDocument.objects.filter(case=self.case, kind=self.kind).values_list("name", flat=True)
        case_search_words.store_text(self.case, case_search_words.COLUMN_OF_KIND[self.kind], names)

    def __str__(self) -> str:
        return self.name

    @property
    def suffix(self) -> str:
        """The type of the file, for people: PDF."""
        return PurePath(self.name).suffix.removeprefix(".").upper()
