"""The hash chain over the histories. Like them, it is append-only."""

from typing import TypeAlias

from django.db import models
from django.utils.translation import gettext_lazy as _

from cases.models.constraints import one_of
from cases.models.event import AppendOnly

# A SHA-256 in hexadecimal. The first seal follows no other.
DIGEST_LENGTH = 64
NO_SEAL = "0" * DIGEST_LENGTH
# What `entries` stores of each: the eight bytes of its key, and the 32 bytes of its digest.
ENTRY_BYTES = 40


class SealedHistory(models.TextChoices):
    CASES = "cases", _("Cases")
    ACCOUNTS = "accounts", _("Accounts")
    PORTAL = "portal", _("Portal")


class HistorySeal(AppendOnly):
    """One link of the chain. It covers every entry of one history from `first_id` to `last_id`.

    The seals of a history leave out no key: each one begins where the previous one ends. On PostgreSQL a trigger
    refuses UPDATE and DELETE. cases.proof makes seals and verifies them.
    """

    History: TypeAlias = SealedHistory

    number = models.PositiveBigIntegerField(_("number"), primary_key=True, help_text=_("Starts at 1, without gaps."))
    at = models.DateTimeField(_("time"))
    history = models.CharField(_("history"), max_length=10, choices=SealedHistory)
    first_id = models.PositiveBigIntegerField(_("first entry"))
    last_id = models.PositiveBigIntegerField(_("last entry"))
    entries = models.BinaryField(_("entries"), help_text=_("The key and the SHA-256 of each entry, in order."))
    previous = models.CharField(_("previous seal"), max_length=DIGEST_LENGTH)
    digest = models.CharField(_("digest"), max_length=DIGEST_LENGTH)

    class Meta:
        verbose_name = _("history seal")
        verbose_name_plural = _("history seals")
        ordering = ["-number"]
        indexes = [models.Index(name="history_seal_latest", fields=["history", "-number"])]
        constraints = [
            one_of(SealedHistory, field="history", name="history_seal_known"),
            # The chain has no branches.
            models.UniqueConstraint(name="history_seal_follows_one", fields=["previous"]),
        ]

    def __str__(self) -> str:
        return self.head

    @property
    def head(self) -> str:
        """The number and the digest in one word, to store outside the database."""
        return f"{self.number}-{self.digest}"

    @property
    def count(self) -> int:
        """How many entries it covers."""
        return len(self.entries) // ENTRY_BYTES
